"""From the target column to what estimators and metrics take: 0 and 1, class codes, or values."""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ratchet.errors import DataError
from ratchet.metrics.metric import Task

Floats = NDArray[np.float64]


def encode_labels(target: pd.Series, task: Task, classes: Sequence[str]) -> Floats:
    """Return labels as numbers; a class becomes its place in `classes`.

    Raises:
        DataError: a label is missing, or is none of the task's.
    """
    labels = _ENCODERS[task](target, classes)
    if not np.isfinite(labels).all():
        value = target[~np.isfinite(labels)].tolist()[0]
        raise DataError(f"target '{target.name}' holds {value!r}, which is no label of a {task} task; check the source")
    return labels


def _as_truth(target: pd.Series, _classes: Sequence[str]) -> Floats:
    numbers = _as_value(target, _classes)
    return np.asarray(np.where(np.isin(numbers, (0.0, 1.0)), numbers, np.nan), dtype=np.float64)


def _as_code(target: pd.Series, classes: Sequence[str]) -> Floats:
    places = {name: float(place) for place, name in enumerate(classes)}
    return np.asarray(target.astype(object).map(places), dtype=np.float64)


def _as_value(target: pd.Series, _classes: Sequence[str]) -> Floats:
    return np.asarray(pd.to_numeric(target, errors="coerce").astype("float64"), dtype=np.float64)


_ENCODERS: Mapping[Task, Callable[[pd.Series, Sequence[str]], Floats]] = {
    "binary": _as_truth,
    "multiclass": _as_code,
    "regression": _as_value,
}

"""Find leaks in data frames: ways in which a model can know what it could not know when it is used."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ratchet.evaluation.leakage.material import Material, Side
from ratchet.evaluation.leakage.search import search_leaks
from ratchet.library.frames import describe, read_kinds
from ratchet.metrics.metric import Task
from ratchet.models.labels import encode_labels
from ratchet.records.columns import ColumnKind
from ratchet.records.leakage import Audit

VALIDATION_SHARE = 0.2  # of the training rows: what single columns are judged on


def find_leaks(  # noqa: PLR0913 (what is not named has a default that fits most tables)
    train: pd.DataFrame,
    holdout: pd.DataFrame,
    *,
    target: str,
    task: Task,
    kinds: Mapping[str, str] | None = None,
    entity: str | None = None,
    is_ordered: bool = False,
    seed: int = 0,
) -> Audit:
    """Look for every kind of leak between training rows, holdout and target.

    Args:
        train: the rows that a model learns from, the target among their columns.
        holdout: the rows that it is judged on, with the same columns.
        target: the column that is predicted; of a binary task 0 and 1.
        task: "binary", "multiclass" or "regression".
        kinds: "numeric", "categorical" or "boolean" of columns whose dtype says something else.
        entity: the column that says whom a row is about.
        is_ordered: whether rows stand in the order of time.
        seed: of the draws.

    Raises:
        DataError: a label is none of the task's, or a column holds times.
    """
    keys = [entity] if entity else []
    read = read_kinds(train.drop(columns=[target, *keys]), kinds)
    config = describe(
        task,
        read,
        data={"entity": entity} if entity else {},
        split={"method": "time" if is_ordered else "random"},
        schedule={"seed": seed},
    )
    rows = pd.concat([train, holdout], ignore_index=True)
    classes = tuple(sorted(map(str, train[target].unique()))) if task == "multiclass" else ()
    labels = rows[target].astype(str) if task == "multiclass" else rows[target]
    whole = Side(
        values={name: _as_numbers(rows[name], read.get(name, ColumnKind.CATEGORICAL)) for name in [*read, *keys]},
        labels=encode_labels(labels, task, classes),
        rows=np.arange(len(rows)),
        moments=None,
        known_at={},
    )
    order = np.arange(len(train)) if is_ordered else np.random.default_rng(seed).permutation(len(train))
    cut = len(train) - int(VALIDATION_SHARE * len(train))
    return search_leaks(
        Material(
            config=config,
            classes={"binary": 2, "regression": 0}.get(task, len(classes)),
            train=whole.take(np.sort(order[:cut])),
            validation=whole.take(np.sort(order[cut:])),
            holdout=whole.take(np.arange(len(train), len(rows))),
            unreadable={},
            seed=seed,
        )
    )


def _as_numbers(column: pd.Series, kind: ColumnKind) -> np.ndarray:
    """Return numbers as they are, categories as codes, what is missing as NaN."""
    if kind != ColumnKind.CATEGORICAL:
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    codes = pd.factorize(column)[0].astype(np.float64)
    return np.where(codes < 0, np.nan, codes)

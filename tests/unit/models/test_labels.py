import numpy as np
import pandas as pd
import pytest

from ratchet.errors import DataError
from ratchet.metrics.metric import Task
from ratchet.models.labels import encode_labels

CLASSES = ("low", "high")


@pytest.mark.parametrize(
    ("task", "values", "wanted"),
    [
        ("binary", np.array([0, 1], dtype=np.int8), [0, 1]),
        ("multiclass", ["high", "low", "high"], [1, 0, 1]),
        ("regression", [1.5, -2.0], [1.5, -2.0]),
        ("regression", pd.array([1, 2], dtype="Int64"), [1.0, 2.0]),
    ],
)
def test_labels_become_numbers(task: Task, values: object, wanted: list[float]) -> None:
    assert encode_labels(pd.Series(values), task, CLASSES).tolist() == wanted


@pytest.mark.parametrize(
    ("task", "values", "shown"),
    [
        ("binary", [0.0, 2.0], "2.0"),
        ("binary", [0.0, None], "nan"),
        ("multiclass", ["low", "medium"], "'medium'"),
        ("multiclass", ["low", None], "None"),
        ("regression", [1.0, np.inf], "inf"),
        ("regression", [1.0, np.nan], "nan"),
    ],
)
def test_what_is_no_label_is_named(task: Task, values: object, shown: str) -> None:
    with pytest.raises(DataError, match=f"target 'y' holds {shown}, which is no label of a {task} task"):
        encode_labels(pd.Series(values, name="y"), task, CLASSES)

import math

import numpy as np
import pandas as pd
import pytest

from ratchet.errors import DataError
from ratchet.models.preprocessing import as_features
from ratchet.records.columns import ColumnKind


def convert(values: object, kind: ColumnKind) -> list[object]:
    return as_features(pd.DataFrame({"x": values}), {"x": kind})["x"].tolist()


def is_same(found: list[object], wanted: list[object]) -> bool:
    return [None if isinstance(each, float) and math.isnan(each) else each for each in found] == wanted


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA, pd.NaT], ids=["None", "NaN", "NA", "NaT"])
@pytest.mark.parametrize(
    ("kind", "value", "wanted"),
    [("numeric", 2, 2.0), ("boolean", True, 1.0), ("categorical", "a", "a"), ("datetime", "1970-01-03", 2.0)],
)
def test_every_kind_of_nothing_is_missing(missing: object, kind: ColumnKind, value: object, wanted: object) -> None:
    values = pd.Series([value, missing], dtype=object)
    assert is_same(convert(values, kind), [wanted, None])


@pytest.mark.parametrize(
    ("values", "kind", "wanted"),
    [
        (pd.array([1, None], dtype="Int64"), "numeric", [1.0, None]),
        (pd.array([1.5, None], dtype="Float64"), "numeric", [1.5, None]),
        (np.array([1, 2], dtype=np.int8), "numeric", [1.0, 2.0]),
        ([np.inf, -np.inf, 1e39, -3.0], "numeric", [None, None, None, -3.0]),
        ([None, None], "numeric", [None, None]),
        (pd.array([True, None], dtype="boolean"), "boolean", [1.0, None]),
        ([True, False], "boolean", [1.0, 0.0]),
        ([1.0, 0.0, np.nan], "boolean", [1.0, 0.0, None]),
        (pd.Categorical(["a", None]), "categorical", ["a", None]),
        (pd.array(["a", None], dtype="string"), "categorical", ["a", None]),
        ([7, 8], "categorical", ["7", "8"]),
        ([None, None], "categorical", [None, None]),
        (["a b", None, np.nan], "text", ["a b", "", ""]),
        (pd.Categorical(["a", None]), "text", ["a", ""]),
        ([7, 8], "text", ["7", "8"]),
        (["1970-01-02", "1970-01-01T06:00:00", None], "datetime", [1.0, 0.25, None]),
        (["1970-01-02T01:00:00+01:00"], "datetime", [1.0]),
        (pd.to_datetime(["1970-01-02", None]), "datetime", [1.0, None]),
        (pd.to_datetime(["1970-01-02T01:00:00+01:00"]), "datetime", [1.0]),
        ([1.5, np.nan, np.inf, 1e7], "datetime", [1.5, None, None, None]),
        (pd.Series([1.5, None, 2, pd.NA], dtype=object), "datetime", [1.5, None, 2.0, None]),
        (pd.array([1.5, None], dtype="Float64"), "datetime", [1.5, None]),
        ([None, None], "datetime", [None, None]),
    ],
)
def test_types_are_the_same_whatever_gave_the_frame(values: object, kind: ColumnKind, wanted: list[object]) -> None:
    assert is_same(convert(values, kind), wanted)


@pytest.mark.parametrize(
    ("values", "kind", "sentence"),
    [
        (["1.5", "x9"], "numeric", "column 'x' holds 'x9', which is not a number"),
        (["1_000"], "numeric", "column 'x' holds '1_000', which is not a number"),
        ([True, "maybe"], "boolean", "column 'x' holds 'maybe', which is not a boolean"),
        ([2.0], "boolean", "column 'x' holds 2.0, which is not a boolean"),
        (["2024-01-31", "31.1.2024"], "datetime", "column 'x' holds '31.1.2024', which is not a time"),
    ],
)
def test_a_value_of_another_type_is_named(values: object, kind: ColumnKind, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence):
        convert(values, kind)


def test_a_missing_feature_is_named() -> None:
    with pytest.raises(DataError, match="lack y, z"):
        as_features(pd.DataFrame({"x": [1.0]}), {"x": "numeric", "y": "numeric", "z": "boolean"})


def test_only_features_are_kept_in_the_order_of_the_config() -> None:
    frame = pd.DataFrame({"secret": [1], "b": [1.0], "a": [2.0]}, index=[7])
    found = as_features(frame, {"a": "numeric", "b": "numeric"})
    assert list(found.columns) == ["a", "b"]
    assert list(found.index) == [7]

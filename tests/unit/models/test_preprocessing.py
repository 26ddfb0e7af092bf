import math

import numpy as np
import pandas as pd
import pytest

from ratchet.errors import DataError
from ratchet.models.preprocessing import as_features, encode_as_codes, encode_as_columns, usable_features
from ratchet.records.columns import ColumnKind


def convert(values: object, kind: ColumnKind) -> list[object]:
    return as_features(pd.DataFrame({"x": values}), {"x": kind})["x"].tolist()


def is_same(found: list[object], wanted: list[object]) -> bool:
    return [None if isinstance(each, float) and math.isnan(each) else each for each in found] == wanted


@pytest.mark.parametrize("missing", [None, np.nan, pd.NA, pd.NaT], ids=["None", "NaN", "NA", "NaT"])
@pytest.mark.parametrize(
    ("kind", "value", "wanted"), [("numeric", 2, 2.0), ("boolean", True, 1.0), ("categorical", "a", "a")]
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


def test_columns_without_a_value_are_left_out() -> None:
    frame = pd.DataFrame({"a": [1.0, np.nan], "b": [np.nan, np.nan], "c": ["x", "y"], "d": [1.0, 0.0]})
    kinds: dict[str, ColumnKind] = {"a": "numeric", "b": "numeric", "c": "categorical", "d": "boolean"}
    assert usable_features(frame, kinds) == (["a", "d"], ["c"])


def test_rows_without_a_single_value_are_refused() -> None:
    with pytest.raises(DataError, match="no feature has a value"):
        usable_features(pd.DataFrame({"a": [np.nan]}), {"a": "numeric"})


def test_codes_stay_below_the_limit_and_unseen_or_missing_are_nan() -> None:
    frame = pd.DataFrame({"n": 1.0, "c": [f"k{each}" for each in range(400)]})
    fitted = encode_as_codes(["n"], ["c"], 32).fit(frame)
    codes = fitted.transform(frame)[:, 1]
    assert codes.min() == 0
    assert codes.max() == 31
    unseen = pd.DataFrame({"n": [1.0, 1.0], "c": ["new", np.nan]}, dtype=object)
    assert np.isnan(fitted.transform(unseen)[:, 1].astype(float)).all()


def test_codes_never_exceed_what_histogram_boosting_takes() -> None:
    frame = pd.DataFrame({"c": [f"k{each}" for each in range(400)]})
    assert encode_as_codes([], ["c"], 5000).fit_transform(frame).max() == 254


def test_columns_are_filled_flagged_and_scaled_and_rare_values_share_one() -> None:
    frame = pd.DataFrame({"n": [*range(39), np.nan], "c": ["a"] * 20 + ["b"] * 18 + ["rare", "odd"]})
    table = encode_as_columns(["n"], ["c"]).fit_transform(frame).toarray()
    assert table.shape == (40, 5)  # value, flag, a, b, rare ones
    assert abs(table[:, 0].mean()) < 1e-9
    assert table[-2:, 4].tolist() == [1.0, 1.0]

"""What estimators are given: codes for trees, columns for linear models, calendars and words for both."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.preprocessing import OrdinalEncoder

from ratchet.errors import DataError
from ratchet.models.encoding import (
    PARTS,
    TOPICS,
    Calendar,
    Usable,
    Words,
    columns_of,
    encode_as_codes,
    encode_as_columns,
    encode_as_target_codes,
    encode_as_whole_codes,
    list_columns,
    usable_features,
)
from ratchet.models.preprocessing import as_features
from ratchet.records.columns import ColumnKind

KINDS: dict[str, ColumnKind] = {
    "note": "text",
    "n": "numeric",
    "seen": "datetime",
    "c": "categorical",
    "many": "categorical",
    "yes": "boolean",
}


def make_rows(rows: int = 400) -> pd.DataFrame:
    chance = np.random.default_rng(1)
    frame = pd.DataFrame(
        {
            "n": chance.normal(size=rows),
            "seen": pd.Timestamp("2024-01-01") + pd.to_timedelta(chance.integers(0, 20_000, rows), unit="h"),
            "c": chance.choice(["a", "b"], rows),
            "many": [f"k{each}" for each in chance.integers(0, 300, rows)],
            "note": chance.choice(["good and cheap", "bad", "very bad and late", ""], rows),
            "yes": chance.random(rows) < 0.5,
        }
    )
    return as_features(frame, KINDS)


def test_columns_without_a_value_are_left_out() -> None:
    frame = pd.DataFrame({"a": [1.0, np.nan], "b": [np.nan, np.nan], "c": ["x", "y"], "d": [1.0, 0.0], "e": ["", ""]})
    kinds: dict[str, ColumnKind] = {
        "a": "numeric",
        "b": "numeric",
        "c": "categorical",
        "d": "boolean",
        "e": "text",
    }
    assert usable_features(frame, kinds) == Usable(numbers=("a", "d"), categories={"c": 2})


@pytest.mark.parametrize(("values", "kind"), [([np.nan], "numeric"), ([np.nan], "datetime"), ([""], "text")])
def test_rows_without_a_single_value_are_refused(values: list[object], kind: ColumnKind) -> None:
    with pytest.raises(DataError, match="no feature has a value"):
        usable_features(pd.DataFrame({"a": values}), {"a": kind})


def test_categories_are_parted_by_their_values() -> None:
    usable = Usable(categories={"a": 3, "b": 100, "c": 101})
    assert usable.part(100) == (["a", "b"], ["c"])
    assert usable.part(2) == ([], ["a", "b", "c"])


def test_codes_stay_below_the_limit_and_unseen_or_missing_are_nan() -> None:
    frame = pd.DataFrame({"n": 1.0, "c": [f"k{each}" for each in range(400)]})
    fitted = encode_as_codes(Usable(numbers=("n",), categories={"c": 400}), 32).fit(frame)
    codes = fitted.transform(frame)[:, 1]
    assert codes.min() == 0
    assert codes.max() == 31
    unseen = pd.DataFrame({"n": [1.0, 1.0], "c": ["new", np.nan]}, dtype=object)
    assert np.isnan(fitted.transform(unseen)[:, 1].astype(float)).all()


def test_codes_never_exceed_what_histogram_boosting_takes() -> None:
    frame = pd.DataFrame({"c": [f"k{each}" for each in range(400)]})
    assert encode_as_codes(Usable(categories={"c": 400}), 5000).fit_transform(frame).max() == 254


def test_columns_are_filled_flagged_and_scaled_and_rare_values_share_one() -> None:
    frame = pd.DataFrame({"n": [*range(39), np.nan], "c": ["a"] * 20 + ["b"] * 18 + ["rare", "odd"]})
    prepare = encode_as_columns(Usable(numbers=("n",), categories={"c": 2}), classes=2)
    table = prepare.fit_transform(frame, np.arange(40) % 2.0).toarray()
    assert table.shape == (40, 5)  # value, flag, a, b, rare ones
    assert abs(table[:, 0].mean()) < 1e-9
    assert table[-2:, 4].tolist() == [1.0, 1.0]


@pytest.mark.parametrize("classes", [0, 2, 3])
def test_a_value_is_told_by_the_targets_of_other_rows(classes: int) -> None:
    """Values of one or two rows each say nothing of a random target: what they are told by must say nothing as well."""
    chance = np.random.default_rng(2)
    frame = pd.DataFrame({"c": [f"k{each}" for each in chance.integers(0, 1500, 2000)]})
    target = chance.integers(0, classes or 9, 2000).astype(float)
    prepare = encode_as_columns(usable_features(frame, {"c": "categorical"}), classes=classes)
    table = prepare.fit_transform(frame, target)
    known = table[:, 1] if classes == 3 else table[:, 0]
    wanted = (target == 1) if classes == 3 else target
    assert table.shape[1] == (3 if classes == 3 else 1)
    assert abs(np.corrcoef(known, wanted)[0, 1]) < 0.1
    # what comes later is told by all training rows: that is right for rows that were not learnt
    assert np.corrcoef(prepare.transform(frame)[:, 1 if classes == 3 else 0], wanted)[0, 1] > 0.5
    strange = prepare.transform(pd.DataFrame({"c": ["new", np.nan]}, dtype=object))
    assert np.isfinite(np.asarray(strange)).all()


@pytest.mark.parametrize("values", [30, 31, 32, 33])
def test_codes_are_those_of_an_encoder_that_counts_rows(values: int) -> None:
    frame = pd.DataFrame({"c": [*(f"v{each % values}" for each in range(200)), np.nan]}, dtype=object)
    plain = OrdinalEncoder(
        max_categories=32,
        handle_unknown="use_encoded_value",
        unknown_value=np.nan,
        encoded_missing_value=np.nan,
    )
    ours = encode_as_codes(Usable(categories={"c": values}), 32).fit_transform(frame)
    assert np.array_equal(ours, plain.fit_transform(frame), equal_nan=True)


@pytest.mark.parametrize("encode", [lambda usable: encode_as_codes(usable, 255), encode_as_whole_codes])
def test_each_column_for_trees_is_known_by_its_feature(encode: object) -> None:
    frame = make_rows()
    usable = usable_features(frame, KINDS)
    columns, is_category = list_columns(usable, has_target_codes=False, classes=2)
    fitted = encode(usable)
    table = fitted.fit_transform(frame)
    assert table.shape[1] == len(columns) == len(is_category)
    assert columns_of(fitted) == columns
    assert columns == ["n", "yes", *["seen"] * len(PARTS), *["note"] * TOPICS, "c", "many"]
    assert is_category == [name in ("c", "many") for name in columns]


def test_a_time_becomes_parts() -> None:
    frame = as_features(
        pd.DataFrame({"t": ["1970-01-01", "2024-12-31T18:30", "1969-12-31T23:00", None]}), {"t": "datetime"}
    )
    days, hour, weekday, day_of_year = Calendar().fit_transform(frame).T
    assert days[:3].tolist() == pytest.approx([0.0, 20088 + 18.5 / 24, -1 / 24])
    assert hour[:3].tolist() == pytest.approx([0.0, 18.5, 23.0])
    assert weekday[:3].tolist() == [3.0, 1.0, 2.0]
    assert day_of_year[:3].tolist() == [0.0, 365.0, 364.0]
    assert np.isnan([days[3], hour[3], weekday[3], day_of_year[3]]).all()


def test_for_linear_models_the_end_of_a_cycle_is_near_its_begin() -> None:
    times = ["2024-03-03T23:59", "2024-03-04T00:01", "2024-03-04T12:00"]  # a Sunday and a Monday
    frame = as_features(pd.DataFrame({"t": times}), {"t": "datetime"})
    calendar = Calendar(is_cyclic=True).fit(frame)
    hours = calendar.transform(frame)[:, 1:3]
    assert np.linalg.norm(hours[0] - hours[1]) < 0.02 < 1.9 < np.linalg.norm(hours[1] - hours[2])
    assert len(calendar.get_feature_names_out()) == calendar.transform(frame).shape[1] == 7
    assert clone(calendar).is_cyclic


@pytest.mark.parametrize("classes", [0, 2])
def test_any_row_that_may_come_is_prepared(classes: int) -> None:
    frame = make_rows()
    target = (np.arange(len(frame)) % 2).astype(float)
    strange = as_features(pd.DataFrame({name: [None, None] for name in KINDS}), KINDS)
    strange.loc[1] = ["ein Wort \U0001f600", np.nan, 999_999.0, "new", "new", np.nan]
    usable = usable_features(frame, KINDS)
    columns = encode_as_columns(usable, classes=classes).fit(frame, target).transform(strange)
    assert np.isfinite(columns.toarray()).all()
    assert encode_as_codes(usable, 255).fit(frame).transform(strange).shape == (
        2,
        len(list_columns(usable, has_target_codes=False, classes=classes)[0]),
    )


def test_words_are_counted() -> None:
    frame = as_features(pd.DataFrame({"note": ["cheap and good", "bad", None, "bad bad"] * 20}), {"note": "text"})
    prepare = encode_as_columns(usable_features(frame, {"note": "text"}), classes=2)
    counts = (prepare.fit_transform(frame, np.arange(80) % 2.0).toarray() != 0).sum(axis=1)
    assert counts[:4].tolist() == [5, 1, 0, 2]  # words and pairs of words


def test_trees_tell_a_category_with_too_many_codes_by_its_target() -> None:
    frame = make_rows(2000)
    frame["many"] = [f"k{each}" for each in np.random.default_rng(3).integers(0, 300, 2000)]
    usable = usable_features(frame, KINDS)
    classes = np.arange(2000) % 3.0
    for count, width, target in ((3, 3, classes), (0, 1, classes), (2, 1, classes % 2)):
        columns, is_category = list_columns(usable, has_target_codes=True, classes=count)
        prepare = encode_as_target_codes(usable, 255, classes=count)
        assert prepare.fit_transform(frame, target).shape[1] == len(columns)
        assert columns_of(prepare) == columns
        assert columns[-width - 1 :] == ["many"] * width + ["c"]
        assert is_category[-width - 1 :] == [False] * width + [True]


def test_few_rows_give_as_many_columns() -> None:
    frame = as_features(pd.DataFrame({"note": ["good", "bad", "good and bad"]}), {"note": "text"})
    table = Words(topics=TOPICS).fit_transform(frame)
    assert table.shape == (3, TOPICS)
    assert (table[0] != table[1]).any()


def test_texts_of_two_kinds_have_no_more_than_two_topics() -> None:
    """The other columns would be rounding errors, which differ with seed and threads."""
    texts = pd.DataFrame({"note": ["late again"] * 70 + ["all fine"] * 30})
    made = [Words(topics=16, seed=seed).fit(texts).transform(texts) for seed in (1, 2)]
    assert made[0].shape == (100, 16)
    assert (made[0][:, 2:] == 0).all()
    assert np.abs(np.abs(made[0]) - np.abs(made[1])).max() < 1e-9

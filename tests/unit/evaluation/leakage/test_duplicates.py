import numpy as np
import pandas as pd
import pytest

from builders.leakage import make_material, make_table
from ratchet.evaluation.leakage.duplicates import find_duplicates
from ratchet.records.leakage import Finding, Strength

TRAIN, VALIDATION, HOLDOUT = 1400, 100, 500
PARTS = [range(TRAIN), range(TRAIN, TRAIN + VALIDATION), range(TRAIN + VALIDATION, 2000)]
FRAME = make_table(2000)


def with_copies(copies: int, frame: pd.DataFrame = FRAME, **changes: object) -> pd.DataFrame:
    begin = TRAIN + VALIDATION
    copied = frame.iloc[:copies].assign(**changes)
    return pd.concat([frame.iloc[:begin], copied, frame.iloc[begin + copies :]], ignore_index=True)


def find(frame: pd.DataFrame, **changes: object) -> list[Finding]:
    return find_duplicates(make_material(frame, parts=PARTS, **changes))


@pytest.mark.parametrize(
    ("copies", "strength"),
    [(0, None), (5, None), (6, Strength.SUSPECTED), (25, Strength.SUSPECTED), (26, Strength.CERTAIN)],
)
def test_more_than_one_in_a_hundred_is_suspected_and_five_times_that_is_certain(copies, strength):
    found = find(with_copies(copies))
    assert [each.strength for each in found] == ([strength] if strength else [])
    assert [each.measured for each in found] == ([copies / HOLDOUT] if strength else [])


@pytest.mark.parametrize(("copies", "is_found"), [(4, False), (5, True)])
def test_fewer_than_five_rows_say_nothing(copies, is_found):
    assert bool(find(with_copies(copies), gate={"max_duplicate_share": 0.0})) is is_found


@pytest.mark.parametrize(("limit", "is_found"), [(0.04, False), (0.039, True)])
def test_the_limit_is_the_yamls(limit, is_found):
    assert bool(find(with_copies(20), gate={"max_duplicate_share": limit})) is is_found


@pytest.mark.parametrize(("other_targets", "is_found"), [(4, True), (5, False)])
def test_rows_that_agree_in_features_but_not_in_the_target_are_no_copies(other_targets, is_found):
    labels = FRAME["y"].iloc[:40].to_numpy().copy()
    labels[:other_targets] = 1 - labels[:other_targets]
    assert bool(find(with_copies(40, y=labels))) is is_found


@pytest.mark.parametrize("noise", [1e-9, 1e-4])
def test_jitter_does_not_hide_a_copy(noise):
    jittered = {name: FRAME[name].iloc[:60] + noise * np.random.default_rng(1).normal(size=60) for name in "abcd"}
    assert [each.strength for each in find(with_copies(60, **jittered))] == [Strength.CERTAIN]


def test_numbers_are_compared_in_a_regression_too():
    assert find(with_copies(60, make_table(2000, task="regression")), task="regression")


@pytest.mark.parametrize("columns", [["city", "y"], ["city", "member", "y"]])
def test_a_table_of_few_different_rows_has_no_copies(columns):
    assert find(FRAME[columns]) == []


@pytest.mark.parametrize(
    "frame",
    [
        FRAME.assign(a=1.0, b=1.0, c=1.0, d=1.0, city="Oslo", shop="s", member=True),
        FRAME[["a", "y"]].assign(a=np.nan),
        FRAME.assign(a=np.nan, city=None, member=None),
        FRAME.assign(y=0),
    ],
    ids=["constant", "empty", "partly empty", "one class"],
)
def test_odd_tables_have_no_copies(frame):
    assert find(frame) == []


@pytest.mark.parametrize("sizes", [(3, 1, 1), (100, 1, 0), (1, 1, 50)])
def test_tiny_and_empty_parts_have_no_copies(sizes):
    ends = np.cumsum(sizes)
    parts = [range(end - size, end) for size, end in zip(sizes, ends, strict=True)]
    assert find_duplicates(make_material(FRAME, parts=parts)) == []

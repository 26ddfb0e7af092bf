import numpy as np
import pandas as pd
import pytest

from builders.leakage import make_material, make_table
from ratchet.evaluation.leakage.entities import find_entities
from ratchet.records.leakage import Finding, Strength

ROWS = 2000
PARTS = [range(1400), range(1400, 1700), range(1700, ROWS)]
FRAME = make_table(ROWS)


def with_known(share: float) -> pd.DataFrame:
    """Everybody comes once, but this share of the holdout rows are about people whom train knows."""
    who = np.arange(ROWS)
    known = round(share * 300)
    who[1700 : 1700 + known] = np.arange(known)
    return FRAME.assign(who=[f"w{each}" for each in who])


def with_names(values: int = 200, *, leaning: float = 3.0) -> pd.DataFrame:
    chance = np.random.default_rng(3)
    who = chance.permutation(np.arange(ROWS) % values)
    lean = leaning * chance.normal(size=values)[who]
    return FRAME.assign(number=who * 1.0, y=(lean + chance.logistic(size=ROWS) > 0).astype(np.int8))


def find(frame: pd.DataFrame, **changes: object) -> list[Finding]:
    return find_entities(make_material(frame, parts=PARTS, **changes))


def columns(found: list[Finding]) -> list[tuple[str, ...]]:
    return [each.columns for each in found]


@pytest.mark.parametrize(
    ("method", "rule", "is_found"),
    [
        ("random", "auto", True),
        ("time", "auto", False),
        ("random", "allow", False),
        ("time", "allow", False),
        ("random", "forbid", True),
        ("time", "forbid", True),
    ],
)
def test_whether_an_entity_may_come_back_is_the_yamls_choice(method, rule, is_found):
    found = find(with_known(0.5), entity="who", method=method, gate={"entities": rule})
    assert columns(found) == ([("who",)] if is_found else [])


@pytest.mark.parametrize(("share", "is_found"), [(0.0, False), (0.1, False), (0.11, True), (1.0, True)])
def test_more_known_entities_than_the_limit_are_certain(share, is_found):
    found = find(with_known(share), entity="who", gate={"max_entity_share": 0.1})
    assert [each.strength for each in found] == ([Strength.CERTAIN] if is_found else [])


@pytest.mark.parametrize(("rows", "is_found"), [(0, False), (1, True)])
def test_not_one_row_of_a_group_may_be_on_both_sides(rows, is_found):
    found = find(with_known(rows / 300), group="who", method="group")
    assert bool(found) is is_found
    assert all("group ('who')" in each.reason for each in found)


@pytest.mark.parametrize("method", ["random", "time"])
def test_a_column_that_carries_the_target_as_a_name_would_is_suspected(method):
    found = find(with_names().assign(number=lambda frame: "n" + frame["number"].astype(str)), method=method)
    assert [(each.columns, each.strength) for each in found] == (
        [(("number",), Strength.SUSPECTED)] if method == "random" else []
    )


@pytest.mark.parametrize(
    ("frame", "is_found"),
    [
        (with_names(), True),
        (with_names(leaning=0.0), False),
        (with_names(values=20), False),
        (with_names().assign(number=lambda frame: frame["number"] + 0.5), False),
        (with_names().assign(number=lambda frame: frame["number"].where(frame.index < 1400)), False),
        (with_names().assign(y=lambda frame: (frame["number"] > 100).astype(np.int8)), False),
    ],
    ids=["carries", "carries nothing", "few values", "no whole numbers", "unknown in the holdout", "in order"],
)
def test_a_number_carries_only_by_its_exact_value(frame, is_found):
    assert (("number",) in columns(find(frame))) is is_found


@pytest.mark.parametrize(
    "frame",
    [
        FRAME.assign(who=None),
        with_known(0.0).assign(city=None, shop="one", a=np.nan, b=1.0),
        with_known(0.0).assign(y=1),
    ],
    ids=["nobody is named", "empty and constant", "one class"],
)
def test_odd_tables_have_no_entities_on_both_sides(frame):
    assert find(frame, entity="who") == []


@pytest.mark.parametrize("parts", [[range(3), range(3, 5), range(5, 7)], [range(100), range(100, 101), range(0)]])
def test_tiny_and_empty_parts_have_none(parts):
    assert find_entities(make_material(with_known(0.0), parts=parts, entity="who")) == []

import numpy as np
import pytest

from builders.judgements import make_comparison, make_plan
from builders.runs import make_config
from ratchet.evaluation.calibration.in_the_large import Group, find_members, measure_group
from ratchet.evaluation.resampling.totals import draw_totals
from ratchet.metrics.arrays import Floats
from ratchet.records.calibration import InTheLarge


def measure(predicted: Floats, observed: Floats, members: object, problem: str | None = None) -> InTheLarge:
    group = Group(
        name="any", members=np.asarray(members, dtype=bool), predicted=predicted, observed=observed, problem=problem
    )
    return measure_group(group, draw_totals(group.lines(), make_plan(len(predicted)), confidence=0.95))


def test_the_difference_is_that_of_the_groups_own_rows() -> None:
    chance = np.random.default_rng(1)
    members = np.arange(400) < 200
    predicted = np.where(members, 0.4, 0.9)
    found = measure(predicted, (chance.random(400) < 0.3).astype(float), members)
    assert (found.rows, found.predicted) == (200, pytest.approx(0.4))
    assert found.difference is not None
    assert found.difference.estimate == pytest.approx(0.4 - (found.observed or 0))
    assert found.difference.lower is not None
    assert 0 < found.difference.lower < found.difference.estimate < (found.difference.upper or 0)


@pytest.mark.parametrize(("rows", "is_measured"), [(0, False), (1, False), (49, False), (50, True)])
def test_few_rows_are_a_problem(rows: int, is_measured: bool) -> None:
    found = measure(np.full(200, 0.3), np.zeros(200), np.arange(200) < rows)
    assert (found.difference is not None) is is_measured
    assert (found.problem is None) is is_measured
    assert (found.predicted is None) is (rows == 0)


def test_a_problem_is_passed_on() -> None:
    found = measure(np.zeros(9), np.zeros(9), np.zeros(9), "the holdout has no column 'age'")
    assert (found.rows, found.problem, found.difference) == (0, "the holdout has no column 'age'", None)


def test_groups_are_everybody_slices_and_sensitive_values() -> None:
    config = make_config(
        data={"sensitive": ["city", "gone"]},
        evaluation={"slices": [{"name": "old", "column": "age", "at_least": 60}]},
    )
    found = {name: (int(members.sum()), problem) for name, members, problem in find_members(make_comparison(config))}
    assert list(found)[:2] == ["overall", "old"]
    assert {"city = Oslo", "city = Bern", "city = (missing)"} < set(found)
    assert found["overall"] == (400, None)
    assert found["city = (missing)"] == (1, None)
    assert found["gone"] == (0, "the holdout has no column 'gone'")


def test_slices_of_every_kind_are_found_as_elsewhere() -> None:
    slices = [
        {"name": "ages", "column": "age", "bins": 2},
        {"name": "old-oslo", "where": "age >= 60 and city == 'Oslo'"},
        {"name": "gone", "where": "gone > 3"},
    ]
    comparison = make_comparison(make_config(data={"sensitive": ["gone"]}, evaluation={"slices": slices}))
    found = {name: (int(members.sum()), problem) for name, members, problem in find_members(comparison)}
    ages = [rows for name, (rows, _) in found.items() if name.startswith("ages ")]
    assert len(ages) == 2
    assert sum(ages) == comparison.frame["age"].notna().sum()
    frame = comparison.frame
    assert found["old-oslo"] == (int(((frame["age"] >= 60) & (frame["city"] == "Oslo")).sum()), None)
    assert found["gone"] == (0, "the holdout has no column 'gone'")


def test_many_numbers_become_ranges_and_many_texts_the_most_frequent() -> None:
    comparison = make_comparison(make_config(data={"sensitive": ["age", "customer"]}))
    names = [name for name, _, _ in find_members(comparison)]
    assert sum(name.startswith("age = ") for name in names) == 5  # four quarters and what is missing
    assert sum(name.startswith("customer = ") for name in names) == 12

""""""

import numpy as np
import pandas as pd
import pytest

from builders.runs import make_config
from ratchet.config.decision import Costs
from ratchet.evaluation.costs import cost_rows
from ratchet.evaluation.decisions import (
    EVERYBODY,
    HALF,
    NOBODY,
    cheapest_threshold,
    choose_thresholds,
    decide_classes,
    find_limits,
)
from ratchet.metrics.arrays import Floats
from ratchet.records.decision import SegmentThreshold, Thresholds

FRAME = pd.DataFrame({"floor": [1.0, None, 2.0]})
SCORES = np.array([0.5, 0.49, 0.9])
COSTS = {"false_positive": 1.0, "false_negative": 4.0}


def test_a_row_at_the_threshold_is_positive() -> None:
    decided = decide_classes("binary", SCORES, FRAME, HALF)
    assert decided is not None
    assert decided.tolist() == [1.0, 0.0, 1.0]


def test_a_row_of_a_segment_has_the_segments_threshold() -> None:
    by_floor = Thresholds(overall=0.4, column="floor", segments=(SegmentThreshold(value="1", threshold=0.6),))
    decided = decide_classes("binary", SCORES, FRAME, by_floor)
    assert decided is not None
    assert decided.tolist() == [0.0, 1.0, 1.0]


def test_of_several_classes_the_most_probable_is_taken() -> None:
    decided = decide_classes("multiclass", np.array([[0.2, 0.3, 0.5], [0.6, 0.4, 0.0]]), FRAME)
    assert decided is not None
    assert decided.tolist() == [2.0, 0.0]


@pytest.mark.parametrize("thresholds", [HALF, Thresholds(overall=0.1)])
def test_a_regression_decides_nothing(thresholds: Thresholds) -> None:
    assert decide_classes("regression", SCORES, FRAME, thresholds) is None


def make_validation(rows: int = 4000, seed: int = 3) -> tuple[pd.DataFrame, Floats, Floats]:
    """Calibrated probabilities; in Oslo they are half of what comes true."""
    chance = np.random.default_rng(seed)
    scores = chance.random(rows)
    city = np.where(chance.random(rows) < 0.5, "Oslo", "Bern")
    truth = np.where(city == "Oslo", np.minimum(2 * scores, 1), scores)
    return pd.DataFrame({"city": city}), (chance.random(rows) < truth).astype(float), scores


def spend(labels: Floats, scores: Floats, threshold: float, costs: Costs) -> float:
    return float(cost_rows(labels, (scores >= threshold).astype(float), costs).sum())


@pytest.mark.parametrize("seed", range(5))
@pytest.mark.parametrize("costs", [COSTS, {"false_positive": 3.0, "false_negative": 1.0, "true_positive": -5.0}])
def test_no_other_threshold_costs_less(seed: int, costs: dict[str, float]) -> None:
    chance = np.random.default_rng(seed)
    labels, scores = (chance.random(60) < 0.4).astype(float), chance.integers(0, 12, 60) / 12
    matrix = Costs(**costs)
    found = spend(labels, scores, cheapest_threshold(labels, scores, matrix), matrix)
    every = [spend(labels, scores, each, matrix) for each in (0.0, *np.unique(scores), *(np.unique(scores) + 1e-9), 2)]
    assert found == pytest.approx(min(every))


def test_on_calibrated_probabilities_it_is_near_the_break_even_probability() -> None:
    _, labels, scores = make_validation(20_000)
    calibrated = (np.random.default_rng(4).random(len(scores)) < scores).astype(float)
    assert cheapest_threshold(calibrated, scores, Costs(**COSTS)) == pytest.approx(0.2, abs=0.05)
    assert labels.sum() != calibrated.sum()


@pytest.mark.parametrize(
    ("labels", "threshold"),
    [([0.0, 0.0, 0.0], NOBODY), ([1.0, 1.0, 1.0], EVERYBODY)],
    ids=["nobody", "everybody"],
)
def test_both_ends_can_be_chosen(labels: list[float], threshold: float) -> None:
    scores = np.array([0.05, 0.9, 1.0])
    found = cheapest_threshold(np.array(labels), scores, Costs(**COSTS))
    decided = decide_classes("binary", scores, pd.DataFrame(index=range(3)), Thresholds(overall=found))
    assert decided is not None
    assert decided.tolist() == labels
    assert found == threshold


def test_nobody_is_above_a_certain_row_too() -> None:
    scores = np.array([1.0, 1.0])
    assert cheapest_threshold(np.zeros(2), scores, Costs(**COSTS)) == NOBODY
    assert not (scores >= NOBODY).any()


def test_of_equal_costs_the_one_nearest_to_break_even_is_taken() -> None:
    labels, scores = np.array([0.0, 1.0]), np.array([0.1, 0.9])
    costs = Costs(false_positive=1, false_negative=1)
    assert cheapest_threshold(labels, scores, costs) == 0.5
    twins = Costs(false_positive=2, false_negative=2)
    assert cheapest_threshold(np.array([0.0, 0.0, 1.0, 1.0]), np.array([0.2, 0.2, 0.6, 0.6]), twins) == pytest.approx(
        0.4
    )


def test_neighbours_without_a_number_between_them_are_told_apart() -> None:
    scores = np.array([0.5, np.nextafter(0.5, 1)])
    found = cheapest_threshold(np.array([0.0, 1.0]), scores, Costs(false_positive=1, false_negative=1))
    assert (scores >= found).tolist() == [False, True]


@pytest.mark.parametrize(
    ("decision", "threshold"), [({}, 0.5), ({"threshold": 0.3}, 0.3), ({"threshold": 0.3, "costs": COSTS}, 0.3)]
)
def test_without_costs_it_is_half_or_the_fixed_one(decision: dict[str, object], threshold: float) -> None:
    found = choose_thresholds(make_config(decision=decision), *make_validation())
    assert found == Thresholds(overall=threshold)


def test_segments_with_enough_rows_have_their_own() -> None:
    frame, labels, scores = make_validation(20_000)
    frame.loc[:99, "city"] = "Rome"
    frame.loc[100:120, "city"] = None
    found = choose_thresholds(make_config(decision={"costs": COSTS, "by": "city"}), frame, labels, scores)
    assert found is not None
    own = {segment.value: segment.threshold for segment in found.segments}
    assert own["Oslo"] == pytest.approx(0.1, abs=0.04)
    assert own["Bern"] == pytest.approx(0.2, abs=0.06)
    assert set(own) == {"Oslo", "Bern"}
    limits = find_limits(frame, found)
    assert set(limits[:121]) == {found.overall}


def test_too_few_rows_fall_back_to_break_even() -> None:
    frame, labels, scores = make_validation(499)
    found = choose_thresholds(make_config(decision={"costs": COSTS}), frame, labels, scores)
    assert found == Thresholds(overall=0.2)
    rare = np.zeros(4000)
    rare[:49] = 1
    frame, _, scores = make_validation(4000)
    assert choose_thresholds(make_config(decision={"costs": COSTS}), frame, rare, scores) == Thresholds(overall=0.2)


def test_the_number_and_length_of_segments_are_bounded() -> None:
    rows = 80 * 30
    chance = np.random.default_rng(1)
    names = np.repeat([f"s{place:02d}" for place in range(79)] + ["x" * 201], 30)
    labels, scores = (chance.random(rows) < 0.5).astype(float), chance.random(rows)
    config = make_config(decision={"costs": COSTS, "by": "city", "min_rows": 20, "min_positives": 2})
    found = choose_thresholds(config, pd.DataFrame({"city": names}), labels, scores)
    assert found is not None
    assert len(found.segments) == 50
    assert all(len(segment.value) <= 200 for segment in found.segments)


@pytest.mark.parametrize("task", ["multiclass", "regression"])
def test_other_tasks_have_none(task: str) -> None:
    assert choose_thresholds(make_config(task=task), *make_validation(50)) is None


def test_the_same_rows_give_the_same_thresholds() -> None:
    config = make_config(decision={"costs": COSTS, "by": "city"})
    assert choose_thresholds(config, *make_validation()) == choose_thresholds(config, *make_validation())


def test_a_segment_column_that_is_not_there_leaves_the_overall_threshold() -> None:
    thresholds = Thresholds(overall=0.4, column="city", segments=(SegmentThreshold(value="Oslo", threshold=0.1),))
    assert find_limits(pd.DataFrame({"age": [1, 2]}), thresholds).tolist() == [0.4, 0.4]
    assert find_limits(pd.DataFrame({"city": ["Oslo", None]}), thresholds).tolist() == [0.1, 0.4]

"""What was predicted against what came."""

import numpy as np
import pytest

from builders.matured import PLAN, make_judged
from ratchet.evaluation.production.calibration import measure_calibration, measure_distances, measure_errors

CHANCE = np.random.default_rng(3)
SCORES = CHANCE.uniform(size=2000)
LABELS = (CHANCE.uniform(size=2000) < SCORES).astype(float)
THREE = np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]] * 100)
CODES = np.array([0.0, 1.0] * 100)


def test_scores_that_are_right_have_no_gap():
    found = measure_calibration(make_judged(LABELS, SCORES), make_judged(LABELS[:1000], SCORES[:1000]), PLAN)
    assert found.gap_lower < 0 < found.gap_upper
    assert found.gap == pytest.approx(found.observed - found.predicted)
    assert found.gap_then == pytest.approx(0, abs=0.04)


def test_scores_that_are_too_low_have_a_gap_above_zero():
    found = measure_calibration(make_judged(LABELS, SCORES / 2), make_judged([], []), PLAN)
    assert found.gap_lower > 0.2
    assert found.gap_then is None


def test_open_labels_are_made_up_for():
    is_open = (LABELS == 1) & (np.arange(2000) % 2 == 0)
    weights = np.where(is_open, 0.0, np.where(LABELS == 1, 2.0, 1.0))
    found = measure_calibration(
        make_judged(np.where(is_open, np.nan, LABELS), SCORES, weights=weights), make_judged([], []), PLAN
    )
    assert found.observed == pytest.approx(LABELS.mean(), abs=0.03)


def test_of_several_classes_the_most_probable_one_counts():
    found = measure_calibration(make_judged(CODES, THREE, decisions=CODES), make_judged([], []), PLAN)
    assert (found.predicted, found.observed) == (pytest.approx(0.65), pytest.approx(0.5))


@pytest.mark.parametrize(
    ("labels", "scores", "words"),
    [([], [], "0 labels are too few"), ([1e308] * 60, [-1e308] * 60, "too large to add up")],
)
def test_what_can_not_be_told_has_a_problem(labels, scores, words):
    assert words in measure_calibration(make_judged(labels, scores), make_judged([], []), PLAN).problem


def test_errors_are_wrong_decisions_and_distances_are_those_of_brier():
    rows = make_judged([1, 0], [0.4, 0.1]).rows
    assert measure_errors(rows).tolist() == [1.0, 0.0]
    assert measure_distances(rows) == pytest.approx([0.36, 0.01])
    several = make_judged(CODES[:1], THREE[:1], decisions=CODES[:1]).rows
    assert measure_distances(several) == pytest.approx([(0.09 + 0.04 + 0.01) / 2])

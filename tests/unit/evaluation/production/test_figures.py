"""One metric of matured rows, and how much worse it is than the baseline."""

import numpy as np
import pytest
from sklearn import metrics

from builders.matured import PLAN, make_judged
from ratchet.config.monitoring import LabelPlan
from ratchet.evaluation.production.figures import (
    Measured,
    Units,
    bound,
    describe,
    measure_calibration,
    measure_distances,
    measure_errors,
    measure_rows,
    measure_value,
)
from ratchet.timeline import Window

CHANCE = np.random.default_rng(2)
SCORES = CHANCE.uniform(size=600)
LABELS = (CHANCE.uniform(size=600) < SCORES).astype(float)
WEIGHTS = 1 + 2 * (LABELS == 1) * (CHANCE.uniform(size=600) < 0.5)
DECIDED = SCORES >= 0.5
WINDOW = Window(start=0, end=600)
PEERS = {
    "roc_auc": lambda: metrics.roc_auc_score(LABELS, SCORES, sample_weight=WEIGHTS),
    "average_precision": lambda: metrics.average_precision_score(LABELS, SCORES, sample_weight=WEIGHTS),
    "log_loss": lambda: metrics.log_loss(LABELS, SCORES, sample_weight=WEIGHTS),
    "brier": lambda: metrics.brier_score_loss(LABELS, SCORES, sample_weight=WEIGHTS),
    "f1": lambda: metrics.f1_score(LABELS, DECIDED, sample_weight=WEIGHTS),
    "precision": lambda: metrics.precision_score(LABELS, DECIDED, sample_weight=WEIGHTS),
    "recall": lambda: metrics.recall_score(LABELS, DECIDED, sample_weight=WEIGHTS),
    "accuracy": lambda: metrics.accuracy_score(LABELS, DECIDED, sample_weight=WEIGHTS),
    "rmse": lambda: metrics.root_mean_squared_error(LABELS, SCORES, sample_weight=WEIGHTS),
    "mae": lambda: metrics.mean_absolute_error(LABELS, SCORES, sample_weight=WEIGHTS),
    "r2": lambda: metrics.r2_score(LABELS, SCORES, sample_weight=WEIGHTS),
}
CHANCE_CALIBRATION = np.random.default_rng(3)
SCORES_CALIBRATION = CHANCE_CALIBRATION.uniform(size=2000)
LABELS_CALIBRATION = (CHANCE_CALIBRATION.uniform(size=2000) < SCORES_CALIBRATION).astype(float)
THREE = np.array([[0.7, 0.2, 0.1], [0.1, 0.3, 0.6]] * 100)
CODES = np.array([0.0, 1.0] * 100)
CHANCE_BOUNDED = np.random.default_rng(5)


@pytest.mark.parametrize("metric", PEERS)
def test_a_weighted_figure_is_scikit_learns(metric):
    judged = make_judged(LABELS, SCORES, weights=WEIGHTS)
    found = measure_rows(metric, judged, PLAN)
    assert found.value == pytest.approx(PEERS[metric](), abs=1e-9)
    assert found.value == measure_value(metric, judged, PLAN)
    assert found.lower < found.value < found.upper


def test_open_labels_are_counted_and_left_out():
    labels = np.where(np.arange(600) % 4 == 0, np.nan, LABELS)
    found = measure_rows("roc_auc", make_judged(labels, SCORES), PLAN)
    known = np.isfinite(labels)
    assert (found.rows, found.open_share) == (450, 0.25)
    assert found.value == pytest.approx(metrics.roc_auc_score(LABELS[known], SCORES[known]))


@pytest.mark.parametrize(
    ("metric", "labels", "scores", "words"),
    [
        ("roc_auc", [], [], "no matured predictions"),
        ("roc_auc", LABELS[:20], SCORES[:20], "20 labels of 20 matured predictions are too few, needs 50"),
        ("roc_auc", np.full(600, np.nan), SCORES, "0 labels of 600"),
        ("roc_auc", np.zeros(600), SCORES, "of one class"),
        ("roc_auc", np.arange(600) < 5, SCORES, "5 rows of the rarest class are too few, needs 10"),
        ("precision", LABELS, SCORES / 9, "decided for the positive class"),
        ("mape", LABELS, SCORES, "labels are zero"),
        ("r2", np.ones(600), SCORES, "all 600 labels are the same"),
        ("rmse", LABELS * 1e200, SCORES, "no finite number"),
        ("log_loss", LABELS, np.where(SCORES > 0.9, np.nan, SCORES), "not finite numbers"),
    ],
)
def test_what_can_not_be_told_has_a_problem(metric, labels, scores, words):
    judged = make_judged(labels, scores, decisions=np.nan_to_num(scores) >= 0.5)
    found = measure_rows(metric, judged, PLAN)
    assert found.value is None
    assert words in found.problem
    assert measure_value(metric, judged, PLAN) is None


def test_how_many_labels_are_enough_is_the_teams_choice():
    judged = make_judged(LABELS[:60], SCORES[:60])
    assert measure_rows("log_loss", judged, LabelPlan(min_rows=60)).value is not None
    assert measure_rows("log_loss", judged, LabelPlan(min_rows=61)).value is None


def test_bounds_stay_where_the_metric_can_be():
    perfect = make_judged(LABELS, np.where(SCORES > 0.01, LABELS, 1 - LABELS))
    found = measure_rows("accuracy", perfect, PLAN)
    assert found.lower >= 0
    assert found.upper <= 1


def figure(metric: str, now: float, then: float | None) -> object:
    measured = Measured(rows=100, open_share=0.0, value=now, lower=now - 0.03, upper=now + 0.03)
    baseline = (
        None if then is None else Measured(rows=100, open_share=0.0, value=then, lower=then - 0.04, upper=then + 0.04)
    )
    return describe(metric, None, WINDOW, measured, baseline)


@pytest.mark.parametrize(
    ("metric", "now", "then", "loss"),
    [
        ("roc_auc", 0.784, 0.80, 0.02),
        ("roc_auc", 0.84, 0.80, -0.05),
        ("log_loss", 0.42, 0.40, 0.05),
        ("log_loss", 0.38, 0.40, -0.05),
        ("r2", 0.4, 0.5, 0.2),
        ("r2", -0.6, -0.5, 0.2),
    ],
)
def test_a_loss_is_a_share_of_the_baseline_and_above_zero_when_worse(metric, now, then, loss):
    found = figure(metric, now, then)
    assert found.loss == pytest.approx(loss)
    assert found.loss_lower == pytest.approx(loss - 0.05 / abs(then))  # 3 and 4 make 5


def test_without_a_baseline_there_is_no_loss():
    assert (figure("roc_auc", 0.8, None).loss, figure("roc_auc", 0.8, None).loss_lower) == (None, None)
    assert figure("rmse", 0.8, 0.0).loss is None


def test_scores_that_are_right_have_no_gap():
    found = measure_calibration(
        make_judged(LABELS_CALIBRATION, SCORES_CALIBRATION),
        make_judged(LABELS_CALIBRATION[:1000], SCORES_CALIBRATION[:1000]),
        PLAN,
    )
    assert found.gap_lower < 0 < found.gap_upper
    assert found.gap == pytest.approx(found.observed - found.predicted)
    assert found.gap_then == pytest.approx(0, abs=0.04)


def test_scores_that_are_too_low_have_a_gap_above_zero():
    found = measure_calibration(make_judged(LABELS_CALIBRATION, SCORES_CALIBRATION / 2), make_judged([], []), PLAN)
    assert found.gap_lower > 0.2
    assert found.gap_then is None


def test_open_labels_are_made_up_for():
    is_open = (LABELS_CALIBRATION == 1) & (np.arange(2000) % 2 == 0)
    weights = np.where(is_open, 0.0, np.where(LABELS_CALIBRATION == 1, 2.0, 1.0))
    found = measure_calibration(
        make_judged(np.where(is_open, np.nan, LABELS_CALIBRATION), SCORES_CALIBRATION, weights=weights),
        make_judged([], []),
        PLAN,
    )
    assert found.observed == pytest.approx(LABELS_CALIBRATION.mean(), abs=0.03)


def test_of_several_classes_the_most_probable_one_counts():
    found = measure_calibration(make_judged(CODES, THREE, decisions=CODES), make_judged([], []), PLAN)
    assert (found.predicted, found.observed) == (pytest.approx(0.65), pytest.approx(0.5))


@pytest.mark.parametrize(
    ("labels", "scores", "words"),
    [([], [], "0 labels are too few"), ([1e308] * 60, [-1e308] * 60, "too large to add up")],
)
def test_calibration_that_can_not_be_told_has_a_problem(labels, scores, words):
    assert words in measure_calibration(make_judged(labels, scores), make_judged([], []), PLAN).problem


def test_errors_are_wrong_decisions_and_distances_are_those_of_brier():
    rows = make_judged([1, 0], [0.4, 0.1]).rows
    assert measure_errors(rows).tolist() == [1.0, 0.0]
    assert measure_distances(rows) == pytest.approx([0.36, 0.01])
    several = make_judged(CODES[:1], THREE[:1], decisions=CODES[:1]).rows
    assert measure_distances(several) == pytest.approx([(0.09 + 0.04 + 0.01) / 2])


def make_units(days: int, per_day: int, entities: np.ndarray | None = None, *, is_ordered: bool = True) -> Units:
    return Units(days=np.repeat(np.arange(days), per_day), entities=entities, is_ordered=is_ordered)


def width(values: np.ndarray, units: Units) -> float:
    lower, upper = bound(values.mean(), values - values.mean(), units)
    return upper - lower


def test_of_independent_rows_nineteen_lower_bounds_in_twenty_hold():
    held = []
    for _ in range(300):
        values = CHANCE_BOUNDED.normal(size=700)
        held.append(bound(values.mean(), values - values.mean(), make_units(7, 100))[0] <= 0)
    assert 0.93 <= np.mean(held) <= 0.995


def test_days_that_differ_widen_the_bounds():
    day = np.repeat(CHANCE_BOUNDED.normal(size=7), 100)
    values = CHANCE_BOUNDED.normal(size=700) + day
    assert width(values, make_units(7, 100)) > 3 * width(values, make_units(7, 100, is_ordered=False))


def test_persons_with_many_rows_widen_the_bounds():
    person = np.repeat(np.arange(50), 14)
    values = CHANCE_BOUNDED.normal(size=50)[person] + 0.1 * CHANCE_BOUNDED.normal(size=700)
    alone = make_units(7, 100, is_ordered=False)
    assert width(values, make_units(7, 100, person, is_ordered=False)) > 2 * width(values, alone)


def test_persons_with_one_row_each_change_nothing():
    values = CHANCE_BOUNDED.normal(size=700)
    each = make_units(7, 100, np.arange(700), is_ordered=False)
    assert width(values, each) == width(values, make_units(7, 100, is_ordered=False))


@pytest.mark.parametrize("rows", [1, 2, 9])
def test_few_rows_have_finite_bounds(rows):
    values = np.arange(rows, dtype=float)
    lower, upper = bound(values.mean(), values - values.mean(), make_units(1, rows))
    assert lower <= values.mean() <= upper

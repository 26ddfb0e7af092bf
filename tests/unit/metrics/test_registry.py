"""Point values of the metrics."""

import numpy as np
import pytest
from sklearn import metrics as sklearn

from builders.judgements import make_labels, make_scores
from builders.runs import make_config
from ratchet.metrics.decomposed import choose_classes
from ratchet.metrics.metric import MetricOptions
from ratchet.metrics.registry import DEFAULT_METRIC, find_metric, metrics_of

LABELS = make_labels(60)
SCORES = make_scores(LABELS)
DECISIONS = (SCORES >= 0.4).astype(float)
CODES = np.random.default_rng(4).integers(0, 3, 60).astype(float)
SHARES = np.random.default_rng(3).dirichlet([1, 1, 1], 60)
CHOSEN = SHARES.argmax(axis=1)
TRUTH = np.random.default_rng(5).normal(10, 3, 60)
GUESSES = TRUTH + np.random.default_rng(6).normal(size=60)
CASES = {"binary": (LABELS, SCORES), "multiclass": (CODES, SHARES), "regression": (TRUTH, GUESSES)}


@pytest.mark.parametrize("metric", ["log_loss", "brier", "rmse", "mae", "mape", "pinball"])
def test_losses_are_losses(metric):
    assert find_metric(metric).is_loss


@pytest.mark.parametrize("metric", ["roc_auc", "average_precision", "accuracy", "f1", "r2", "precision_at_k"])
def test_the_others_are_not(metric):
    assert not find_metric(metric).is_loss


@pytest.mark.parametrize(
    ("metric", "decided"), [("f1", True), ("accuracy", True), ("recall_macro", True), ("roc_auc", False)]
)
def test_some_look_at_decisions(metric, decided):
    assert find_metric(metric).is_decided is decided


@pytest.mark.parametrize(("task", "metric"), [(task, metric) for task in DEFAULT_METRIC for metric in metrics_of(task)])
def test_every_metric_of_the_config_can_be_measured(task, metric):
    assert 0 < find_metric(metric).measure(*CASES[task]) < 100


@pytest.mark.parametrize(
    ("metric", "labels", "predictions", "expected"),
    [
        ("roc_auc", LABELS, SCORES, sklearn.roc_auc_score(LABELS, SCORES)),
        ("brier", LABELS, SCORES, sklearn.brier_score_loss(LABELS, SCORES)),
        ("accuracy", LABELS, DECISIONS, sklearn.accuracy_score(LABELS, DECISIONS)),
        ("f1", LABELS, DECISIONS, sklearn.f1_score(LABELS, DECISIONS)),
        ("precision", LABELS, DECISIONS, sklearn.precision_score(LABELS, DECISIONS)),
        ("recall", LABELS, DECISIONS, sklearn.recall_score(LABELS, DECISIONS)),
        ("f1_macro", CODES, CHOSEN, sklearn.f1_score(CODES, CHOSEN, average="macro")),
        ("f1_weighted", CODES, CHOSEN, sklearn.f1_score(CODES, CHOSEN, average="weighted")),
        ("precision_macro", CODES, CHOSEN, sklearn.precision_score(CODES, CHOSEN, average="macro")),
        ("recall_macro", CODES, CHOSEN, sklearn.balanced_accuracy_score(CODES, CHOSEN)),
        ("roc_auc_macro", CODES, SHARES, sklearn.roc_auc_score(CODES, SHARES, multi_class="ovr")),
        (
            "roc_auc_weighted",
            CODES,
            SHARES,
            sklearn.roc_auc_score(CODES, SHARES, multi_class="ovr", average="weighted"),
        ),
        ("mape", TRUTH, GUESSES, sklearn.mean_absolute_percentage_error(TRUTH, GUESSES)),
        ("r2", TRUTH, GUESSES, sklearn.r2_score(TRUTH, GUESSES)),
    ],
)
def test_values_are_those_of_scikit_learn(metric, labels, predictions, expected):
    assert find_metric(metric).measure(labels, np.asarray(predictions, dtype=float)) == pytest.approx(expected)


def test_the_yaml_gives_the_options():
    options = make_config(evaluation={"top": 0.2, "quantile": 0.9}).evaluation.options
    assert find_metric("pinball").measure(TRUTH, GUESSES, options) == sklearn.mean_pinball_loss(
        TRUTH, GUESSES, alpha=0.9
    )
    best = np.argsort(-SCORES)[:12]
    assert find_metric("precision_at_k").measure(LABELS, SCORES, options) == pytest.approx(LABELS[best].mean())


def test_rows_level_at_the_cut_share_what_is_left():
    assert find_metric("precision_at_k").measure(LABELS, np.full(60, 0.5)) == pytest.approx(LABELS.mean())


def test_a_share_of_less_than_a_row_looks_at_the_best_row():
    labels, scores = np.array([0.0, 1.0, 0.0]), np.array([0.2, 0.9, 0.3])
    assert find_metric("precision_at_k").measure(labels, scores, MetricOptions(top=0.1)) == 1.0


def test_a_class_without_rows_does_not_stop_a_multiclass_figure():
    shares = np.array([[0.7, 0.2, 0.1], [0.1, 0.8, 0.1]])
    assert find_metric("log_loss").measure(np.array([0.0, 1.0]), shares) == pytest.approx(-np.log([0.7, 0.8]).mean())
    assert find_metric("accuracy").measure(np.array([0.0, 2.0]), shares) == 0.5
    assert find_metric("recall_macro").measure(np.array([0.0, 2.0]), shares) == 0.5
    assert find_metric("roc_auc_macro").measure(np.array([0.0, 1.0]), shares) == 1.0


@pytest.mark.parametrize(
    ("metric", "value"),
    [
        ("log_loss", -np.log([0.9, 0.8, 0.7]).mean()),
        ("brier", (0.01 + 0.04 + 0.09) / 3),
        ("accuracy", 1.0),
        ("recall", 1.0),
        ("precision_at_k", 1.0),
    ],
)
def test_one_class_is_enough_for_a_mean_over_rows(metric, value):
    assert find_metric(metric).measure(np.ones(3), np.array([0.9, 0.8, 0.7])) == pytest.approx(value)


@pytest.mark.parametrize("metric", ["roc_auc", "average_precision"])
@pytest.mark.parametrize("label", [0.0, 1.0])
def test_a_ranking_of_one_class_has_no_figure(metric, label):
    scores = np.array([0.9, 0.8, 0.7])
    assert find_metric(metric).measure(np.full(3, label), scores) is None
    assert not find_metric(metric).is_defined(np.full(3, label), scores)


@pytest.mark.parametrize(
    ("metric", "labels", "predictions", "why"),
    [
        ("precision", [0, 1], [0, 0], "none of 2 rows is decided for the positive class"),
        ("recall", [0, 0], [0, 1], "none of 2 rows is positive"),
        ("f1", [0, 0], [0, 0], "none of 2 rows is decided for the positive class"),
        ("mape", [0, 1], [1, 1], "1 of 2 labels are zero"),
        ("r2", [3, 3], [1, 2], "all 2 labels are the same"),
        ("r2", [3], [1], "all 1 labels are the same"),
        ("rmse", [np.nan, 1], [1, 1], "1 labels are not finite numbers"),
        ("log_loss", [0, 0], [[1.0], [1.0]], "there is one class only"),
        ("roc_auc_macro", [1, 1], [[0.5, 0.5], [0.5, 0.5]], "all 2 rows are of one class"),
    ],
)
def test_what_is_not_defined_has_no_figure_and_says_why(metric, labels, predictions, why):
    labels, predictions = np.array(labels, dtype=float), np.array(predictions, dtype=float)
    assert find_metric(metric).measure(labels, predictions) is None
    assert find_metric(metric).explain_undefined(labels, predictions) == f"{metric} is not defined: {why}"


@pytest.mark.parametrize("metric", ["recall", "f1"])
def test_no_decision_is_a_figure_where_there_are_positives(metric):
    assert find_metric(metric).measure(np.array([0.0, 1.0]), np.zeros(2)) == 0


def test_no_rows_have_no_figure():
    assert find_metric("rmse").measure(np.empty(0), np.empty(0)) is None


@pytest.mark.parametrize("broken", [np.nan, np.inf])
def test_a_prediction_that_is_no_number_has_no_figure(broken):
    assert find_metric("mae").measure(np.zeros(2), np.array([1.0, broken])) is None


def test_a_figure_that_overflows_is_no_figure():
    assert find_metric("rmse").measure(np.zeros(2), np.full(2, 1e200)) is None


def test_one_half_is_the_negative_class():
    assert choose_classes(np.array([0.5, 0.500001])).tolist() == [0, 1]


def test_classes_that_are_chosen_stay():
    assert choose_classes(np.array([0.0, 2.0, 1.0])).tolist() == [0, 2, 1]

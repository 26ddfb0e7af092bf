"""What pages show of the holdout is counted from the rows, and never more of it than a page can show."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from builders.judgements import make_comparison, make_labels, make_scored, make_scores
from builders.subjects import make_probe_config
from ratchet.evaluation.comparison import Comparison, Scored
from ratchet.evaluation.diagnostics import (
    CUT_OFFS,
    ERROR_BINS,
    MOST_CLASSES,
    fold_classes,
    measure_diagnostics,
    trace_curve,
)
from ratchet.evaluation.gains import ClassNames
from ratchet.records.decision import Thresholds
from ratchet.records.diagnostics import CutOff

LABELS = np.array([1, 1, 0, 1, 0, 0], dtype=float)
SCORES = np.array([0.9, 0.8, 0.8, 0.4, 0.3, 0.1])


def counts_of(cut_off: CutOff) -> tuple[int, int, int, int]:
    return cut_off.true_positives, cut_off.false_positives, cut_off.false_negatives, cut_off.true_negatives


def test_each_threshold_counts_what_it_decides_and_rows_level_with_it_go_together() -> None:
    curve = trace_curve("challenger", LABELS == 1, SCORES, 0.35)
    assert [each.threshold for each in curve.cut_offs] == [0.9, 0.8, 0.4, 0.3, 0.1]
    assert [counts_of(each) for each in curve.cut_offs] == [
        (1, 0, 2, 3),
        (2, 1, 1, 2),
        (3, 1, 0, 2),
        (3, 2, 0, 1),
        (3, 3, 0, 0),
    ]
    assert curve.chosen is not None
    assert (curve.chosen.threshold, counts_of(curve.chosen)) == (0.35, (3, 1, 0, 2))


def test_a_threshold_that_no_row_reaches_has_no_point() -> None:
    assert trace_curve("challenger", LABELS == 1, SCORES, 0.95).chosen is None


def test_a_curve_is_bounded_and_hardly_off_the_whole_one() -> None:
    labels = make_labels(5_000)
    scores = make_scores(labels)
    curve = trace_curve("challenger", labels == 1, scores, 0.5)
    assert len(curve.cut_offs) <= CUT_OFFS
    points = [(0.0, 0.0), *((each.false_positive_rate or 0.0, each.recall or 0.0) for each in curve.cut_offs)]
    area = np.trapezoid([up for _, up in points], [across for across, _ in points])
    ranks = pd.Series(scores).rank().to_numpy()
    positives = int((labels == 1).sum())
    exact = (ranks[labels == 1].sum() - positives * (positives + 1) / 2) / (positives * (len(labels) - positives))
    assert area == pytest.approx(exact, abs=0.002)
    assert counts_of(curve.cut_offs[-1])[2:] == (0, 0)


def test_a_binary_task_has_curves_areas_with_bounds_and_a_matrix() -> None:
    comparison = make_comparison()
    found = measure_diagnostics(comparison, thresholds=Thresholds(overall=0.5), champion=Thresholds(overall=0.4))
    assert [each.model for each in found.curves] == ["challenger", "champion"]
    assert [each.metric for each in found.curves[0].areas] == ["roc_auc", "average_precision"]
    for each in found.curves[0].areas:
        assert each.lower is not None
        assert each.value is not None
        assert each.upper is not None
        assert each.lower < each.value < each.upper
    assert found.curves[1].areas == ()
    assert found.confusion is not None
    assert sum(map(sum, found.confusion.counts)) == len(comparison.labels)
    chosen = found.curves[0].chosen
    assert chosen is not None
    assert found.confusion.counts == (
        (chosen.true_negatives, chosen.false_positives),
        (chosen.false_negatives, chosen.true_positives),
    )


def test_one_class_in_the_holdout_is_still_counted() -> None:
    comparison = make_comparison()
    found = measure_diagnostics(replace(comparison, labels=np.zeros_like(comparison.labels)))
    assert found.confusion is not None
    assert found.confusion.counts[1] == (0, 0)
    assert found.curves[0].areas[0].problem is not None


def test_predictions_that_are_no_numbers_and_no_rows_are_a_problem() -> None:
    comparison = make_comparison()
    lost = replace(comparison.challenger, scores=np.full_like(comparison.labels, np.nan))
    assert measure_diagnostics(replace(comparison, challenger=lost)).problem is not None
    assert measure_diagnostics(replace(comparison, labels=comparison.labels[:0])).problem == "the holdout has no rows"


def test_of_many_classes_those_with_the_most_mistakes_are_kept_and_no_row_is_lost() -> None:
    chance = np.random.default_rng(3)
    counts = np.diag(np.full(1_000, 50))
    counts[7, 9] += 400
    counts[11, 7] += 300
    counts[500, 501] += 2  # among those that are folded
    names = [f"class {place}" for place in range(1_000)]
    for place in chance.choice(np.arange(20, 400), 8, replace=False):
        counts[place, 900] += 10
    found = fold_classes(names, counts.astype(np.int64))
    assert len(found.classes) == len(found.counts) == MOST_CLASSES
    assert {"class 7", "class 9", "class 11", "class 900"} <= set(found.classes)
    assert found.classes[-1] == "989 other classes"
    assert sum(map(sum, found.counts)) == counts.sum()
    assert found.counts[found.classes.index("class 7")][found.classes.index("class 9")] == 400
    assert found.folded_mistakes >= 2


def test_few_classes_are_all_there() -> None:
    found = fold_classes(["a", "b"], np.array([[3, 1], [0, 2]]))
    assert (found.classes, found.counts, found.folded) == (("a", "b"), ((3, 1), (0, 2)), 0)


def make_regression(errors: np.ndarray) -> Comparison:
    config = make_probe_config("regression")
    observed = np.linspace(0, 100, len(errors))
    told = Scored(scores=observed + errors)
    frame = pd.DataFrame({"strong": observed})
    return Comparison(
        config=config,
        frame=frame,
        labels=observed,
        classes=0,
        challenger=told,
        champion=None,
        baseline=Scored(scores=np.full(len(errors), 50.0)),
    )


def test_errors_of_a_regression_are_predicted_minus_observed_by_prediction_and_in_order() -> None:
    found = measure_diagnostics(make_regression(np.repeat([-2.0, 3.0], 300)))
    assert (found.curves, found.confusion) == ((), None)
    assert len(found.errors_by_time) == len(found.errors_by_prediction) == ERROR_BINS
    assert [each.quantiles[2] for each in found.errors_by_time] == pytest.approx([-2.0] * 6 + [3.0] * 6)
    assert sum(each.rows for each in found.errors_by_prediction) == 600
    assert found.errors_by_prediction[0].predicted < found.errors_by_prediction[-1].predicted


def test_few_rows_have_few_parts_and_equal_predictions_one() -> None:
    few = measure_diagnostics(make_regression(np.zeros(25)))
    assert (len(few.errors_by_prediction), len(few.errors_by_time)) == (1, 1)
    comparison = make_regression(np.zeros(400))
    same = replace(comparison, challenger=Scored(scores=np.full(400, 7.0)))
    assert len(measure_diagnostics(same).errors_by_prediction) == 1


def test_several_classes_have_a_matrix_by_their_names() -> None:
    config = make_probe_config("multiclass")
    labels = np.array([0, 0, 1, 2], dtype=float)
    scores = np.array([[0.8, 0.1, 0.1], [0.2, 0.7, 0.1], [0.1, 0.8, 0.1], [0.6, 0.2, 0.2]])
    frame = pd.DataFrame({"strong": range(4)})
    told = make_scored(config, scores, frame)
    comparison = Comparison(
        config=config,
        frame=frame,
        labels=labels,
        classes=3,
        challenger=told,
        champion=None,
        baseline=told,
        names=ClassNames(names=("low", "mid", "high")),
    )
    found = measure_diagnostics(comparison).confusion
    assert found is not None
    assert found.classes == ("low", "mid", "high")
    assert found.counts == ((1, 1, 0), (0, 1, 0), (1, 0, 0))

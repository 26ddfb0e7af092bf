"""Paired gains and their bounds."""

import time
from dataclasses import asdict, replace

import numpy as np
import pytest
from scipy.stats import kurtosis, norm
from scipy.stats import t as student

from builders.judgements import make_pair, make_plan, make_regression_pair, make_series
from builders.runs import make_config
from ratchet.evaluation.gains import UNNAMED, ClassNames, Where, influence_difference, measure_gain, measure_gains
from ratchet.evaluation.resampling import draw_weights
from ratchet.metrics.registry import find_metric

GROUPS = np.repeat(np.arange(40), 10)
NAMES = ("ant", "bee", "cat")
LABELS = np.array([0.0, 0.0, 1.0])


def gain_of(pair, confidence=0.95, **plan):
    return measure_gain(pair, make_plan(len(pair.labels), **plan), confidence=confidence)


@pytest.mark.parametrize("metric", ["roc_auc", "average_precision", "log_loss", "brier", "accuracy"])
def test_positive_is_better_whatever_the_metric(metric):
    pair = make_pair(2000, gain=1.0, metric=metric)
    gain = gain_of(pair)
    assert 0 < gain.lower < gain.estimate < gain.upper
    assert gain.challenger == find_metric(metric).measure(pair.labels, pair.challenger)
    assert gain.opponent_value == find_metric(metric).measure(pair.labels, pair.against)
    assert abs(gain.challenger - gain.opponent_value) == pytest.approx(gain.estimate)
    back = gain_of(make_pair(2000, metric=metric, challenger=pair.against, against=pair.challenger))
    assert (back.estimate, back.upper < 0) == (pytest.approx(-gain.estimate), True)


@pytest.mark.parametrize("metric", ["rmse", "mae"])
def test_smaller_errors_are_better(metric):
    errors = np.random.default_rng(0).normal(size=500)
    gain = gain_of(make_regression_pair(errors * 0.8, against=errors, metric=metric))
    assert 0 < gain.lower < gain.estimate < gain.upper
    assert gain.positives is None


def test_blocks_that_do_not_fit_have_the_error_of_as_many_rows_as_there_are():
    """Pairs make ten rows of nine. A mean of nine has the variance of a pair's sum over 9 * 2 (Kunsch 1989)."""
    errors = np.array([1.0, 5.0, 2.0, 8.0, 3.0, 9.0, 4.0, 7.0, 6.0])
    gain = gain_of(
        make_regression_pair(np.zeros(9), against=errors, metric="mae"), method="blocks", block=2, draws=40_000
    )
    sums, units = errors + np.roll(errors, -1), 9 / 2
    error = np.sqrt(sums.var() / (9 * 2) * units / (units - 1))
    quantile = student.ppf(0.95, min(units - 1, 2 * units / (kurtosis(sums, fisher=False) - 1)))
    assert gain.detectable == pytest.approx(quantile * (1 + norm.ppf(0.8) / norm.ppf(0.95)) * error, rel=0.02)


def test_multiclass_counts_its_rarest_class():
    shares = np.random.default_rng(1).dirichlet([1, 1, 1], 300)
    codes = np.repeat([0.0, 1.0, 2.0], [200, 90, 10])
    gain = gain_of(make_pair(300, metric="log_loss", labels=codes, classes=3, challenger=shares, against=shares[::-1]))
    assert (gain.positives, gain.rows, gain.resampling) == (10, 300, "rows")
    assert gain.lower < gain.estimate < gain.upper


def test_a_class_that_is_called_rare_is_measured_and_not_waited_for():
    shares = np.random.default_rng(1).dirichlet([1, 1, 1], 300)
    codes = np.repeat([0.0, 1.0, 2.0], [200, 92, 8])
    pair = make_pair(300, metric="log_loss", labels=codes, classes=3, challenger=shares, against=shares[::-1])
    names = ("ant", "bee", "cat")
    strict, spared = (gain_of(replace(pair, names=ClassNames(names=names, spared=rare))) for rare in ((), ("cat",)))
    assert (strict.positives, strict.rarest) == (8, "cat")
    assert (spared.positives, spared.rarest) == (92, "bee")
    assert (spared.estimate, spared.lower, spared.rows) == (strict.estimate, strict.lower, 300)


def test_equal_models_gain_exactly_nothing():
    pair = make_pair()
    gain = gain_of(make_pair(against=pair.challenger))
    assert (gain.estimate, gain.lower, gain.upper, gain.detectable) == (0, 0, 0, None)


def test_more_confidence_means_wider_bounds():
    narrow, wide = (gain_of(make_pair(), confidence=confidence, draws=2000) for confidence in (0.9, 0.99))
    assert wide.lower < narrow.lower < narrow.upper < wide.upper
    assert (narrow.confidence, wide.confidence) == (0.9, 0.99)


def test_the_same_seed_gives_the_same_bounds():
    assert gain_of(make_pair()) == gain_of(make_pair())
    assert gain_of(make_pair(metric="brier")).lower != gain_of(make_pair(metric="brier"), seed=4).lower


def test_detectable_is_what_four_runs_of_five_would_show():
    rng = np.random.default_rng(0)
    against = np.full(400, 5.0)
    gain = gain_of(make_regression_pair(against + rng.normal(size=400), against=against, metric="mae"), draws=4000)
    assert gain.detectable == pytest.approx((1.645 + 0.842) / 20, rel=0.1)


def test_a_few_rows_that_all_speak_for_the_challenger_prove_nothing():
    """Five of five by chance is 1 in 32: a plain percentile would call it 99 % sure."""
    labels = np.zeros(2000)
    against = np.where(np.arange(2000) < 5, 0.9, 0.1)
    few = make_pair(2000, metric="accuracy", labels=labels, challenger=np.full(2000, 0.1), against=against)
    assert gain_of(few, confidence=0.99, draws=2000).lower < 0
    many = make_pair(
        2000,
        metric="accuracy",
        labels=labels,
        challenger=np.full(2000, 0.1),
        against=np.where(np.arange(2000) < 20, 0.9, 0.1),
    )
    assert gain_of(many, confidence=0.99, draws=2000).lower > 0


def test_rows_that_hang_together_widen_the_bounds():
    pair = make_regression_pair(np.full(2000, 9.0) + make_series(2000, memory=0.9), against=np.full(2000, 9.0))
    by_rows, by_blocks = gain_of(pair), gain_of(pair, method="blocks", block=120)
    assert by_blocks.upper - by_blocks.lower > 3 * (by_rows.upper - by_rows.lower)
    assert by_blocks.resampling == "blocks"


def test_groups_that_hang_together_widen_the_bounds():
    errors = 9 + np.random.default_rng(0).normal(size=40)[GROUPS]
    pair = make_regression_pair(errors, against=np.full(400, 9.0))
    by_rows, by_groups = gain_of(pair), gain_of(pair, method="groups", groups=GROUPS)
    assert by_groups.upper - by_groups.lower > 2.5 * (by_rows.upper - by_rows.lower)


def test_a_slice_is_measured_on_its_rows():
    pair, rows = make_pair(600), np.arange(100, 300)
    gain = measure_gain(pair, make_plan(600), confidence=0.95, rows=rows, slice_name="young")
    assert (gain.slice, gain.rows, gain.positives) == ("young", 200, int(pair.labels[rows].sum()))
    assert gain.challenger == find_metric("roc_auc").measure(pair.labels[rows], pair.challenger[rows])
    alone = measure_gain(pair.on(rows), make_plan(200, draws=2000), confidence=0.95)
    assert gain.upper - gain.lower == pytest.approx(alone.upper - alone.lower, rel=0.2)


def test_all_rows_as_a_slice_are_the_whole():
    pair = make_pair()
    part = measure_gain(pair, make_plan(), confidence=0.95, rows=np.arange(400))
    assert part == gain_of(pair)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"labels": np.zeros(400)}, "roc_auc is not defined: all 400 rows are of one class"),
        ({"challenger": np.full(400, np.nan)}, "400 predictions of the challenger are not finite numbers"),
        ({"against": np.full(400, np.inf)}, "400 predictions of the champion are not finite numbers"),
    ],
)
def test_what_can_not_be_measured_says_why(changes, said):
    gain = gain_of(make_pair(**changes))
    assert gain.problem == said
    assert (gain.estimate, gain.lower, gain.upper, gain.detectable) == (None, None, None, None)


@pytest.mark.parametrize("metric", ["roc_auc", "rmse"])
def test_a_slice_without_rows_is_a_problem(metric):
    gain = measure_gain(make_pair(metric=metric), make_plan(), confidence=0.95, rows=np.empty(0, np.intp))
    assert (gain.problem, gain.rows, gain.positives) == ("no rows in the holdout", 0, 0)


def test_an_empty_holdout_is_a_problem():
    assert gain_of(make_pair(0)).problem == "no rows in the holdout"


def test_two_positives_are_too_few_for_bounds():
    labels = np.zeros(400)
    labels[:2] = 1
    gain = gain_of(make_pair(labels=labels, metric="average_precision"))
    assert gain.lower is None
    assert gain.problem == "400 rows are too few: some resamples hold no average_precision at all"


def test_the_rarer_class_says_how_much_an_area_knows():
    few, many = (make_pair(400, labels=(np.arange(400) < positives).astype(float)) for positives in (3, 100))
    wide, narrow = gain_of(few), gain_of(many)
    assert wide.upper - wide.lower > 2 * (narrow.upper - narrow.lower)
    assert "fewer than 2 rows" in gain_of(make_pair(400, labels=(np.arange(400) < 1).astype(float))).problem


@pytest.mark.parametrize("changes", [{}, {"method": "groups", "groups": np.arange(400) // 2}])
def test_an_area_has_the_error_of_delong_and_that_of_its_resamples(changes):
    pair, plan = make_pair(), make_plan(draws=4000, **changes)
    difference = (
        find_metric("roc_auc").prepare(pair.labels, pair.challenger),
        find_metric("roc_auc").prepare(pair.labels, pair.against),
    )
    drawn = np.concatenate([difference[0](weights) - difference[1](weights) for weights in draw_weights(plan)])
    gain = measure_gain(pair, plan, confidence=0.95)
    assert gain.interval == "delong"
    assert (gain.upper - gain.lower) / 2 == pytest.approx(1.66 * drawn.std(), rel=0.07)


def test_the_rest_is_drawn_in_pairs():
    assert gain_of(make_pair(metric="average_precision")).interval == "bootstrap"


def test_several_places_are_measured_on_the_same_draws():
    pair, rows = make_pair(metric="brier"), np.arange(100, 300)
    both = measure_gains(pair, make_plan(), [Where(), Where(name="young", rows=rows)], confidence=0.95)
    alone = (gain_of(pair), measure_gain(pair, make_plan(), confidence=0.95, rows=rows, slice_name="young"))
    for one, other in zip(both, alone, strict=True):
        # Some processors add up products of other shapes in another order: the last digit may differ.
        bounds = {name: pytest.approx(getattr(other, name), rel=1e-12) for name in ("lower", "upper", "detectable")}
        assert asdict(one) == asdict(other) | bounds


def test_a_place_that_can_not_be_measured_does_not_stop_the_others():
    pair = make_pair(metric="brier")
    nothing, whole = measure_gains(
        pair, make_plan(), [Where(name="none", rows=np.empty(0, np.intp)), Where()], confidence=0.95
    )
    assert (nothing.problem, whole) == ("no rows in the holdout", gain_of(pair))


@pytest.mark.parametrize("metric", ["rmse", "mae", "r2", "mape", "pinball"])
@pytest.mark.parametrize("size", [1e-160, 1e160, 1e300])
def test_values_of_any_size_raise_nothing(metric, size):
    truth = np.random.default_rng(0).normal(3, 1, 300)
    pair = make_regression_pair(truth * 1.1 * size, against=truth * 0.8 * size, metric=metric)
    gain = gain_of(replace(pair, labels=truth * size))
    assert (gain.problem is None) == (gain.lower is not None)
    if gain.lower is not None:
        assert np.isfinite([gain.estimate, gain.lower, gain.upper]).all()


@pytest.mark.parametrize(("metric", "labels"), [("mape", np.zeros(50)), ("r2", np.full(50, 2.0))])
def test_a_figure_that_is_not_defined_is_a_problem(metric, labels):
    pair = make_regression_pair(np.ones(50), against=np.zeros(50), metric=metric)
    assert f"{metric} is not defined" in gain_of(replace(pair, labels=labels)).problem


def test_one_group_has_no_spread():
    gain = gain_of(make_pair(), method="groups", groups=np.zeros(400, np.intp))
    assert gain.problem == "the 400 rows make fewer than 2 groups to draw from in one of the classes"


def test_a_slice_within_one_group_has_no_spread():
    gain = measure_gain(
        make_pair(), make_plan(method="groups", groups=GROUPS), confidence=0.95, rows=np.arange(10), slice_name="one"
    )
    assert "fewer than 2 groups" in gain.problem or "one class" in gain.problem


def test_a_plan_for_other_rows_is_refused():
    with pytest.raises(ValueError, match="planned for 10 rows, the pair has 400"):
        measure_gain(make_pair(), make_plan(10), confidence=0.95)


def test_the_influence_is_the_difference_of_both():
    pair = make_pair()
    assert not influence_difference(make_pair(against=pair.challenger)).any()
    assert influence_difference(pair).any()


@pytest.mark.slow
def test_twenty_thousand_rows_take_seconds():
    pair = make_pair(20_000, metric="average_precision")
    began = time.process_time()
    gain_of(pair, draws=2000)
    assert time.process_time() - began < 6


@pytest.mark.parametrize(("classes", "absent", "count"), [(0, True, None), (2, True, 1), (3, True, 0), (3, False, 1)])
def test_the_rarest_class_is_counted(classes, absent, count):
    found = UNNAMED.find_rarest(LABELS, classes, absent_count=absent)
    assert (found.rows, found.name) == (count, None)


@pytest.mark.parametrize(
    ("spared", "rows", "name"),
    [
        ((), 0, "cat"),
        (("cat",), 1, "bee"),
        (("bee",), 0, "cat"),
        (("no class",), 0, "cat"),
        (("cat", "bee"), 2, "ant"),
        (NAMES, 3, None),
    ],
)
def test_classes_that_are_called_rare_are_not_waited_for(spared, rows, name):
    found = ClassNames(names=NAMES, spared=spared).find_rarest(LABELS, 3, absent_count=True)
    assert (found.rows, found.name) == (rows, name)


def test_of_two_classes_both_are_waited_for():
    assert ClassNames.of(make_config(), ("no", "yes")) == UNNAMED
    several = make_config(
        task="multiclass", data={"target": {"column": "bought"}}, evaluation={"rare_classes": ["cat"]}
    )
    assert ClassNames.of(several, NAMES) == ClassNames(names=NAMES, spared=("cat",))

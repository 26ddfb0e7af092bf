"""A run beside the runs before it."""

import math
from dataclasses import replace

import numpy as np
import pytest

from builders.runs import make_config
from ratchet.evaluation.run_changes import compare_runs, expect_fit, expect_metric
from ratchet.gates.review import has_jumped, is_slow
from ratchet.records.review import PastRun

GATE = make_config().gates.review
FEATURES = {"age": "numeric", "city": "categorical"}


def make_past(run_id: str = "now", **changes: object) -> PastRun:
    """A run of a thousand rows."""
    past = PastRun(run_id=run_id, features=FEATURES, rows=1000, fit_seconds=10.0, metrics={"roc_auc": 0.8})
    return replace(past, **changes)  # type: ignore[arg-type]


def test_features_are_told_apart_by_name_and_type() -> None:
    now = make_past(features={"age": "categorical", "income": "numeric"})
    changes = compare_runs(now, [], make_past("champion"), "boosting")
    assert changes.new_features == ("age", "income")
    assert changes.removed_features == ("city",)


def test_rows_of_both_runs_are_kept() -> None:
    changes = compare_runs(make_past(rows=1500), [], make_past("champion"), "boosting")
    assert (changes.rows, changes.champion_rows, changes.champion_run) == (1500, 1000, "champion")


@pytest.mark.parametrize("count", [0, 1, 4])
def test_few_earlier_runs_let_expect_nothing(count: int) -> None:
    changes = compare_runs(make_past(), [make_past(str(each)) for each in range(count)], make_past(), "boosting")
    assert changes.fit is not None
    assert changes.fit.expected is None
    assert f"{count} earlier" in (changes.fit.problem or "")
    assert changes.metrics[0].mean is None
    assert f"{count} earlier" in (changes.metrics[0].problem or "")


def test_a_run_without_a_fit_has_no_expectation_of_it() -> None:
    assert compare_runs(make_past(fit_seconds=None), [], make_past(), "boosting").fit is None


def test_with_alike_rows_the_usual_rate_is_the_expectation() -> None:
    past = [(1000 + each, 10.0 + 0.1 * each) for each in range(6)]
    fit = expect_fit("boosting", 12.0, 1200, past)
    assert fit.expected == pytest.approx(12.2, abs=0.2)
    assert fit.expected < fit.upper < 14  # type: ignore[operator]


def test_with_rows_that_differ_time_follows_its_own_power_of_them() -> None:
    past = [
        (rows, 1e-6 * rows**2 * noise) for rows, noise in zip(range(1000, 8000, 1000), [1, 1.1, 0.9] * 3, strict=False)
    ]
    fit = expect_fit("boosting", 1.0, 16_000, past)
    assert fit.expected == pytest.approx(256, rel=0.15)
    assert not is_slow(GATE, replace(fit, seconds=256.0))
    assert is_slow(GATE, replace(fit, seconds=2560.0))


@pytest.mark.parametrize(
    ("rows", "past"),
    [
        (0, [(1000, 1.0)] * 6),
        (1000, [(0, 1.0)] * 6),
        (1000, [(1000, math.nan)] * 6),
        (1000, [(1000, 1.0)] * 4 + [(1000, math.inf)]),
    ],
)
def test_odd_histories_give_a_problem_and_no_error(rows: int, past: list[tuple[int, float]]) -> None:
    assert expect_fit("boosting", 1.0, rows, past).problem


@pytest.mark.parametrize("seconds", [0.0, 1e-12, 1e300])
def test_times_at_the_ends_of_the_scale_give_numbers(seconds: float) -> None:
    fit = expect_fit("boosting", 1.0, 1000, [(1000, seconds)] * 6)
    assert math.isfinite(fit.expected)  # type: ignore[arg-type]
    assert math.isfinite(fit.upper)  # type: ignore[arg-type]


def test_a_metric_is_expected_where_it_was() -> None:
    shift = expect_metric("roc_auc", 0.9, [0.80, 0.81, 0.79, 0.80, 0.82, None, math.nan])
    assert shift.runs == 5
    assert shift.mean == pytest.approx(0.804)
    assert shift.lower < 0.79 < 0.82 < shift.upper < 0.9  # type: ignore[operator]


@pytest.mark.parametrize("past", [[0.8] * 6, [0.0] * 6, [1e308, -1e308] * 4, [-5.0] * 6])
def test_constant_and_huge_figures_are_no_error(past: list[float]) -> None:
    shift = expect_metric("r2", 0.8, past)
    assert shift.problem or math.isfinite(shift.mean)  # type: ignore[arg-type]


def test_healthy_weeks_hardly_ever_trigger() -> None:
    """A year of weeks whose metrics differ by chance, a hundred times over."""
    chance = np.random.default_rng(8)
    triggers = 0
    for _ in range(100):
        figures = 0.8 + 0.012 * chance.normal(size=52)
        seconds = 60 * np.exp(0.25 * chance.normal(size=52))
        for week in range(5, 52):
            past = [
                make_past(str(each), fit_seconds=float(seconds[each]), metrics={"roc_auc": float(figures[each])})
                for each in range(max(week - 30, 0), week)
            ]
            now = make_past(fit_seconds=float(seconds[week]), metrics={"roc_auc": float(figures[week])})
            found = compare_runs(now, past, past[-1], "boosting")
            assert found.fit is not None
            triggers += is_slow(GATE, found.fit) or has_jumped(found.metrics[0], GATE.metric_change or 0.0)
    assert 0 < triggers <= 14  # of 4,700 weeks: three in a thousand

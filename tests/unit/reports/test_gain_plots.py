"""Marks are placed on one scale that holds everything worth seeing."""

import math
from dataclasses import replace

import pytest

from builders.records import make_evaluation, make_first_evaluation, make_gain, make_periods, make_slice_gains
from builders.runs import make_config
from builders.stories import make_refused_data_story, make_story
from ratchet.config.gates import Gates
from ratchet.records.holdout import HoldoutHistory, Periods
from ratchet.records.judgement import Evaluation
from ratchet.reports.gain_plots import Forest, PeriodPlot, limit_of, place_gains, place_periods
from ratchet.reports.run_report import run_report_html, run_report_markdown

GATES = make_config().gates


def place(*gains: object, gates: Gates = GATES) -> Forest:
    """A plot that is there."""
    forest = place_gains(tuple(gains), gates)  # type: ignore[arg-type]
    assert forest is not None
    return forest


def test_marks_stand_in_the_order_of_their_values() -> None:
    mark = place(make_gain()).marks[0]
    assert mark.left is not None
    assert mark.at is not None
    assert mark.right is not None
    assert 0 <= mark.left < mark.at < mark.right <= 100


def test_every_mark_limit_and_zero_is_inside() -> None:
    forest = place(make_gain(), *make_slice_gains())
    places = [forest.zero_at, *(tick.at for tick in forest.ticks)]
    for mark in forest.marks:
        places += [at for at in (mark.at, mark.left, mark.right, mark.limit_at) if at is not None]
    assert all(0 <= at <= 100 for at in places)


def test_a_gain_that_was_not_measured_has_no_mark_but_a_row() -> None:
    mark = place(make_gain(), *make_slice_gains()).marks[-1]
    assert (mark.at, mark.left, mark.right, mark.is_past) == (None, None, None, False)


def test_nothing_measured_is_no_plot() -> None:
    assert place_gains((make_slice_gains()[-1],), GATES) is None
    assert place_gains((), GATES) is None


def test_a_gain_of_exactly_zero_still_has_a_scale() -> None:
    forest = place(make_gain(estimate=0.0, lower=0.0, upper=0.0))
    assert forest.marks[0].at == forest.zero_at
    assert forest.ticks


def test_a_number_that_is_not_finite_is_left_out() -> None:
    mark = place(make_gain(upper=float("inf"), lower=float("nan"))).marks[0]
    assert (mark.left, mark.right, mark.is_past) == (None, None, False)


@pytest.mark.parametrize(("lower", "is_past"), [(0.001, True), (0.0, False), (-0.001, False), (None, False)])
def test_only_a_lower_bound_above_the_limit_is_past_it(*, lower: float | None, is_past: bool) -> None:
    assert place(make_gain(lower=lower)).marks[0].is_past is is_past


def test_the_limit_is_the_gate_s() -> None:
    gates = make_config(
        gates={
            "beats_champion": {"min_gain": 0.002},
            "beats_baseline": {"min_gain": 0.1},
            "no_slice_worse": {"tolerance": 0.1},
        }
    ).gates
    assert limit_of(make_gain(), gates) == 0.002
    assert limit_of(make_gain(opponent="baseline"), gates) == 0.1
    assert limit_of(make_gain("old", opponent_value=0.5), gates) == pytest.approx(-0.05)
    assert limit_of(make_gain("old", opponent_value=None), gates) is None


def test_a_stale_champion_s_limit_is_its_margin() -> None:
    gates = make_config(gates={"beats_champion": {"stale": True, "margin": 0.01}}).gates
    assert limit_of(make_gain(), gates) == -0.01


def place_of_periods(evaluation: Evaluation) -> PeriodPlot:
    """A plot that is there."""
    plot = place_periods(evaluation)
    assert plot is not None
    return plot


def judged(**changes: object) -> Evaluation:
    """An evaluation with guards, periods and a history."""
    facts: dict[str, object] = {
        "periods": make_periods(),
        "period_gains": (make_gain("period 1 of 2"), make_gain("period 2 of 2")),
        "guard_gains": (make_gain(metric="log_loss", challenger=0.2914, opponent_value=0.3051),),
        "holdout_uses": 2,
        "holdout_history": HoldoutHistory(same_rows=("a",), overlapping=("b",)),
    }
    return make_evaluation(**(facts | changes))


def test_the_scale_is_of_figures_and_not_of_gains() -> None:
    html = run_report_html(replace(make_story(), evaluation=judged()), "runs/sales/run-1")
    assert '"18">0.92<' in html
    assert '"18">+0.92<' not in html


def test_figures_stand_in_the_order_of_their_values() -> None:
    plot = place_of_periods(judged())
    for mark in plot.marks:
        assert mark.champion_at is not None
        assert mark.challenger_at is not None
        assert 0 <= mark.champion_at < mark.challenger_at <= 100
    assert all(0 <= tick.at <= 100 for tick in plot.ticks)
    assert [mark.gain.slice for mark in plot.marks if mark.gain] == ["period 1 of 2", "period 2 of 2"]


@pytest.mark.parametrize("value", [None, math.nan])
def test_a_figure_that_is_missing_has_no_place(value: float | None) -> None:
    periods = make_periods()
    first = replace(periods.periods[0], challenger=value)
    mark = place_of_periods(judged(periods=replace(periods, periods=(first, *periods.periods[1:])))).marks[0]
    assert (mark.challenger_at, mark.champion_at is None) == (None, False)


@pytest.mark.parametrize("figure", [0.0, 0.5, -3.0])
def test_figures_that_are_all_the_same_still_have_a_scale(figure: float) -> None:
    periods = make_periods()
    same = tuple(replace(each, challenger=figure, champion=figure) for each in periods.periods)
    assert place_of_periods(judged(periods=replace(periods, periods=same))).marks[0].challenger_at == 50


@pytest.mark.parametrize(
    "evaluation",
    [None, make_evaluation(periods=None), make_evaluation(periods=Periods(metric="roc_auc", problem="too few"))],
)
def test_nothing_measured_is_no_plot_of_periods(evaluation: Evaluation | None) -> None:
    assert place_periods(evaluation) is None


@pytest.mark.parametrize("render", [lambda story: run_report_html(story, "runs/sales/run-1"), run_report_markdown])
def test_the_report_shows_guards_periods_and_uses(render) -> None:  # type: ignore[no-untyped-def]
    text = render(make_story(evaluation=judged()))
    assert "Guard metrics" in text
    assert "period 2 of 2" in text
    assert "2025-02-01" in text
    assert "0.9250" in text
    assert "judged on exactly these rows, this one included" in text


@pytest.mark.parametrize("render", [lambda story: run_report_html(story, "runs/sales/run-1"), run_report_markdown])
def test_what_was_not_measured_is_not_shown(render) -> None:  # type: ignore[no-untyped-def]
    unmeasured = make_evaluation(guard_gains=(), periods=None)
    for story in (make_story(evaluation=unmeasured), make_refused_data_story()):
        text = render(story)
        assert "Guard metrics" not in text
        assert "Over time" not in text
    problem = Periods(metric="roc_auc", problem="3 rows of so few times can't be cut into 4 periods")
    assert "3 rows of so few times" in render(make_story(evaluation=make_first_evaluation(periods=problem)))


def test_what_a_period_is_called_is_escaped() -> None:
    periods = make_periods(("<script>", "b"))
    assert "<script>" not in run_report_html(make_story(evaluation=judged(periods=periods)), "runs/sales/run-1")

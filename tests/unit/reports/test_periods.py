"""Figures by period are placed on one scale, and the section shows what was measured."""

import math
from dataclasses import replace

import pytest

from builders.records import make_evaluation, make_first_evaluation, make_gain, make_periods
from builders.stories import make_refused_data_story, make_story
from ratchet.records.judgement import Evaluation
from ratchet.records.performance import HoldoutHistory, Periods
from ratchet.reports.periods import PeriodPlot, place_periods
from ratchet.reports.run_report import run_report_html, run_report_markdown


def place(evaluation: Evaluation) -> PeriodPlot:
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
    plot = place(judged())
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
    mark = place(judged(periods=replace(periods, periods=(first, *periods.periods[1:])))).marks[0]
    assert (mark.challenger_at, mark.champion_at is None) == (None, False)


@pytest.mark.parametrize("figure", [0.0, 0.5, -3.0])
def test_figures_that_are_all_the_same_still_have_a_scale(figure: float) -> None:
    periods = make_periods()
    same = tuple(replace(each, challenger=figure, champion=figure) for each in periods.periods)
    assert place(judged(periods=replace(periods, periods=same))).marks[0].challenger_at == 50


@pytest.mark.parametrize(
    "evaluation",
    [None, make_evaluation(periods=None), make_evaluation(periods=Periods(metric="roc_auc", problem="too few"))],
)
def test_nothing_measured_is_no_plot(evaluation: Evaluation | None) -> None:
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

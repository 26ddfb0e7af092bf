"""Marks are placed on one scale that holds everything worth seeing."""

import math
from dataclasses import replace

import pytest

from builders.behaviour import (
    make_attention,
    make_behaviour,
    make_case_finding,
    make_importance,
    make_importances,
    make_piece,
    make_stress,
)
from builders.records import make_evaluation, make_first_evaluation, make_gain, make_periods, make_slice_gains
from builders.runs import make_config
from builders.stories import make_refused_data_story, make_story
from ratchet.config.gates import Gates
from ratchet.records.behaviour import Attention, Behaviour
from ratchet.records.holdout import HoldoutHistory, Periods
from ratchet.records.judgement import Evaluation
from ratchet.reports.gain_plots import (
    SHOWN,
    Forest,
    PeriodPlot,
    limit_of,
    place_gains,
    place_importances,
    place_periods,
)
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


def make_many(count):
    return tuple(make_importance(f"f{place}", drop=0.1 / (place + 1), rank=place + 1) for place in range(count))


def test_features_are_in_the_order_of_the_larger_drop_of_both_models():
    champion = make_attention("champion", features=(make_importance("city", drop=0.5, upper=0.6),))
    bars = place_importances(make_behaviour(importances=make_importances(champion=champion)))
    assert [row.feature for row in bars.features] == ["city", "age", "member"]
    assert bars.features[1].champion is None
    assert bars.has_champion


def test_everything_is_on_one_scale_with_zero():
    bars = place_importances(make_behaviour())
    places = [
        place
        for row in bars.features
        for bar in (row.challenger, row.champion)
        for place in (bar.left, bar.at, bar.right)
    ]
    assert all(0 <= place <= 100 for place in (*places, bars.zero_at, *(tick.at for tick in bars.ticks)))
    assert bars.features[0].challenger.left < bars.features[0].challenger.at < bars.features[0].challenger.right
    assert bars.features[2].challenger.at < bars.zero_at


def test_crumbs_are_counted_and_not_shown():
    attention = make_attention(features=make_many(SHOWN + 4))
    bars = place_importances(make_behaviour(importances=make_importances(challenger=attention, champion=None)))
    assert (len(bars.features), bars.left_out, bars.has_champion) == (SHOWN, 4, False)


@pytest.mark.parametrize("drops", [(0.0, 0.0), (math.nan, 0.2), (0.0, math.inf)])
def test_odd_drops_still_have_a_scale(drops):
    features = tuple(
        make_importance(f"f{place}", drop=drop, lower=drop, upper=drop) for place, drop in enumerate(drops)
    )
    attention = make_attention(features=features)
    bars = place_importances(make_behaviour(importances=make_importances(challenger=attention, champion=None)))
    assert len(bars.features) == sum(map(math.isfinite, drops))


@pytest.mark.parametrize("behaviour", [None, Behaviour(), make_behaviour(importances=None)])
def test_what_was_not_measured_is_not_drawn(behaviour):
    assert place_importances(behaviour) is None
    assert "What it looks at" not in run_report_html(make_story(behaviour=behaviour), "runs/sales/run-1")


def test_the_page_shows_every_part():
    findings = (make_case_finding(), make_case_finding("monotone age", measured=0.031, rows=500, worst=0.2))
    story = make_story(behaviour=make_behaviour(cases=findings))
    for page in (run_report_html(story, "runs/sales/run-1"), run_report_markdown(story)):
        for text in ("What it looks at", "Robustness", "known-buyer", "3.1", "10 % of the values", "0.9070"):
            assert text in page


def test_problems_are_told_and_escaped():
    story = make_story(
        behaviour=make_behaviour(
            problem="odd <b>rows",
            champion_problem="other columns",
            importances=make_importances(challenger=Attention(model="challenger", problem="one class")),
            stresses=(make_stress(gain=None, loss=None, problem="<script>"), make_stress("drift", skipped="no order")),
            past_holdouts=(make_piece(gain=None, known_share=None, problem="gone"),),
            cases=(make_case_finding(measured=None, problem="no such city"),),
        )
    )
    page = run_report_html(story, "runs/sales/run-1")
    assert "<b>rows" not in page
    assert "<script>" not in page
    for text in ("other columns", "one class", "no order", "gone", "no such city"):
        assert text in page
        assert text in run_report_markdown(story)


def test_a_feature_of_one_model_only_is_told():
    new = make_attention(features=(make_importance("fresh"),))
    importances = make_importances(challenger=new, new_features=("fresh",))
    page = run_report_html(make_story(behaviour=make_behaviour(importances=importances)), "runs/sales/run-1")
    assert "does not have it" in page
    assert "gone" in page
    assert "fresh (new)" in run_report_markdown(make_story(behaviour=make_behaviour(importances=importances)))


def test_slices_come_in_the_order_that_a_reader_chooses_with_all_rows_on_top() -> None:
    gains = (
        make_gain(),
        make_gain("a", rows=10, estimate=0.3, lower=0.0),
        make_gain("b", rows=30, estimate=0.1, lower=0.05),
        make_gain("c", rows=20, estimate=None, lower=None, upper=None),
        make_gain("d", rows=40, estimate=0.2, lower=-0.1),
    )
    plot = place_gains(gains, Gates())
    assert plot is not None
    orders = {order.name: "".join(mark.gain.slice for mark in order.marks[1:]) for order in plot.orders}
    assert orders == {"as in the YAML": "abcd", "lowest gain": "bdac", "lowest bound": "dabc", "most rows": "dbca"}
    assert {order.marks[0].gain.slice for order in plot.orders} == {"overall"}
    few = place_gains(gains[:4], Gates())
    assert few is not None
    assert len(few.orders) == 1

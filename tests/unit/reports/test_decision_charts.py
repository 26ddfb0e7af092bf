"""Figures of decisions and errors carry the right numbers, for every task, and escape what names try."""

from dataclasses import replace
from pathlib import Path

import pytest

from builders.diagnostics import (
    make_area,
    make_confusion,
    make_curve,
    make_cut_off,
    make_diagnostics,
    make_error_bin,
)
from builders.pages import ATTACK, outline
from builders.records import make_evaluation, make_first_evaluation
from builders.runs import make_config, make_run
from builders.stories import make_described_config, make_story
from ratchet.config.decision import Costs
from ratchet.config.model import ModelConfig
from ratchet.records.diagnostics import Diagnostics
from ratchet.reports.decision_charts import (
    cost_of,
    draw_errors,
    draw_ranking,
    draw_thresholds,
    tabulate_confusion,
)
from ratchet.reports.run_report import run_report_html, run_report_markdown

COSTS = Costs(false_positive=1, false_negative=5)


def test_the_matrix_has_shares_of_the_true_class_and_of_the_decisions() -> None:
    no, yes = tabulate_confusion(make_diagnostics())
    assert [(cell.rows, cell.share, cell.is_right) for cell in no.cells] == [(27, 0.9, True), (3, 0.1, False)]
    assert (no.rows, no.recall, no.precision) == (30, 0.9, 27 / 32)
    assert (yes.rows, yes.recall, yes.precision) == (10, 0.5, 5 / 8)


def test_a_class_without_rows_or_decisions_has_no_share() -> None:
    *_, c = tabulate_confusion(make_diagnostics("multiclass"))
    assert (c.rows, c.recall, c.precision) == (0, None, 0.0)
    none = make_diagnostics(confusion=make_confusion(counts=((3, 0), (2, 0))))
    assert tabulate_confusion(none)[1].precision is None


def test_mistakes_among_folded_classes_are_not_taken_for_right() -> None:
    folded = make_confusion(classes=("a", "7 other classes"), counts=((4, 1), (0, 10)), folded=7, folded_mistakes=4)
    others = tabulate_confusion(make_diagnostics(confusion=folded))[1]
    assert (others.recall, others.cells[1].is_right) == (0.6, False)


def test_the_roc_curve_starts_at_nothing_and_ends_at_everything() -> None:
    roc, precision = draw_ranking(make_diagnostics())
    assert [line.name for line in roc.lines] == ["guessing", "champion", "challenger"]
    assert roc.lines[2].path == "0,100 0,50 20,0 100,0"
    assert precision.lines[2].path == "100,37.5 100,75"  # that of five rows is not drawn
    assert precision.lines[0].path == "0,75 100,75"  # a quarter of the rows is positive


@pytest.mark.parametrize("cut_off", [replace(make_cut_off(0.1, 0, 30), false_negatives=0), make_cut_off(0.1, 10, 0)])
def test_without_one_of_the_classes_nothing_can_be_ranked(cut_off) -> None:
    assert draw_ranking(make_diagnostics(curves=(make_curve(cut_offs=(cut_off,)),))) == ()


def test_costs_follow_from_the_counts_of_each_threshold() -> None:
    assert cost_of(make_cut_off(0.8, 5, 0), COSTS) == 1000 * 5 * 5 / 40
    shares, costs = draw_thresholds(make_diagnostics(), COSTS)
    assert [line.name for line in shares.lines] == ["recall", "precision"]
    assert costs.rules == shares.rules
    assert shares.rules[0].text == "chosen: 0.5000"
    low, high = costs.y.scale.low, costs.y.scale.high
    assert low < 150 < 625 < 750 < high
    assert len(draw_thresholds(make_diagnostics(), None)) == 1


@pytest.mark.parametrize("chosen", [None, make_cut_off(0.99, 0, 0)])
def test_a_threshold_that_no_row_reaches_is_not_drawn(chosen) -> None:
    shares, *_ = draw_thresholds(make_diagnostics(curves=(make_curve(chosen=chosen),)), None)
    assert shares.rules == ()


def test_errors_are_drawn_over_prediction_and_time_with_zero() -> None:
    by_prediction, by_time = draw_errors(make_diagnostics("regression"))
    assert by_prediction.zero_at is not None
    first, last = (float(point.split(",")[1]) for point in by_prediction.lines[0].path.split())
    assert first == pytest.approx(by_prediction.zero_at)
    assert last > first  # below zero: too low
    assert [each.text for each in by_time.x.labels] == ["2026-01-01", "2026-01-09"]


def test_errors_without_a_clock_are_told_by_their_place_and_one_part_is_no_picture() -> None:
    untimed = make_diagnostics("regression", errors_by_time=tuple(make_error_bin() for _ in range(4)))
    assert [each.text for each in draw_errors(untimed)[1].x.labels] == ["1", "3", "4"]
    assert draw_errors(Diagnostics(errors_by_time=(make_error_bin(),))) == ()


@pytest.mark.parametrize("looked", [None, Diagnostics(problem="no rows")])
def test_nothing_to_look_at_is_no_figure(looked) -> None:
    assert tabulate_confusion(looked) == draw_ranking(looked) == draw_errors(looked) == ()
    assert draw_thresholds(looked, COSTS) == ()


def config_of(task: str) -> ModelConfig:
    if task == "binary":
        return make_described_config(decision={"costs": {"false_positive": 1, "false_negative": 5}})
    return make_config(task=task, data={"target": {"column": "bought"}})


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
@pytest.mark.parametrize("make", [make_evaluation, make_first_evaluation])
def test_every_task_has_its_figures_in_both_forms(task, make) -> None:
    looked = make_diagnostics(task)
    if make is make_first_evaluation:
        looked = replace(looked, curves=looked.curves[:1])
    story = make_story(run=make_run(Path("home"), config_of(task)), evaluation=make(diagnostics=looked))
    html, text = run_report_html(story, "runs/sales/run-1"), run_report_markdown(story)
    assert ("Right and wrong" in html) is (task != "regression")
    assert ("Error over the prediction" in html) is (task == "regression")
    assert ("ROC curve" in html) is ("Cost" in html) is (task == "binary")
    assert ("| in truth |" in text) is (task != "regression")
    assert ("| error over time |" in text) is (task == "regression")
    assert "None" not in text
    outline(html)


def test_names_that_want_to_be_markup_are_shown_as_text() -> None:
    hostile = make_diagnostics(
        confusion=make_confusion(classes=(ATTACK, "größer als 50\N{NO-BREAK SPACE}€ " * 20)),
        curves=(make_curve(areas=(make_area(problem=ATTACK),)),),
    )
    story = make_story(evaluation=make_evaluation(diagnostics=hostile))
    page = outline(run_report_html(story, "runs/sales/run-1"))
    assert not {"script", "img"} & set(page.seen)
    assert "<script" not in run_report_markdown(story)


def test_what_could_not_be_looked_at_is_said() -> None:
    story = make_story(evaluation=make_evaluation(diagnostics=Diagnostics(problem="the holdout has no rows")))
    assert "could not be looked at: the holdout has no rows." in run_report_html(story, "runs/sales/run-1")
    assert "could not be looked at: the holdout has no rows." in run_report_markdown(story)

""""""

import re
from dataclasses import replace

import pytest

from builders.monitoring_stories import (
    FOLDER,
    WATCHED,
    make_alert,
    make_alert_report,
    make_appraisal,
    make_empty_story,
    make_figure,
    make_green_story,
    make_monitoring_story,
    make_observed,
    make_queue,
    make_shift,
    week,
    without_clock,
)
from builders.pages import ATTACK, outline
from builders.runs import make_config
from ratchet.records.alerts import AlertLevel
from ratchet.records.drift import Separation
from ratchet.records.production import CalibrationShift, ConceptShift, Estimate, Figure
from ratchet.reports.monitoring_page import (
    ASKED,
    MOST_STEPS,
    EvidentlyLink,
    MonitoringStory,
    WeekPlot,
    explain_concept,
    headline_of,
    list_segments,
    monitoring_html,
    place_weeks,
)


def test_alerts_are_what_somebody_should_see_and_the_unknown_stand_apart():
    story = make_monitoring_story()
    assert [each.signal.name for every in story.raised for each in every] == ["performance.roc_auc", "drift.age"]
    assert [each.signal.name for each in story.unknown] == ["performance.log_loss"]


def test_the_main_figure_is_the_primary_metric_of_everybody():
    figures = (make_figure(0.1, segment="a"), make_figure(0.2, metric="log_loss"), make_figure(0.8), make_figure(0.9))
    story = make_monitoring_story(performance=make_appraisal(figures=figures))
    assert story.main_figure == figures[2]
    assert make_monitoring_story(performance=make_appraisal(figures=())).main_figure is None


def test_moved_columns_are_those_with_a_level():
    assert make_monitoring_story().moved == ("age", "city", "prediction")


def test_steps_are_few_and_each_stands_once_with_what_it_is_about():
    alerts = tuple(make_alert(f"s{at}", AlertLevel.RED, "x", advice=f"do {at // 2}") for at in range(30))
    steps = make_monitoring_story(alert_report=make_alert_report(alerts=alerts, asks_for="roc_auc fell")).steps
    assert steps[:3] == (ASKED, "s0, s1: do 0", "s2, s3: do 1")
    assert len(steps) == MOST_STEPS


def test_a_step_names_the_first_few_things_that_it_is_about():
    alerts = tuple(make_alert(f"drift.{name}", AlertLevel.YELLOW, "x", advice="look") for name in "abcde")
    assert make_monitoring_story(alert_report=make_alert_report(alerts=alerts, asks_for=None)).steps == (
        "a, b, c and 2 more: look",
    )


@pytest.mark.parametrize(("level", "steps"), [(AlertLevel.UNKNOWN, ("rows: look",)), (AlertLevel.GREEN, ())])
def test_not_knowing_is_something_to_do_about_and_green_is_not(level, steps):
    alerts = (make_alert("data.rows", AlertLevel.UNKNOWN, "x", advice="look"),)
    assert (
        make_monitoring_story(alert_report=make_alert_report(level=level, alerts=alerts, asks_for=None)).steps == steps
    )


@pytest.mark.parametrize(
    ("level", "tone", "title"),
    [
        ("red", "bad", "sales needs somebody now: 2 alerts"),
        ("yellow", "wait", "sales: worth a look"),
        ("green", "good", "sales is as it was"),
        ("unknown", "calm", "sales can't be judged yet"),
    ],
)
def test_each_level_has_a_title_and_a_colour(level, tone, title):
    headline = headline_of(WATCHED[level]())
    assert (headline.word, headline.tone, headline.title) == (level, tone, title)


def test_the_sentence_does_not_repeat_the_level():
    assert headline_of(make_monitoring_story()).sentence == "roc_auc is 0.861, 5.4 % below its baseline of 0.91"
    assert headline_of(make_empty_story()).sentence == "unknown, which is not green: no rows came"
    assert headline_of(make_green_story()).sentence.startswith("none of 1 signals")


def page(story: MonitoringStory) -> str:
    """Make the page and look whether it is well formed."""
    html = monitoring_html(story, FOLDER)
    parser = outline(html)
    assert "script" not in parser.seen
    assert "img" not in parser.seen
    assert not any("//" in address for address in parser.addresses)
    assert parser.seen.count("h1") == 1
    return html


def attacked_story() -> MonitoringStory:
    """A story whose every text wants to be markup."""
    story = make_monitoring_story()
    columns = tuple(
        replace(each, column=ATTACK, movement=replace(each.movement, distribution=tuple(
            replace(bar, label=ATTACK) for bar in each.movement.distribution
        )), new_categories=tuple(replace(new, name=ATTACK) for new in each.new_categories))
        for each in story.shift.drift.columns
    )  # fmt: skip
    alert = make_alert(ATTACK, AlertLevel.RED, ATTACK, advice=ATTACK, runbook=ATTACK)
    incident = story.alert_report.incident
    assert incident is not None
    return replace(
        story,
        shift=replace(story.shift, drift=replace(story.shift.drift, columns=columns)),
        performance=make_appraisal(
            figures=(make_figure(None, problem=ATTACK), make_figure(segment=ATTACK)),
            patterns=tuple(replace(each, feature=ATTACK, where=ATTACK) for each in story.performance.patterns),
            concept=ConceptShift(rows=1, problem=ATTACK),
            calibration=CalibrationShift(rows=1, problem=ATTACK),
            estimates=(Estimate(metric=ATTACK, problem=ATTACK),),
            warnings=(ATTACK,),
        ),
        alert_report=make_alert_report(
            alerts=(alert,), muted=ATTACK, asks_for=ATTACK, sentence=ATTACK,
            incident=replace(incident, key=ATTACK, runbook=ATTACK),
        ),
        queue=make_queue(reason=ATTACK),
        evidently=EvidentlyLink(file=f"evidently-{ATTACK}", remarks=(ATTACK,)),
    )  # fmt: skip


@pytest.mark.parametrize("level", WATCHED)
def test_every_level_makes_a_well_formed_page_that_fetches_nothing(level):
    html = page(WATCHED[level]())
    assert f"{level}</span>" in html


def test_texts_that_want_to_be_markup_are_shown_as_text():
    html = page(attacked_story())
    assert "\x00" not in html
    assert "\u202e" not in html


def test_red_says_what_to_do_and_where_to_read_on():
    html = page(make_monitoring_story())
    assert "sales needs somebody now: 2 alerts" in html
    assert "<li>a retrain is asked for where this is the latest window, and" in html
    assert "<li>roc_auc: look where errors gather, then retrain.</li>" in html
    assert "docs/runbooks/performance-drop.md" in html
    assert "sales-2026-03-23" in html
    assert 'href="evidently-5000-rows.html"' in html
    assert 'href="queue.parquet"' in html


def test_one_loss_is_one_row_and_what_else_shows_it_stands_below():
    rules = ("performance", "long_performance", "slow")
    alerts = tuple(make_alert(f"{rule}.roc_auc", AlertLevel.RED, f"{rule} says so") for rule in rules)
    html = page(make_monitoring_story(alert_report=make_alert_report(alerts=alerts)))
    assert "sales needs somebody now: 1 alert<" in html
    assert html.count('<th scope="row">performance.roc_auc</th>') == 1
    assert '<span class="sub"><b>slow.roc_auc</b> slow says so.</span>' in html


def test_green_raises_nothing_and_asks_for_nothing():
    html = page(make_green_story())
    assert "What to do" not in html
    assert "No signal of 1 is further off" in html


def test_no_rows_are_no_data_and_not_green():
    html = page(make_empty_story())
    assert "sales can&#39;t be judged yet" in html
    assert "the window has no rows: no data, which is not no drift." in html
    assert "No label has matured" in html
    assert "There is none for this window." in html
    assert "Nothing is raised, but of 1 signal 1 can" in html
    assert "<li>rows: look for the feed.</li>" in html
    assert "green" not in html.split("</h1>")[0].split("<main>")[1]


def test_maintenance_is_said_where_people_look_first():
    html = page(make_monitoring_story(alert_report=make_alert_report(muted="maintenance until 2026-04-01")))
    assert "<li>maintenance until 2026-04-01.</li>" in html


def test_figures_come_with_bounds_baseline_and_what_is_still_open():
    html = page(make_monitoring_story())
    for text in ("[0.8500, 0.8710]", "0.9100", "5.4\N{NO-BREAK SPACE}% worse", "3.1\N{NO-BREAK SPACE}%"):
        assert text in html
    assert "12 rows are too few" in html


def test_segments_stand_with_the_largest_loss_first():
    assert [name for name, _ in list_segments(make_monitoring_story())] == ["city=Oslo", "city=Bern", "city=Rome"]


@pytest.mark.parametrize(
    ("estimate", "told"),
    [
        (Estimate(metric="roc_auc", value=0.9), "Not checked yet"),
        (Estimate(metric="roc_auc", value=0.9, confirmed=True, checked=4, error=0.01), "Yes so far: 4 earlier"),
        (Estimate(metric="roc_auc", value=0.9, confirmed=False, checked=1, error=0.1), "No: labels did not confirm"),
        (Estimate(metric="roc_auc", problem="no scores"), "no scores."),
    ],
)
def test_an_estimate_says_whether_it_can_be_believed(estimate, told):
    assert told in page(make_monitoring_story(performance=make_appraisal(estimates=(estimate,))))


@pytest.mark.parametrize(
    ("concept", "told"),
    [
        (
            ConceptShift(rows=9, data_part=0.0, concept_part=0.1, p_value=0.0, shifted=True),
            "other outcomes than before",
        ),
        (ConceptShift(rows=9, data_part=0.1, concept_part=0.0, p_value=0.5, shifted=False), "Other rows come"),
        (ConceptShift(rows=9, data_part=0.0, concept_part=0.0, p_value=0.5, shifted=False), "Rows that are alike have"),
        (ConceptShift(rows=9, problem="too few rows"), "can't be told apart: too few rows"),
        (ConceptShift(rows=9), "can't be told apart: nothing was measured"),
    ],
)
def test_other_rows_are_told_from_other_outcomes(concept, told):
    assert told in explain_concept(concept, ("age",))


def test_no_other_rows_come_where_no_column_moved():
    concept = ConceptShift(rows=9, data_part=0.0002, concept_part=0.0, p_value=0.5, shifted=False)
    assert explain_concept(concept, ()).startswith("Rows that are alike have")


def test_calibration_that_was_not_measured_says_why():
    assert "Not measured: no label." in page(
        make_monitoring_story(performance=make_appraisal(calibration=CalibrationShift(rows=0, problem="no label")))
    )


def test_a_separation_without_figures_says_why():
    lost = Separation(rows_then=3, rows_now=2, problem="fewer than 40 rows")
    assert "is not known: fewer than 40 rows." in page(make_monitoring_story(shift=make_shift(separation=lost)))


def test_rows_without_a_clock_have_numbers_for_times():
    html = page(without_clock(make_monitoring_story()))
    assert "rows 11,000 to 12,000" in html
    assert "as of row 12,000" in html


def test_a_figure_that_is_no_number_is_a_dash():
    odd = make_figure(float("nan"), lower=float("inf"), loss=float("nan"), loss_lower=None, open_share=None)
    assert not re.search(r"\b(nan|inf)\b", page(make_monitoring_story(performance=make_appraisal(figures=(odd,)))))


def test_another_metric_than_the_primary_is_not_in_the_facts():
    config = make_config(evaluation={"metric": "log_loss"})
    story = make_monitoring_story()
    story = replace(story, run=story.run.model_copy(update={"config": config}))
    assert story.main_figure is not None
    assert story.main_figure.metric == "log_loss"


def test_remarks_of_every_stage_stand_at_the_end():
    story = make_monitoring_story(
        observation=make_observed(warnings=("a",)), performance=make_appraisal(warnings=("b",))
    )
    assert "<dt>Remarks</dt><dd>a</dd>" in page(story)
    assert "<dd>b</dd>" in page(story)


def place(*values: float | None, last: Figure | None = None) -> WeekPlot | None:
    weekly = tuple(make_figure(value, at, baseline=None) for at, value in enumerate(values, start=1))
    return place_weeks(make_appraisal(weekly=weekly), last)


def test_windows_follow_one_another_and_higher_is_up():
    plot = place(0.8, 0.9, 0.85)
    assert plot is not None
    assert [mark.x for mark in plot.marks] == [10.0, 53.0, 96.0]
    assert plot.marks[1].y < plot.marks[2].y < plot.marks[0].y
    assert all(
        mark.top is not None and mark.bottom is not None and mark.top < mark.y < mark.bottom for mark in plot.marks
    )


def test_the_figure_of_this_page_comes_last_and_brings_its_baseline():
    plot = place(0.9, 0.9, last=make_figure(0.8, 3))
    assert plot is not None
    assert plot.marks[-1].figure.value == 0.8
    assert (plot.baseline, plot.marks[-1].tone, plot.marks[0].tone) == (0.91, "worse", "own")
    assert plot.baseline_at is not None


def test_the_holdout_s_figure_stands_beside_a_baseline_that_follows_production():
    sunk = replace(make_figure(0.8, 3), baseline=0.81)
    plot = place(0.82, 0.81, last=sunk)
    assert plot is not None
    assert plot.holdout_at < plot.baseline_at  # higher up
    plot = place_weeks(make_appraisal(weekly=(make_figure(0.9, 1),), holdout=None), sunk)
    assert plot is not None
    assert plot.holdout_at is None


@pytest.mark.parametrize(
    ("metric", "value", "tone"),
    [("roc_auc", 0.85, "worse"), ("roc_auc", 0.905, "own"), ("log_loss", 0.95, "worse"), ("log_loss", 0.8, "own")],
)
def test_an_earlier_window_whose_bounds_are_beyond_the_baseline_was_worse(metric, value, tone):
    earlier = replace(make_figure(value, 1), metric=metric, baseline=None, loss=None, loss_lower=None)
    plot = place_weeks(make_appraisal(weekly=(earlier,)), make_figure(0.9, 2))
    assert plot is not None
    assert plot.marks[0].tone == tone
    bare = place_weeks(make_appraisal(weekly=(replace(earlier, lower=None, upper=None),)), make_figure(0.9, 2))
    assert bare is not None
    assert bare.marks[0].tone == "own"


def test_it_is_not_drawn_twice():
    last = make_figure(0.8, 2)
    plot = place_weeks(make_appraisal(weekly=(make_figure(0.9, 1), last)), last)
    assert plot is not None
    assert len(plot.marks) == 2


def test_a_window_without_a_figure_leaves_its_place_empty():
    plot = place(0.9, None, 0.8)
    assert plot is not None
    assert ([mark.x for mark in plot.marks], plot.gaps) == ([10.0, 96.0], 1)


@pytest.mark.parametrize("values", [(), (0.9,), (0.9, None), (None, None), (float("nan"), 0.9)])
def test_fewer_than_two_figures_are_no_plot(values):
    assert place(*values) is None


def test_figures_without_bounds_are_points():
    bare = tuple(replace(make_figure(0.9, at), lower=None, upper=None) for at in (1, 2))
    plot = place_weeks(make_appraisal(weekly=bare), None)
    assert plot is not None
    assert [(mark.top, mark.bottom) for mark in plot.marks] == [(None, None)] * 2


def test_a_few_dates_stand_below():
    plot = place(*[0.9] * 10)
    assert plot is not None
    assert [moment for moment, _ in plot.dates] == [week(number).end for number in (1, 5, 10)]

import pytest

from builders.watch_stories import make_alert, make_appraisal, make_figure, make_watch, make_watch_story
from ratchet.records.alerts import AlertLevel
from ratchet.reports.watch_story import ASKED, MOST_STEPS


def test_alerts_are_what_somebody_should_see_and_the_unknown_stand_apart():
    story = make_watch_story()
    assert [each.signal.name for every in story.raised for each in every] == ["performance.roc_auc", "drift.age"]
    assert [each.signal.name for each in story.unknown] == ["performance.log_loss"]


def test_the_main_figure_is_the_primary_metric_of_everybody():
    figures = (make_figure(0.1, segment="a"), make_figure(0.2, metric="log_loss"), make_figure(0.8), make_figure(0.9))
    story = make_watch_story(performance=make_appraisal(figures=figures))
    assert story.main_figure == figures[2]
    assert make_watch_story(performance=make_appraisal(figures=())).main_figure is None


def test_moved_columns_are_those_with_a_level():
    assert make_watch_story().moved == ("age", "city", "prediction")


def test_steps_are_few_and_each_stands_once_with_what_it_is_about():
    alerts = tuple(make_alert(f"s{at}", AlertLevel.RED, "x", advice=f"do {at // 2}") for at in range(30))
    steps = make_watch_story(watch=make_watch(alerts=alerts, asks_for="roc_auc fell")).steps
    assert steps[:3] == (ASKED, "s0, s1: do 0", "s2, s3: do 1")
    assert len(steps) == MOST_STEPS


def test_a_step_names_the_first_few_things_that_it_is_about():
    alerts = tuple(make_alert(f"drift.{name}", AlertLevel.YELLOW, "x", advice="look") for name in "abcde")
    assert make_watch_story(watch=make_watch(alerts=alerts, asks_for=None)).steps == ("a, b, c and 2 more: look",)


@pytest.mark.parametrize(("level", "steps"), [(AlertLevel.UNKNOWN, ("rows: look",)), (AlertLevel.GREEN, ())])
def test_not_knowing_is_something_to_do_about_and_green_is_not(level, steps):
    alerts = (make_alert("data.rows", AlertLevel.UNKNOWN, "x", advice="look"),)
    assert make_watch_story(watch=make_watch(level=level, alerts=alerts, asks_for=None)).steps == steps

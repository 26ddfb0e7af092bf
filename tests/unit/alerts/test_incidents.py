from dataclasses import replace
from datetime import UTC, datetime

import pytest

from builders.weeks import (
    make_alert,
    make_appraisal,
    make_column,
    make_figure,
    make_shift,
    make_signal,
    monitor_losses,
    monitor_weeks,
    week,
)
from ratchet.alerts.incidents import find_lost_windows, is_news, make_notices, name_incident
from ratchet.config.alerts import AlertPlan
from ratchet.records.alerts import AlertLevel, AlertReport, Incident, IncidentChange, SignalKind
from ratchet.timeline import Window

MOVED = (make_column("age", 0.4), make_column("city"), make_column("prediction", 0.4))


def incidents(losses, **plan) -> list[Incident | None]:
    return [report.incident for report in monitor_losses(AlertPlan(**plan), losses)]


@pytest.mark.parametrize(
    ("as_of", "key"),
    [(datetime(2026, 1, 31, 6, 30, tzinfo=UTC), "sales-2026-01-31T063000"), (2000, "sales-row-2000")],
)
def test_an_incident_is_named_by_where_it_began(as_of, key):
    assert name_incident("sales", as_of) == key


def test_one_outbreak_is_one_incident():
    found = incidents([0.0, 0.08, 0.09, 0.03, 0.08])
    assert found[0] is None
    assert {each.key for each in found[1:]} == {"sales-2026-03-23T000000"}


def test_it_closes_after_enough_green_windows_in_a_row_and_is_then_forgotten():
    found = incidents([0.08, 0.0, 0.0, 0.03, 0.0, 0.0, 0.0, 0.0])
    assert [each.closed is not None if each else None for each in found] == [False] * 6 + [True, None]
    assert found[6].closed == week(16).end


def test_a_second_outbreak_is_a_second_incident():
    found = incidents([0.08, 0.0, 0.0, 0.08], close_after=2)
    assert len({each.key for each in found}) == 2


@pytest.mark.parametrize(("loss", "severity"), [(0.06, 2), (0.11, 1)])
def test_a_loss_of_twice_the_limit_can_t_wait(loss, severity):
    assert incidents([loss])[0].severity == severity


def test_what_only_announces_a_loss_is_less_severe_until_labels_show_it():
    open_labels = make_appraisal(make_figure(None))
    shown = make_appraisal(make_figure(0.08, number=11))
    reports = monitor_weeks(AlertPlan(), [(make_shift(*MOVED), open_labels), (make_shift(*MOVED), shown)])
    assert [report.incident.severity for report in reports] == [3, 2]
    assert "composite.inputs-and-predictions" in reports[0].incident.signals
    assert "performance.roc_auc" in reports[1].incident.signals
    assert reports[1].incident.symptoms[0] == reports[0].incident.symptoms[0]


def asks(losses, **plan) -> list[bool]:
    return [report.asks_for is not None for report in monitor_losses(AlertPlan(**plan), losses)]


def test_a_retrain_is_asked_for_when_it_turns_red_and_again_after_a_while():
    assert asks([0.0, 0.08, 0.08, 0.08, 0.08], ask_again=3) == [False, True, False, False, True]
    assert asks([0.08, 0.08], ask_again=1) == [True, True]


def test_a_second_outbreak_asks_anew():
    assert asks([0.08, 0.0, 0.08]) == [True, False, True]


@pytest.mark.parametrize(
    ("kinds", "asked"), [(["performance"], True), (["drift"], False), ([], False), (["concept", "performance"], True)]
)
def test_what_asks_for_a_retrain_can_be_told(kinds, asked):
    assert asks([0.08], retrain_on=kinds) == [asked]


def test_labels_that_confirm_what_drift_announced_ask_once_more():
    steps = [make_figure(None), make_figure(0.08, number=11), make_figure(0.08, number=12)]
    reports = monitor_weeks(AlertPlan(), [(make_shift(*MOVED), make_appraisal(figure)) for figure in steps])
    assert [report.asks_kind for report in reports] == [SignalKind.DRIFT, SignalKind.PERFORMANCE, None]


def test_missing_rows_ask_for_nobody_to_retrain():
    from builders.weeks import make_monitored
    from ratchet.alerts.raising import raise_alerts

    plan = AlertPlan(rows_missing=1)
    report = raise_alerts(plan, make_monitored(rows=0), make_shift(), make_appraisal(), [], now=week(1).end)
    assert report.level is AlertLevel.RED
    assert (report.incident.severity, report.incident.runbook) == (1, "no-data.md")
    assert report.asks_for is None


def test_a_new_champion_is_not_held_to_what_the_old_one_did():
    from builders.weeks import make_monitored
    from ratchet.alerts.raising import raise_alerts

    earlier = monitor_losses(AlertPlan(), [0.08, 0.08])
    args = (make_shift(number=12), make_appraisal(make_figure(0.045, number=12)))
    same = raise_alerts(AlertPlan(), make_monitored(12), *args, earlier, now=week(12).end)
    other = raise_alerts(AlertPlan(), make_monitored(12, version=2), *args, earlier, now=week(12).end)
    assert (same.level, other.level) == (AlertLevel.RED, AlertLevel.YELLOW)
    assert other.incident.key == same.incident.key  # it is for people, or green windows, to close
    worse = make_appraisal(make_figure(0.08, number=12))
    again = raise_alerts(AlertPlan(), make_monitored(12, version=2), args[0], worse, earlier, now=week(12).end)
    assert again.asks_for is not None


@pytest.mark.parametrize(
    ("before", "now", "news"),
    [
        (None, AlertLevel.GREEN, False),
        (None, AlertLevel.UNKNOWN, True),
        (AlertLevel.GREEN, AlertLevel.GREEN, False),
        (AlertLevel.GREEN, AlertLevel.RED, True),
        (AlertLevel.RED, AlertLevel.GREEN, True),
        (AlertLevel.RED, AlertLevel.RED, False),
    ],
)
def test_a_change_of_level_is_news(before, now, news):
    report = monitor_losses(AlertPlan(), [0.0])[0]
    earlier = [] if before is None else [replace(report, level=before)]
    assert is_news(replace(report, level=now), earlier) is news


def test_one_more_red_signal_is_news():
    report = monitor_losses(AlertPlan(), [0.08])[0]
    more = replace(report, alerts=(*report.alerts, make_alert(make_signal(name="drift.age"), AlertLevel.RED)))
    assert is_news(more, [report])
    assert not is_news(report, [more])


def test_windows_that_lost_are_told_from_those_that_drifted():
    late = [make_figure(0.0, number=8), make_figure(0.08, number=9), make_figure(0.0, number=10)]
    steps = [(make_shift(*MOVED), make_appraisal(figure, number=10 + at)) for at, figure in enumerate(late)]
    reports = monitor_weeks(AlertPlan(composites=()), steps)
    assert find_lost_windows(reports) == (week(9),)
    drifted = monitor_weeks(AlertPlan(), [(make_shift(*MOVED), make_appraisal(make_figure(None)))])
    assert drifted[0].level is AlertLevel.RED
    assert find_lost_windows(drifted) == ()


def test_a_segment_s_loss_is_not_everybody_s():
    steps = [(make_shift(), make_appraisal(make_figure(), make_figure(0.3, segment="x")))]
    assert find_lost_windows(monitor_weeks(AlertPlan(), steps)) == ()


NOW = datetime(2026, 3, 2, tzinfo=UTC)
OPEN = Incident(key="sales-1", model="sales", opened=NOW, severity=3, symptoms=("age moved",), runbook="data-drift.md")
WORSE = replace(OPEN, severity=1)
MORE = replace(OPEN, severity=2, symptoms=("age moved", "8 % worse", "plan moved"))
CLOSED = replace(OPEN, closed=NOW)
NEXT = replace(OPEN, key="sales-2", symptoms=())


def notices(before: Incident | None, after: Incident | None, now: Incident | None):
    report = AlertReport(
        model="sales",
        run_id="run-1",
        as_of=NOW,
        window=Window(start=NOW, end=NOW),
        level=AlertLevel.RED,
        alerts=(),
        muted=None,
        asks_for=None,
        incident=now,
        sentence="red",
    )
    return make_notices(report, before, after, page="monitoring.html", at=NOW)


@pytest.mark.parametrize(
    ("before", "after", "now", "told"),
    [
        (None, None, None, []),
        (None, None, OPEN, [("sales-1:opened", "age moved")]),
        (OPEN, OPEN, OPEN, []),
        (OPEN, OPEN, MORE, [("sales-1:changed-3-2", "8 % worse plan moved")]),
        (OPEN, OPEN, WORSE, [("sales-1:changed-1-1", "it has become worse: severity 1")]),
        (WORSE, WORSE, OPEN, []),
        (OPEN, OPEN, CLOSED, [("sales-1:closed", "it is over")]),
        (CLOSED, CLOSED, CLOSED, []),
        (OPEN, CLOSED, None, [("sales-1:closed", "it is over")]),
        (OPEN, CLOSED, NEXT, [("sales-1:closed", "it is over"), ("sales-2:opened", "the model is red")]),
        (CLOSED, CLOSED, NEXT, [("sales-2:opened", "the model is red")]),
    ],
    ids=[
        *("none", "opens", "goes on", "gets worse", "gets more severe", "gets milder", "closes", "stays closed"),
        *("people close it", "people close it and another opens", "another opens"),
    ],
)
def test_a_change_is_told_once(before, after, now, told):
    assert [(each.key, each.sentence) for each in notices(before, after, now)] == told


def test_a_notice_says_what_a_person_needs_to_begin():
    (notice,) = notices(None, None, OPEN)
    assert notice.change is IncidentChange.OPENED
    assert (notice.model, notice.incident, notice.level, notice.severity) == ("sales", "sales-1", AlertLevel.RED, 3)
    assert (notice.runbook, notice.report, notice.at) == ("docs/runbooks/data-drift.md", "monitoring.html", NOW)

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from ratchet.alerts.notices import make_notices
from ratchet.records.alerts import AlertLevel, AlertReport, Incident, IncidentChange
from ratchet.timeline import Window

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

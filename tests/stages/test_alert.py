from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from builders.runs import make_config, make_run
from builders.weeks import make_appraisal, make_column, make_figure, make_monitored, make_shift, week
from ratchet.artifacts.incidents import incident_path
from ratchet.artifacts.monitoring_store import find_alert_reports, keep_moment, keep_monitoring
from ratchet.config.run import Run
from ratchet.ledger.database import open_ledger
from ratchet.ledger.journal import read_entries
from ratchet.ledger.triggers import read_pending
from ratchet.records.admission import TriggerKind
from ratchet.records.alerts import AlertLevel, AlertReport
from ratchet.records.ledger import Kind
from ratchet.stages.alert import alert
from ratchet.timeline import Moment, Window

BROKEN = (make_column("age", 0.6), make_column("city"), make_column("prediction", 0.4))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("RATCHET_LEDGER_URL", raising=False)
    return tmp_path


def look(
    home: Path, number: int, loss: float | None = 0.0, *columns, run_id: str | None = None, notify=(), **alerts
) -> AlertReport:
    """One monitoring run at the end of a week."""
    config = make_config(monitoring={"alerts": alerts}, notify=list(notify))
    run = make_run(home, config, run_id=run_id or f"monitor-{number}", started=week(number).end + timedelta(minutes=5))
    performance = make_appraisal(make_figure(loss, number=number), number=number)
    return look_at(run, make_monitored(number), make_shift(*columns, number=number), performance)


def look_at(run: Run, observation, shift, performance) -> AlertReport:
    keep_moment(run, observation.as_of)
    report = alert(run, replace(observation, run_id=run.run_id), shift, performance)
    keep_monitoring(run, "alert", report)
    return report


def entries(home: Path) -> list[tuple[Kind, str]]:
    with open_ledger(home).connect() as connection:
        return [(entry.note.kind, entry.note.reason) for entry in read_entries(connection)]


def kinds(home: Path) -> list[Kind]:
    return [kind for kind, _ in entries(home)]


def pending(home: Path) -> list[tuple[TriggerKind, str]]:
    with open_ledger(home).connect() as connection:
        return [(each.kind, each.key) for each in read_pending(connection, "sales")]


def read_incident(home: Path, report: AlertReport) -> dict[str, object]:
    assert report.incident is not None
    return yaml.safe_load(incident_path(home, report.incident).read_text())


def test_a_green_window_leaves_its_watch_and_nothing_else(home):
    report = look(home, 10)
    assert report.level is AlertLevel.GREEN
    assert find_alert_reports(home, "sales", week(11).end) == (report,)
    assert entries(home) == []
    assert not list(home.rglob("incidents"))


def test_a_shown_loss_opens_an_incident_and_asks_for_a_retrain(home):
    look(home, 10)
    report = look(home, 11, 0.08)
    incident = read_incident(home, report)
    assert report.level is AlertLevel.RED
    assert (incident["key"], incident["severity"], incident["closed"]) == ("sales-2026-03-23T000000", 2, None)
    assert incident["runbook"] == "docs/runbooks/performance-drop.md"
    assert "8 % worse" in incident["symptoms"][0]
    assert (incident["cause"], incident["resolution"], incident["prevention"]) == ("", "", "")
    assert kinds(home) == [Kind.ALERT, Kind.INCIDENT, Kind.TRIGGER]
    assert pending(home) == [(TriggerKind.PERFORMANCE, "monitor-2026-03-23T00:00:00+00:00-performance")]
    assert "8 % worse" in dict(entries(home))[Kind.TRIGGER]


def test_drift_without_labels_asks_by_its_own_name(home):
    report = look(home, 10, None, *BROKEN)
    assert report.level is AlertLevel.RED
    assert pending(home) == [(TriggerKind.DRIFT, "monitor-2026-03-16T00:00:00+00:00-drift")]


@pytest.mark.parametrize("run_id", ["monitor-11", "again-11"])
def test_a_window_that_is_looked_at_again_says_the_same_and_adds_nothing(home, run_id):
    look(home, 10)
    first = look(home, 11, 0.08)
    before, text = entries(home), incident_path(home, first.incident).read_text()
    again = look(home, 11, 0.08, run_id=run_id)
    assert replace(again, run_id=first.run_id) == first
    assert entries(home) == before
    assert incident_path(home, first.incident).read_text() == text
    assert len(list(home.rglob("incidents/*.yaml"))) == 1


def test_a_past_window_that_is_looked_at_again_remembers_no_later_one_and_asks_for_nothing(home):
    first = [look(home, number, loss) for number, loss in ((10, 0.0), (11, 0.08), (12, 0.0))]
    before = entries(home)
    again = look(home, 11, 0.08, run_id="again")
    assert replace(again, run_id=first[1].run_id) == first[1]
    late = look(home, 9, 0.2, run_id="backfill")
    assert late.level is AlertLevel.RED
    assert late.asks_for is not None
    assert entries(home) == before
    assert len(list(home.rglob("incidents/*.yaml"))) == 1


def test_a_second_red_week_goes_on_with_the_same_incident_and_asks_no_second_time(home):
    reports = [look(home, number, 0.08) for number in (10, 11, 12)]
    assert len({report.incident.key for report in reports}) == 1
    assert [report.asks_for is not None for report in reports] == [True, False, False]
    assert len(pending(home)) == 1
    assert kinds(home) == [Kind.ALERT, Kind.INCIDENT, Kind.TRIGGER]


def test_what_people_wrote_stays_when_more_turns_red_and_when_it_is_over(home):
    first = look(home, 10, 0.08)
    path = incident_path(home, first.incident)
    written = (
        path.read_text()
        .replace('cause: ""', 'cause: "the café feed\'s units"  # asked Ana')
        .replace("symptoms:", "symptoms: # ours")
    )
    path.write_text(written)
    look(home, 11, 0.08, *BROKEN)
    after = path.read_text()
    assert after.startswith(written)
    assert "# also seen: 'inputs-and-predictions'" in after
    for number in (12, 13, 14):
        look(home, number, 0.0)
    closed = path.read_text()
    assert closed.replace("closed: 2026-04-13T00:00:00Z  #", "closed: null  #") == after
    assert kinds(home).count(Kind.INCIDENT) == 2


def test_an_incident_that_people_closed_stays_closed_while_nothing_new_is_red(home):
    first = look(home, 10, 0.08)
    path = incident_path(home, first.incident)
    path.write_text(path.read_text().replace("closed: null", "closed: 2026-03-18"))
    second = look(home, 11, 0.08)
    assert second.incident.key == first.incident.key
    assert second.incident.closed.isoformat() == "2026-03-18T00:00:00+00:00"
    third = look(home, 12, 0.08, *BROKEN)
    assert third.incident.key != first.incident.key
    assert third.incident.closed is None


def test_a_closing_that_people_wrote_later_is_not_known_to_an_earlier_window(home):
    first = look(home, 10, 0.08)
    second = look(home, 11, 0.08)
    path = incident_path(home, first.incident)
    path.write_text(path.read_text().replace("closed: null", "closed: 2026-06-01"))
    assert replace(look(home, 11, 0.08, run_id="again"), run_id=second.run_id) == second


@pytest.mark.parametrize("text", ["", "closed: [", "- just a list", "closed: soon", "closed: 2026-99-99", "\xff\x00"])
def test_a_file_that_people_broke_counts_as_open_and_is_left_alone(home, text):
    first = look(home, 10, 0.08)
    path = incident_path(home, first.incident)
    path.write_bytes(text.encode("latin-1"))
    second = look(home, 11, 0.08)
    assert second.incident == first.incident
    assert path.read_bytes().startswith(text.encode("latin-1"))


def test_a_maintenance_window_raises_nothing(home):
    lasting = [{"since": "2026-03-01T00:00:00Z", "until": "2026-03-20T00:00:00Z"}]
    report = look(home, 10, 0.08, maintenance=lasting)
    assert report.level is AlertLevel.UNKNOWN
    assert "maintenance until 2026-03-20" in report.muted
    assert "would be red" in report.muted
    assert (report.incident, report.asks_for) == (None, None)
    assert pending(home) == []
    assert look(home, 11, 0.08, maintenance=lasting).incident is not None


def test_an_empty_list_of_kinds_asks_for_no_retrain(home):
    report = look(home, 10, 0.08, retrain_on=[])
    assert report.incident is not None
    assert pending(home) == []


def test_data_without_a_clock_is_watched_by_rows(home):
    def window(end: Moment) -> Window:
        return Window(start=end - 1000, end=end)

    def look_by_rows(end: int, loss: float, run_id: str, hours: int) -> AlertReport:
        run = make_run(home, run_id=run_id, started=week(1).end + timedelta(hours=hours))
        rows = {"as_of": end, "window": window(end), "long_window": window(end), "history": window(end)}
        performance = make_appraisal(replace(make_figure(loss), window=window(end)))
        return look_at(run, make_monitored(**rows), make_shift(window=window(end)), performance)

    reports = [look_by_rows(1000, 0.0, "a", 1), look_by_rows(2000, 0.08, "b", 2)]
    again = look_by_rows(2000, 0.08, "c", 9)
    assert [report.level for report in reports] == [AlertLevel.GREEN, AlertLevel.RED]
    assert reports[1].incident.key == "sales-row-2000"
    assert replace(again, run_id="b") == reports[1]
    assert pending(home) == [(TriggerKind.PERFORMANCE, "monitor-row-2000-performance")]


def notices(home: Path) -> list[str]:
    return [reason for kind, reason in entries(home) if kind is Kind.NOTICE]


def test_channels_are_told_of_each_change_once_whoever_looks_again(home):
    log = ({"name": "log"},)
    look(home, 10, notify=log)
    for run_id in ("monitor-11", "monitor-11", "again-11"):
        look(home, 11, 0.08, notify=log, run_id=run_id)
    look(home, 12, 0.08, notify=log)
    look(home, 13, 0.08, *BROKEN, notify=log)
    for number in (14, 15, 16, 17):
        look(home, number, notify=log)
    look(home, 11, 0.2, notify=log, run_id="past")
    said = "'log' is told that incident sales-2026-03-23T000000"
    assert notices(home) == [f"{said} opened", f"{said} changed", f"{said} closed"]


def test_channels_are_told_that_people_closed_it(home):
    log = ({"name": "log"},)
    path = incident_path(home, look(home, 10, 0.08, notify=log).incident)
    path.write_text(path.read_text().replace("closed: null", "closed: 2026-03-18"))
    for number in (11, 12):
        look(home, number, notify=log)
    assert [reason.rpartition(" ")[2] for reason in notices(home)] == ["opened", "closed"]


def test_a_channel_that_fails_fails_no_monitoring_and_the_incident_is_written_before(home, monkeypatch):
    def fail(self, notice):
        assert kinds(home).count(Kind.INCIDENT) == 1
        assert (home / "monitoring" / "sales" / "incidents" / f"{notice.incident}.yaml").is_file()
        raise ConnectionError("no route to host")

    monkeypatch.setattr("ratchet.config.notify.LogChannel.send", fail)
    assert look(home, 10, 0.08, notify=({"name": "log"},)).level is AlertLevel.RED
    assert notices(home)[1].endswith(
        "could not be told that incident sales-2026-03-16T000000 opened: ConnectionError: no route to host"
    )


def test_nothing_is_sent_where_the_yaml_names_nobody(home):
    look(home, 10, 0.08)
    assert notices(home) == []

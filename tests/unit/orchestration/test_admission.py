"""The first task of a retraining, with what Airflow hands to it."""

from datetime import timedelta
from types import SimpleNamespace

import pytest

from builders.projects import make_project
from builders.runs import STARTED

pytest.importorskip("airflow")
pytestmark = pytest.mark.airflow

from airflow.sdk.exceptions import AirflowFailException  # noqa: E402

from ratchet.artifacts.run_store import (  # noqa: E402
    RunFolder,
    find_record,
    keep_problem,
)
from ratchet.config.run import Run  # noqa: E402
from ratchet.ledger.database import open_ledger  # noqa: E402
from ratchet.ledger.journal import read_entries  # noqa: E402
from ratchet.ledger.runs import find_run_end  # noqa: E402
from ratchet.ledger.triggers import read_pending, read_triggers  # noqa: E402
from ratchet.orchestration import admission  # noqa: E402
from ratchet.orchestration.admission import OVERLAP, admit_run, note_failure  # noqa: E402
from ratchet.orchestration.declaring import drift_asset  # noqa: E402
from ratchet.records.admission import Admission  # noqa: E402
from ratchet.records.ledger import Kind  # noqa: E402


class Events(list):
    """What the task may read of an asset's events; remembers from when on it was asked."""

    asked_after = None

    def after(self, moment: str) -> "Events":
        self.asked_after = moment
        return self


class Airflow:
    """One DAG run after another, each with its context."""

    def __init__(self, project, monkeypatch):
        self.file, self.home = str(make_project(project)), project / "var"
        self.events = Events()
        self.pushed: dict[str, object] = {}
        monkeypatch.setenv("RATCHET_PROJECT", str(project))
        monkeypatch.setenv("RATCHET_HOME", str(self.home))
        monkeypatch.setattr(admission, "get_current_context", lambda: self.context)

    def run(self, run_id: str, run_type: str = "manual", *, at=STARTED, **answers: object):
        dag_run = SimpleNamespace(
            run_id=run_id,
            run_type=SimpleNamespace(value=run_type),
            run_after=at,
            start_date=at,
            triggering_user_name="ada",
        )
        form = {"as_of": None, "candidates": None, "reason": None, "dry_run": False, "override": True}
        self.context = {
            "params": form | answers,
            "dag_run": dag_run,
            "ti": SimpleNamespace(xcom_push=self.pushed.__setitem__),
            "inlet_events": {drift_asset("sales"): self.events},
            "dag": SimpleNamespace(dag_id="sales.retrain"),
            "run_id": run_id,
        }
        return admit_run(self.file)

    def record(self, run_id: str, name: str, kind: type):
        return find_record(RunFolder(self.home, self.home / "runs" / "sales" / run_id), name, kind)


@pytest.fixture
def airflow(tmp_path, monkeypatch):
    return Airflow(tmp_path, monkeypatch)


def test_a_person_s_run_goes_on_and_leaves_its_records(airflow):
    assert airflow.run("first", reason="new prices") is True
    assert airflow.pushed["run"]["run_id"] == "first"
    assert airflow.record("first", "run", Run).reason == "new prices"
    assert airflow.record("first", "admit", Admission).admitted
    assert airflow.pushed["admission"]["triggers"] == ["run:first"]
    assert airflow.run("second", at=STARTED + timedelta(minutes=1)) is True
    assert airflow.pushed["admission"]["overridden"]


def test_a_run_that_must_wait_ends_and_leaves_no_folder(airflow):
    airflow.run("first")
    assert airflow.run("second", "scheduled", at=STARTED + timedelta(hours=1)) is False
    assert airflow.pushed["run"]["run_id"] == "first", "nothing for the tasks that are skipped"
    assert airflow.record("second", "run", Run) is None
    shown = airflow.pushed["admission"]
    assert (shown["admitted"], shown["triggers"]) == (False, ["run:second"])
    assert shown["reasons"][0] == "1 h since the last attempt, needs 1 d"
    with open_ledger(airflow.home).connect() as connection:
        assert [each.key for each in read_pending(connection, "sales")] == ["run:second"]


def test_every_event_since_the_last_look_is_written_down_once(airflow):
    airflow.events.append(SimpleNamespace(id=1, timestamp=STARTED, source_dag_id=None, extra={"reason": "late"}))
    airflow.run("first", "asset_triggered")
    assert airflow.events.asked_after is None
    airflow.run("second", "asset_triggered", at=STARTED + timedelta(hours=3))
    assert airflow.events.asked_after == (STARTED - OVERLAP).isoformat()
    with open_ledger(airflow.home).connect() as connection:
        events = [each for each in read_triggers(connection, "sales") if each.key.startswith("event:")]
    assert [each.reason for each in events] == ["late"]


def test_a_wrong_answer_in_the_form_fails_at_once(airflow):
    with pytest.raises(AirflowFailException, match="as of"):
        airflow.run("first", as_of="yesterday")


def test_a_run_that_broke_is_noted_with_its_reason(airflow):
    airflow.run("first")
    note_failure(airflow.context | {"reason": "task_failure"})
    with open_ledger(airflow.home).connect() as connection:
        assert find_run_end(connection, "sales", "first").succeeded is False


@pytest.mark.parametrize(
    ("said", "reason"),
    [({}, "task_failure"), ({"split": "no rows", "select": "nothing was trained"}, "split: no rows")],
)
def test_the_first_stage_that_said_why_is_the_reason(airflow, said, reason):
    airflow.run("first")
    for stage, problem in said.items():
        keep_problem(airflow.record("first", "run", Run), stage, problem)
    note_failure(airflow.context | {"reason": "task_failure"})
    with open_ledger(airflow.home).connect() as connection:
        [entry] = read_entries(connection, model="sales", kinds=[Kind.RUN])
    assert entry.note.reason == reason


def test_a_run_that_was_admitted_and_died_before_its_folder_was_made_is_asked_for_again(airflow, monkeypatch):
    def die(*_):
        raise OSError("the disk is full")

    monkeypatch.setattr("ratchet.artifacts.run_store.keep_record", die)
    airflow.events.append(SimpleNamespace(id=1, timestamp=STARTED, source_dag_id=None, extra={}))
    with pytest.raises(OSError, match="full"):
        airflow.run("first", "asset_triggered")
    note_failure(airflow.context)
    with open_ledger(airflow.home).connect() as connection:
        assert [each.key for each in read_pending(connection, "sales")] == ["again:first"]


def test_after_a_clock_went_back_every_event_is_looked_at(airflow):
    airflow.run("first", at=STARTED + timedelta(days=7))
    airflow.run("second", "asset_triggered", at=STARTED)
    assert airflow.events.asked_after is None


def test_a_run_that_never_began_has_no_end(airflow):
    airflow.run("first")
    note_failure(airflow.context | {"run_id": "another"})
    with open_ledger(airflow.home).connect() as connection:
        assert find_run_end(connection, "sales", "another") is None

import json
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from builders.runs import DATA, STARTED
from builders.runs import make_run as start_run
from ratchet.errors import ConfigError
from ratchet.orchestration.request import LONGEST_REASON, make_run, read_events, read_own_trigger
from ratchet.records.admission import TriggerKind

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
FORM = {"as_of": None, "candidates": None, "reason": None, "dry_run": False}


@pytest.fixture
def model_file(tmp_path, monkeypatch):
    import yaml

    monkeypatch.setenv("RATCHET_PROJECT", str(tmp_path))
    monkeypatch.setenv("RATCHET_HOME", str(tmp_path / "var"))
    path = tmp_path / "sales.yaml"
    path.write_text(yaml.safe_dump({"model": "sales", "task": "binary", "data": DATA}))
    return path


def context(**answers):
    dag_run = SimpleNamespace(run_id="manual__1", start_date=NOON, run_after=NOON)
    return {"params": FORM | answers, "dag_run": dag_run}


def test_an_empty_form_reads_up_to_the_runs_own_time(model_file):
    run = make_run(str(model_file), context())
    assert (run.as_of, run.candidates, run.dry_run, run.run_id) == (NOON, (), False, "manual__1")


def test_answers_reach_the_run(model_file):
    answers = {"as_of": "2026-01-31T00:00:00+01:00", "candidates": ["linear"], "reason": "fee change", "dry_run": True}
    run = make_run(str(model_file), context(**answers))
    assert run.as_of == datetime(2026, 1, 30, 23, tzinfo=UTC)
    assert (run.candidates, run.reason, run.dry_run) == (("linear",), "fee change", True)


def test_an_unknown_candidate_is_named_with_the_nearest(model_file):
    with pytest.raises(ConfigError, match=r"no candidate 'linaer' \(did you mean 'linear'\?\)"):
        make_run(str(model_file), context(candidates=["linaer"]))


def test_a_time_that_is_none_is_refused(model_file):
    with pytest.raises(ConfigError, match="'yesterday' is not a time such as"):
        make_run(str(model_file), context(as_of="yesterday"))


def test_a_time_that_has_not_come_is_refused(model_file):
    with pytest.raises(ConfigError, match="has not come yet"):
        make_run(str(model_file), context(as_of="2026-03-01T12:00:01Z"))


def test_an_unsafe_run_id_is_refused(model_file):
    asked = context()
    asked["dag_run"].run_id = "../../etc"
    with pytest.raises(ConfigError, match="run_id"):
        make_run(str(model_file), asked)


def asked_by(run_type: str, *, user: str | None = None, override: bool = True) -> dict[str, object]:
    dag_run = SimpleNamespace(run_type=SimpleNamespace(value=run_type), run_after=STARTED, triggering_user_name=user)
    return {"dag_run": dag_run, "params": {"override": override}}


def event(number: int = 7, *, source: str | None = None, **extra: object) -> SimpleNamespace:
    return SimpleNamespace(id=number, timestamp=STARTED, source_dag_id=source, extra=extra or None)


@pytest.mark.parametrize(
    ("run_type", "kind", "override"),
    [
        ("scheduled", TriggerKind.SCHEDULE, False),
        ("manual", TriggerKind.PERSON, True),
        ("backfill", TriggerKind.PERSON, True),
        ("asset_materialization", TriggerKind.PERSON, True),
        ("operator_triggered", TriggerKind.EXTERNAL, False),
    ],
)
def test_a_run_asks_for_itself(tmp_path, run_type, kind, override):
    found = read_own_trigger(start_run(tmp_path), asked_by(run_type))
    assert (found.kind, found.override, found.key, found.at) == (kind, override, "run:run-1", STARTED)


@pytest.mark.parametrize("run_type", ["asset_triggered", "something_new"])
def test_a_run_that_only_answers_asks_for_nothing(tmp_path, run_type):
    assert read_own_trigger(start_run(tmp_path), asked_by(run_type)) is None


def test_a_person_is_named_with_their_reason_and_may_wait_for_their_turn(tmp_path):
    found = read_own_trigger(start_run(tmp_path, reason="new prices"), asked_by("manual", user="ada", override=False))
    assert (found.actor, found.reason, found.override) == ("ada", "new prices", False)


@pytest.mark.parametrize(("dry_run", "as_of"), [(True, None), (False, "2026-01-31")])
def test_what_no_later_run_would_do_the_same_does_not_wait(tmp_path, dry_run, as_of):
    asked = asked_by("manual", override=False)
    asked["params"]["as_of"] = as_of
    assert read_own_trigger(start_run(tmp_path, dry_run=dry_run), asked).override


def test_a_person_without_a_name_or_reason_is_told_as_such(tmp_path):
    found = read_own_trigger(start_run(tmp_path), asked_by("manual"))
    assert (found.actor, found.reason) == ("a person without a name", "started by hand, no reason given")


def test_an_event_says_why_and_keeps_what_came_with_it(tmp_path):
    ((found, payload),) = read_events(start_run(tmp_path), [event(kind="data", reason="a delivery", key="d7", rows=9)])
    assert (found.kind, found.reason, found.key) == (TriggerKind.DATA, "a delivery", "event:d7")
    assert json.loads(payload)["rows"] == 9


def test_an_event_without_a_word_is_external_and_known_by_its_number(tmp_path):
    ((found, payload),) = read_events(start_run(tmp_path), [event(source="deliver")])
    assert (found.kind, found.actor, payload) == (TriggerKind.EXTERNAL, "DAG deliver", "{}")
    assert found.key == f"event:7:{STARTED.isoformat()}"


@pytest.mark.parametrize("kind", ["person", "schedule", "nonsense", 3, None, ["drift"]])
def test_an_event_is_no_person_and_no_baseline(tmp_path, kind):
    ((found, _),) = read_events(start_run(tmp_path), [event(kind=kind, override=True)])
    assert (found.kind, found.override) == (TriggerKind.EXTERNAL, False)


def test_a_long_story_is_cut(tmp_path):
    ((found, _),) = read_events(start_run(tmp_path), [event(reason="x" * 10_000)])
    assert len(found.reason) == LONGEST_REASON


def test_what_the_monitoring_said_is_in_the_ledger_already(tmp_path):
    assert read_events(start_run(tmp_path), [event(source="sales.monitor")]) == ()

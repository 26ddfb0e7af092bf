"""Admission on a real ledger: decided once, killed anywhere, and nothing lost."""

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from builders.kills import count_steps, kill_at
from builders.runs import STARTED, make_config, make_run
from builders.throttles import make_trigger
from ratchet.config.model import ModelConfig
from ratchet.config.run import Run
from ratchet.ledger.admissions import read_attempts, read_settlements
from ratchet.ledger.database import VARIABLE, open_ledger
from ratchet.ledger.journal import read_entries, verify_ledger
from ratchet.ledger.runs import find_run_end
from ratchet.ledger.settling import answers, conclude, end_unheard
from ratchet.ledger.triggers import read_pending, write_trigger
from ratchet.records.admission import Admission, Fate, Trigger, TriggerKind, dag_of
from ratchet.records.ledger import Kind
from ratchet.stages.admit import admit, describe, foresee

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
WEEK = {"throttle": {"min_interval": "7d", "pause_after_failure": "2h"}}
CONFIG = make_config(schedule=WEEK)
DAG = dag_of(CONFIG.model)
PERSON = make_trigger(TriggerKind.PERSON, override=True)


@pytest.fixture(params=["sqlite", "postgresql"])
def home(request, tmp_path, monkeypatch) -> Path:
    """A home whose ledger is on either database."""
    if request.param == "postgresql":
        monkeypatch.setenv(VARIABLE, request.getfixturevalue("postgres_url"))
    return tmp_path


@pytest.fixture
def file_home(tmp_path) -> Path:
    """A home whose ledger is a file: what is tested does not depend on the database."""
    return tmp_path


def run_at(home: Path, after: timedelta = timedelta(), run_id: str = "run-1", **changes: object) -> Run:
    return make_run(home, CONFIG, started=STARTED + after, run_id=run_id, **changes)


def outlook(home: Path, config: ModelConfig, now: datetime) -> Admission:
    with open_ledger(home).connect() as connection:
        return foresee(connection, config, now)


def raise_alerts(home: Path, *triggers: Trigger) -> None:
    ledger = open_ledger(home)
    for trigger in triggers or (make_trigger(key="a"), make_trigger(key="b")):
        write_trigger(ledger, trigger)


def pending(home: Path) -> list[str]:
    with open_ledger(home).connect() as connection:
        return [each.key for each in read_pending(connection, CONFIG.model)]


def fates(home: Path) -> dict[str, tuple[Fate, str]]:
    with open_ledger(home).connect() as connection:
        settled = read_settlements(connection, CONFIG.model)
    assert len({each.trigger for each in settled}) == len(settled)
    return {each.trigger: (each.fate, each.run_id) for each in settled}


def lines(home: Path, model: str) -> list[tuple[str, str, str]]:
    """Everything the ledger says of a model, but for its name."""
    with open_ledger(home).connect() as connection:
        found = list(read_entries(connection, model=model))
    return [(each.note.kind, each.note.reason, each.note.payload.replace(model, "MODEL")) for each in found]


def test_all_that_waits_is_answered_and_named(home):
    raise_alerts(home)
    admission = admit(run_at(home), ((PERSON, '{"form": 1}'),), DAG)
    assert admission.admitted
    assert admission.triggers == ("person", "a", "b")
    assert fates(home) == {
        "person": (Fate.CONSUMED, "run-1"),
        "a": (Fate.COALESCED, "run-1"),
        "b": (Fate.COALESCED, "run-1"),
    }
    assert pending(home) == []
    assert verify_ledger(open_ledger(home)).breach is None


def test_a_run_that_must_wait_settles_nothing_and_says_until_when(home):
    admit(run_at(home), ((PERSON, "{}"),), DAG)
    conclude(run_at(home), None, STARTED + HOUR)
    raise_alerts(home)
    later = run_at(home, 2 * DAY, "run-2")
    admission = admit(later, (), DAG)
    assert (admission.admitted, admission.at) == (False, STARTED + 7 * DAY)
    assert pending(home) == ["a", "b"]
    assert outlook(home, CONFIG, STARTED + 2 * DAY) == admission
    assert outlook(home, CONFIG, STARTED + 7 * DAY).admitted
    assert describe(admission).startswith(
        "ends at once: 2 d since the last attempt, needs 7 d; it will be admitted at 2026"
    )


def test_whoever_asks_again_for_a_run_gets_the_same_answer(home):
    raise_alerts(home)
    first = admit(run_at(home), (), DAG)
    raise_alerts(home, make_trigger(key="late"))
    assert admit(run_at(home), (), DAG) == first
    assert pending(home) == ["late"]
    waits = admit(run_at(home, DAY, "run-2"), (), DAG)
    assert admit(run_at(home, 30 * DAY, "run-2"), (), DAG) == waits, "cleared a month later"


@pytest.mark.slow
@pytest.mark.parametrize("step", ["admit", "conclude", "break"])
def test_killed_anywhere_and_tried_again_it_is_as_if_nothing_had_happened(home, step, request):
    def prepare(model: str) -> Run:
        run = make_run(home, CONFIG.model_copy(update={"model": model}), started=STARTED)
        raise_alerts(home, make_trigger(key="a", model=model))
        if step != "admit":
            admit(run, (), dag_of(model))
            raise_alerts(home, make_trigger(key="b", model=model))
        return run

    def work(run: Run) -> None:
        if step == "admit":
            admit(run, ((make_trigger(TriggerKind.PERSON, model=run.model), "{}"),), dag_of(run.model))
        else:
            conclude(run, None if step == "conclude" else "broke", STARTED + HOUR)

    whole = prepare("whole")
    steps = count_steps(lambda: work(whole))
    assert steps > 10
    for place in range(1, steps + 1, 1 if "sqlite" in request.node.name else 7):  # the statements are the same
        killed = prepare(f"killed-{place}")
        kill_at(place, lambda run=killed: work(run))
        work(killed)
        assert lines(home, killed.model) == lines(home, "whole"), f"killed at step {place} of {steps}"
    assert verify_ledger(open_ledger(home)).breach is None


def test_alerts_of_a_run_s_time_are_answered_by_its_verdict(file_home):
    admit(run_at(file_home), ((PERSON, "{}"),), DAG)
    raise_alerts(file_home, make_trigger(key="a"), make_trigger(TriggerKind.SCHEDULE, key="tick"))
    end = conclude(run_at(file_home), None, STARTED + HOUR)
    assert (end.succeeded, end.seconds) == (True, 3600)
    assert fates(file_home)["a"] == (Fate.SUPPRESSED, "run-1")
    assert pending(file_home) == ["tick"]


def test_what_a_broken_run_was_to_answer_is_asked_again_after_the_pause(file_home):
    raise_alerts(file_home)
    config = make_config(schedule={"throttle": {"min_interval": "0s", "pause_after_failure": "2h"}})
    run = make_run(file_home, config)
    admit(run, (), DAG)
    conclude(run, "the disk is full", STARTED + HOUR)
    assert pending(file_home) == ["again:run-1"]
    assert outlook(file_home, config, STARTED + HOUR).at == STARTED + 3 * HOUR
    assert outlook(file_home, config, STARTED + 3 * HOUR).admitted


def test_a_broken_run_that_is_cleared_and_ends_well_has_ended_well(file_home):
    raise_alerts(file_home)
    admit(run_at(file_home), (), DAG)
    conclude(run_at(file_home), "the disk is full", STARTED + HOUR)
    conclude(run_at(file_home), None, STARTED + 2 * HOUR)
    with open_ledger(file_home).connect() as connection:
        assert find_run_end(connection, CONFIG.model, "run-1").succeeded
    assert fates(file_home)["again:run-1"] == (Fate.SUPPRESSED, "run-1")
    assert pending(file_home) == []


def test_a_broken_run_that_is_cleared_a_month_later_answers_nothing_raised_since(file_home):
    run = run_at(file_home, as_of=STARTED)
    admit(run, ((PERSON, "{}"),), DAG)
    conclude(run, "the disk is full", STARTED + HOUR)
    raise_alerts(file_home, make_trigger(key="before", at=STARTED), make_trigger(key="since", at=STARTED + 29 * DAY))
    conclude(run, None, STARTED + 30 * DAY)
    assert pending(file_home) == ["since"]


def test_nobody_takes_what_another_run_asks_for_itself_while_that_is_being_decided(file_home):
    own = make_trigger(TriggerKind.PERSON, key="run:shell", at=STARTED, override=True)
    raise_alerts(file_home, own)
    assert not admit(run_at(file_home, timedelta(seconds=1)), (), DAG).admitted
    assert admit(run_at(file_home, run_id="shell"), ((own, "{}"),), "ada").triggers == ("run:shell",)


def test_what_a_run_asked_for_itself_is_answered_by_others_when_it_waits_or_is_gone(file_home):
    admit(run_at(file_home), ((PERSON, "{}"),), DAG)
    conclude(run_at(file_home), None, STARTED + HOUR)
    tick = make_trigger(TriggerKind.SCHEDULE, key="run:tick", at=STARTED + DAY)
    assert not admit(run_at(file_home, DAY, "tick"), ((tick, "{}"),), DAG).admitted
    lost = make_trigger(TriggerKind.SCHEDULE, key="run:lost", at=STARTED + DAY - HOUR)
    raise_alerts(file_home, lost)
    by_hand = make_trigger(TriggerKind.PERSON, key="run:hand", at=STARTED + DAY, override=True)
    hand = run_at(file_home, DAY + timedelta(seconds=5), "hand")
    assert set(admit(hand, ((by_hand, "{}"),), DAG).triggers) == {"run:hand", "run:lost", "run:tick"}


@pytest.mark.parametrize("problem", [None, "broke"])
def test_an_end_is_written_once(file_home, problem):
    raise_alerts(file_home)
    admit(run_at(file_home), (), DAG)
    for hours in (1, 2, 3):
        conclude(run_at(file_home), problem, STARTED + hours * HOUR)
    kinds = [kind for kind, _, _ in lines(file_home, CONFIG.model)]
    assert kinds.count(Kind.RUN) == 1


def test_a_run_that_was_not_admitted_has_no_end(file_home):
    assert conclude(run_at(file_home), None, STARTED) is None
    admit(run_at(file_home), (), DAG)  # nobody asked
    assert conclude(run_at(file_home), None, STARTED) is None


def test_a_run_of_the_dag_that_nobody_saw_end_is_known_to_be_broken_when_the_next_begins(file_home):
    raise_alerts(file_home)
    admit(run_at(file_home), (), DAG)
    raise_alerts(file_home, make_trigger(key="c"))
    admit(run_at(file_home, HOUR, "run-2"), (), DAG)
    with open_ledger(file_home).connect() as connection:
        (attempt,) = read_attempts(connection, CONFIG.model, STARTED + HOUR)
    assert (attempt.succeeded, attempt.seconds) == (False, 3600), "at most: a budget is not to be spent twice"
    assert pending(file_home) == ["c", "again:run-1"]


def test_a_run_of_the_command_line_may_still_be_going(file_home):
    admit(run_at(file_home), ((PERSON, "{}"),), "ratchet run")
    admit(run_at(file_home, HOUR, "run-2"), (), DAG)
    with open_ledger(file_home).connect() as connection:
        (attempt,) = read_attempts(connection, CONFIG.model, STARTED + HOUR)
    assert (attempt.succeeded, attempt.seconds) == (None, 3600)


@pytest.mark.parametrize("looks", ["another run", "the alarm"])
def test_what_a_killed_run_of_the_command_line_took_is_asked_again_after_a_day(file_home, looks):
    raise_alerts(file_home)
    admit(run_at(file_home), ((PERSON, "{}"),), "ada")
    waiting = []
    for after in (DAY, DAY + HOUR, DAY + 2 * HOUR):
        if looks == "the alarm":
            end_unheard(open_ledger(file_home), CONFIG.model, STARTED + after)
        else:
            admit(run_at(file_home, after, f"run-{after // HOUR}"), (), DAG)
        waiting.append(pending(file_home))
    assert waiting == [[], ["again:run-1"], ["again:run-1"]]
    with open_ledger(file_home).connect() as connection:
        end = find_run_end(connection, CONFIG.model, "run-1")
    assert (end.succeeded, end.seconds) == (False, DAY.total_seconds())


def test_weekly_baselines_do_not_come_too_early_for_an_interval_of_a_week(file_home):
    for week, seconds_late in enumerate((40, 3, 5)):
        tick = make_trigger(TriggerKind.SCHEDULE, key=f"tick-{week}", at=STARTED + 7 * week * DAY)
        late = 7 * week * DAY + timedelta(seconds=seconds_late)
        run = run_at(file_home, late, f"run-{week}")
        assert admit(run, ((tick, "{}"),), DAG).admitted
        conclude(run, None, run.started + HOUR)


@pytest.mark.parametrize(
    ("changes", "answered"),
    [
        ({}, True),
        ({"as_of": STARTED}, True),
        ({"as_of": STARTED - 12 * HOUR}, True),  # it waited in a queue
        ({"as_of": STARTED - 30 * DAY}, False),
        ({"as_of": 500}, False),
        ({"dry_run": True}, False),
    ],
)
def test_a_run_answers_what_waits_unless_it_only_looks_or_looks_back(file_home, changes, answered):
    alert = make_trigger(at=STARTED - HOUR)
    run = run_at(file_home, **changes)
    assert answers(run, alert, STARTED) is answered
    raise_alerts(file_home, alert)
    admission = admit(run, ((PERSON, "{}"),), DAG)
    assert admission.admitted
    assert pending(file_home) == ([] if answered else ["drift"])


def test_a_run_as_of_last_month_answers_what_was_asked_before(file_home):
    run = run_at(file_home, as_of=STARTED - 30 * DAY)
    assert answers(run, make_trigger(at=STARTED - 31 * DAY), STARTED)


def test_a_dry_run_settles_no_alert_of_its_time(file_home):
    run = run_at(file_home, dry_run=True)
    admit(run, ((PERSON, "{}"),), DAG)
    raise_alerts(file_home)
    assert conclude(run, None, STARTED + HOUR).succeeded
    assert pending(file_home) == ["a", "b"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({}, "is admitted for 1 request(s), the first of them 'a'"),
        (
            {"overridden": True, "reasons": ("2 runs in a day",)},
            "is admitted: a person overrules that there were 2 runs",
        ),
        ({"admitted": False, "triggers": (), "reasons": ("nobody asked for a run",)}, "ends at once: nobody asked"),
        ({"admitted": False, "reasons": ("a blackout",), "at": None}, "a blackout; blackouts leave no time for it"),
    ],
)
def test_a_decision_is_one_sentence(changes, sentence):
    plain = Admission(admitted=True, at=STARTED, reasons=(), triggers=("a",), kind=TriggerKind.DRIFT)
    assert sentence in describe(replace(plain, **changes))

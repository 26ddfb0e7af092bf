"""Admissions and fates as the ledger keeps them."""

from datetime import timedelta

import pytest

from builders.ledgers import tamper
from builders.throttles import NOW, make_throttle, make_trigger
from ratchet.errors import LedgerError
from ratchet.ledger.admissions import (
    find_admission,
    find_last_admission,
    find_unfinished,
    find_unheard,
    read_answered,
    read_attempts,
    read_settlements,
    settle,
    write_admission,
)
from ratchet.ledger.database import open_ledger, writing
from ratchet.ledger.journal import read_entries
from ratchet.ledger.runs import write_run_end
from ratchet.ledger.triggers import read_pending, write_trigger
from ratchet.records.admission import Admission, Applicant, Fate, Settlement, TriggerKind
from ratchet.records.ledger import Kind, RunEnd
from ratchet.throttle.admission import admit

HOUR = timedelta(hours=1)
ALERT = make_trigger(key='an "admitted": true alert')  # looks like what the query for admitted runs looks for


@pytest.fixture
def ledger(tmp_path):
    return open_ledger(tmp_path)


def keep(ledger, run_id: str, *, admitted: bool = True, after=timedelta(), **facts: object) -> Admission:
    """Write an admission of a run that started so long after now."""
    found = admit(make_throttle(), now=NOW, triggers=(ALERT,) if admitted else (), attempts=())
    applicant = Applicant(**{"model": "sales", "run_id": run_id, "actor": "sales.retrain", "at": NOW + after, **facts})
    with writing(ledger) as connection:
        write_admission(connection, applicant, found, counts_from=NOW + after)
    return found


def end(ledger, run_id: str, *, succeeded: bool) -> None:
    ended = RunEnd(run_id=run_id, succeeded=succeeded, seconds=90, ended=NOW)
    write_run_end(ledger, "sales", ended, reason="because")


def attempts(ledger):
    with ledger.connect() as connection:
        return read_attempts(connection, "sales", NOW + HOUR)


def test_a_dry_run_is_known_as_one(ledger):
    keep(ledger, "run-1")
    keep(ledger, "run-2", dry_run=True)
    assert [each.dry_run for each in attempts(ledger)] == [False, True]


def test_an_admission_comes_back_as_it_was_written(ledger):
    found = keep(ledger, "run-1")
    with ledger.connect() as connection:
        assert find_admission(connection, "sales", "run-1") == found
        assert find_admission(connection, "sales", "run-2") is None
        assert find_admission(connection, "fraud", "run-1") is None


def test_the_first_answer_stays(ledger):
    first = keep(ledger, "run-1")
    keep(ledger, "run-1", admitted=False)
    with ledger.connect() as connection:
        assert find_admission(connection, "sales", "run-1") == first
        assert len(list(read_entries(connection, kinds=[Kind.ADMISSION]))) == 1


def test_only_runs_that_were_admitted_are_attempts(ledger):
    keep(ledger, "run-1")
    keep(ledger, "run-2", admitted=False)
    assert [each.run_id for each in attempts(ledger)] == ["run-1"]


def test_an_attempt_still_runs_until_its_end_is_known_and_the_last_end_counts(ledger):
    keep(ledger, "run-1")
    (running,) = attempts(ledger)
    assert (running.succeeded, running.seconds, running.started) == (None, 3600, NOW)
    for succeeded in (False, True):
        end(ledger, "run-1", succeeded=succeeded)
        (ended,) = attempts(ledger)
        assert (ended.succeeded, ended.seconds) == (succeeded, 90)


def test_unfinished_are_an_actor_s_runs_without_an_end(ledger):
    for run_id in ("run-1", "run-2"):
        keep(ledger, run_id)
    keep(ledger, "run-3", actor="ada")
    keep(ledger, "run-4", admitted=False)
    end(ledger, "run-1", succeeded=False)
    with ledger.connect() as connection:
        assert find_unfinished(connection, "sales", "sales.retrain") == ("run-2",)


def test_unheard_are_the_runs_of_others_that_began_before(ledger):
    keep(ledger, "dag")
    for run_id, hours in (("ended", 0), ("killed", 1), ("young", 2)):
        keep(ledger, run_id, actor="ada", after=hours * HOUR)
    end(ledger, "ended", succeeded=True)
    with ledger.connect() as connection:
        assert find_unheard(connection, "sales", "sales.retrain", since=NOW + 2 * HOUR) == ("killed",)


def test_a_trigger_keeps_its_first_fate(ledger):
    applicant = Applicant(model="sales", run_id="run-1", actor="sales.retrain", at=NOW)
    write_trigger(ledger, ALERT)
    with writing(ledger) as connection:
        for run_id, fate in (("run-1", Fate.CONSUMED), ("run-2", Fate.SUPPRESSED)):
            settle(connection, applicant, [Settlement(trigger=ALERT.key, fate=fate, run_id=run_id, reason="so")])
    with ledger.connect() as connection:
        (settled,) = read_settlements(connection, "sales")
        assert (settled.fate, settled.run_id) == (Fate.CONSUMED, "run-1")
        assert read_pending(connection, "sales") == ()
        assert read_answered(connection, "sales", "run-1") == (ALERT,)
        assert read_answered(connection, "sales", "run-2") == ()


def test_the_last_admission_is_the_actor_s_last_one(ledger):
    keep(ledger, "run-1")
    keep(ledger, "run-2", after=HOUR, admitted=False)
    keep(ledger, "run-3", after=2 * HOUR, actor="ada")
    with ledger.connect() as connection:
        assert find_last_admission(connection, "sales", "sales.retrain") == NOW + HOUR
        assert find_last_admission(connection, "sales", "nobody") is None


def test_a_reason_says_what_was_decided(ledger):
    keep(ledger, "run-1")
    keep(ledger, "run-2", admitted=False)
    with ledger.connect() as connection:
        reasons = [each.note.reason for each in read_entries(connection, kinds=[Kind.ADMISSION])]
    assert reasons == ["admitted: every rule allows it", "waits: nobody asked for a run"]


def test_kinds_survive(ledger):
    keep(ledger, "run-1")
    with ledger.connect() as connection:
        assert find_admission(connection, "sales", "run-1").kind is TriggerKind.DRIFT


@pytest.mark.parametrize("payload", ["", "[]", '{"run": "run-1", "admission": {"admitted": true}}'])
def test_what_can_not_be_read_is_one_sentence(ledger, payload):
    keep(ledger, "run-1")
    applicant = Applicant(model="sales", run_id="run-1", actor="sales.retrain", at=NOW)
    with writing(ledger) as connection:
        settle(connection, applicant, [Settlement(trigger="a", fate=Fate.CONSUMED, run_id="run-1", reason="so")])
    tamper(ledger, [f"UPDATE ledger SET payload = '{payload}'".replace(":", r"\:")])
    with ledger.connect() as connection:
        for what, read in (
            ("an admission", lambda: find_admission(connection, "sales", "run-1")),
            ("a settlement", lambda: read_settlements(connection, "sales")),
        ):
            with pytest.raises(LedgerError, match=f"the ledger holds {what} that can't be read"):
                read()

"""How runs ended: once for each way that they ended."""

from datetime import UTC, datetime, timedelta

from builders.records import make_verdict
from builders.runs import make_run
from ratchet.ledger.database import open_ledger
from ratchet.ledger.journal import read_entries
from ratchet.ledger.runs import find_ended, find_run_end, read_run_ends, write_run_end, write_verdict
from ratchet.records.ledger import Kind, RunEnd

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)


def end(succeeded, *, hours=0, run_id="run-1"):
    return RunEnd(run_id=run_id, succeeded=succeeded, seconds=12.5, ended=NOW + timedelta(hours=hours))


def write_all(ledger, *ends):
    return [write_run_end(ledger, "sales", each, reason="because").number for each in ends]


def test_an_end_comes_back_as_it_was(either):
    write_all(either, end(succeeded=True))
    with either.connect() as connection:
        assert find_run_end(connection, "sales", "run-1") == end(succeeded=True)
        assert find_run_end(connection, "sales", "run-2") is None
        assert find_run_end(connection, "rents", "run-1") is None


def test_a_last_task_that_is_tried_again_adds_nothing(either):
    assert write_all(either, end(succeeded=True), end(succeeded=True, hours=1)) == [1, 1]


def test_a_broken_run_that_was_cleared_and_ends_well_has_both_ends(either):
    ends = [end(succeeded=False), end(succeeded=True, hours=1), end(succeeded=True, hours=2), end(succeeded=False)]
    assert write_all(either, *ends) == [1, 2, 2, 3]
    with either.connect() as connection:
        assert read_run_ends(connection, "sales") == {"run-1": ends[3]}


def test_each_run_has_its_own_end(either):
    write_all(either, end(succeeded=True, run_id="run-1"), end(succeeded=False, run_id="run-1:1"))
    with either.connect() as connection:
        found = {run_id: each.succeeded for run_id, each in read_run_ends(connection, "sales").items()}
    assert found == {"run-1": True, "run-1:1": False}


def test_a_verdict_is_written_in_the_runs_own_home(tmp_path, monkeypatch):
    monkeypatch.delenv("RATCHET_LEDGER_URL", raising=False)
    run = make_run(tmp_path)
    for _ in range(2):
        write_verdict(run, make_verdict(), at=NOW)
    with open_ledger(tmp_path).connect() as connection:
        [entry] = read_entries(connection, model=run.model, kinds=[Kind.VERDICT])
    assert entry.note.reason == make_verdict().reason


def test_ended_runs_are_told_from_others(either):
    write_all(either, end(succeeded=True), end(succeeded=False, run_id="run-2"))
    with either.connect() as connection:
        assert find_ended(connection, "sales", ("run-1", "run-2", "run-3")) == {"run-1", "run-2"}
        assert find_ended(connection, "rents", ("run-1",)) == frozenset()

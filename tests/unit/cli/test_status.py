"""`ratchet status` and `ratchet rollback`, on a home with a history."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from builders.ledgers import make_note
from builders.records import make_champion, make_no_promotion, make_promotion, make_rejection, make_verdict
from builders.runs import make_config, make_run
from ratchet.artifacts.run_store import folder_of, keep_problem, keep_record
from ratchet.cli.status import Standing, ask_ledger, past_run, tell
from ratchet.config.run import Run
from ratchet.ledger.database import open_ledger
from ratchet.ledger.journal import append
from ratchet.records.judgement import Decision
from ratchet.records.ledger import Kind

Command = Callable[..., object]


def keep_run(home: Path, run_id: str, day: int, *, verdict: object = None, promotion: object = None) -> Run:
    """A run that came as far as the records given."""
    run = make_run(home, run_id=run_id, started=datetime(2026, 1, day, tzinfo=UTC))
    keep_record(run, "run", run)
    for name, record in (("decide", verdict), ("promote", promotion)):
        if record:
            keep_record(run, name, record)
    return run


def test_a_past_run_says_what_was_decided_and_why(tmp_path: Path) -> None:
    run = keep_run(tmp_path, "run-1", 5, verdict=make_verdict(), promotion=make_promotion())
    past = past_run(folder_of(run), run)
    assert (past.decision, past.moved) == ("promote", True)
    assert past.reason == make_verdict().reason


def test_a_hold_that_was_approved_says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    held = replace(make_verdict(), decision=Decision.HOLD)
    runs = (keep_run(tmp_path, "held", 5, verdict=held), keep_run(tmp_path, "yes", 6, verdict=held))
    keep_record(runs[1], "promote", make_promotion())
    past = tuple(past_run(folder_of(run), run) for run in runs)
    tell(Standing(model="sales", champion=None, problem=None, runs=past, schedule=None))
    assert [line.split()[-2:] for line in capsys.readouterr().out.splitlines() if line.startswith("2026")] == [
        ["hold", "held"],
        ["approved", "yes"],
    ]


def test_a_run_that_broke_says_where_and_why(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    broken, running = keep_run(tmp_path, "broken", 5), keep_run(tmp_path, "running", 6)
    keep_problem(broken, "split", "the validation part has no rows")
    past = tuple(past_run(folder_of(each), each) for each in (broken, running))
    tell(Standing(model="sales", champion=None, problem=None, runs=past, schedule=None))
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[-2] for line in lines if line.startswith("2026")] == ["broken", "unfinished"]
    assert "    split: the validation part has no rows" in lines
    assert "    no verdict was reached" in lines


def test_a_dry_run_says_that_it_was_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = keep_run(tmp_path, "tried", 5, verdict=make_verdict()).model_copy(update={"dry_run": True})
    other = keep_run(tmp_path, "real", 6, verdict=make_verdict())
    past = tuple(past_run(folder_of(each), each) for each in (run, other))
    tell(Standing(model="sales", champion=None, problem=None, runs=past, schedule=None))
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("2026")]
    assert [line.split()[1:] for line in lines] == [["promote", "tried", "(dry", "run)"], ["promote", "real"]]


def test_an_entry_that_can_not_be_read_hides_nothing_else(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    append(open_ledger(tmp_path), make_note(kind=Kind.TRIGGER, payload="{}"))
    waiting, problem = ask_ledger(make_config(), tmp_path)
    assert waiting is None
    tell(Standing(model="sales", champion=None, problem=None, runs=(), schedule=None, ledger_problem=problem))
    assert "Waiting:  the ledger holds a request that can't be read" in capsys.readouterr().out


def test_a_run_without_a_verdict_is_unfinished(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run = keep_run(tmp_path, "run-1", 5)
    past = past_run(folder_of(run), run)
    assert (past.decision, past.reason, past.moved) == (None, None, False)
    tell(Standing(model="sales", champion=None, problem=None, runs=(past,), schedule=None))
    out = capsys.readouterr().out
    assert "unfinished" in out
    assert "Champion: none yet" in out
    assert "when somebody asks" in out


def test_the_champion_and_the_schedule_are_told(capsys: pytest.CaptureFixture[str]) -> None:
    tell(Standing(model="sales", champion=make_champion(), problem=None, runs=(), schedule="@weekly (UTC)"))
    out = capsys.readouterr().out
    assert "Champion: version 7, forest of run scheduled__2025-12-29T06:00:00+00:00, since 2025-12-29 06:12 UTC" in out
    assert "Next run: @weekly (UTC)" in out
    assert "No run yet: ratchet run sales" in out


def test_a_registry_that_lost_its_champion_is_told_in_its_place(capsys: pytest.CaptureFixture[str]) -> None:
    tell(Standing(model="sales", champion=None, problem="its alias was deleted by hand", runs=(), schedule=None))
    assert "Champion: its alias was deleted by hand" in capsys.readouterr().out


@pytest.mark.slow
def test_status_and_rollback_of_a_model_without_a_champion(ratchet: Command, project: Path) -> None:
    keep_run(project / "var", "run-1", 5, verdict=make_rejection(), promotion=make_no_promotion())
    keep_run(project / "var", "run-2", 6)
    done = ratchet("status", "--json")
    assert done.exit_code == 0, done.stderr
    (standing,) = json.loads(done.stdout)
    assert standing["champion"] is None
    assert [(run["run_id"], run["decision"]) for run in standing["runs"]] == [("run-2", None), ("run-1", "reject")]
    undone = ratchet("rollback", "sales", "--reason", "it was worse")
    assert undone.exit_code == 1
    assert undone.stdout == ""
    assert undone.stderr.startswith("sales")

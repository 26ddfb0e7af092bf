"""Records are kept in the run folder, and runs are found again."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from builders.records import make_table, make_verdict
from builders.runs import make_run
from ratchet.artifacts.folder import folder_of
from ratchet.artifacts.history import find_problem, find_record, find_runs, forget_problem, keep_problem, keep_record
from ratchet.errors import ArtifactError
from ratchet.records.data import Table
from ratchet.records.judgement import Verdict


def test_a_record_is_found_as_it_was_kept(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    keep_record(run, "ingest", make_table())
    keep_record(run, "decide", make_verdict())
    assert find_record(folder_of(run), "ingest", Table) == make_table()
    assert find_record(folder_of(run), "decide", Verdict) == make_verdict()


def test_a_record_that_was_never_kept_is_none(tmp_path: Path) -> None:
    assert find_record(folder_of(make_run(tmp_path)), "ingest", Table) is None


def test_a_record_of_another_kind_is_refused(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    keep_record(run, "ingest", make_verdict())
    with pytest.raises(ArtifactError, match=r"ingest\.json is not a Table record"):
        find_record(folder_of(run), "ingest", Table)


def test_runs_are_found_newest_first(tmp_path: Path) -> None:
    for day, run_id in ((2, "b"), (3, "a"), (1, "c")):
        run = make_run(tmp_path, run_id=run_id, started=datetime(2026, 1, day, tzinfo=UTC))
        keep_record(run, "run", run)
    assert [run.run_id for _, run in find_runs(tmp_path, "sales")] == ["a", "b", "c"]


def test_folders_that_are_no_runs_are_left_out(tmp_path: Path) -> None:
    folder = tmp_path / "runs" / "sales"
    for name in (".half", "empty"):
        (folder / name).mkdir(parents=True)
    (folder / "note.txt").write_text("")
    assert find_runs(tmp_path, "sales") == []
    assert find_runs(tmp_path, "unknown") == []


def test_a_run_s_folder_is_named_after_model_and_run(tmp_path: Path) -> None:
    folder = folder_of(make_run(tmp_path))
    assert folder.file("x.json") == tmp_path / "runs" / "sales" / "run-1" / "x.json"


def test_the_first_problem_of_a_run_is_told_until_it_is_forgotten(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    assert find_problem(folder_of(run)) is None
    keep_problem(run, "split", "no rows")
    keep_problem(run, "select", "nothing was trained")
    assert find_problem(folder_of(run)) == "split: no rows"
    forget_problem(run, "split")
    assert find_problem(folder_of(run)) == "select: nothing was trained"

"""Records are kept in the run folder, and runs are found again."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from builders.records import make_promotion, make_table, make_verdict
from builders.runs import make_run
from ratchet.artifacts.run_store import (
    find_earlier_runs,
    find_problem,
    find_promotions,
    find_record,
    find_runs,
    folder_of,
    forget_problem,
    keep_problem,
    keep_record,
    list_folders,
)
from ratchet.config.run import Run
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


def keep_run(home: Path, run_id: str, day: int, **promoted: bool) -> Run:
    run = make_run(home, run_id=run_id, started=datetime(2026, 1, day, tzinfo=UTC))
    keep_record(run, "run", run)
    if promoted:
        keep_record(run, "promote", make_promotion(**promoted))
    return run


def test_earlier_runs_began_before_this_one_and_are_not_this_one(tmp_path: Path) -> None:
    runs = [keep_run(tmp_path, name, day) for name, day in (("b", 1), ("a", 3), ("c", 2))]
    assert [run.run_id for _, run in find_earlier_runs(runs[2])] == ["b"]
    assert [run.run_id for _, run in find_earlier_runs(runs[1])] == ["c", "b"]


def test_a_run_that_cannot_be_read_is_no_earlier_run(tmp_path: Path) -> None:
    keep_run(tmp_path, "a", 1)
    folder_of(keep_run(tmp_path, "b", 2)).file("run.json").write_text("{}")
    assert [run.run_id for _, run in find_earlier_runs(make_run(tmp_path, run_id="now"))] == ["a"]


def test_promotions_are_the_runs_that_moved_the_champion(tmp_path: Path) -> None:
    keep_run(tmp_path, "a", 1, moved=True)
    keep_run(tmp_path, "b", 2, moved=False)
    keep_run(tmp_path, "c", 3, moved=True)
    folder_of(keep_run(tmp_path, "d", 4, moved=True)).file("promote.json").write_text("{}")
    assert [folder.path.name for folder, _ in find_promotions(tmp_path, "sales")] == ["c", "a"]
    assert find_promotions(tmp_path, "other") == []


def test_folders_are_those_of_one_model_or_of_all(tmp_path: Path) -> None:
    keep_run(tmp_path, "a", 1)
    other = tmp_path / "runs" / "other" / "z"
    other.mkdir(parents=True)
    (tmp_path / "runs" / "sales" / ".left-over").mkdir()
    assert [folder.path.name for folder in list_folders(tmp_path, "sales")] == ["a"]
    assert [folder.path.name for folder in list_folders(tmp_path)] == ["z", "a"]

import io

from rich.console import Console

from builders.records import make_challenger, make_verdict
from ratchet.demo.__main__ import StageProgress, gates_table, leaderboard_table, stage_line, verdict_line
from ratchet.local.api import TaskState
from ratchet.records.promotion import Promotion


def state(task: str, word: str, label: str = "") -> TaskState:
    return TaskState(task=task, label=label, state=word, seconds=1.25, tries=1)


def shown(thing: object) -> str:
    console = Console(file=io.StringIO(), width=200)
    console.print(thing)
    return console.file.getvalue()


def test_each_stage_is_told_once_when_it_ends():
    console = Console(file=io.StringIO(), width=100)
    with StageProgress(console) as progress:
        progress.show([state("admit", "success"), state("ingest", "running")])
        progress.show([state("admit", "success"), state("ingest", "success")])
    assert console.file.getvalue().split() == ["admit", "done", "1.2", "s", "ingest", "done", "1.2", "s"]


def test_skipped_candidates_are_one_line():
    console = Console(file=io.StringIO(), width=100)
    with StageProgress(console) as progress:
        progress.show([state("train", "skipped", "0"), state("train", "skipped", "1")])
    assert console.file.getvalue().split() == ["train", "skipped"]


def test_a_candidate_is_named():
    assert "train boosting" in stage_line(state("train", "success", "boosting"))


def test_tables_name_every_candidate_and_gate():
    challenger, verdict = make_challenger(), make_verdict()
    board = shown(leaderboard_table(challenger))
    assert all(each.name in board for each in challenger.leaderboard)
    assert "goes to the holdout" in board
    assert all(gate.gate in shown(gates_table(verdict)) for gate in verdict.gates)


def test_the_verdict_names_the_champion():
    line = verdict_line(make_verdict(), Promotion(moved=True, version=2, previous=1, reason="moved from 1 to 2"))
    assert "version 2 (moved from 1 to 2)" in line
    none = verdict_line(make_verdict(), Promotion(moved=False, version=None, previous=None, reason="nobody yet"))
    assert "none (nobody yet)" in none

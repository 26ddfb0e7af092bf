"""`ratchet replay`: choice and verdict from records alone."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from typer.testing import Result

from builders.records import (
    make_audit,
    make_behaviour,
    make_candidate,
    make_data_report,
    make_evaluation,
    make_lost_candidate,
    make_serving_costs,
)
from builders.runs import make_config, make_run
from ratchet.artifacts.run_store import RunFolder, folder_of, keep_record
from ratchet.cli.replay import find_differences, find_run_folder, replay_run, tell
from ratchet.config.run import Run
from ratchet.errors import ArtifactError, ConfigError
from ratchet.records.judgement import Outcome
from ratchet.stages.decide import decide
from ratchet.stages.select import select

Command = Callable[..., Result]
NAMES = ("boosting", "forest", "xgboost")
CANDIDATES = (make_candidate(), make_candidate("forest", score=0.8, metric_value=0.8), make_lost_candidate())


def keep_run(home: Path, model: str = "sales", run_id: str = "run-1", *, refused: bool = False) -> Run:
    """A run whose records are what its stages gave."""
    config = make_config(model=model, candidates=[{"name": name, "estimator": "linear"} for name in NAMES])
    run = make_run(home, config, run_id=run_id)
    report = make_data_report(outcome=Outcome.FAIL) if refused else make_data_report()
    findings = (make_evaluation(), make_audit(), make_behaviour(), make_serving_costs())
    for name, record in (("run", run), ("check", report)):
        keep_record(run, name, record)
    if refused:
        keep_record(run, "decide", decide(run, report, None, None, None, None))
        return run
    for each in CANDIDATES:
        keep_record(run, f"train-{each.name}", each)
    for name, record in zip(("evaluate", "audit", "measure_behaviour", "measure_serving_cost"), findings, strict=True):
        keep_record(run, name, record)
    keep_record(run, "select", select(run, CANDIDATES))
    keep_record(run, "decide", decide(run, report, *findings))
    return run


@pytest.fixture
def folder(tmp_path: Path) -> RunFolder:
    return folder_of(keep_run(tmp_path))


def edit(folder: RunFolder, name: str, /, **changes: object) -> None:
    """Change a record as somebody with an editor would."""
    path = folder.file(f"{name}.json")
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def test_what_was_recorded_comes_out_again(folder: RunFolder) -> None:
    found = replay_run(folder)
    assert found.is_identical
    assert found.verdict == found.verdict_again
    assert found.choice == found.choice_again
    assert (found.choice or "").startswith("boosting: boosting has the best roc_auc")


def test_refused_data_has_a_verdict_and_no_choice(tmp_path: Path) -> None:
    found = replay_run(folder_of(keep_run(tmp_path, refused=True)))
    assert found.is_identical
    assert (found.choice, found.choice_again) == (None, None)


def test_a_verdict_that_was_changed_is_found(folder: RunFolder) -> None:
    edit(folder, "decide", decision="reject", reason="because")
    found = replay_run(folder)
    assert [each.field for each in found.differences] == ["verdict.decision", "verdict.reason"]
    assert found.differences[0].recorded == "reject"


def test_a_choice_that_was_changed_is_found(folder: RunFolder) -> None:
    edit(folder, "select", name="forest")
    assert [each.field for each in replay_run(folder).differences] == ["choice.name"]


def test_an_evaluation_that_was_changed_shows_in_the_gate(folder: RunFolder) -> None:
    gain = json.loads(folder.file("evaluate.json").read_text())["champion_gain"]
    edit(folder, "evaluate", champion_gain=gain | {"lower": -0.5})
    fields = [each.field for each in replay_run(folder).differences]
    assert "verdict.gates.beats_champion.outcome" in fields


def test_a_candidate_that_is_gone_counts_as_lost(folder: RunFolder) -> None:
    folder.file("train-forest.json").unlink()
    assert any(each.field.startswith("choice.leaderboard.forest") for each in replay_run(folder).differences)


@pytest.mark.parametrize(
    "name", ["run", "check", "select", "evaluate", "audit", "measure_behaviour", "measure_serving_cost", "decide"]
)
def test_a_missing_record_is_named(folder: RunFolder, name: str) -> None:
    folder.file(f"{name}.json").unlink()
    with pytest.raises(ArtifactError, match=rf"{name}\.json is missing: the run did not come that far"):
        replay_run(folder)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"name": 3}', "\x00"])
@pytest.mark.parametrize("name", ["run", "select", "decide", "train-forest"])
def test_a_damaged_record_is_named(folder: RunFolder, name: str, text: str) -> None:
    folder.file(f"{name}.json").write_text(text)
    with pytest.raises(ArtifactError, match=f"{name}.json is not a"):
        replay_run(folder)


def test_a_run_is_found_by_its_id_alone_or_with_its_model(tmp_path: Path) -> None:
    sales, churn = (folder_of(keep_run(tmp_path, model)).path for model in ("sales", "churn"))
    assert find_run_folder(tmp_path, "run-1", "sales").path == sales
    assert find_run_folder(tmp_path, "run-1", "churn").path == churn
    with pytest.raises(ConfigError, match="churn, sales each have a run run-1: say which with --model"):
        find_run_folder(tmp_path, "run-1", None)


@pytest.mark.parametrize(
    ("run_id", "model", "said"),
    [
        ("run-2", None, r"no run 'run-2' \(did you mean 'run-1'\?\); there is run-1 of sales"),
        ("run-1", "churn", "no run 'run-1' of model 'churn'; there is none at all"),
        ("../sales/run-1", None, "no run"),
        ("", None, "no run ''"),
    ],
)
def test_an_unknown_run_is_refused_with_those_that_there_are(
    tmp_path: Path, run_id: str, model: str | None, said: str
) -> None:
    keep_run(tmp_path)
    with pytest.raises(ConfigError, match=said):
        find_run_folder(tmp_path, run_id, model)


def test_of_several_models_the_newest_runs_are_named_first_with_their_models(tmp_path: Path) -> None:
    for second, (model, run_id) in enumerate([("sales", "b"), ("churn", "a"), ("sales", "c")], start=1):
        path = folder_of(keep_run(tmp_path, model, run_id)).path
        os.utime(path, (second, second))
    with pytest.raises(ConfigError, match="there is c of sales, a of churn, b of sales"):
        find_run_folder(tmp_path, "run-1", None)


def test_a_home_without_runs_is_no_error_of_ours(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is none at all"):
        find_run_folder(tmp_path, "run-1", None)


@pytest.mark.parametrize(
    ("recorded", "replayed", "fields"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": 1}, {"a": 2}, ["x.a"]),
        ({"a": 1}, {}, ["x.a"]),
        ({"a": [1, 2]}, {"a": [1, 3]}, ["x.a"]),
        ([{"name": "b", "v": 1}], [{"name": "a", "v": 1}, {"name": "b", "v": 1}], ["x.a"]),
        ([{"gate": "b", "v": 1}], [{"gate": "b", "v": 2}], ["x.b.v"]),
        ([{"other": 1}], [{"other": 2}], ["x"]),
        (None, {"a": 1}, ["x"]),
    ],
)
def test_differences_are_fields(recorded: object, replayed: object, fields: list[str]) -> None:
    assert [each.field for each in find_differences("x", recorded, replayed)] == fields


def test_both_are_told_beside_each_other(folder: RunFolder, capsys: pytest.CaptureFixture[str]) -> None:
    found = replay_run(folder)
    tell(found)
    assert "Identical: the records give this choice and this verdict." in capsys.readouterr().out
    edit(folder, "decide", reason="because")
    tell(replay_run(folder))
    out = capsys.readouterr().out
    assert "verdict.reason" in out
    assert "1 field differs." in out
    tell(replace(found, choice=None, choice_again=None))
    assert "none: the data was refused" in capsys.readouterr().out


def test_the_exit_code_says_whether_they_are_identical(ratchet: Command, project: Path) -> None:
    run = keep_run(project / "var")
    done = ratchet("replay", "run-1", "--json")
    assert done.exit_code == 0, done.output
    assert json.loads(done.stdout)["differences"] == []
    edit(folder_of(run), "decide", decision="reject")
    changed = ratchet("replay", "run-1", "--model", "sales")
    assert changed.exit_code == 1
    assert "verdict.decision" in changed.stdout
    unknown = ratchet("replay", "run-9")
    assert unknown.exit_code == 1
    assert "no run 'run-9'" in unknown.stderr


def test_no_heavy_library_is_loaded(folder: RunFolder) -> None:
    script = f"""
import sys
from pathlib import Path
from ratchet.artifacts.run_store import RunFolder
from ratchet.cli.replay import replay_run
assert replay_run(RunFolder(Path({str(folder.home)!r}), Path({str(folder.path)!r}))).is_identical
print(sorted({{"numpy", "pandas", "sklearn", "mlflow", "xgboost", "pyarrow", "scipy"}} & set(sys.modules)))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"

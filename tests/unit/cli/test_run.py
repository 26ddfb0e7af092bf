"""`ratchet run`: what is asked for, and what is told."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from builders.champions import make_champion, make_champion_home, write_new_rows
from builders.monitoring_stories import (
    make_alert,
    make_alert_report,
    make_appraisal,
    make_observed,
    make_queue,
    make_shift,
)
from builders.observations import NO_FILE
from builders.production import make_production
from builders.records import (
    make_challenger,
    make_data_report,
    make_evaluation,
    make_findings,
    make_gain,
    make_no_promotion,
    make_promotion,
    make_rejection,
    make_report,
    make_table,
    make_verdict,
)
from builders.runs import make_config, make_run
from ratchet.cli import output
from ratchet.cli.run import tell, tell_monitoring, watch_step
from ratchet.config.run import Run
from ratchet.errors import ConfigError
from ratchet.library.modelling import load
from ratchet.pipelines.in_process import MonitoringResult, RunResult
from ratchet.records.alerts import AlertLevel
from ratchet.records.monitoring import MonitoringPages
from ratchet.stages import score as stage

Command = Callable[..., object]
NOW = datetime(2026, 1, 5, 6, 0, 0, 250, tzinfo=UTC)
RESULT = RunResult(
    run_id="run-1",
    table=make_table(),
    data_report=make_data_report(),
    challenger=make_challenger(),
    findings=make_findings(),
    verdict=make_verdict(),
    promotion=make_promotion(),
    report=make_report(),
)
YAML = """\
model: sales
task: binary
data:
  source: {path: data.csv}
  time: {column: when}
  target: {column: bought, positive: "yes", negative: "no"}
  features: {age: numeric, city: categorical, member: boolean}
scoring:
  source: {path: new.csv}
"""
YAML_MONITOR = """\
model: sales
task: binary
data:
  source: {path: data.csv}
  time: {column: when}
  target: {column: bought, positive: "yes", negative: "no"}
  features: {age: numeric, city: categorical, member: boolean}
  entity: who
scoring:
  source: {path: new.csv}
"""


def ask(*, as_of: str | None = None, **asked: object) -> Run:
    """What a person asks for."""
    return load("sales").ask(as_of=as_of, now=NOW, **asked)  # type: ignore[arg-type]


@pytest.mark.usefixtures("project")
def test_a_run_is_named_after_its_moment() -> None:
    run = ask()
    assert run.run_id == "manual__2026-01-05T06:00:00.000250+00:00"
    assert (run.started, run.as_of, run.candidates, run.dry_run) == (NOW, None, (), False)


@pytest.mark.usefixtures("project")
def test_what_is_asked_for_is_frozen_into_the_run() -> None:
    run = ask(as_of="2026-01-01", run_id="mine", candidates=("linear",), reason="drift", dry_run=True)
    assert run.as_of == datetime(2026, 1, 1, tzinfo=UTC)
    assert (run.run_id, run.candidates, run.reason, run.dry_run) == ("mine", ("linear",), "drift", True)


@pytest.mark.parametrize(
    ("asked", "sentence"),
    [
        ({"candidates": ("liner",)}, r"no candidate 'liner' \(did you mean 'linear'\?\); sales has linear, boosting"),
        ({"run_id": "../x"}, "run_id: should begin with a letter, a digit or _, then"),
        ({"as_of": "soon"}, "as of: 'soon' is not a time such as 2026-01-31T00:00:00Z"),
    ],
)
@pytest.mark.usefixtures("project")
def test_what_can_not_be_done_is_said_before_anything_runs(asked: dict[str, object], sentence: str) -> None:
    with pytest.raises(ConfigError, match=sentence):
        ask(**asked)  # type: ignore[arg-type]


def test_a_promotion_is_told_in_full(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(output.OUT, "width", 200)  # nothing is wrapped
    tell(RESULT, project)
    out = capsys.readouterr().out
    for part in (
        "boosting",
        "stopped after its time limit of 1h",
        "beats_champion",
        "Verdict:  boosting beats version 7",
        "Champion: version 8 (moved;",
        f"{project}/runs/sales/run-1/report.html",
        "http://127.0.0.1:5000",
    ):
        assert part in out


def test_a_run_that_stopped_at_its_data_is_told_without_a_leaderboard(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    stopped = replace(
        RESULT,
        challenger=None,
        findings=None,
        verdict=make_rejection(challenger=None),
        promotion=make_no_promotion(version=None, previous=None),
        report=make_report(tracking_url=None),
    )
    tell(stopped, project)
    out = capsys.readouterr().out
    assert "Leaderboard" not in out
    assert "MLflow" not in out
    assert "Champion: none (unchanged;" in out


def test_a_champion_that_only_guesses_is_told_of_unless_it_was_replaced(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    evaluation = make_evaluation(
        baseline_gain=make_gain(opponent="baseline", estimate=-0.3), champion_gain=make_gain(estimate=0.1)
    )
    moved = replace(RESULT, findings=make_findings(evaluation))
    tell(moved, project)
    assert "no better than a trivial baseline" not in capsys.readouterr().out
    tell(replace(moved, verdict=make_rejection(), promotion=make_no_promotion()), project)
    assert "Mind:     The champion in use is no better than a trivial baseline" in capsys.readouterr().out


def test_steps_are_told_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    with watch_step("ingest"):
        pass
    printed = capsys.readouterr()
    assert printed.out == ""
    assert "ingest" in printed.err


def test_an_unknown_model_ends_with_one_sentence(ratchet: Command) -> None:
    done = ratchet("run", "sals")
    assert done.exit_code == 1
    assert done.stdout == ""
    assert "no model 'sals' (did you mean 'sales'?)" in done.stderr


def make_site(project, monkeypatch):
    home = make_champion_home(project)
    monkeypatch.setenv("RATCHET_HOME", str(home))
    (project / "include" / "models" / "sales.yaml").write_text(YAML)
    make_champion(make_run(home, make_config()))
    write_new_rows(project, 10, first=240)
    return home


def test_rows_are_scored_once_and_the_place_is_told(project, ratchet, monkeypatch):
    home = make_site(project, monkeypatch)
    done = ratchet("score", "sales")
    assert done.exit_code == 0, done.stderr
    assert "Scored:  10 rows with version 1" in done.stdout
    assert f"Dataset: {home}/predictions/sales" in done.stdout
    once_more = json.loads(ratchet("score", "sales", "--json").stdout)
    assert (once_more["rows"], once_more["rows_known"]) == (0, 10)
    missing = ratchet("score", "sales", "--source", "none.csv")
    assert (missing.exit_code, "or `--source`" in missing.stderr) == (1, True)


def test_what_is_wrong_is_one_sentence(project, ratchet, monkeypatch):
    done = ratchet("score", "sales")
    assert done.exit_code == 1
    assert "sales has no champion: nothing can be scored" in done.stderr
    home = make_site(project, monkeypatch)
    monkeypatch.setattr(stage, "WAIT_SECONDS", 0.1)
    with stage.held_lock(home / "locks" / "score-sales.lock"):
        done = ratchet("score", "sales")
    assert "another scoring of sales is not done: nothing changed, ask again later" in done.stderr


@pytest.fixture
def site(project, monkeypatch):
    make_production(project)
    monkeypatch.setenv("RATCHET_HOME", str(project))
    (project / "include" / "models" / "sales.yaml").write_text(YAML_MONITOR)
    return project


def test_a_window_is_looked_at_and_what_came_of_it_is_told(site, ratchet):
    done = ratchet("monitor", "sales", "--as-of", "2025-01-20T00:00:00Z", "--run-id", "look")
    assert done.exit_code == 0, done.stderr
    assert "Level:    " in done.stdout
    assert "Window:   2025-01-13 to 2025-01-20, 168 predictions, 0 labelled" in done.stdout
    folder = site / "monitoring" / "sales" / "runs" / "look"
    assert f"Page:     {folder}" in done.stdout
    records = {"run", "as_of", "collect", "measure_drift", "measure_performance", "queue_labels", "alert", "publish"}
    assert {path.stem for path in folder.glob("*.json")} >= records
    assert not (site / "runs" / "sales" / "look").exists()  # it is no training run
    told = ratchet("status", "sales").stdout
    assert "Watched:  " in told
    assert "(as of 2025-01-20)" in told


def test_a_past_window_says_that_it_asks_for_nothing(site, ratchet):
    assert "was looked at before" not in ratchet("monitor", "sales", "--as-of", "2025-01-20").stdout
    done = ratchet("monitor", "sales", "--as-of", "2025-01-19")
    assert "a later window, as of 2025-01-20, was looked at before: this one asks for nothing" in done.stdout
    assert "Retrain:" not in done.stdout


def test_nothing_to_monitor_yet_is_no_failure(project, ratchet):
    done = ratchet("monitor", "sales")
    assert (done.exit_code, done.stdout.count("\n")) == (0, 1)
    assert "sales has no champion yet: there is nothing to monitor" in done.stdout
    assert "waiting_for" in json.loads(ratchet("monitor", "sales", "--json").stdout)


def test_a_look_from_before_the_first_prediction_leaves_no_folder(site, ratchet):
    done = ratchet("monitor", "sales", "--as-of", "2020-01-01")
    assert (done.exit_code, "nothing of sales was predicted before" in done.stdout) == (0, True)
    assert not (site / "monitoring" / "sales" / "runs").exists()


def test_a_wrong_as_of_is_one_sentence(site, ratchet):
    done = ratchet("monitor", "sales", "--as-of", "yesterday")
    assert done.exit_code == 1
    assert "'yesterday' is not a time such as" in done.stderr


def test_nobody_looks_from_a_time_that_has_not_come(site, ratchet):
    done = ratchet("monitor", "sales", "--as-of", "2999-01-01")
    assert done.exit_code == 1
    assert "'2999-01-01' has not come yet" in done.stderr
    assert not (site / "monitoring" / "sales" / "runs").exists()


def test_one_loss_that_several_rules_tell_is_one_line(tmp_path, capsys):
    told = [make_alert(name, AlertLevel.RED, f"by {name}") for name in ("sudden.f1", "performance.f1", "slow.f1")]
    result = MonitoringResult(
        observation=make_observed(), shift=make_shift(), performance=make_appraisal(), queue=make_queue(),
        alert_report=make_alert_report(alerts=(*told, make_alert("drift.age", AlertLevel.YELLOW, "by drift"))),
        pages=MonitoringPages(page=NO_FILE, evidently=None, evidently_rows=0),
    )  # fmt: skip
    tell_monitoring(result, tmp_path)
    shown = capsys.readouterr().out
    assert ("by sudden.f1" in shown, "by performance.f1" in shown, "by slow.f1" in shown) == (True, False, False)
    assert "by drift" in shown

"""`ratchet run`: what is asked for, and what is told."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

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
from ratchet.cli import output
from ratchet.cli.run import tell, watch_step
from ratchet.config.run import Run
from ratchet.errors import ConfigError
from ratchet.library.modelling import load
from ratchet.pipelines.retraining import RunResult

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

"""`ratchet run`: a whole run without Airflow."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated

from typer import Option

from ratchet.cli.options import AsJson, ModelName
from ratchet.cli.output import ERR, print_json, say, show_table, stdout_for_results
from ratchet.config.settings import name_person
from ratchet.library.modelling import load
from ratchet.records.modelling import Challenger
from ratchet.records.promotion import Promotion
from ratchet.reports.headline import champion_alarm
from ratchet.reports.wording import figure, seconds

if TYPE_CHECKING:
    from ratchet.pipelines.retraining import RunResult


def run(  # noqa: PLR0913 (options of a command line)
    model: ModelName,
    *,
    as_of: Annotated[str | None, Option(help="Look at data up to this ISO time (UTC), or this many rows.")] = None,
    candidate: Annotated[list[str] | None, Option(help="Train only this candidate; may be repeated.")] = None,
    reason: Annotated[str, Option(help="Why this run is asked for; it is kept with the verdict.")] = "",
    dry_run: Annotated[bool, Option("--dry-run", help="Judge, but never promote.")] = False,
    run_id: Annotated[str | None, Option(help="Name of the run; the same name makes the same files again.")] = None,
    as_json: AsJson = False,
) -> None:
    """Retrain a model: check its data, train, judge, and promote only what is better.

    A rejected challenger is a successful run: the exit code is 0.
    """
    names = tuple(candidate or ())
    request = load(model).ask(as_of=as_of, run_id=run_id, candidates=names, reason=reason, dry_run=dry_run)
    with stdout_for_results():
        from ratchet.pipelines.retraining import retrain  # noqa: PLC0415 (the stages load heavy libraries)

        result = retrain(request, watch_step, person=name_person())
    if as_json:
        print_json(result)
    else:
        tell(result, request.home)


@contextmanager
def watch_step(step: str) -> Iterator[None]:
    """Show that a step is running, and how long it took when it is done."""
    began = monotonic()
    with ERR.status(f"{step} …"):
        yield
    say(f"{step:<24} {seconds(monotonic() - began):>8}", style="dim", console=ERR)


def tell(result: "RunResult", home: Path) -> None:
    """Print what came of a run: leaderboard, gates, verdict, champion, and where to look."""
    if result.challenger:
        _show_leaderboard(result.challenger)
    gates = [(gate.gate, gate.outcome.value, gate.reason) for gate in result.verdict.gates]
    show_table("Gates", ("gate", "outcome", "reason"), gates)
    say(f"Verdict:  {result.verdict.reason}", style="bold")
    say(f"Champion: {_describe(result.promotion)}")
    if alarm := _find_alarm(result):
        say(f"Mind:     {alarm}", style="yellow")
    say(f"Run:      {result.run_id}")
    say(f"Report:   {home / result.report.run_html.path}")
    say(f"Card:     {home / result.report.card_html.path}")
    if result.report.tracking_url:
        say(f"MLflow:   {result.report.tracking_url}")


def _find_alarm(result: "RunResult") -> str | None:
    if result.promotion.moved or result.findings is None:
        return None
    return champion_alarm(result.findings.evaluation)


def _show_leaderboard(challenger: Challenger) -> None:
    rows = [
        (each.name, each.estimator, each.failure or figure(each.metric_value), seconds(each.fit_seconds))
        for each in challenger.leaderboard
    ]
    metric = challenger.leaderboard[0].metric
    show_table("Leaderboard, on validation", ("candidate", "estimator", metric, "fit"), rows)


def _describe(promotion: Promotion) -> str:
    version = f"version {promotion.version}" if promotion.version is not None else "none"
    return f"{version} ({'moved' if promotion.moved else 'unchanged'}; {promotion.reason})"

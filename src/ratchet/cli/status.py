"""`ratchet status`: what is in use, what the last runs decided, and why."""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

from typer import Argument

from ratchet.artifacts.monitoring_store import find_latest_alert_report
from ratchet.artifacts.run_store import RunFolder, find_problem, find_record, find_runs
from ratchet.cli.output import AsJson, print_json, say, stdout_for_results
from ratchet.cli.trigger import look_out, tell_outlook
from ratchet.config.load import load_model, locate_models
from ratchet.config.model import ModelConfig
from ratchet.config.run import Run
from ratchet.config.settings import read_settings
from ratchet.errors import LedgerError, RegistryError
from ratchet.records.admission import Admission
from ratchet.records.alerts import AlertReport
from ratchet.records.judgement import Decision, Verdict
from ratchet.records.promotion import Champion, Promotion
from ratchet.reports.wording import moment
from ratchet.timeline import Moment

SHOWN_RUNS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRun:
    """A run in one line; decision and reason are None when it never came to a verdict, `problem` may then say why.

    The decision is the run's own: a hold that moved the champion was approved by a person, and one of a dry run
    changed nothing.
    """

    run_id: str
    started: datetime
    decision: str | None
    reason: str | None
    moved: bool
    dry_run: bool = False
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """Where a model stands.

    `problem` says why the registry could not name its champion, `waiting` what will run, `ledger_problem` why the
    ledger can't tell that, `watch` what the latest window of production showed.
    """

    model: str
    champion: Champion | None
    problem: str | None
    runs: tuple[PastRun, ...]
    schedule: str | None
    waiting: Admission | None = None
    ledger_problem: str | None = None
    watch: AlertReport | None = None


def status(
    model: Annotated[str | None, Argument(metavar="[MODEL]", help="All models when none is given.")] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Show the champion, the last runs with verdict and reason, and when the next one is due."""
    settings = read_settings()
    # Every file is read before the registry is asked: a mistake in the last one shows at once.
    configs = list(map(load_model, locate_models(settings, [model] if model else [])))
    with stdout_for_results():
        standings = [standing_of(config, settings.home) for config in configs]
    if as_json:
        print_json(standings)
        return
    for standing in standings:
        tell(standing)


def standing_of(config: ModelConfig, home: Path) -> Standing:
    """Put a champion and the last runs together."""
    champion, problem = ask_registry(config.model, home)
    runs = tuple(past_run(folder, run) for folder, run in find_runs(home, config.model)[:SHOWN_RUNS])
    waiting, ledger_problem = ask_ledger(config, home)
    return Standing(
        model=config.model,
        champion=champion,
        problem=problem,
        runs=runs,
        schedule=f"{config.schedule.cron} ({config.schedule.zone})" if config.schedule.cron else None,
        waiting=waiting,
        ledger_problem=ledger_problem,
        watch=find_latest_alert_report(home, config.model, has_clock=config.data.has_clock),
    )


def ask_registry(model: str, home: Path) -> tuple[Champion | None, str | None]:
    """Return the champion, or why the registry can't name it: the runs are worth showing all the same."""
    from ratchet.registry.champion import find_champion  # noqa: PLC0415 (loads SQLAlchemy)

    try:
        return find_champion(home, model), None
    except RegistryError as error:
        return None, str(error)


def ask_ledger(config: ModelConfig, home: Path) -> tuple[Admission | None, str | None]:
    """Return what waits for a model, or why the ledger can't tell: one bad entry hides no other model."""
    try:
        return look_out(config, home, datetime.now(UTC)), None
    except LedgerError as error:
        return None, str(error)


def past_run(folder: RunFolder, run: Run) -> PastRun:
    """Say what came of a run."""
    verdict = find_record(folder, "decide", Verdict)
    promotion = find_record(folder, "promote", Promotion)
    return PastRun(
        run_id=run.run_id,
        started=run.started,
        decision=verdict.decision.value if verdict else None,
        reason=verdict.reason if verdict else None,
        moved=bool(promotion and promotion.moved),
        dry_run=run.dry_run,
        problem=find_problem(folder),
    )


def tell(standing: Standing) -> None:
    """Print where a model stands."""
    say(standing.model, style="bold")
    say(f"Champion: {_describe(standing.champion) if standing.champion else standing.problem or 'none yet'}")
    say(f"Next run: {standing.schedule or 'when somebody asks'}")
    if standing.watch:
        say(f"Watched:  {standing.watch.sentence} (as of {_as_text(standing.watch.as_of)})")
    if standing.waiting and standing.waiting.triggers:
        say(f"Waiting:  {tell_outlook(standing.waiting)}")
    if standing.ledger_problem:
        say(f"Waiting:  {standing.ledger_problem}", style="yellow")
    _tell_runs(standing)
    say("")


def _as_text(as_of: Moment) -> str:
    return moment(as_of) if isinstance(as_of, datetime) else f"{as_of:,} rows"


def _describe(champion: Champion) -> str:
    origin = f"{champion.candidate} of run {champion.run_id}"
    return f"version {champion.version}, {origin}, since {moment(champion.since)}"


def _in_a_word(run: PastRun) -> str:
    if run.decision == Decision.HOLD and run.moved:
        return "approved"
    return run.decision or ("broken" if run.problem else "unfinished")


def _tell_runs(standing: Standing) -> None:
    for each in standing.runs:
        say(f"{moment(each.started)}  {_in_a_word(each):<10} {each.run_id}{'  (dry run)' if each.dry_run else ''}")
        say(f"    {each.reason or each.problem or 'no verdict was reached'}", style="dim")
    if not standing.runs:
        say(f"No run yet: ratchet run {standing.model}")

"""`ratchet run`, `adopt`, `score` and `monitor`: each pipeline in this process, without Airflow."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated

from typer import Option

from ratchet.artifacts.monitoring_store import find_later_look
from ratchet.cli.output import ERR, AsJson, ModelName, print_json, read_reason, say, show_table, stdout_for_results
from ratchet.config.run import ADDRESSES
from ratchet.config.settings import name_person
from ratchet.errors import ConfigError, NothingYetError, ServiceError
from ratchet.gates.weights import list_remedies
from ratchet.library.modelling import load
from ratchet.models.warm_parent import WARM
from ratchet.pipelines.running import run_steps
from ratchet.pipelines.tables import SCORE
from ratchet.records.alerts import AlertLevel, gather
from ratchet.records.modelling import Challenger
from ratchet.records.monitoring import Scoring
from ratchet.records.promotion import Promotion
from ratchet.reports.story import champion_alarm
from ratchet.reports.wording import figure, seconds, span, when

if TYPE_CHECKING:
    from ratchet.pipelines.in_process import MonitoringResult, RunResult

STYLES = {
    AlertLevel.GREEN: "bold green",
    AlertLevel.UNKNOWN: "bold",
    AlertLevel.YELLOW: "bold yellow",
    AlertLevel.RED: "bold red",
}
SHOWN = 8  # things that alerts are about; the page has all


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
        from ratchet.pipelines.in_process import retrain  # noqa: PLC0415 (the stages load heavy libraries)

        WARM.copy_this_process("ratchet.stages.search", "ratchet.stages.train", "ratchet.stages.refit")
        result = retrain(request, watch_step, person=name_person())
    if as_json:
        print_json(result)
    else:
        tell(result, request.home)


def adopt(  # noqa: PLR0913 (options of a command line)
    model: ModelName,
    *,
    source: Annotated[
        str,
        Option(
            "--from",
            metavar="ADDRESS|FILE",
            help="models:/name@alias, models:/name/3, runs:/…, a folder that MLflow saved, or a model file.",
            show_default=False,
        ),
    ],
    reason: Annotated[str, Option(help="Why; it is kept with the move.", show_default=False)],
    classes: Annotated[
        list[str] | None, Option("--class", help="The YAML's classes in the model's order; once for each.")
    ] = None,
    trust: Annotated[
        bool, Option("--trust", help="Read a pickle even where nothing keeps it from the network.")
    ] = False,
    as_of: Annotated[str | None, Option(help="Look at data up to this ISO time (UTC), or this many rows.")] = None,
    dry_run: Annotated[bool, Option("--dry-run", help="Judge, but never promote.")] = False,
    run_id: Annotated[str | None, Option(help="Name of the run; the same name makes the same files again.")] = None,
    as_json: AsJson = False,
) -> None:
    """Judge a model from elsewhere as a retraining judges its own, and make it champion when the gates let it.

    A rejected model is a successful run: the exit code is 0.
    """
    asked = {
        "source": _checked_source(source),
        "person": name_person(),
        "classes": tuple(classes or ()),
        "is_trusted": trust,
    }
    request = load(model).ask(as_of=as_of, run_id=run_id, reason=read_reason(reason), dry_run=dry_run, adoption=asked)
    with stdout_for_results():
        from ratchet.pipelines.in_process import retrain  # noqa: PLC0415 (the stages load heavy libraries)

        result = retrain(request, watch_step, person=name_person())
    if as_json:
        print_json(result)
    else:
        tell(result, request.home)


def _checked_source(source: str) -> str:
    """Return an address as it is, a path as an absolute one."""
    if source.startswith(ADDRESSES):
        return source
    if not Path(source).exists():
        raise ConfigError(f"--from: there is no file '{source}'; an address begins with {' or '.join(ADDRESSES)}")
    return str(Path(source).resolve())


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
    for step in () if result.promotion.moved else list_remedies(result.verdict.gates):
        say(f"Next:     {step}")
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
    metric, ranked_on = challenger.leaderboard[0].metric, challenger.leaderboard[0].ranked_on
    show_table(f"Leaderboard, on {ranked_on}", ("candidate", "estimator", metric, "fit"), rows)


def _describe(promotion: Promotion) -> str:
    version = f"version {promotion.version}" if promotion.version is not None else "none"
    return f"{version} ({'moved' if promotion.moved else 'unchanged'}; {promotion.reason})"


def score(
    model: ModelName,
    *,
    as_of: Annotated[str | None, Option(help="Score rows up to this ISO time (UTC), or this many rows.")] = None,
    source: Annotated[str | None, Option(help="Score this file or folder instead of the YAML's.")] = None,
    again: Annotated[bool, Option("--again", help="Also predict rows that another version predicted.")] = False,
    run_id: Annotated[str | None, Option(help="Name of the run; the same name replaces its own predictions.")] = None,
    as_json: AsJson = False,
) -> None:
    """Predict new rows with the champion, each of them once."""
    run = load(model).ask(as_of=as_of, run_id=run_id).reading(source)
    with stdout_for_results():
        try:
            scoring = run_steps(SCORE, run, watch_step, again=again)["score"]
        except TimeoutError as error:
            raise ServiceError(
                f"another scoring of {run.model} is not done: nothing changed, ask again later"
            ) from error
    if as_json:
        print_json(scoring)
    else:
        tell_scoring(scoring, run.home)


def tell_scoring(scoring: Scoring, home: Path) -> None:
    """Print what was predicted, and where it is."""
    say(f"Scored:  {scoring.rows:,} rows with version {scoring.version} in {seconds(scoring.seconds)}", style="bold")
    if scoring.rows_known:
        say(f"Known:   {scoring.rows_known:,} rows were predicted before")
    for warning in scoring.warnings:
        say(f"Mind:    {warning}", style="yellow")
    say(f"Run:     {scoring.run_id}")
    say(f"Dataset: {home / 'predictions' / scoring.model}")


def monitor(
    model: ModelName,
    *,
    as_of: Annotated[str | None, Option(help="Look from this ISO time (UTC), or this many rows.")] = None,
    run_id: Annotated[str | None, Option(help="Name of the run; the same name makes the same files again.")] = None,
    as_json: AsJson = False,
) -> None:
    """Compare what was predicted lately with the champion's own rows, and say whether somebody should look.

    A red alert is a successful run: the exit code is 0.
    """
    run = load(model).ask(as_of=as_of, run_id=run_id)
    with stdout_for_results():
        from ratchet.pipelines import in_process  # noqa: PLC0415 (the stages load heavy libraries)

        try:
            result = in_process.monitor(run, watch_step)
        except NothingYetError as waiting:
            sentence = str(waiting)
            result = None
    if result is None:
        print_json({"waiting_for": sentence}) if as_json else say(sentence)
    elif as_json:
        print_json(result)
    else:
        tell_monitoring(result, run.home)


def tell_monitoring(result: "MonitoringResult", home: Path) -> None:
    """Print what came of a run: level, what is raised, and where to look."""
    seen, alert_report = result.observation, result.alert_report
    raised = gather(each for each in alert_report.alerts if each.level in {AlertLevel.YELLOW, AlertLevel.RED})
    rows = [(first.level.value, first.signal.name, first.sentence) for first, *_ in raised[:SHOWN]]
    show_table("Alerts", ("level", "what", "says"), rows)
    say(f"Level:    {alert_report.level.value}", style=STYLES[alert_report.level])
    say(f"Says:     {alert_report.sentence}")
    window = span(seen.window.start, seen.window.end)
    say(f"Window:   {window}, {seen.rows:,} predictions, {seen.labelled:,} labelled")
    for warning in (*seen.warnings, *result.performance.warnings):
        say(f"Mind:     {warning}", style="yellow")
    if later := find_later_look(home, alert_report):
        say(f"Mind:     a later window, as of {when(later)}, was looked at before: this one asks for nothing")
    elif alert_report.asks_for:
        say(f"Retrain:  {alert_report.asks_for}")
    if result.queue.file:
        say(f"Queue:    {home / result.queue.file.path} ({result.queue.rows:,} rows worth a label)")
    say(f"Run:      {seen.run_id}")
    say(f"Page:     {home / result.pages.page.path}")

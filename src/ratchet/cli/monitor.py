"""`ratchet monitor`: look at what a model predicted, without Airflow."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from typer import Option

from ratchet.artifacts.monitoring_store import find_later_look
from ratchet.cli.options import AsJson, ModelName
from ratchet.cli.output import print_json, say, show_table, stdout_for_results
from ratchet.cli.run import watch_step
from ratchet.errors import NothingYetError
from ratchet.library.modelling import load
from ratchet.records.alerts import AlertLevel, gather
from ratchet.reports.wording import span, when

if TYPE_CHECKING:
    from ratchet.pipelines.monitoring import MonitoringResult

STYLES = {
    AlertLevel.GREEN: "bold green",
    AlertLevel.UNKNOWN: "bold",
    AlertLevel.YELLOW: "bold yellow",
    AlertLevel.RED: "bold red",
}
SHOWN = 8  # things that alerts are about; the page has all


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
        from ratchet.pipelines import monitoring  # noqa: PLC0415 (the stages load heavy libraries)

        try:
            result = monitoring.monitor(run, watch_step)
        except NothingYetError as waiting:
            sentence = str(waiting)
            result = None
    if result is None:
        print_json({"waiting_for": sentence}) if as_json else say(sentence)
    elif as_json:
        print_json(result)
    else:
        tell(result, run.home)


def tell(result: "MonitoringResult", home: Path) -> None:
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

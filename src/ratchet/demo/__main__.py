"""`make demo`: three acts through a real Airflow scheduler, from no champion to a bad delivery that is stopped."""

import os
import shutil
import sys
import time
from dataclasses import replace
from pathlib import Path

from rich.console import Console
from rich.live import Live
from rich.table import Table

from ratchet.artifacts.run_store import find_folder, find_record
from ratchet.config.settings import Settings
from ratchet.demo.acts import ACTS, Act
from ratchet.errors import RatchetError, ServiceError
from ratchet.local.airflow import local_airflow
from ratchet.local.api import AirflowApi, TaskState
from ratchet.local.environment import make_site
from ratchet.pipelines.tables import RETRAIN
from ratchet.records.judgement import Decision, Outcome, Verdict
from ratchet.records.modelling import Challenger
from ratchet.records.promotion import Promotion

MODEL = "churn"
DAG = f"{MODEL}.retrain"
PORT = 8080
RUN_WITHIN_SECONDS = 300.0
ORDER = tuple(step.name for step in (RETRAIN.opening, *RETRAIN.steps) if step)
MARKS = {
    "success": "[green]done[/]",
    "failed": "[red]failed[/]",
    "skipped": "[dim]skipped[/]",
    "running": "[cyan]running[/]",
}
COLOURS = {
    Outcome.PASS: "green",
    Outcome.FAIL: "red",
    Outcome.INCONCLUSIVE: "yellow",
    Outcome.NOT_APPLICABLE: "dim",
    Decision.PROMOTE: "green",
    Decision.HOLD: "yellow",
    Decision.REJECT: "red",
}


def main() -> int:
    """Run the demo; return the process's exit code."""
    console = Console()
    project = Path(os.environ.get("RATCHET_PROJECT", ".")).resolve()
    # A home of its own, because the demo begins by removing it.
    settings = Settings(project=project, home=project / "var" / "demo")
    began = time.monotonic()
    try:
        play(settings, console)
    except RatchetError as error:
        Console(stderr=True).print(f"The demo stopped: {error}", style="red", highlight=False, soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        Console(stderr=True).print("The demo was stopped; nothing is left running.", style="red")
        return 130
    console.print(f"\nThree acts in {time.monotonic() - began:.0f} s. Nothing is left running.")
    console.print(where_to_look(settings), highlight=False, soft_wrap=True)
    return 0


def play(settings: Settings, console: Console) -> None:
    """Start from nothing, play each act through the scheduler, and check what came of it.

    Raises:
        ServiceError: Airflow did not come up, or an act ended otherwise than it must.
    """
    shutil.rmtree(settings.home, ignore_errors=True)
    site = make_site(settings, int(os.environ.get("RATCHET_PORT", PORT)))
    console.rule("[bold]Ratchet")
    console.print("Starting Airflow: scheduler, dag-processor, API server, triggerer …")
    with local_airflow(site) as api:
        console.print(f"Airflow is up at {site.url} (user {site.user}, password {site.password})", highlight=False)
        api.wait_for_dag(DAG, timeout_seconds=60)
        api.unpause(DAG)
        for number, act in enumerate(ACTS, start=1):
            console.print(f"\n[bold]Act {number}.[/] {act.title}")
            play_act(act, settings, api, console)


def play_act(act: Act, settings: Settings, api: AirflowApi, console: Console) -> None:
    """Deliver the act's data, run the DAG, show what came of it."""
    act.deliver(settings.home / "deliveries")
    api.trigger(DAG, act.run_id, {"as_of": act.as_of, "reason": act.title})
    with StageProgress(console) as progress:
        state = api.wait_for_run(DAG, act.run_id, timeout_seconds=RUN_WITHIN_SECONDS, on_tasks=progress.show)
    if state != "success":
        raise ServiceError(f"run {act.run_id} ended {state}: {failure_of(api, act)}")
    folder = find_folder(settings.home, MODEL, act.run_id)
    verdict, promotion = find_record(folder, "decide", Verdict), find_record(folder, "promote", Promotion)
    if not verdict or not promotion:
        raise ServiceError(f"run {act.run_id} left no verdict in {folder.path}")
    if challenger := find_record(folder, "select", Challenger):
        console.print(leaderboard_table(challenger))
    console.print(gates_table(verdict))
    console.print(verdict_line(verdict, promotion), highlight=False)
    console.print(f"report: {folder.path / 'report.html'}", highlight=False, soft_wrap=True)
    # The demo is a test as well: an act that ends otherwise must not pass for a success.
    if (verdict.decision, promotion.moved) != (act.decision, act.moves):
        raise ServiceError(f"run {act.run_id} ended with {verdict.decision}, {act.decision} was to be shown")


def failure_of(api: AirflowApi, act: Act) -> str:
    """Return what the first failed task's log says of it."""
    failed = [each for each in api.tasks(DAG, act.run_id) if each.state == "failed"]
    if not failed:
        return "no task failed"
    lines = api.log(DAG, act.run_id, failed[0].task, attempt=failed[0].tries).splitlines()
    errors = [line for line in lines if "Exception: " in line or "Error: " in line]
    return f"{failed[0].task}: {(errors or lines)[-1]}"


def where_to_look(settings: Settings) -> str:
    """Return the places to go on from."""
    return "\n".join(
        (
            f"  reports    {settings.home}/runs/{MODEL}/*/report.html",
            "  the UIs    make up     (Airflow and MLflow, until make down)",
            f"  the model  include/models/{MODEL}.yaml",
            "  your data  .venv/bin/ratchet init --data FILE --target COLUMN",
        )
    )


class StageProgress:
    """Shows a run's tasks while they move: as a live table on a terminal, else a line as each one ends."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = Live(console=console, auto_refresh=False, transient=True) if console.is_terminal else None
        self._told: set[tuple[str, str]] = set()

    def __enter__(self) -> "StageProgress":
        if self._live:
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._live:
            self._live.stop()

    def show(self, tasks: list[TaskState]) -> None:
        """Show the state of every task."""
        known = sorted(tasks, key=lambda each: (ORDER.index(each.task), each.label))
        if self._live:
            self._live.update(stages_table(known), refresh=True)
        for each in known:
            key = (each.task, "" if each.state == "skipped" else each.label)
            if each.state in {"success", "failed", "skipped"} and key not in self._told:
                self._told.add(key)
                self._console.print(stage_line(each), highlight=False)


def stage_line(each: TaskState) -> str:
    """Return one task's line: name, end, seconds."""
    state = each.state or ""
    if state == "skipped":  # one line for all instances of a task, and none of them took any time
        each = replace(each, label="", seconds=None)
    name = f"{each.task} {each.label}".strip()
    seconds = f"{each.seconds:5.1f} s" if each.seconds else ""
    return f"   {name:<18} {MARKS.get(state, state)} {seconds}"


def stages_table(tasks: list[TaskState]) -> Table:
    """Return what is under way now."""
    table = Table.grid(padding=(0, 2))
    for each in tasks:
        if each.state in {"running", "queued", "up_for_retry"}:
            table.add_row("  ", f"{each.task} {each.label}".strip(), MARKS.get(each.state, f"[dim]{each.state}[/]"))
    return table


def leaderboard_table(challenger: Challenger) -> Table:
    """Return every candidate, best on validation first, the lost ones last with their reason."""
    first = challenger.leaderboard[0]
    table = Table(title=f"Leaderboard: {first.metric} on validation", title_justify="left", show_edge=False)
    table.add_column("candidate")
    table.add_column(first.metric, justify="right")
    table.add_column("fit", justify="right")
    table.add_column("")
    for each in challenger.leaderboard:
        figure = f"{each.metric_value:.4f}" if each.metric_value is not None else "-"
        note = "goes to the holdout" if each.name == challenger.name else each.failure or ""
        table.add_row(each.name, figure, f"{each.fit_seconds:.1f} s", note)
    return table


def gates_table(verdict: Verdict) -> Table:
    """Return each gate's outcome with its reason."""
    table = Table(title="Gates", title_justify="left", show_edge=False)
    for name in ("gate", "outcome", "reason"):
        table.add_column(name, overflow="fold")
    for gate in verdict.gates:
        table.add_row(gate.gate, f"[{COLOURS[gate.outcome]}]{gate.outcome}[/]", gate.reason)
    return table


def verdict_line(verdict: Verdict, promotion: Promotion) -> str:
    """Return the verdict and what became of the champion."""
    colour = COLOURS[verdict.decision]
    unopposed = ", unopposed" if verdict.unopposed else ""
    champion = f"version {promotion.version}" if promotion.version else "none"
    return f"verdict:  [bold {colour}]{verdict.decision}{unopposed}[/]\nchampion: {champion} ({promotion.reason})"


if __name__ == "__main__":
    sys.exit(main())

"""What the demo shows: stages while they run, then leaderboard, gates, verdict and champion."""

from dataclasses import replace

from rich.console import Console
from rich.live import Live
from rich.table import Table

from ratchet.local.api import TaskState
from ratchet.records.judgement import Decision, Outcome, Verdict
from ratchet.records.modelling import Challenger
from ratchet.records.promotion import Promotion

ORDER = (
    *("admit", "ingest", "check", "split", "audit", "train", "select"),
    *("evaluate", "measure_behaviour", "measure_serving_cost", "decide", "promote", "report"),
)
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

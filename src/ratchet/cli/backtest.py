"""`ratchet backtest`: what would have become of a model under other schedules, and which one to use."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from typer import Option

from ratchet.artifacts.files import write_text
from ratchet.cli.output import ERR, AsJson, ModelName, print_json, say, show_table, stdout_for_results
from ratchet.config.settings import read_threads
from ratchet.library.modelling import load
from ratchet.records.backtest import Backtest
from ratchet.reports.wording import count, figure, money, seconds

if TYPE_CHECKING:
    from ratchet.backtest.running import Watch


def backtest(
    model: ModelName,
    *,
    as_of: Annotated[str | None, Option(help="Replay up to this ISO time (UTC), or this many rows.")] = None,
    as_json: AsJson = False,
) -> None:
    """Replay a model's history under several schedules, and recommend one.

    It can be stopped at any time: asked for again, it goes on where it was.
    """
    request, processes = load(model).ask(as_of=as_of), read_threads()
    with stdout_for_results(), watched() as watch:
        from ratchet.backtest.running import run_backtest  # noqa: PLC0415 (loads heavy libraries)

        result = run_backtest(request, watch, processes=processes)
    page, schedule = publish(result, request.home)
    if as_json:
        print_json(result)
    else:
        tell(result, page, schedule)


@contextmanager
def watched() -> "Iterator[Watch]":
    """Show how far the replay is."""
    columns = (TextColumn("{task.description:<10}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=ERR) as progress:

        def watch(what: str, parts: int) -> Callable[[], None]:
            task = progress.add_task(what, total=parts)
            return lambda: progress.advance(task)

        yield watch


def publish(result: Backtest, home: Path) -> tuple[Path, Path]:
    """Write the page and the schedule, and return where they are."""
    from ratchet.reports.backtest_page import backtest_html  # noqa: PLC0415 (loads Jinja)

    folder = home / "backtests" / result.model
    page, schedule = folder / "backtest.html", folder / "schedule.yaml"
    write_text(page, backtest_html(result))
    write_text(schedule, result.schedule)
    return page, schedule


def tell(result: Backtest, page: Path, schedule: Path) -> None:
    """Print what each schedule would have cost, the recommendation, and where to look."""
    from ratchet.reports.backtest_page import remark_on  # noqa: PLC0415 (loads Jinja)

    rows = [
        (
            each.policy,
            count(each.runs),
            count(each.promotions),
            seconds(each.seconds),
            figure(each.quality),
            money(each.error_cost),
            money(each.retrain_cost),
            money(each.total),
        )
        for each in result.costs
    ]
    columns = ("schedule", "runs", "promoted", "fitting", result.metric, "mistakes", "runs' cost", "total")
    show_table(f"{result.model}: {len(result.periods)} periods replayed", columns, rows)
    for note in result.notes:
        say(f"Mind:  {note}", style="dim")
    say(f"Use:   {result.recommended}", style="bold")
    say(f"Cost:  {money(result.in_hindsight.total)} over these periods; {remark_on(result)}")
    say(result.schedule.rstrip())
    say(f"Page:  {page}")
    say(f"YAML:  {schedule}")

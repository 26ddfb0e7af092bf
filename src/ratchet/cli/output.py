"""How the command line speaks, and the options that several commands have.

Results go to stdout, everything else to stderr, in words or as JSON.
"""

import json
import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, redirect_stdout
from io import StringIO
from typing import Annotated

from pydantic import TypeAdapter
from rich.console import Console
from rich.table import Table
from rich.text import Text
from typer import Argument, Option

from ratchet.errors import ConfigError
from ratchet.reports.wording import printable

# No markup, no emoji: text that comes from data or from a file is shown as it is.
OUT = Console(markup=False, emoji=False, highlight=False)
ERR = Console(markup=False, emoji=False, highlight=False, stderr=True)
WIDEST = 10_000  # characters of a row

AsJson = Annotated[bool, Option("--json", help="Print JSON on stdout and nothing else.")]
ModelName = Annotated[str, Argument(metavar="MODEL", help="A model's name, or its YAML file.", show_default=False)]


def say(text: str, *, style: str = "", console: Console = OUT) -> None:
    """Print text; lines are not cut, so that a sentence can be copied and a path opened."""
    console.print(Text(printable(text), style=style), soft_wrap=True)


def complain(text: str) -> None:
    """Print what went wrong, to stderr."""
    say(text, style="red", console=ERR)


def show_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print rows under a title; nothing when there are none."""
    table = Table(title=Text(title, style="bold"), title_justify="left", box=None, pad_edge=False, padding=(0, 3, 0, 0))
    for column in columns:
        table.add_column(column, header_style="dim", overflow="fold")
    for row in rows:
        table.add_row(*(Text(printable(cell)) for cell in row))
    if not table.row_count:
        return
    if OUT.is_terminal:
        OUT.print(table)
    else:
        _print_lines(table)
    OUT.print()


def _print_lines(table: Table) -> None:
    """Print each row as one line, for who searches or cuts them: there is no window to be wrapped for."""
    written = StringIO()
    Console(file=written, width=WIDEST, markup=False, emoji=False, highlight=False).print(table)
    for line in written.getvalue().splitlines():
        say(line.rstrip())


def print_json(value: object) -> None:
    """Print records, or dicts and lists of them, as JSON on stdout and nothing else."""
    plain = TypeAdapter(object).dump_python(value, mode="json")
    sys.stdout.write(json.dumps(plain, indent=2, ensure_ascii=False) + "\n")


@contextmanager
def stdout_for_results() -> Iterator[None]:
    """Send to stderr whatever libraries and the processes they start print, so that stdout holds results only."""
    sys.stdout.flush()
    # The descriptor and not only `sys.stdout`: worker processes and C libraries write past Python.
    saved = os.dup(1)
    os.dup2(2, 1)
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        os.dup2(saved, 1)
        os.close(saved)


def read_reason(text: str) -> str:
    """Return the reason that a person gives, which is kept for good.

    Raises:
        ConfigError: it says nothing.
    """
    if not text.strip():
        raise ConfigError("--reason: is empty; say why in a few words: they are kept in the ledger")
    return text.strip()

"""`ratchet ledger`: what happened, to which model, why; and that nobody changed it since."""

import json
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

from typer import Argument, Exit, Option

from ratchet.cli.output import AsJson, complain, print_json, say, show_table
from ratchet.config.load import locate_model
from ratchet.config.settings import read_settings
from ratchet.errors import ConfigError
from ratchet.records.ledger import Entry, Inspection, Kind

SHOWN = 50
HASH = "[0-9a-f]{64}"
LOOK_UP = "Ratchet does not say who did it: compare with a copy of the database, and keep both."


def verify(
    *,
    expect: Annotated[
        str | None,
        Option(metavar="HASH", help="A hash that an earlier verify printed: shows what was cut off at the end."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Read the whole ledger; the exit code is 1 where an entry was changed, removed, put in or moved."""
    from ratchet.ledger.database import open_ledger  # noqa: PLC0415
    from ratchet.ledger.journal import verify_ledger  # noqa: PLC0415 (loads SQLAlchemy)

    expected = read_hash(expect) if expect is not None else None
    found = verify_ledger(open_ledger(read_settings().home), expected=expected)
    if as_json:
        print_json(found)
    else:
        tell(found)
    if found.breach:
        raise Exit(1)


def show(
    model: Annotated[str | None, Argument(metavar="[MODEL]", help="All models when none is given.")] = None,
    *,
    kind: Annotated[list[Kind] | None, Option(help="Only entries of this kind; may be repeated.")] = None,
    since: Annotated[str | None, Option(help="Only what happened at this ISO time (UTC) or later.")] = None,
    limit: Annotated[int, Option(min=1, help="At most so many, the last ones.")] = SHOWN,
    as_json: AsJson = False,
) -> None:
    """Show the last entries, the oldest of them first."""
    from ratchet.ledger.database import open_ledger  # noqa: PLC0415
    from ratchet.ledger.journal import find_names, read_latest  # noqa: PLC0415 (loads SQLAlchemy)

    moment = read_moment(since) if since else None
    settings = read_settings()
    with open_ledger(settings.home).connect() as connection:
        entries = read_latest(connection, limit, model=model, kinds=kind or (), since=moment)
        if model and not entries and model not in find_names(connection):
            locate_model(settings, model)  # says that there is none
    if as_json:
        print_json([flatten(entry) for entry in entries])
    else:
        list_entries(entries, limit)


def list_entries(entries: Sequence[Entry], limit: int) -> None:
    """Print entries as a table, and whether there may be more."""
    show_table("Ledger", ("number", "when (UTC)", "model", "kind", "by", "reason"), map(row_of, entries))
    if not entries:
        say("Nothing in the ledger answers to that.")
    elif len(entries) == limit:
        say(f"The last {limit}; --limit shows more.", style="dim")


def tell(found: Inspection) -> None:
    """Print what reading the whole chain came to."""
    if found.breach:
        complain(f"Broken at entry {found.breach.number}: {found.breach.problem}.")
        complain(f"Whole up to entry {found.entries}. {LOOK_UP}")
        return
    say(f"{found.entries:,} entries, the chain is whole.", style="green")
    say(f"Last hash: {found.last}")
    say("Keep it elsewhere: `ratchet ledger verify --expect HASH` then shows if the end was cut off.", style="dim")


def flatten(entry: Entry) -> dict[str, object]:
    """Return an entry as JSON is to show it: its facts as they are, not as a text of JSON, unless an edit left none."""
    note = asdict(entry.note)
    with suppress(ValueError):
        note["payload"] = json.loads(entry.note.payload)
    return {"number": entry.number, **note, "previous": entry.previous, "hash": entry.hash}


def row_of(entry: Entry) -> Sequence[str]:
    """Return an entry as a line of the table."""
    note = entry.note
    when = note.at.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S")
    return (str(entry.number), when, note.model, note.kind.value, note.actor, note.reason)


def read_hash(text: str) -> str:
    """Read the hash of an entry as a person gives it.

    Raises:
        ConfigError: it is none.
    """
    found = text.strip().lower()
    if not re.fullmatch(HASH, found):
        raise ConfigError(
            f"--expect: '{text}' is no hash; it is the 64 digits and letters that an earlier verify printed"
        )
    return found


def read_moment(text: str) -> datetime:
    """Read an ISO time, UTC unless it says otherwise.

    Raises:
        ConfigError: it is none.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise ConfigError(f"--since: '{text}' is not a time such as 2026-01-31 or 2026-01-31T08:00:00Z") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)

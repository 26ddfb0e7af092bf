"""What a reader hands on: raw rows under the names of the YAML, which it found in the header, and their place."""

from collections import Counter
from collections.abc import Generator, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from ratchet.config.read_plan import ReadPlan
from ratchet.errors import DataError, did_you_mean, list_names
from ratchet.records.columns import ROW, TIME

SHOWN_VALUE = 40  # characters of a value that a message repeats
MAX_ROWS = 2_000_000_000  # a footer can promise any number of rows; more than this is refused before one is read
DELIMITERS = (",", ";", "\t", "|")
OWN_NAMES = (ROW, TIME)


@dataclass(frozen=True, slots=True, kw_only=True)
class Chunk:
    """Some rows of one file or query, not converted yet.

    Attributes:
        rows: the columns that the YAML names, and the row number over all files.
        origin: the file or query, for messages.
        first: row number of the origin's first row.
    """

    rows: pa.RecordBatch
    origin: str
    first: int

    def place(self, index: int) -> str:
        """Say where a row stands: its file, and its number there counted from 1 without the header."""
        number = self.rows.column(ROW)[index].as_py() - self.first + 1
        return f"{self.origin}, row {number}"

    def only(self, mask: pa.BooleanArray) -> "Chunk":
        """Keep the rows that a mask marks."""
        return Chunk(rows=self.rows.filter(mask), origin=self.origin, first=self.first)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """An opened source.

    Attributes:
        chunks: its rows, read while they are asked for.
        warnings: what was accepted with a remark.
        source: what is read, without credentials.
        missing: texts that stand for no value.
        is_ordered: False when rows arrive in an order that means nothing, as from a query.
    """

    chunks: Generator[Chunk, None, None]
    warnings: tuple[str, ...]
    source: str
    missing: tuple[str, ...]
    is_ordered: bool = True


def make_chunks(parts: Iterable[tuple[str, Iterable[pa.RecordBatch]]]) -> Generator[Chunk, None, None]:
    """Yield the rows of files or queries, one after the other, numbered over all of them.

    Args:
        parts: what each is called in messages, and its rows under the names of the YAML.
    """
    start = 0
    for origin, batches in parts:
        first = start
        for rows in batches:
            yield Chunk(rows=number_rows(rows, start), origin=origin, first=first)
            start += rows.num_rows


def number_rows(rows: pa.RecordBatch, start: int) -> pa.RecordBatch:
    """Add the row numbers to raw rows."""
    numbers = pa.array(np.arange(start, start + rows.num_rows, dtype=np.int64))
    return pa.RecordBatch.from_arrays([*rows.columns, numbers], [*rows.schema.names, ROW])


def show(value: object) -> str:
    """Quote a value for a message: short, on one line, with invisible characters spelt out."""
    text = str(value)
    shown = text if len(text) <= SHOWN_VALUE else text[:SHOWN_VALUE] + "…"
    return "'" + "".join(each if each.isprintable() else ascii(each)[1:-1] for each in shown) + "'"


@dataclass(frozen=True, slots=True, kw_only=True)
class Header:
    """Where the wanted columns are.

    Attributes:
        columns: the YAML's name of each wanted column, and its name in the source.
        warnings: one sentence for each thing that was accepted with a remark.
    """

    columns: dict[str, str]
    warnings: tuple[str, ...]

    def pick(self, rows: pa.RecordBatch) -> pa.RecordBatch:
        """Return the wanted columns of raw rows, in their order and under the names of the YAML."""
        return rows.select(list(self.columns.values())).rename_columns(list(self.columns))


def match_header(names: Sequence[str], plan: ReadPlan, origin: str) -> Header:
    """Match a source's column names, blanks around them aside, with those of the YAML.

    Raises:
        DataError: a name stands there twice, a wanted one is missing, or has a name that snapshots keep for themselves.
    """
    stripped = {name.strip(): name for name in names}
    _refuse_repeats(names, origin)
    wanted = plan.required
    _refuse_own_names(wanted)
    if missing := [name for name in wanted if name not in stripped]:
        raise DataError(f"{origin}: {_describe_missing(missing[0], names, wanted)}")
    there = (*wanted, *(name for name in plan.optional if name in stripped))
    warnings = (*_warn_of_blanks(stripped, there), *_warn_of_extras(names, plan))
    return Header(columns={name: stripped[name] for name in there}, warnings=warnings)


def _refuse_own_names(wanted: Sequence[str]) -> None:
    """Refuse columns whose names snapshots keep for themselves."""
    if taken := [name for name in wanted if name in OWN_NAMES]:
        raise DataError(f"column '{taken[0]}': Ratchet uses this name itself; rename the column in the source")


def _refuse_repeats(names: Sequence[str], origin: str) -> None:
    counts = Counter(name.strip() for name in names if name.strip())
    if repeated := [name for name, count in counts.items() if count > 1]:
        raise DataError(f"{origin}: column {show(repeated[0])} stands there {counts[repeated[0]]} times; keep one")


def _describe_missing(missing: str, names: Sequence[str], wanted: Sequence[str]) -> str:
    if len(names) == 1:
        return f"the header is a single column, {show(names[0])}{_guess_delimiter(names[0], wanted)}"
    suggestion = _suggest(missing, names)
    found = list_names(show(name) for name in names)
    return f"column '{missing}' is missing{suggestion}; the columns are {found}"


def _suggest(missing: str, names: Sequence[str]) -> str:
    # invisible characters are spelt out, or the suggestion would look like the name that was asked for
    visible = {"".join(each for each in name if each.isprintable()).strip(): name for name in names}
    if missing in visible:
        return f" (did you mean {show(visible[missing])}?)"
    return did_you_mean(missing, [show(name)[1:-1] for name in names])


def _guess_delimiter(line: str, wanted: Sequence[str]) -> str:
    hits = {each: sum(name.strip(' "') in wanted for name in line.split(each)) for each in DELIMITERS}
    best = max(hits, key=lambda each: hits[each])
    if not hits[best]:
        return "; is there a line above the header, or another `data.source.delimiter`?"
    return f"; set `data.source.delimiter` to {best!a}"


def _warn_of_blanks(stripped: dict[str, str], wanted: Sequence[str]) -> list[str]:
    padded = [name for name in wanted if stripped[name] != name]
    return [f"blanks around column names were left out: {list_names(padded)}"] if padded else []


def _warn_of_extras(names: Sequence[str], plan: ReadPlan) -> list[str]:
    extra = [show(name.strip()) for name in names if name.strip() not in plan.mentioned]
    sentence = f"columns that the YAML does not mention are not used: {list_names(extra)}"
    return [sentence] if extra else []


def refuse_other_columns(names: Sequence[str], origin: str, first_names: Sequence[str], first: str) -> None:
    """Refuse a file of a folder that has other columns than the first one; their order does not matter.

    Raises:
        DataError: naming the file and the columns that differ.
    """
    here, there = {name.strip() for name in names}, {name.strip() for name in first_names}
    if lacking := sorted(there - here):
        raise DataError(f"{origin}: it lacks columns that {first} has: {list_names(map(show, lacking))}")
    if added := sorted(here - there):
        raise DataError(f"{origin}: it has columns that {first} lacks: {list_names(map(show, added))}")

"""Open a model's data and read every value as a run would: what each column holds, and which values don't fit."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from ratchet.config.model import ModelConfig
from ratchet.config.read_plan import plan_snapshot
from ratchet.data.chunks import Chunk, show
from ratchet.data.clock import Clock
from ratchet.data.labels import Labels
from ratchet.data.sources import open_source
from ratchet.data.values import read_texts, read_values
from ratchet.errors import DataError
from ratchet.records.columns import ColumnKind

MOST_DIFFERENT = 20_000  # categories that are counted
Read = Callable[[Chunk], pa.Array | None]


@dataclass(slots=True, kw_only=True)
class ColumnReport:
    """What a column holds.

    Attributes:
        name: the column.
        kind: what the YAML says of it.
        values: how many rows have a value.
        empty: how many have none.
        failures: how many have a value that does not fit.
        example: a value of it.
        fault: what is wrong with the first that does not fit, one sentence.
        different: its different values, of categories and classes.
    """

    name: str
    kind: str
    values: int = 0
    empty: int = 0
    failures: int = 0
    example: str = ""
    fault: str = ""
    different: Counter[str] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceReport:
    """What a model's data hold.

    Attributes:
        rows: how many there are.
        columns: time, target, features and keys, in this order.
        warnings: what is accepted with a remark.
        faults: what a run would refuse, one sentence each.
    """

    rows: int
    columns: tuple[ColumnReport, ...]
    warnings: tuple[str, ...]
    faults: tuple[str, ...]


def examine_data(config: ModelConfig, project: Path) -> SourceReport:
    """Read a model's whole source, in bounded memory; what does not fit is counted rather than raised.

    Raises:
        DataError: it can't be opened, lacks a column, or a row can't be read at all.
        ConfigError: a plug-in is not installed, or does not take its options.
    """
    reading = open_source(plan_snapshot(config.data), project)
    readers = list(_readers(config, reading.missing))
    rows = 0
    with closing(reading.chunks) as chunks:
        for chunk in chunks:
            rows += chunk.rows.num_rows
            for report, read in readers:
                _examine(report, read, chunk)
    columns = tuple(report for report, _ in readers)
    faults = [_describe(each) for each in columns if each.failures]
    faults += [*_too_many(config, columns), *_wrong_labels(config, columns), *_too_few(config, rows)]
    return SourceReport(rows=rows, columns=columns, warnings=reading.warnings, faults=tuple(faults))


def _readers(config: ModelConfig, missing: tuple[str, ...]) -> Iterator[tuple[ColumnReport, Read]]:
    data = config.data
    clock, target = Clock(data.time), data.target.column
    labels = Labels(data.target, config.task, missing, form=data.format_of(target))
    if data.clock:
        yield ColumnReport(name=data.clock[0], kind="time"), clock.read_times
    yield ColumnReport(name=target, kind=f"target, {config.task}"), labels.read
    for name, kind in data.features.items():
        form = data.format_of(name)
        yield ColumnReport(name=name, kind=kind), _reader_of(name, kind, missing, form)
    for name in data.keys:
        if name != target:
            yield ColumnReport(name=name, kind="key"), _reader_of(name, ColumnKind.CATEGORICAL, missing, None)


def _reader_of(name: str, kind: ColumnKind, missing: tuple[str, ...], form: str | None) -> Read:
    return lambda chunk: read_values(chunk, name, kind, missing, form=form)


def _examine(report: ColumnReport, read: Read, chunk: Chunk) -> None:
    """Read a column of a chunk; where it can't be, look for the rows to blame."""
    try:
        read_at_once = read(chunk)
    except DataError as error:
        report.fault = report.fault or str(error)
        bad = _find_bad(read, chunk)
        report.failures += len(bad)
        report.values += chunk.rows.num_rows - len(bad)
        return
    if read_at_once is None:
        return
    report.empty += read_at_once.null_count
    report.values += len(read_at_once) - read_at_once.null_count
    _remember(report, read_at_once, chunk)


def _remember(report: ColumnReport, values: pa.Array, chunk: Chunk) -> None:
    is_counted = _has_classes(report, values) and len(report.different) <= MOST_DIFFERENT
    if report.example and not is_counted:
        return
    texts = read_texts(chunk, report.name, ("",)).filter(pc.is_valid(values))
    report.example = report.example or next((show(text.as_py()) for text in texts[:1]), "")
    if is_counted:
        _count(report, texts)


def _count(report: ColumnReport, texts: pa.StringArray) -> None:
    report.different.update({each["values"]: each["counts"] for each in pc.value_counts(texts).to_pylist()})


def _has_classes(report: ColumnReport, values: pa.Array) -> bool:
    if report.kind == ColumnKind.CATEGORICAL:
        return True
    return report.kind.startswith("target") and not pa.types.is_floating(values.type)


def _find_bad(read: Read, chunk: Chunk) -> list[int]:
    """Return the rows of a chunk that can't be read, by halving what can't be: few bad rows are found quickly."""
    bad: list[int] = []
    waiting = [(0, chunk.rows.num_rows)]
    while waiting:
        start, count = waiting.pop()
        part = Chunk(rows=chunk.rows.slice(start, count), origin=chunk.origin, first=chunk.first)
        try:
            read(part)
        except DataError:
            half = count // 2
            halves = [(start, half), (start + half, count - half)]
            waiting += halves if count > 1 else []
            bad += [start] if count == 1 else []
    return bad


def _describe(report: ColumnReport) -> str:
    rows = "row" if report.failures == 1 else "rows"
    return f"{report.fault} ({report.failures:,} {rows} of '{report.name}' can't be read as {report.kind})"


def _too_many(config: ModelConfig, columns: tuple[ColumnReport, ...]) -> Iterator[str]:
    most = config.data.checks.max_categories
    for each in columns:
        if each.kind == ColumnKind.CATEGORICAL and (found := len(each.different)) > most:
            yield (
                f"column '{each.name}' has {found:,} different values, such as {each.example}, more than {most:,} "
                "(`data.checks.max_categories`): allow more, or make it `text`, `numeric` or `ignore` it"
            )


def _wrong_labels(config: ModelConfig, columns: tuple[ColumnReport, ...]) -> Iterator[str]:
    found = next(each for each in columns if each.kind.startswith("target"))
    yield from _unlabelled(found, config.data.checks.max_unlabelled)
    if config.task != "regression" and found.values and not found.failures:
        yield from _wrong_classes(found, config.data.target.positive)


def _unlabelled(found: ColumnReport, most: float) -> Iterator[str]:
    if found.empty > most * (found.values + found.empty + found.failures):
        yield (
            f"target '{found.name}': {found.empty:,} rows have no label, more than {most:.0%}: deliver labels, or "
            "allow more by `data.checks.max_unlabelled`"
        )


def _wrong_classes(found: ColumnReport, positive: str | None) -> Iterator[str]:
    spellings = {label.lower() for label in found.different}
    listed = _list_counts(found)
    if positive is not None and positive.lower() not in spellings:
        yield f"target '{found.name}': no row has {show(positive)}; rows have {listed}: see `data.target.positive`"
    elif len(found.different) < 2:
        yield f"target '{found.name}': every row is {listed}; there is nothing to learn"


def _list_counts(found: ColumnReport) -> str:
    return ", ".join(f"{show(label)} in {count:,}" for label, count in found.different.most_common(8))


def _too_few(config: ModelConfig, rows: int) -> Iterator[str]:
    least = config.data.checks.min_rows
    if rows < least:
        yield f"{rows:,} rows are there; at least {least:,} are needed (`data.checks.min_rows`)"

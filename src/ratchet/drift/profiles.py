"""Profile rows: one pass, and the memory of a batch."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import repeat

import pyarrow as pa
import pyarrow.compute as pc

from ratchet.drift.conversion import column_of
from ratchet.drift.counting import CategoryCounter, NumberCounter
from ratchet.errors import DataError
from ratchet.records.profile import ColumnBins, Profile, Reference


def profile_rows(batches: Iterable[pa.RecordBatch], reference: Reference, *, threads: int = 1) -> Profile:
    """Count rows in the bins of a reference.

    Args:
        batches: the rows; each is counted before the next is asked for.
        reference: the bins.
        threads: how many columns are counted side by side.
    """
    counters = list(map(_make_counter, reference.columns))
    shares = [counters[start::threads] for start in range(threads)]
    rows, times = 0, list[datetime]()
    with ThreadPoolExecutor(threads) as pool:
        for batch in batches:
            done = pool.map(_count, shares, repeat(batch))
            rows += batch.num_rows
            times = _widen(times, batch, reference.time_column)
            list(done)
    start, end = times or (None, None)
    columns = tuple(counter.freeze() for counter in counters)
    return Profile(reference=reference.digest, rows=rows, start=start, end=end, columns=columns)


def _make_counter(bins: ColumnBins) -> NumberCounter | CategoryCounter:
    return NumberCounter(bins) if bins.kind == "number" else CategoryCounter(bins)


def _count(counters: Sequence[NumberCounter | CategoryCounter], batch: pa.RecordBatch) -> None:
    for counter in counters:
        counter.add(batch)


def _widen(times: list[datetime], batch: pa.RecordBatch, name: str | None) -> list[datetime]:
    """Return the first and the last time so far; a time without a zone is UTC."""
    if name is None:
        return times
    try:
        found = pc.min_max(column_of(batch, name).cast(pa.timestamp("us", "UTC"), safe=False))
    except (DataError, pa.ArrowException):
        return times  # unknown is what the record says then
    seen = [*times, *(value.as_py() for value in found.values() if value.is_valid)]
    return [min(seen).astimezone(UTC), max(seen).astimezone(UTC)] if seen else []

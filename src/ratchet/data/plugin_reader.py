"""Read a source of another package: what it gives is checked here, before anything is made of it."""

from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa

from ratchet.config.data import PluginSource, RowOrder, Wanted
from ratchet.config.read_plan import ReadPlan
from ratchet.data.chunks import Header, Reading, make_chunks, match_header
from ratchet.errors import DataError, RatchetError, describe_foreign

BATCH_ROWS = 1 << 16  # at once, however many a batch of the source has


def open_plugin(source: PluginSource, plan: ReadPlan, wanted: Wanted) -> Reading:
    """Open a source of another package.

    Raises:
        ConfigError: its package is not installed, can't be loaded, or does not take its options.
        DataError: it fails, gives something else than rows, or lacks a column.
    """
    plugin, origin = source.load(), name_source(source)
    if isinstance(plan.time, RowOrder) and not plugin.is_ordered:
        raise DataError(f"{origin} gives rows in no order, and `data.time` takes their order for time: name a column")
    with _told_by(origin):
        stream = plugin.open(wanted)
    if not isinstance(stream, pa.RecordBatchReader):
        raise DataError(
            f"{origin}: `open` gave a {type(stream).__name__}, not a pyarrow.RecordBatchReader; correct its package"
        )
    try:
        header = match_header(stream.schema.names, plan, origin)
    except DataError:
        stream.close()
        raise
    return Reading(
        chunks=make_chunks([(origin, _read(stream, header, origin))]),
        warnings=header.warnings,
        source=origin,
        missing=("",),
        is_ordered=plugin.is_ordered,
    )


def name_source(source: PluginSource) -> str:
    """Return what a source is called in records and messages."""
    return f"source '{source.name}'"


def _read(stream: pa.RecordBatchReader, header: Header, origin: str) -> Iterator[pa.RecordBatch]:
    batches = iter(stream)
    try:
        while True:
            with _told_by(origin):
                rows = next(batches, None)
                if rows is None:
                    return
                kept = header.pick(rows)
            for start in range(0, kept.num_rows, BATCH_ROWS):
                yield kept.slice(start, BATCH_ROWS)
    finally:
        stream.close()


@contextmanager
def _told_by(origin: str) -> Iterator[None]:
    """Turn whatever another package raises into one sentence; what it says itself as ours stays."""
    try:
        yield
    except (MemoryError, RatchetError):
        raise
    except Exception as error:
        raise DataError(f"{origin} can't be read: {describe_foreign(error)}; see its documentation") from error

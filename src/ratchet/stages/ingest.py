"""Read the source into an immutable snapshot, as of one time."""

import logging
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pyarrow as pa

from ratchet.artifacts.files import refer_to
from ratchet.artifacts.frames import write_batches
from ratchet.artifacts.run_store import RunFolder, folder_of
from ratchet.config.read_plan import plan_snapshot
from ratchet.config.run import Run
from ratchet.data.chunks import Reading
from ratchet.data.snapshot import Fingerprint, Intake, cut_alike, fingerprinted, read_sorted
from ratchet.data.sources import open_source
from ratchet.records.data import Table

logger = logging.getLogger(__name__)

NAME = "snapshot.parquet"
UNSORTED = ".unsorted.parquet"  # hidden: what a killed run leaves is read by nobody


def ingest(run: Run) -> Table:
    """Write the rows whose label was known at the as-of time, typed and in order.

    Raises:
        DataError: the source is damaged, or its content is not what the YAML says.
    """
    folder = folder_of(run)
    reading = open_source(plan_snapshot(run.config.data), run.project, as_of=run.as_of)
    intake = Intake(run, reading.missing)
    try:
        fingerprint = _write_snapshot(reading, intake, folder)
    finally:
        folder.file(UNSORTED).unlink(missing_ok=True)
    table = Table(
        file=refer_to(folder.file(NAME), folder.home),
        rows=intake.rows,
        fingerprint=fingerprint,
        columns=tuple(intake.schema.names),
        time_from=intake.time_from,
        time_to=intake.time_to,
        source=reading.source,
        warnings=(*reading.warnings, *intake.warnings),
    )
    logger.info("run %s: %s rows of %s, fingerprint %s", run.run_id, table.rows, table.source, fingerprint[:12])
    return table


def _write_snapshot(reading: Reading, intake: Intake, folder: RunFolder) -> str:
    """Write the rows as they come; put them in order afterwards where they were not. Returns the fingerprint."""
    unsorted = folder.file(UNSORTED)
    fingerprint = _write(_take(reading, intake), intake.schema, unsorted, folder)
    # Before the sort: a source that is refused should not cost the time to order it.
    intake.verify()
    if intake.is_sorted and reading.is_ordered:
        unsorted.replace(folder.file(NAME))
        return fingerprint
    ordered = read_sorted(unsorted, by_content=not reading.is_ordered)
    return _write(ordered, intake.schema, folder.file(NAME), folder)


def _take(reading: Reading, intake: Intake) -> Iterator[pa.RecordBatch]:
    with closing(reading.chunks) as chunks:
        for chunk in chunks:
            yield intake.take(chunk)
            # Rows beyond the as-of are not even read: a fault in them is not this run's.
            if intake.is_full:
                return


def _write(batches: Iterator[pa.RecordBatch], schema: pa.Schema, path: Path, folder: RunFolder) -> str:
    fingerprint = Fingerprint(schema)
    write_batches(fingerprinted(cut_alike(batches, schema), fingerprint), schema, path, folder.home)
    return fingerprint.hexdigest()

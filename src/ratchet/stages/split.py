"""Split a snapshot into train, validation and holdout, as the YAML asks."""

import logging
from datetime import datetime

import pyarrow as pa
import pyarrow.parquet as pq

from ratchet.artifacts.files import verified_path
from ratchet.artifacts.frames import ROW_GROUP, write_batches
from ratchet.artifacts.run_store import folder_of
from ratchet.config.run import Run
from ratchet.data.splitting import classes_of, count_positives, divide_rows, refuse_useless
from ratchet.records.columns import TIME
from ratchet.records.data import Part, Split, Table

logger = logging.getLogger(__name__)


def split(run: Run, table: Table) -> Split:
    """Write the three parts of a snapshot.

    By time: the newest rows are the holdout, those before them validation, and whoever's label was not known at
    the next part's start is left out. By group or at random: a row's key decides alone, so that it is in the same
    part in every run, and no champion has been trained on a challenger's holdout. A group never stands in two parts.

    Raises:
        DataError: a part has no rows, or the training rows have one class only.
        ArtifactError: the snapshot is missing or was changed.
    """
    config = run.config
    rows = pq.read_table(verified_path(table.file, run.home), page_checksum_verification=True)
    parts = divide_rows(config, rows)
    target = rows.column(config.data.target.column)
    refuse_useless(config, parts, target)
    names = ("train", "validation", "holdout")
    train, validation, holdout = (
        _write_part(run, name, rows.take(pa.array(positions)))
        for name, positions in zip(names, (parts.train, parts.validation, parts.holdout), strict=True)
    )
    done = Split(
        method=config.split.method,
        train=train,
        validation=validation,
        holdout=holdout,
        embargoed_rows=parts.embargoed,
        classes=classes_of(config, target),
    )
    counts = (train.rows, validation.rows, holdout.rows, parts.embargoed)
    logger.info("%s %s: split by %s: %d, %d, %d rows, %d left out", run.model, run.run_id, done.method, *counts)
    return done


def _write_part(run: Run, name: str, rows: pa.Table) -> Part:
    folder = folder_of(run)
    batches = rows.combine_chunks().to_batches(max_chunksize=ROW_GROUP)
    ref = write_batches(batches, rows.schema, folder.file(f"{name}.parquet"), folder.home)
    target = rows.column(run.config.data.target.column)
    first, last = _time_range(rows) if run.config.data.has_clock else (None, None)
    return Part(
        file=ref,
        rows=rows.num_rows,
        positives=count_positives(run.config.task, target),
        time_from=first,
        time_to=last,
    )


def _time_range(rows: pa.Table) -> tuple[datetime, datetime]:
    times = rows.column(TIME).to_pandas()
    return times.min().to_pydatetime(), times.max().to_pydatetime()

"""Split a snapshot into train, validation and holdout, as the YAML asks."""

import logging
from datetime import datetime

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ratchet.artifacts.files import verified_path
from ratchet.artifacts.folder import folder_of
from ratchet.artifacts.frames import ROW_GROUP, write_batches
from ratchet.config.model import ModelConfig
from ratchet.config.run import Run
from ratchet.data.clock import count_moments
from ratchet.data.splitting import (
    Keys,
    Moments,
    Parts,
    Positions,
    Shares,
    cut_by_key,
    cut_by_time,
    keep_groups_apart,
    keep_newest,
    keys_of_groups,
)
from ratchet.errors import DataError
from ratchet.records.columns import ROW, TIME
from ratchet.records.data import Part, Split, Table
from ratchet.timeline import to_length

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


def divide_rows(config: ModelConfig, rows: pa.Table) -> Parts:
    """Tell which row goes into which part; of the columns only time, row and group are looked at."""
    plan, data = config.split, config.data
    shares = Shares(validation=plan.validation, holdout=plan.holdout)
    moments = count_moments(rows.column(TIME)) if data.has_clock else rows.column(ROW).to_numpy()
    keys = _keys(data.group, rows)
    if plan.method == "time":
        parts = cut_by_time(moments, shares, delay=to_length(data.label_delay))
        parts = keep_groups_apart(parts, keys) if data.group else parts
    else:
        # A seed would move a group to another part when it is changed, so it is for random rows only.
        salt = {"group": "", "random": str(config.schedule.seed)}[plan.method]
        parts = cut_by_key(keys, shares, salt=salt)
    # Last, and from the training rows alone: the judging parts are the same whatever the window.
    return keep_newest(parts, moments, to_length(plan.window)) if plan.window else parts


def _keys(group: str | None, rows: pa.Table) -> Keys:
    """Return what decides where a row goes: its group, or the row itself."""
    numbers: Moments = rows.column(ROW).to_numpy()
    if group is None:
        return numbers.astype(object)
    return keys_of_groups(rows.column(group).to_numpy(zero_copy_only=False), numbers)


def refuse_useless(config: ModelConfig, parts: Parts, target: pa.ChunkedArray) -> None:
    """Refuse parts that nothing can be learnt from or judged on.

    Raises:
        DataError: a part has no rows, or the training rows have one class only.
    """
    for name, positions in (("train", parts.train), ("validation", parts.validation), ("holdout", parts.holdout)):
        if not len(positions):
            raise DataError(
                f"{config.model}: the {name} part has no rows after a split by {config.split.method}: "
                f"give it more rows, or less `split.{name if name != 'train' else 'holdout'}`, label_delay or window"
            )
    if config.task != "regression" and len(_counts(target, parts.train)) < 2:
        raise DataError(
            f"{config.model}: the training rows have one class only in '{config.data.target.column}': "
            "widen split.window, or check `data.target`"
        )


def _counts(target: pa.ChunkedArray, positions: Positions) -> pd.Series:
    values: pd.Series = target.take(pa.array(positions)).to_pandas()
    return values.value_counts()


def classes_of(config: ModelConfig, target: pa.ChunkedArray) -> tuple[str, ...]:
    """Return the classes in the order of their codes; none for regression."""
    if config.task == "regression":
        return ()
    if config.task == "multiclass":
        return tuple(sorted(str(value) for value in target.unique().to_pylist() if value is not None))
    return config.data.target.names


def _write_part(run: Run, name: str, rows: pa.Table) -> Part:
    folder = folder_of(run)
    batches = rows.combine_chunks().to_batches(max_chunksize=ROW_GROUP)
    ref = write_batches(batches, rows.schema, folder.file(f"{name}.parquet"), folder.home)
    target = rows.column(run.config.data.target.column)
    first, last = _time_range(rows) if run.config.data.has_clock else (None, None)
    return Part(
        file=ref,
        rows=rows.num_rows,
        positives=_positives(run.config.task, target),
        time_from=first,
        time_to=last,
    )


def _positives(task: str, target: pa.ChunkedArray) -> int | None:
    if task == "regression":
        return None
    if task == "binary":
        return int(np.count_nonzero(target.to_numpy() == 1))
    # Of several classes the rarest limits what a part can show.
    return int(_counts(target, np.arange(len(target))).min())


def _time_range(rows: pa.Table) -> tuple[datetime, datetime]:
    times = rows.column(TIME).to_pandas()
    return times.min().to_pydatetime(), times.max().to_pydatetime()

"""Split a snapshot into train, validation and holdout, as the YAML asks."""

import logging
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ratchet.artifacts.files import verified_path
from ratchet.artifacts.frames import ROW_GROUP, write_batches
from ratchet.artifacts.run_store import find_folder, find_record, folder_of
from ratchet.config.run import Run
from ratchet.data.splitting import (
    RECENT,
    Moments,
    Positions,
    classes_of,
    count_positives,
    divide_rows,
    read_moments,
    refuse_useless,
)
from ratchet.errors import ArtifactError, DataError
from ratchet.evaluation.loss_shift import find_loss_shift, find_losses
from ratchet.models.labels import Floats, encode_labels
from ratchet.models.scoring import score_old_model
from ratchet.records.columns import TIME
from ratchet.records.data import Change, Part, Split, Table
from ratchet.registry.champion import LoadedChampion, find_end, load_champion
from ratchet.timeline import to_moment, to_number

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
    change = find_change(run, rows) if config.split.method == "time" and config.split.recover else None
    parts = divide_rows(config, rows, since=change.at if change else None)
    if change is not None and not len(parts.validation):  # no label of a row since is known before the holdout begins
        change, parts = None, divide_rows(config, rows)
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
        change=change,
    )
    counts = (train.rows, validation.rows, holdout.rows, parts.embargoed)
    logger.info("%s %s: split by %s: %d, %d, %d rows, %d left out", run.model, run.run_id, done.method, *counts)
    return done


def find_change(run: Run, rows: pa.Table) -> Change | None:
    """Find since when the champion has lost, where enough rows are known since then to judge on.

    The champion's twin has learnt none of the rows that are looked at: its own holdout, and all that came later.
    A change that the champion's run has found counts until there is a newer one: what is older misleads.
    """
    target = rows.column(run.config.data.target.column)
    champion = load_champion(run, classes_of(run.config, target))
    if champion is None or champion.pipeline is None:
        return None
    made_by = find_record(find_folder(run.home, run.model, champion.facts.run_id), "split", Split)
    known = made_by.change if made_by else None
    moments = read_moments(run.config, rows)
    try:
        order = _find_unlearnt(run, champion, made_by, moments)
        losses = _measure_losses(run, champion, rows.take(pa.array(order)))
    except (ArtifactError, DataError) as error:
        logger.warning("%s %s: it can't be told whether the champion has lost: %s", run.model, run.run_id, error)
        return known
    shift = find_loss_shift(losses)
    if shift is None:
        return known
    last = int(moments[order[shift.at - 1]])
    since = int((moments > last).sum())
    if since * RECENT.holdout < run.config.min_rows:
        return known
    at = to_moment(last, has_clock=run.config.data.has_clock)
    found = Change(at=at, rows=since, before=shift.before, after=shift.after, run_id=run.run_id)
    logger.info("%s %s: the champion's loss rose from %.4g to %.4g", run.model, run.run_id, shift.before, shift.after)
    return found


def _find_unlearnt(run: Run, champion: LoadedChampion, made_by: Split | None, moments: Moments) -> Positions:
    """Return the rows of the twin's own holdout and all later ones, in the order of time."""
    order = np.argsort(moments, kind="stable")
    end = find_end(run, champion.facts)
    known = len(order) if end is None else int((moments <= to_number(end)).sum())
    holdout = made_by.holdout.rows if made_by else round(known * run.config.split.holdout)
    return np.asarray(order[max(known - holdout, 0) :], dtype=np.int64)


def _measure_losses(run: Run, champion: LoadedChampion, rows: pa.Table) -> Floats:
    frame, target = rows.to_pandas(), run.config.data.target.column
    labels = encode_labels(frame[target], run.config.task, classes_of(run.config, rows.column(target)))
    assert champion.pipeline is not None, "asked before"
    return find_losses(labels, score_old_model(champion.pipeline, frame, run.config))


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

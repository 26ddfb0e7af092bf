"""Split a snapshot into train, validation and holdout, as the YAML asks."""

import logging
from datetime import datetime

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ratchet.artifacts.files import verified_path
from ratchet.artifacts.frames import ROW_GROUP, write_batches
from ratchet.artifacts.past_runs import find_past_gains
from ratchet.artifacts.run_store import find_folder, find_record, folder_of
from ratchet.config.model import ModelConfig
from ratchet.config.run import Run
from ratchet.config.training import PlannedSize
from ratchet.data.splitting import (
    Moments,
    Parts,
    Positions,
    can_divide,
    classes_of,
    count_positives,
    count_usable,
    count_wanted,
    divide_rows,
    read_holdout,
    read_moments,
    refuse_useless,
    shorten_delay,
)
from ratchet.errors import ArtifactError, DataError, RegistryError
from ratchet.evaluation.holdout_size import (
    MOST_RECENT,
    Supply,
    count_newest_with,
    plan_after_change,
    plan_for_gain,
)
from ratchet.evaluation.loss_shift import LossShift, find_loss_shift
from ratchet.models.labels import encode_labels
from ratchet.models.scoring import score_old_model
from ratchet.records.columns import TIME
from ratchet.records.data import Change, HoldoutPlan, Part, Split, Table
from ratchet.registry.champion import find_end
from ratchet.registry.model_files import LoadedChampion, load_champion, load_pipeline
from ratchet.timeline import Moment, to_length, to_moment, to_number

PAST_GAINS = 5  # a month of weekly runs: how alike two models predict differs from run to run
logger = logging.getLogger(__name__)


def split(run: Run, table: Table) -> Split:
    """Write the three parts of a snapshot.

    By time: the newest rows are the holdout; of those whose label was known when it begins, the newest are validation.
    By group or at random: a row's key decides alone, so that it is in the same part in every run, and no champion has
    been trained on a challenger's holdout. A group never stands in two parts.

    Raises:
        DataError: a part has no rows, too few are left to train on, or these have one class only.
        ArtifactError: the snapshot is missing or was changed.
    """
    config = run.config
    rows = pq.read_table(verified_path(table.file, run.home), page_checksum_verification=True)
    change = find_change(run, rows) if config.split.method == "time" and config.split.recover else None
    plan, parts = _divide(run, rows, change)
    if change is not None and not len(parts.validation):  # its groups are all in the holdout as well
        change = None
        plan, parts = _divide(run, rows, change)
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
        plan=plan,
        knows_validation=parts.knows_validation,
        knows_holdout=parts.knows_holdout,
    )
    counts = (train.rows, validation.rows, holdout.rows, parts.embargoed)
    logger.info("%s %s: split by %s: %d, %d, %d rows, %d left out", run.model, run.run_id, done.method, *counts)
    return done


def _divide(run: Run, rows: pa.Table, change: Change | None) -> tuple[HoldoutPlan | None, Parts]:
    plan = plan_holdout(run, rows, change)
    since, holdout = change.at if change else None, plan.rows if plan else None
    return plan, divide_rows(run.config, rows, since=since, holdout=holdout)


def plan_holdout(run: Run, rows: pa.Table, change: Change | None) -> HoldoutPlan | None:
    """Plan how many of the newest rows judge; None where the YAML says how many, and nothing has changed."""
    config, asked = run.config, run.config.split.holdout
    moments = read_moments(config, rows)
    plan = None
    if isinstance(asked, PlannedSize):
        supply = _find_supply(config, rows, moments, to_length(config.data.label_delay))
        plan = plan_for_gain(config, asked, find_past_gains(run, PAST_GAINS), supply)
    return plan if change is None else plan_since(config, rows, change.at, plan)


def plan_since(config: ModelConfig, rows: pa.Table, since: Moment, plan: HoldoutPlan | None = None) -> HoldoutPlan:
    """Plan how many of the rows after a change judge: no more than else, by a plan or by the YAML."""
    moments, delay = read_moments(config, rows), to_length(config.data.label_delay)
    ordered = np.sort(moments)
    wanted = plan.rows if plan else count_wanted(read_holdout(config.split), ordered, count_usable(ordered, delay))
    newest = np.flatnonzero(moments > to_number(since))
    gap = shorten_delay(np.sort(moments[newest]), delay)
    return plan_after_change(wanted, _find_supply(config, rows.take(pa.array(newest)), moments[newest], gap))


def _find_supply(config: ModelConfig, rows: pa.Table, moments: Moments, gap: int) -> Supply:
    order, least = np.argsort(moments, kind="stable"), config.min_rows
    if config.task != "regression":
        classes = rows.column(config.data.target.column).take(pa.array(order))
        least = max(least, count_newest_with(classes, config.min_positives, config.evaluation.rare_classes))
    return Supply(usable=count_usable(moments[order], gap), least=least)


def find_change(run: Run, rows: pa.Table) -> Change | None:
    """Find since when the champion has lost, where enough rows are known since then to judge on.

    Nobody has learnt what he is looked at on: the champion's twin its holdout, what serves all later rows.
    A change that the champion's run has found counts until there is a newer one, or half of the rows are newer: what is
    older misleads.
    """
    classes = classes_of(run.config, rows.column(run.config.data.target.column))
    champion = load_champion(run, classes)
    if champion is None or champion.pipeline is None:
        return None
    made_by = find_record(find_folder(run.home, run.model, champion.facts.run_id), "split", Split)
    moments = read_moments(run.config, rows)
    known = made_by.change if made_by else None
    if known is not None and not _is_young(run.config, moments, moments[moments > to_number(known.at)]):
        known = None
    try:
        order, held_out = _find_unlearnt(run, champion, made_by, moments)
        shift = _find_shift(run, champion, (rows.take(pa.array(order)), held_out), classes)
    except (ArtifactError, DataError, RegistryError) as error:
        logger.warning("%s %s: it can't be told whether the champion has lost: %s", run.model, run.run_id, error)
        return known
    last = int(moments[order[shift.at - 1]]) if shift else 0
    if shift is None or not can_recover(run.config, moments[moments > last]):
        return known
    since = int((moments > last).sum())
    at = to_moment(last, has_clock=run.config.data.has_clock)
    found = Change(at=at, rows=since, before=shift.before, after=shift.after, run_id=run.run_id)
    logger.info("%s %s: the champion's loss rose from %.4g to %.4g", run.model, run.run_id, shift.before, shift.after)
    return found


def _is_young(config: ModelConfig, moments: Moments, newest: Moments) -> bool:
    """Tell whether rows since a change still have to be kept apart: not a run as of an earlier time, nor a later one.

    Where they are half of all, folds, validation and holdout are of these rows alone, and windows choose what to learn.
    """
    return 2 * len(newest) < len(moments) and can_recover(config, newest)


def can_recover(config: ModelConfig, newest: Moments) -> bool:
    """Tell whether enough rows since a change can be divided, once the label delay has taken its own."""
    ordered = np.sort(newest)
    gap = shorten_delay(ordered, to_length(config.data.label_delay))
    return count_usable(ordered, gap) * MOST_RECENT >= config.min_rows and can_divide(ordered, gap)


def _find_unlearnt(
    run: Run, champion: LoadedChampion, made_by: Split | None, moments: Moments
) -> tuple[Positions, int]:
    """Return the rows of the twin's own holdout and all later ones, in the order of time, and how many are the former.

    What serves has learnt the holdout, and none of the later rows.
    """
    order = np.argsort(moments, kind="stable").astype(np.int64)
    end = find_end(run, champion.facts)
    known = len(order) if end is None else int((moments <= to_number(end)).sum())
    holdout = (
        made_by.holdout.rows if made_by else count_wanted(read_holdout(run.config.split), moments[order[:known]], known)
    )
    first = max(known - round(holdout), 0)
    return order[first:], known - first


def _find_shift(
    run: Run, champion: LoadedChampion, unlearnt: tuple[pa.Table, int], classes: tuple[str, ...]
) -> LossShift | None:
    """Find where the loss of what serves rose; on its twin's holdout, the first rows, the twin stands in for it.

    Args:
        run: the run.
        champion: what serves.
        unlearnt: rows in the order of time, and how many of them are the holdout.
        classes: of all known rows; these may lack a rare one.
    """
    config, target = run.config, run.config.data.target.column
    frame, held_out = unlearnt[0].to_pandas(), unlearnt[1]
    assert champion.pipeline is not None, "asked before"
    parts = (champion.pipeline, frame[:held_out]), (load_pipeline(champion.facts, run.home), frame[held_out:])
    scores = np.concatenate([score_old_model(model, part, config) for model, part in parts])
    return find_loss_shift(encode_labels(frame[target], config.task, classes), scores)


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

"""Enqueue: choose the recent predictions whose labels would teach most, for somebody to label."""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ratchet.artifacts.history import read_record
from ratchet.artifacts.queues import queue_path, read_asked, write_queue
from ratchet.artifacts.samples import read_rows
from ratchet.config.run import Run
from ratchet.drift.novelty import count_novel_values
from ratchet.evaluation.uncertainty import choose_rows, find_boundary, measure_leads, name_strata
from ratchet.metrics.arrays import Floats
from ratchet.metrics.metric import Task
from ratchet.records.columns import (
    DECISION,
    ENTITY,
    HAS_FEATURES,
    LABEL,
    PREDICTION_ID,
    ROW,
    SCORE,
    SCORES,
    TIME,
    VERSION,
)
from ratchet.records.files import FileRef
from ratchet.records.monitoring import Observation, Queue
from ratchet.records.profile import Profile, Reference

logger = logging.getLogger(__name__)

CERTAINTY, STRATUM = "_certainty", "_stratum"
HOW: dict[Task, str] = {
    "binary": "nearest to the probability at which decisions change",
    "multiclass": "whose most probable class leads the next by least",
    "regression": "with most values that training never saw, the rest at random, as a single value tells nothing of "
    "how sure it is",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Eligible:
    """Recent predictions that may be asked for.

    Attributes:
        names: their ids.
        certainty: the lower, the less sure.
        strata: the part of the rows that each stands for.
    """

    names: NDArray[np.object_]
    certainty: Floats
    strata: NDArray[np.object_]


def queue_labels(run: Run, observation: Observation) -> Queue:
    """Choose the least certain predictions of the window that have no label, each part of the rows getting its turn.

    Rows that a run of another as-of asked for are not asked for again; a repeated run asks for the same ones.

    Raises:
        ArtifactError: an earlier queue, or what was observed, is damaged.
    """
    home, plan = run.home, run.config.monitoring.queue
    path = queue_path(home, run.model, observation.as_of)
    earlier, later = read_asked(path)
    eligible = _find_eligible(run, observation, earlier)
    # what a later window asked for, this one may have passed over, but never chosen: a repeated run chooses the same
    certainty = np.where(pd.Series(eligible.names, dtype=object).isin(later), np.nan, eligible.certainty)
    chosen = choose_rows(certainty, eligible.strata, _break_ties(eligible.names), plan.rows)
    file = _write(run, observation, eligible, chosen) if len(chosen) else None
    queue = Queue(
        file=file,
        rows=len(chosen),
        eligible=len(eligible.names),
        reason=_explain(run, len(chosen), len(eligible.names)),
    )
    logger.info("%s %s: %s", run.model, run.run_id, queue.reason)
    return queue


def _find_eligible(run: Run, observation: Observation, asked: frozenset[str]) -> _Eligible:
    """Read the window; parts and boundaries are those of all its rows, whoever has a label or was asked for."""
    rows = _read_window(run, observation)
    if not len(rows):
        return _Eligible(names=np.empty(0, object), certainty=np.empty(0), strata=np.empty(0, object))
    is_free = rows[LABEL].isna() & ~rows[PREDICTION_ID].isin(asked)
    if HAS_FEATURES in rows.columns:  # nobody can label what is not there to be seen
        is_free &= rows[HAS_FEATURES].astype(bool)
    free = is_free.to_numpy(dtype=bool)
    certainty = _find_distances(run, rows) if run.config.task == "binary" else rows[CERTAINTY].to_numpy(np.float64)
    return _Eligible(
        names=rows[PREDICTION_ID].to_numpy(dtype=object)[free],
        certainty=certainty[free],
        strata=_find_strata(run, rows)[free],
    )


def _read_window(run: Run, observation: Observation) -> pd.DataFrame:
    """Read the window a batch at a time; of scores and features only what they say of certainty is kept."""
    kept = [PREDICTION_ID, SCORE, DECISION, VERSION, LABEL, HAS_FEATURES, TIME, ROW, *_parts_of(run), *_by(run)]
    measure, needed = _choose_measure(run, observation)
    tables = []
    for table in read_rows(observation.observed, run.home, [*kept, *needed], window=observation.window):
        light = table.select([name for name in table.column_names if name in kept])
        tables.append(light.append_column(CERTAINTY, pa.array(measure(table), pa.float64())))
    frame: pd.DataFrame = pa.concat_tables(tables).to_pandas()
    return frame


def _choose_measure(run: Run, observation: Observation) -> tuple[Callable[[pa.Table], Floats], Sequence[str]]:
    """Return what certainty is measured by, row by row, and the columns that it needs."""
    task, home = run.config.task, run.home
    if task == "multiclass":
        return _measure_leads, [SCORES]
    if task == "binary":
        return lambda rows: np.zeros(rows.num_rows), []  # needs all rows: see `_find_distances`
    features = list(run.config.data.features)
    reference = read_record(observation.reference, home, Reference)
    profile = read_record(observation.reference_profile, home, Profile)
    return lambda rows: -count_novel_values(rows, reference, profile, features).astype(np.float64), features


def _measure_leads(rows: pa.Table) -> Floats:
    """Return the lead of the most probable class; NaN where a row has not the probabilities that most rows have."""
    column = rows.column(SCORES).combine_chunks()
    lengths = pc.fill_null(pc.list_value_length(column), 0).to_numpy(zero_copy_only=False)
    leads = np.full(len(column), np.nan)
    if not len(lengths) or not lengths.max():
        return leads
    usual = int(np.bincount(lengths).argmax())
    fits = (lengths == usual) & (usual > 0)
    flat = column.filter(pa.array(fits)).flatten().to_numpy(zero_copy_only=False)
    leads[fits] = measure_leads(flat.astype(np.float64).reshape(-1, max(usual, 1)))
    return leads


def _find_distances(run: Run, rows: pd.DataFrame) -> Floats:
    """Return how far each score is from where decisions change: for each version, and each segment with its own."""
    scores = rows[SCORE].to_numpy(dtype=np.float64, na_value=np.nan)
    is_positive = (rows[DECISION].astype(str) == str(run.config.data.target.positive)).to_numpy(dtype=bool)
    distances = np.full(len(rows), np.nan)
    groups = [name for name in (VERSION, *_by(run)) if name in rows.columns]
    keys = name_strata([rows[name] for name in groups]) if groups else pd.Series("", index=rows.index)
    for places in keys.groupby(keys.to_numpy()).indices.values():
        boundary = find_boundary(scores[places], is_positive[places])
        distances[places] = np.abs(scores[places] - boundary)
    return distances


def _find_strata(run: Run, rows: pd.DataFrame) -> NDArray[np.object_]:
    """Name the part of the rows that each row stands for: its segments, its day, and for a value its size."""
    columns = [rows[name] for name in _parts_of(run) if name in rows.columns]
    if run.config.task == "regression":
        columns.append(rows[SCORE])
    # without a clock, fifths of the window stand for days
    columns.append(rows[TIME].dt.strftime("%Y-%m-%d") if TIME in rows.columns else rows[ROW].astype(float))
    return name_strata(columns).to_numpy(dtype=object)


def _parts_of(run: Run) -> tuple[str, ...]:
    plan = run.config.monitoring
    return plan.segments if plan.queue.by is None else plan.queue.by


def _by(run: Run) -> tuple[str, ...]:
    """Return the column that thresholds go by, if they do."""
    by = run.config.decision.by
    return () if by is None else (by,)


def _break_ties(names: NDArray[np.object_]) -> NDArray[np.uint64]:
    """Return an order that means nothing and is the same in every run."""
    return np.asarray(pd.util.hash_array(names), np.uint64)


def _write(run: Run, observation: Observation, eligible: _Eligible, chosen: NDArray[np.intp]) -> FileRef:
    """Write what a person needs to label the rows, the least certain of each part first."""
    home = run.home
    wanted = [PREDICTION_ID, ENTITY, TIME, ROW, *_parts_of(run), *run.config.data.features, SCORE, DECISION]
    names = pa.array(eligible.names[chosen], pa.string())
    batches = read_rows(observation.observed, home, wanted, window=observation.window)
    found = pa.concat_tables(
        [batch.filter(pc.is_in(batch.column(PREDICTION_ID).cast(pa.string()), names)) for batch in batches]
    )
    order = pc.index_in(names, found.column(PREDICTION_ID).cast(pa.string()).combine_chunks())
    rows = found.take(order)
    rows = rows.append_column(STRATUM, pa.array(eligible.strata[chosen], pa.string()))
    rows = rows.append_column(CERTAINTY, pa.array(eligible.certainty[chosen], pa.float64()))
    return write_queue(home, queue_path(home, run.model, observation.as_of), rows)


def _explain(run: Run, rows: int, eligible: int) -> str:
    if not run.config.monitoring.queue.rows:
        return "no row is asked for: `monitoring.queue.rows` is 0"
    if not eligible:
        return "no recent prediction is without a label that was not asked for before"
    return (
        f"{rows:,} of {eligible:,} recent predictions without a label: those {HOW[run.config.task]}, each part in turn"
    )

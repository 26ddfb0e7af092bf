"""Choose the recent predictions whose labels would teach most, for somebody to label."""

import logging
from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ratchet.artifacts.frames import read_rows
from ratchet.artifacts.predictions import queue_path, read_asked, write_queue
from ratchet.artifacts.run_store import read_record
from ratchet.config.run import Run
from ratchet.drift.profiles import count_novel_values
from ratchet.evaluation.uncertainty import (
    CERTAINTY,
    Eligible,
    find_eligible,
    list_columns,
    list_strata,
    measure_row_leads,
)
from ratchet.metrics.arrays import Floats
from ratchet.metrics.metric import Task
from ratchet.records.columns import (
    DECISION,
    ENTITY,
    PREDICTION_ID,
    ROW,
    SCORE,
    SCORES,
    TIME,
)
from ratchet.records.files import FileRef
from ratchet.records.monitoring import Observation, Queue
from ratchet.records.profile import Profile, Reference

logger = logging.getLogger(__name__)

STRATUM = "_stratum"
HOW: dict[Task, str] = {
    "binary": "nearest to the probability at which decisions change",
    "multiclass": "whose most probable class leads the next by least",
    "regression": "with most values that training never saw, the rest at random, as a single value tells nothing of "
    "how sure it is",
}


def queue_labels(run: Run, observation: Observation) -> Queue:
    """Choose the least certain predictions of the window that have no label, each part of the rows getting its turn.

    Rows that a run of another as-of asked for are not asked for again; a repeated run asks for the same ones.

    Raises:
        ArtifactError: an earlier queue, or what was observed, is damaged.
    """
    earlier, later = read_asked(queue_path(run.home, run.model, observation.as_of))
    eligible = find_eligible(run.config, _read_window(run, observation), earlier)
    # what a later window asked for, this one may have passed over, but never chosen: a repeated run chooses the same
    chosen = eligible.choose(later, run.config.monitoring.queue.rows)
    queue = Queue(
        file=_write(run, observation, eligible, chosen) if len(chosen) else None,
        rows=len(chosen),
        eligible=len(eligible.names),
        reason=_explain(run, len(chosen), len(eligible.names)),
    )
    logger.info("%s %s: %s", run.model, run.run_id, queue.reason)
    return queue


def _read_window(run: Run, observation: Observation) -> pd.DataFrame:
    """Read the window a batch at a time; of scores and features only the certainty is kept."""
    kept = list_columns(run.config)
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
        return measure_row_leads, [SCORES]
    if task == "binary":
        return lambda rows: np.zeros(rows.num_rows), []  # needs all rows: see `find_eligible`
    features = list(run.config.data.features)
    reference = read_record(observation.reference, home, Reference)
    profile = read_record(observation.reference_profile, home, Profile)
    return lambda rows: -count_novel_values(rows, reference, profile, features).astype(np.float64), features


def _write(run: Run, observation: Observation, eligible: Eligible, chosen: NDArray[np.intp]) -> FileRef:
    """Write what a person needs to label the rows, the least certain of each part first."""
    home = run.home
    wanted = [PREDICTION_ID, ENTITY, TIME, ROW, *list_strata(run.config), *run.config.data.features, SCORE, DECISION]
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

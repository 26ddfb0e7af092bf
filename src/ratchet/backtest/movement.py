"""How far a window's rows and a model's answers are from those that it was judged on."""

from collections.abc import Iterator

import numpy as np
import pyarrow as pa

from ratchet.backtest.history import History, Positions
from ratchet.drift.distances import IndexParts
from ratchet.drift.measuring import JudgedRows
from ratchet.drift.profiles import profile_rows
from ratchet.drift.reference import make_reference
from ratchet.drift.seasonal_baseline import measure_seasonal_baseline, number_windows, profile_windows
from ratchet.models.labels import Floats
from ratchet.records.backtest import Moved
from ratchet.records.columns import ColumnKind
from ratchet.records.drift import DriftLevel

PREDICTION = "_prediction"  # no feature begins with an underscore by habit
BATCH_ROWS = 1 << 16


def profile_judged(history: History, scores: Floats, holdout: Positions) -> JudgedRows:
    """Profile the rows that a model was judged on, and its answers."""
    config = history.config
    plan, seed = config.monitoring.drift, config.schedule.seed
    kinds = {name: kind for name, kind in config.data.features.items() if name not in plan.ignore}
    kinds[PREDICTION] = ColumnKind.CATEGORICAL if config.task == "multiclass" else ColumnKind.NUMERIC
    rows = list(_read_batches(history, scores, holdout))
    reference = make_reference(rows, kinds, seed=seed)
    whole = profile_rows(rows, reference)
    baseline: dict[str, IndexParts] = {}
    if plan.seasonal_baseline:
        numbers = number_windows(history.moments[holdout], history.timeline.window)
        windows = profile_windows(rows, numbers, reference)
        baseline = measure_seasonal_baseline(reference, whole, windows, significance=plan.significance, seed=seed)
    return JudgedRows(reference=reference, profile=whole, baseline=baseline)


def measure_movement(history: History, judged: JudgedRows, scores: Floats, now: Positions) -> Moved:
    """Measure the drift of features and predictions as monitoring does: less the seasonal baseline."""
    limits, seed = history.config.monitoring.drift.limits, history.config.schedule.seed
    drift = judged.measure(
        profile_rows(_read_batches(history, scores, now), judged.reference), limits=limits, seed=seed
    )
    levels = {each.column: each.level for each in drift.columns if each.level is not None}
    prediction = levels.pop(PREDICTION, None)
    return Moved(
        measured=len(levels),
        moved=sum(level is DriftLevel.ACT for level in levels.values()),
        prediction=prediction is DriftLevel.ACT,
    )


def _read_batches(history: History, scores: Floats, rows: Positions) -> Iterator[pa.RecordBatch]:
    for start in range(0, len(rows), BATCH_ROWS):
        chosen = rows[start : start + BATCH_ROWS]
        frame = history.frame.iloc[chosen][list(history.config.data.features)]
        answers = scores[chosen]
        if answers.ndim > 1:
            answers = np.array(history.classes, dtype=object)[answers.argmax(axis=1)]
        frame = frame.assign(**{PREDICTION: answers})
        yield pa.RecordBatch.from_pandas(frame, preserve_index=False)

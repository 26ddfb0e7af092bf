"""Observed rows, an Arrow table, as the arrays that production is measured on."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ratchet.config.model import ModelConfig
from ratchet.evaluation.production.basis import Material
from ratchet.evaluation.production.rows import Codes, Production, SegmentColumn
from ratchet.evaluation.slices.columns import name_segments
from ratchet.metrics.arrays import Floats
from ratchet.records.columns import (
    DECISION,
    ENTITY,
    HAS_FEATURES,
    LABEL,
    LABEL_FIRST_KNOWN_AT,
    LABEL_KNOWN_AT,
    ROW,
    SCORE,
    SCORES,
    TIME,
    VERSION,
)
from ratchet.records.monitoring import Observation
from ratchet.timeline import Window, to_number

TOLD = (LABEL_FIRST_KNOWN_AT, LABEL_KNOWN_AT)
READ = (TIME, ROW, ENTITY, VERSION, SCORE, SCORES, DECISION, LABEL, *TOLD, HAS_FEATURES)  # beside the segments


def make_material(
    config: ModelConfig, observation: Observation, table: pa.Table, lost: tuple[Window, ...] = ()
) -> Material:
    """Turn observed rows into arrays, in the order of time.

    Args:
        config: the model's YAML.
        observation: what was observed.
        table: its rows: those columns of `READ` that there are, and segments.
        lost: windows in which the model was shown to be worse, so that no baseline is made of them.
    """
    classes = _name_classes(config, observation, table)
    labels = _encode(table[LABEL], classes)
    rows, unusable = _leave_out_lost(_as_rows(config, observation, table, (labels, classes)))
    order = np.argsort(rows.ticks, kind="stable")
    rows = rows.take(order).between(*observation.history.numbers)
    segments = [name for name in config.monitoring.segments if name in table.column_names]
    return Material(
        config=config,
        rows=rows,
        segments=tuple(_read_segments(table, name, rows.places) for name in segments),
        as_of=observation.as_of,
        window=observation.window,
        long_window=observation.long_window,
        red=lost,
        warnings=(*unusable, *_tell_foreign(table[LABEL], labels)),
    )


def _leave_out_lost(rows: Production) -> tuple[Production, tuple[str, ...]]:
    """Leave out rows whose prediction is no number, and say how many."""
    is_finite = np.isfinite(rows.scores if rows.scores.ndim == 1 else rows.scores.sum(axis=1))
    lost = int(np.count_nonzero(~is_finite))
    if not lost:
        return rows, ()
    return rows.take(is_finite), (f"{lost:,} predictions are not finite numbers, or of other classes: left out",)


def _tell_foreign(column: pa.ChunkedArray, labels: Floats) -> tuple[str, ...]:
    """Say how many labels the model has no class for."""
    foreign = len(labels) - column.null_count - int(np.count_nonzero(np.isfinite(labels)))
    return (f"{foreign:,} labels are no class or number that the model knows: taken for open",) if foreign > 0 else ()


def _as_rows(
    config: ModelConfig, observation: Observation, table: pa.Table, coded: tuple[Floats, tuple[str, ...]]
) -> Production:
    """Turn the observed rows into arrays; a label that is not known yet, or none of the task's, is open."""
    labels, classes = coded
    has_clock = config.data.has_clock and TIME in table.column_names
    ticks = _as_ticks(table, TIME if has_clock else ROW)
    delays = None
    if has_clock:
        labels, delays = _wait(table, ticks, labels, to_number(observation.as_of))
    return Production(
        ticks=ticks,
        labels=labels,
        scores=_read_scores(table[SCORES], len(classes)) if config.task == "multiclass" else _as_floats(table[SCORE]),
        decisions=_encode(table[DECISION], classes) if classes else None,
        delays=delays,
        entities=_encode_entities(_read(table, ENTITY, None)),
        versions=_read(table, VERSION, 0).to_numpy().astype(np.int64),
        has_features=np.asarray(pc.fill_null(_read(table, HAS_FEATURES, True), False).to_numpy(), dtype=np.bool_),
        places=np.arange(table.num_rows),
    )


def _read(table: pa.Table, name: str, default: object) -> pa.ChunkedArray:
    """Return a column, or one value in every row where it is not there."""
    if name in table.column_names:
        return table[name]
    return pa.chunked_array([pa.repeat(pa.scalar(default), table.num_rows)])


def _wait(table: pa.Table, ticks: NDArray[np.int64], labels: Floats, now: int) -> tuple[Floats, Floats]:
    """Return the labels that are known by now and how long they took, infinite while open.

    A label that was revised came when its first one did: how long labels take is not how long they are in doubt.
    """
    first, last = (_as_ticks(table, name) for name in _name_told(table))
    known = np.where(last <= now, labels, np.nan)
    return known, np.where(np.isfinite(known), np.maximum(first - ticks, 0), np.inf)


def _name_told(table: pa.Table) -> tuple[str, str]:
    return (TOLD[0] if TOLD[0] in table.column_names else TOLD[1]), TOLD[1]


def _as_ticks(table: pa.Table, name: str) -> NDArray[np.int64]:
    """Return times in microseconds, or numbers of rows; a missing one is later than any."""
    values = table[name]
    if pa.types.is_timestamp(values.type):
        values = values.cast(pa.timestamp("us", "UTC")).cast(pa.int64())
    return np.asarray(values.fill_null(np.iinfo(np.int64).max).to_numpy(), dtype=np.int64)


def _as_floats(column: pa.ChunkedArray) -> Floats:
    numbers = pd.to_numeric(column.to_pandas(), errors="coerce")
    return np.asarray(numbers.to_numpy(dtype=np.float64, na_value=np.nan), dtype=np.float64)


def _name_classes(config: ModelConfig, observation: Observation, table: pa.Table) -> tuple[str, ...]:
    """Return the classes in the order of the scores; of regression none."""
    if config.task == "regression":
        return ()
    if config.task == "binary":
        return "", str(config.data.target.positive)
    if observation.classes:
        return observation.classes
    found = {str(name) for column in (DECISION, LABEL) for name in table[column].unique().to_pylist() if name}
    return tuple(sorted(found))  # as training orders them


def _encode(column: pa.ChunkedArray, classes: tuple[str, ...]) -> Floats:
    """Return classes as codes or, of regression, values; NaN where there is none, or one that the model has not."""
    if not classes:
        return _as_floats(column)
    codes, values = pd.factorize(column.to_pandas(strings_to_categorical=True))
    names = name_segments(pd.Series(np.asarray(values)))
    places = {name: float(place) for place, name in enumerate(classes)}
    # of two classes, whatever is not the positive one is the other
    other = 0.0 if len(classes) == 2 and not classes[0] else np.nan
    numbers = np.array([places.get(name, other) for name in names] + [np.nan])
    return numbers[codes]


def _encode_entities(column: pa.ChunkedArray) -> Codes | None:
    """Give whom rows are about codes; a row about nobody known is on its own. None where all are."""
    if column.null_count == len(column):
        return None
    codes, values = pd.factorize(column.to_pandas(strings_to_categorical=True))
    return np.where(codes < 0, len(values) + np.arange(len(codes)), codes).astype(np.intp)


def _read_scores(column: pa.ChunkedArray, classes: int) -> Floats:
    """Return every class's probability; NaN for rows of a model with other classes."""
    whole = column.combine_chunks()
    fits = np.asarray(pc.fill_null(pc.equal(pc.list_value_length(whole), classes), False))
    scores = np.full((len(whole), classes), np.nan)
    scores[fits] = whole.filter(pa.array(fits)).flatten().to_numpy(zero_copy_only=False).reshape(-1, classes)
    return scores


def _read_segments(table: pa.Table, name: str, places: Codes) -> SegmentColumn:
    codes, values = pd.factorize(name_segments(table[name].to_pandas()))
    return SegmentColumn(name=name, codes=codes[places].astype(np.intp), names=tuple(map(str, values)))

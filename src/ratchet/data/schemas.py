"""Every kind of row that Ratchet writes, and the columns that it has.

A row's time is `TIME` in what Ratchet reads and keeps, and `EVENT_TIME` in predictions, which others read.
"""

from collections.abc import Iterable, Sequence

import pyarrow as pa

from ratchet.config.data import Data
from ratchet.config.model import ModelConfig
from ratchet.metrics.metric import Task
from ratchet.records.columns import (
    DECISION,
    ENTITY,
    EVENT_TIME,
    HAS_FEATURES,
    LABEL,
    LABEL_FIRST_KNOWN_AT,
    LABEL_KNOWN_AT,
    PREDICTION,
    PREDICTION_ID,
    ROW,
    SCORE,
    SCORES,
    TIME,
    VERSION,
    ColumnKind,
)

MOMENT = pa.timestamp("us", "UTC")
FEATURE_TYPES = {
    ColumnKind.NUMERIC: pa.float64(),
    ColumnKind.CATEGORICAL: pa.string(),
    ColumnKind.BOOLEAN: pa.bool_(),
    ColumnKind.DATETIME: pa.float64(),
    ColumnKind.TEXT: pa.string(),
}
LABEL_TYPES = {"binary": pa.int8(), "multiclass": pa.string(), "regression": pa.float64()}
FEW_NAMES = pa.dictionary(pa.int32(), pa.string())  # the same few texts in every row
ALL_SCORES = (SCORES, pa.list_(pa.float64()))
# What a row is known by while predictions, rows and labels are joined; its event time is a number of `timeline`.
BY_ID, BY_ENTITY, BY_TIME, BY_FEATURES, BY_ROW = PREDICTION_ID, ENTITY, EVENT_TIME, "feature_hash", "row"
KEY_TYPES = {
    BY_ID: pa.string(),
    BY_ENTITY: pa.string(),
    BY_TIME: pa.int64(),
    BY_FEATURES: pa.string(),
    BY_ROW: pa.int64(),
}


def snapshot_schema(config: ModelConfig) -> pa.Schema:
    """Return the columns of a snapshot: time, row, features, target, keys."""
    data, target = config.data, config.data.target.column
    fields = [*_time_and_row(data), *_features(data), (target, LABEL_TYPES[config.task])]
    return pa.schema([*fields, *((name, pa.string()) for name in data.keys if name != target)])


def new_rows_schema(data: Data, keys: Sequence[str]) -> pa.Schema:
    """Return the columns of rows to score: time, row, features, keys."""
    return pa.schema([*_time_and_row(data), *_features(data), *((name, pa.string()) for name in keys)])


def predictions_schema(task: Task, *, has_clock: bool) -> pa.Schema:
    """Return the columns of a model's predictions.

    `row` is the row's number in the source of that run. `score` is the positive class's probability, the most probable
    class's, or the value; `scores` has every class's of a multiclass model. `latency_ms` is how long the model took
    for the batch that the row was in.
    """
    fields = [(PREDICTION_ID, pa.string()), (ENTITY, pa.string())]
    fields += [(EVENT_TIME, MOMENT)] if has_clock else []
    fields += [(BY_ROW, pa.int64()), ("model", FEW_NAMES), (VERSION, pa.int32()), (SCORE, pa.float64())]
    fields += [ALL_SCORES] if task == "multiclass" else []
    fields += [(DECISION, FEW_NAMES), (BY_FEATURES, pa.string()), ("latency_ms", pa.float64()), ("run_id", FEW_NAMES)]
    return pa.schema(fields)


def read_predictions_schema(*, has_scores: bool) -> pa.Schema:
    """Return the columns of predictions as monitoring reads them back.

    `first` and `second` are the two halves of the row's key, which is the same whichever version predicted it; `made`
    is when its scoring run began, and `is_known` whether that run was done by the as-of.
    """
    fields = [("first", pa.uint64()), ("second", pa.uint64()), (EVENT_TIME, pa.int64()), ("made", pa.int64())]
    fields += [("is_known", pa.bool_()), (BY_ROW, pa.int64()), (PREDICTION_ID, pa.string()), (ENTITY, pa.string())]
    fields += [(VERSION, pa.int32()), (SCORE, pa.float64()), (DECISION, pa.string()), (BY_FEATURES, pa.string())]
    return pa.schema([*fields, ALL_SCORES] if has_scores else fields)


def scored_rows_schema(config: ModelConfig) -> pa.Schema:
    """Return the columns of rows that were scored, as they are read again: what a row is known by, and its values."""
    keys = [(name, KEY_TYPES[name]) for name in (BY_FEATURES, BY_TIME, BY_ENTITY)]
    values = [(ours, _value_type(config, name)) for name, ours in name_values(config).items()]
    return pa.schema([*keys, ("place", pa.int64()), *values])


def labels_schema(config: ModelConfig, keys: Iterable[str]) -> pa.Schema:
    """Return the columns of labels: `label`, `known` (null where no column says when), `place`, and their keys."""
    fields = [("label", named_label_type(config.task)), ("known", pa.int64()), ("place", pa.int64())]
    return pa.schema([*fields, *((name, KEY_TYPES[name]) for name in sorted(keys))])


def observed_schema(config: ModelConfig) -> pa.Schema:
    """Return the columns of observed rows; `records.columns` says what they hold."""
    has_clock, is_decided = config.data.has_clock, config.task == "multiclass"
    fields = [*_time_and_row(config.data), (PREDICTION_ID, pa.string()), (ENTITY, pa.string()), (VERSION, pa.int32())]
    fields += [(SCORE, pa.float64()), *([ALL_SCORES] if is_decided else []), (DECISION, pa.string())]
    fields += [(PREDICTION, pa.string() if is_decided else pa.float64()), (LABEL, named_label_type(config.task))]
    fields += [(LABEL_KNOWN_AT, MOMENT), (LABEL_FIRST_KNOWN_AT, MOMENT)] if has_clock else []
    return pa.schema([*fields, (HAS_FEATURES, pa.bool_()), *((n, _value_type(config, n)) for n in name_values(config))])


def reference_schema(config: ModelConfig, there: Iterable[str]) -> pa.Schema:
    """Return the columns of a reference's rows: those of observed rows that say nothing of who predicted when."""
    kept = {TIME, ROW, SCORE, SCORES, DECISION, PREDICTION, LABEL, *there}
    return pa.schema([field for field in observed_schema(config) if field.name in kept])


def name_values(config: ModelConfig) -> dict[str, str]:
    """Return a name of our own for each feature and segment: the user's may differ in case only, as SQL's may not."""
    names = dict.fromkeys((*config.data.features, *config.monitoring.segments))
    return {name: f"f{place}" for place, name in enumerate(names)}


def named_label_type(task: Task) -> pa.DataType:
    """Return the type of labels whose classes have names."""
    return pa.string() if task == "binary" else LABEL_TYPES[task]


def _time_and_row(data: Data) -> list[tuple[str, pa.DataType]]:
    return [*([(TIME, MOMENT)] if data.has_clock else []), (ROW, pa.int64())]


def _features(data: Data) -> list[tuple[str, pa.DataType]]:
    return [(name, FEATURE_TYPES[kind]) for name, kind in data.features.items()]


def _value_type(config: ModelConfig, name: str) -> pa.DataType:
    kinds = config.data.features
    return FEATURE_TYPES[kinds[name]] if name in kinds else pa.string()

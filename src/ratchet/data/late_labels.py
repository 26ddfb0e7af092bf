"""Read labels from wherever they arrive, and say by which columns they find the predictions that they are about."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from ratchet.config.data import TimeColumn
from ratchet.config.model import ModelConfig
from ratchet.config.read_plan import find_label_time, has_common_row_numbers, has_usable_time, plan_labels
from ratchet.data.chunks import Chunk, Reading
from ratchet.data.clock import Clock
from ratchet.data.labels import Labels, name_labels
from ratchet.data.row_keys import hash_features, write_hex
from ratchet.data.schemas import BY_ENTITY, BY_FEATURES, BY_ID, BY_ROW, BY_TIME, labels_schema
from ratchet.data.sources import open_source
from ratchet.data.values import read_texts, read_values
from ratchet.records.columns import PREDICTION_ID, ROW


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """One way in which labels find their predictions.

    Attributes:
        columns: what must be the same.
        each_once: only where one prediction and one label have it, as it does not say whom they are about.
        in_turn: where several have it, the first label is the first prediction's, and so on; otherwise the last
            label counts for all of them.
        is_revised: a label that stands there again revises the one before.
    """

    columns: tuple[str, ...]
    each_once: bool = False
    in_turn: bool = False
    is_revised: bool = False


@dataclass(slots=True)
class LateLabels:
    """Labels, read while they are asked for.

    Attributes:
        schema: `label`, `known` (in microseconds; null where no column says so), `place`, and what they match by.
        matches: the ways to find their predictions, the surest first; empty when there is none.
    """

    schema: pa.Schema
    matches: tuple[Match, ...]
    _config: ModelConfig
    _reading: Reading
    _first: Chunk | None
    _labels: Labels
    _clock: Clock | None
    _known: Clock | None = None
    _known_at: str | None = None
    _keys: frozenset[str] = field(default_factory=frozenset)

    @property
    def is_empty(self) -> bool:
        """Whether there is no row, and so nothing is known of the columns."""
        return self._first is None

    @property
    def source(self) -> str:
        """What is read, without credentials."""
        return self._reading.source

    def read(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows that have a label.

        Raises:
            DataError: a value is not what the YAML says.
        """
        with closing(self._reading.chunks) as chunks:
            if self._first is not None:
                yield self._take(self._first)
            for chunk in chunks:
                yield self._take(chunk)

    def _take(self, chunk: Chunk) -> pa.RecordBatch:
        labels = self._labels.read(chunk)
        has_label = pc.is_valid(labels)
        rows = chunk.only(has_label)
        named = name_labels(labels.filter(has_label), self._config.data.target, self._config.task)
        columns = {"label": named, "known": self._read_known(rows), "place": rows.rows.column(ROW)}
        columns |= {name: self._read_key(rows, name) for name in self._keys}
        return pa.RecordBatch.from_arrays([columns[name] for name in self.schema.names], schema=self.schema)

    def _read_known(self, rows: Chunk) -> pa.Array:
        if self._known is None or self._known_at is None:
            return pa.nulls(rows.rows.num_rows, pa.int64())
        is_said = np.asarray(pc.is_valid(read_texts(rows, self._known_at, self._reading.missing)))
        times = self._known.read_times(rows.only(pa.array(is_said)))
        places = np.where(is_said, np.cumsum(is_said) - 1, 0)
        return pa.array(times).cast(pa.int64()).take(pa.array(places, mask=~is_said))

    def _read_key(self, rows: Chunk, name: str) -> pa.Array:
        missing = self._reading.missing
        if name == BY_TIME:
            times = self._clock.read_times(rows) if self._clock else None
            return times.cast(pa.int64()) if times is not None else rows.rows.column(ROW)
        if name == BY_FEATURES:
            return write_hex(hash_features(_read_features(rows, self._config, missing), self._config.data.features))
        column = {BY_ID: PREDICTION_ID, BY_ENTITY: self._config.data.entity or "", BY_ROW: ROW}[name]
        return rows.rows.column(ROW) if name == BY_ROW else read_texts(rows, column, missing)


def open_late_labels(config: ModelConfig, project: Path) -> LateLabels:
    """Open the source of a model's labels.

    Raises:
        DataError: it is not there, damaged, or lacks the target.
    """
    reading = open_source(plan_labels(config), project)
    first = next(reading.chunks, None)
    there = frozenset(first.rows.schema.names) if first is not None else frozenset[str]()
    known_at = _find_known_at(config, there)
    matches = find_matches(config, there)
    if known_at:
        matches = tuple(replace(each, in_turn=False, is_revised=True) for each in matches)
    keys = frozenset(name for match in matches for name in match.columns)
    return LateLabels(
        schema=labels_schema(config, keys),
        matches=matches,
        _config=config,
        _reading=reading,
        _first=first,
        _labels=Labels(
            config.data.target, config.task, reading.missing, form=config.data.format_of(config.data.target.column)
        ),
        _clock=Clock(config.data.time) if config.data.has_clock else None,
        _known=_clock_of(config, known_at) if known_at else None,
        _known_at=known_at,
        _keys=keys,
    )


def _find_known_at(config: ModelConfig, there: frozenset[str]) -> str | None:
    """Return the column that says when a label was known; without a clock no time says anything."""
    if not config.data.has_clock:
        return None
    named = (name for name in find_label_time(config.data) if name in there)
    return config.monitoring.labels.known_at or next(named, None)


def find_matches(config: ModelConfig, there: frozenset[str]) -> tuple[Match, ...]:
    """Return the ways in which labels with these columns find their predictions, the surest first."""
    if PREDICTION_ID in there:
        return (Match(columns=(BY_ID,)),)
    has_time = has_usable_time(config, there)
    has_features = set(config.data.features) <= there
    if config.data.entity in there:
        return (_match_entity(has_time=has_time, has_features=has_features),)
    return tuple(_match_rows(config, has_time=has_time, has_features=has_features))


def _match_rows(config: ModelConfig, *, has_time: bool, has_features: bool) -> Iterator[Match]:
    if has_features and (has_time or not config.data.has_clock):
        yield _match_features(config, has_time=has_time)
    if has_time and not config.data.entity:
        yield Match(columns=(BY_TIME,), each_once=True)


def _match_entity(*, has_time: bool, has_features: bool) -> Match:
    beside = (BY_TIME,) if has_time else ((BY_FEATURES,) if has_features else ())
    return Match(columns=(BY_ENTITY, *beside))


def _match_features(config: ModelConfig, *, has_time: bool) -> Match:
    if has_time:
        return Match(columns=(BY_FEATURES, BY_TIME), in_turn=True)
    if has_common_row_numbers(config):
        return Match(columns=(BY_FEATURES, BY_ROW))
    return Match(columns=(BY_FEATURES,), in_turn=True)


def _clock_of(config: ModelConfig, column: str) -> Clock:
    time = config.data.time
    if isinstance(time, TimeColumn):
        return Clock(time.model_copy(update={"column": column}))
    return Clock(TimeColumn(column=column))


def _read_features(rows: Chunk, config: ModelConfig, missing: tuple[str, ...]) -> pa.RecordBatch:
    data = config.data
    arrays = [read_values(rows, name, kind, missing, form=data.format_of(name)) for name, kind in data.features.items()]
    return pa.RecordBatch.from_arrays(arrays, list(config.data.features))


def explain_no_match(config: ModelConfig) -> str:
    """Say what labels would need to find their predictions."""
    entity = (config.data.entity,) if config.data.entity else ()
    names = (PREDICTION_ID, *(entity or config.data.clock))  # a time alone doesn't tell two entities apart
    wanted = [*(f"'{name}'" for name in names), *(["every feature"] if len(names) == 1 else [])]
    return (
        f"labels can't be told to belong to predictions: their source needs a column {' or '.join(wanted)}; see "
        "`monitoring.labels.source`"
    )

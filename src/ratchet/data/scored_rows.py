"""Read the features and segments of rows that were scored, from where they were scored."""

from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path

import numpy as np
import pyarrow as pa

from ratchet.config.data import FileSource
from ratchet.config.model import ModelConfig
from ratchet.config.read_plan import ReadPlan, plan_scored_rows
from ratchet.config.run import Run
from ratchet.data.chunks import Chunk
from ratchet.data.new_rows import NewRows, moments_of
from ratchet.data.row_keys import hash_features, write_hex
from ratchet.data.sources import open_source
from ratchet.data.values import TYPES, read_texts
from ratchet.errors import DataError
from ratchet.timeline import MICROSECOND, Moment, Window

KEYS = [("feature_hash", pa.string()), ("moment", pa.int64()), ("entity", pa.string()), ("place", pa.int64())]


def name_columns(config: ModelConfig) -> dict[str, str]:
    """Return a name of our own for each feature and segment: the user's may differ in case only, as SQL's may not."""
    names = dict.fromkeys((*config.data.features, *config.monitoring.segments))
    return {name: f"f{place}" for place, name in enumerate(names)}


def make_schema(config: ModelConfig) -> pa.Schema:
    """Return the columns of `ScoredReader.read`: what a row is known by, and its features and segments."""
    kinds = config.data.features
    types = [
        (ours, TYPES[kinds[name]] if name in kinds else pa.string()) for name, ours in name_columns(config).items()
    ]
    return pa.schema([*KEYS, *types])


class ScoredReader:
    """Reads rows again that were scored; a source that is gone or broken is a warning."""

    def __init__(self, run: Run, history: Window, sources: Sequence[str]) -> None:
        """Start with nothing read.

        Args:
            run: the monitoring run.
            history: the rows that are wanted.
            sources: what scoring runs read, the newest first: other files than the YAML's can have been asked for.
        """
        self._run = run
        self._history = history
        self._plans = list(_plan_sources(run.config, sources))
        self._schema = make_schema(run.config)
        self._names = name_columns(run.config)
        self.warnings: list[str] = []
        self._place = 0

    def read(self) -> Iterator[pa.RecordBatch]:
        """Yield the rows of the history, of one source after the other, each as far as it can be read."""
        for plan in self._plans:
            try:
                yield from self._read_source(plan)
            except DataError as error:
                self.warnings.append(f"the rows that were scored can't all be read again: {error}")

    def _read_source(self, plan: ReadPlan) -> Iterator[pa.RecordBatch]:
        reading = open_source(plan, Path(self._run.project))
        limits = {"as_of": self._history.end, "newer_than": _just_before(self._history.start)}
        intake = NewRows(self._run.config.data, plan.keys, started=self._run.started, missing=reading.missing, **limits)
        with closing(reading.chunks) as chunks:
            for chunk in chunks:
                yield self._take(chunk, intake, reading.missing)
                if intake.is_full:
                    return

    def _take(self, chunk: Chunk, intake: NewRows, missing: tuple[str, ...]) -> pa.RecordBatch:
        rows, cut = intake.take_beside(chunk)
        moments = moments_of(rows)
        data = self._run.config.data
        entity = rows.column(data.entity).cast(pa.string()) if data.entity else pa.nulls(rows.num_rows, pa.string())
        columns = {
            "feature_hash": write_hex(hash_features(rows, data.features)),
            "moment": pa.array(moments),
            "entity": entity,
            "place": pa.array(np.arange(self._place, self._place + rows.num_rows, dtype=np.int64)),
        }
        self._place += rows.num_rows
        for name, ours in self._names.items():
            columns[ours] = _read_column(rows, cut, name, missing)
        return pa.RecordBatch.from_arrays([columns[name] for name in self._schema.names], schema=self._schema)


def _read_column(rows: pa.RecordBatch, raw: Chunk, name: str, missing: tuple[str, ...]) -> pa.Array:
    if name in rows.schema.names:
        return rows.column(name)
    if name in raw.rows.schema.names:
        return read_texts(raw, name, missing)
    return pa.nulls(rows.num_rows, pa.string())  # a segment that this source does not have


def _plan_sources(config: ModelConfig, sources: Sequence[str]) -> Iterator[ReadPlan]:
    """Yield the YAML's source first; then other files that were scored, which are read as it is."""
    plan = plan_scored_rows(config)
    yield plan
    usual = plan.source if isinstance(plan.source, FileSource) else FileSource(path=".")
    for name in sources:
        is_file = not name.endswith(_database_mark(plan))
        if is_file and name != usual.path:
            yield plan_scored_rows(config, usual.model_copy(update={"path": name}))


def _database_mark(plan: ReadPlan) -> str:
    return "\0" if isinstance(plan.source, FileSource) else f"${plan.source.url_env}"


def _just_before(start: Moment) -> Moment:
    """Return a limit that rows must be later than; a row's number is one that they must reach."""
    return start if isinstance(start, int) else start - MICROSECOND

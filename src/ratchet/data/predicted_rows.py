"""What was predicted, from the dataset that scoring writes, and the rows that it was predicted from, read again."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ratchet.artifacts.predictions import find_scorings, predictions_of
from ratchet.config.data import FileSource, PluginSource, Source
from ratchet.config.model import ModelConfig
from ratchet.config.read_plan import ReadPlan, plan_scored_rows
from ratchet.config.run import Run
from ratchet.data.chunks import Chunk
from ratchet.data.clock import count_moments
from ratchet.data.new_rows import BLOCK_ROWS, NewRows, moments_of
from ratchet.data.plugin_reader import name_source
from ratchet.data.row_keys import hash_features, read_ids, write_hex
from ratchet.data.schemas import (
    BY_ENTITY,
    BY_FEATURES,
    BY_TIME,
    name_values,
    read_predictions_schema,
    scored_rows_schema,
)
from ratchet.data.sources import open_source
from ratchet.data.values import read_texts
from ratchet.errors import ArtifactError, DataError
from ratchet.records.columns import EVENT_TIME
from ratchet.records.monitoring import Scoring
from ratchet.timeline import DAY, MICROSECOND, Moment, Window, to_number


@dataclass(frozen=True, slots=True, kw_only=True)
class Predictions:
    """The predictions of one model, and what is known of the runs that made them.

    Attributes:
        model: the model's name.
        folder: the dataset.
        has_clock: whether they have a time, or only a row's number.
        has_scores: whether they have a probability for each of several classes.
        scorings: the runs, by their ids.
    """

    model: str
    folder: Path
    has_clock: bool
    has_scores: bool
    scorings: dict[str, Scoring]

    @property
    def schema(self) -> pa.Schema:
        """The columns of `read`."""
        return read_predictions_schema(has_scores=self.has_scores)

    def find_end(self) -> int | None:
        """Return the moment after the newest prediction; None when there is none."""
        for number, files in self._partitions(newest_first=True):
            found = [last for file in files if (last := self._last(file, (number + 1) * self._width)) is not None]
            if found:
                return max(found)[0] + 1
        return None

    def find_version(self, before: int) -> int | None:
        """Return which version made the newest prediction before a moment; None when there is none."""
        for number, files in self._partitions(newest_first=True):
            if number * self._width >= before:
                continue
            found = [last for file in files if (last := self._last(file, before)) is not None]
            if found:
                return max(found)[-1]
        return None

    def find_frontier(self, as_of: datetime) -> int | None:
        """Return up to which event time the scoring runs that were done by then had predicted; None without one."""
        ends = [each.time_to for each in self.scorings.values() if each.time_to and _known_at(each) <= as_of]
        return to_number(max(ends)) if ends else None

    def read(self, start: int, end: int, as_of: datetime | None) -> Iterator[pa.RecordBatch]:
        """Yield the predictions of all runs in some partitions, in no order; partitions are not cut.

        Args:
            start: the first moment that is wanted.
            end: the moment after the last one.
            as_of: marks the predictions that were made by then; None marks all.

        Raises:
            ArtifactError: a file is damaged.
        """
        for file in self._files_between(start, end):
            yield from self._read_file(file, as_of)

    def sources(self, start: int, end: int) -> tuple[str, ...]:
        """Return what the runs read that predicted in a window, the newest run first."""
        names = {path.stem.removeprefix("run-") for path in self._files_between(start, end)}
        runs = sorted((self.scorings[name] for name in names if name in self.scorings), key=lambda each: each.started)
        return tuple(dict.fromkeys(run.source for run in reversed(runs)))

    @property
    def _width(self) -> int:
        return DAY if self.has_clock else BLOCK_ROWS

    @property
    def _moment(self) -> str:
        return EVENT_TIME if self.has_clock else "row"

    def _files_between(self, start: int, end: int) -> Iterator[Path]:
        for number, files in self._partitions():
            if number * self._width < end and (number + 1) * self._width > start:
                yield from files

    def _partitions(self, *, newest_first: bool = False) -> list[tuple[int, list[Path]]]:
        prefix = "date=" if self.has_clock else "block="
        read: Callable[[str], int] = _read_day if self.has_clock else int
        found = [(read(path.name.removeprefix(prefix)), path) for path in self.folder.glob(f"{prefix}*")]
        ordered = sorted(found, reverse=newest_first)
        return [(number, sorted(path.glob("run-*.parquet"))) for number, path in ordered]

    def _last(self, path: Path, before: int) -> tuple[int, int, int] | None:
        """Return the latest moment of a file before another, when its run began, and its version."""
        best: tuple[int, int, int] | None = None
        for batch in _batches(path, [self._moment, "model_version"]):
            moments = count_moments(batch.column(self._moment))
            kept = moments[moments < before]
            if len(kept) and (best is None or kept.max() > best[0]):
                best = (int(kept.max()), self._made(path), batch.column("model_version")[0].as_py())
        return best

    def _made(self, path: Path) -> int:
        scoring = self._scoring(path)
        return to_number(scoring.started) if scoring else 0  # its run was killed before it could say so

    def _scoring(self, path: Path) -> Scoring | None:
        return self.scorings.get(path.stem.removeprefix("run-"))

    def _read_file(self, path: Path, as_of: datetime | None) -> Iterator[pa.RecordBatch]:
        scoring = self._scoring(path)
        is_known = as_of is None or (scoring is not None and _known_at(scoring) <= as_of)
        same = {"made": self._made(path), "is_known": is_known}
        taken = [name for name in self.schema.names if name not in {"first", "second", EVENT_TIME, *same}]
        for batch in _batches(path, sorted({*taken, self._moment})):
            columns = {name: batch.column(name).cast(self.schema.field(name).type) for name in taken}
            keys = read_ids(batch.column("prediction_id")).signed(self.model, columns["model_version"][0].as_py())
            columns |= {"first": pa.array(keys.first), "second": pa.array(keys.second)}
            columns[EVENT_TIME] = pa.array(count_moments(batch.column(self._moment)))
            columns |= {name: pa.repeat(value, batch.num_rows) for name, value in same.items()}
            yield pa.RecordBatch.from_arrays([columns[name] for name in self.schema.names], schema=self.schema)


def open_predictions(home: Path, model: str, *, has_clock: bool, has_scores: bool) -> Predictions:
    """Return the predictions of a model, none of them read yet.

    Raises:
        ArtifactError: the record of a scoring run is damaged.
    """
    scorings = {each.run_id: each for each in find_scorings(home, model)}
    folder = predictions_of(home, model)
    return Predictions(model=model, folder=folder, has_clock=has_clock, has_scores=has_scores, scorings=scorings)


def _known_at(scoring: Scoring) -> datetime:
    """Return when a scoring run's predictions were there: a run for a past time counts as done then."""
    return scoring.as_of if isinstance(scoring.as_of, datetime) else scoring.started


def _read_day(text: str) -> int:
    return int(np.datetime64(text, "D").astype(np.int64))


def _batches(path: Path, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            yield from (batch for batch in file.iter_batches(columns=list(columns)) if batch.num_rows)
    except (OSError, pa.ArrowException) as error:
        raise ArtifactError(
            f"{path} is no intact file of predictions ({str(error).splitlines()[0]}): delete it, and score its rows "
            "again"
        ) from error


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
        self._schema = scored_rows_schema(run.config)
        self._names = name_values(run.config)
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
        limits = {"as_of": self._history.end, "newer_than": _just_before(self._history.start)}
        reading = open_source(plan, self._run.project, **limits)
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
            BY_FEATURES: write_hex(hash_features(rows, data.features)),
            BY_TIME: pa.array(moments),
            BY_ENTITY: entity,
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
    ordinary = plan.source if isinstance(plan.source, FileSource) else FileSource(path=".")
    for name in sources:
        if _is_file(name, plan.source) and name != ordinary.path:
            yield plan_scored_rows(config, ordinary.model_copy(update={"path": name}))


def _is_file(name: str, source: Source) -> bool:
    """Return whether a name in a scoring's record is a file's, not that of the YAML's database or plug-in."""
    if isinstance(source, PluginSource):
        return name != name_source(source)
    return isinstance(source, FileSource) or not name.endswith(f"${source.url_env}")


def _just_before(start: Moment) -> Moment:
    """Return a limit that rows must be later than; a row's number is one that they must reach."""
    return start if isinstance(start, int) else start - MICROSECOND

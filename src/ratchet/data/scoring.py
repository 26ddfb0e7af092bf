"""Score a source: new rows in the order of time, answers for them, and predictions by partition.

The model is asked through a function that is passed in, in several threads: nothing here knows what a model is.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeVar

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from ratchet.artifacts.frames import write_batches
from ratchet.artifacts.predictions import Staging, read_predicted
from ratchet.config.read_plan import ReadPlan
from ratchet.config.run import Run
from ratchet.config.settings import read_threads
from ratchet.data.chunks import Reading
from ratchet.data.new_rows import KnownRows, NewRows, OutOfOrderError, cut_by_partition, follow_time, moments_of
from ratchet.data.row_keys import Hashes, Keys, hash_features, make_keys, read_ids, write_hex
from ratchet.data.schemas import predictions_schema
from ratchet.data.snapshot import read_sorted
from ratchet.data.sources import open_source
from ratchet.records.columns import DECISION, ENTITY, EVENT_TIME, PREDICTION_ID, ROW, SCORE, SCORES, TIME, VERSION
from ratchet.timeline import Moment, to_time

Item = TypeVar("Item")
Result = TypeVar("Result")
EMPTY: Hashes = np.empty(0, np.uint64)
MAYBE = {pa.bool_(): pd.BooleanDtype()}  # otherwise a column with a null becomes Python objects
Batches = Generator[pa.RecordBatch, None, None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """What a model says of one batch.

    Attributes:
        scores: one number a row, or one for every class.
        decisions: the class that each row is decided for, by its name; null for regression.
        seconds: what the model took.
    """

    scores: NDArray[np.float64]
    decisions: pa.DictionaryArray
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Scorer:
    """The version that scores.

    Attributes:
        version: its number.
        answer: asks its model about rows.
        newer_than: only rows later than this, or from this row on, are new; None where every row is.
        made_from: the last moment that it was made from, as a number; None where none can be compared.
        again: whether rows that another version predicted are predicted again.
    """

    version: int
    answer: Callable[[pa.RecordBatch], Answers]
    newer_than: Moment | None
    made_from: int | None
    again: bool


@dataclass(slots=True, kw_only=True)
class ScoredSource:
    """What was counted while a source was scored.

    Attributes:
        source: what was read, without credentials.
        rows: predictions made.
        seen: rows in the source.
        old: rows that are not new.
        known: rows left out because they were predicted before.
        repeated: rows that repeat another in everything.
        not_newer: predictions of rows that are not later than those the version was made from.
        seconds: spent in the model, added up over threads.
        moments: the first and the last moment that was predicted, as numbers; empty without a prediction.
        warnings: one sentence for each thing that was accepted with a remark.
    """

    source: str
    rows: int = 0
    seen: int = 0
    old: int = 0
    known: int = 0
    repeated: int = 0
    not_newer: int = 0
    seconds: float = 0.0
    moments: list[int] = field(default_factory=list)
    warnings: tuple[str, ...] = ()

    @property
    def times(self) -> tuple[datetime, datetime] | tuple[None, None]:
        """The first and the last time that was predicted, where moments are times."""
        return (to_time(self.moments[0]), to_time(self.moments[-1])) if self.moments else (None, None)

    def remark(self, version: int, entity: str | None, newer_than: str) -> Iterator[str]:
        """Say what a reader of the predictions should know.

        Args:
            version: what scored.
            entity: the column that says who a row is about.
            newer_than: the last time that the version was made from, in words.
        """
        if self.repeated:
            yield f"{self.repeated} rows repeat another in '{entity}', time and features: scored once"
        if self.old == self.seen:
            yield (
                f"no row is newer than those that version {version} was made from ({newer_than}): nothing to score; "
                "rows of another kind are named by `scoring.source`"
            )
        if self.not_newer:
            yield (
                f"{self.not_newer} of the rows are not newer than those that version {version} was made from: how "
                "well it predicts them says little about others"
            )

    def add(self, moments: NDArray[np.int64], seconds: float, made_from: int | None) -> None:
        """Count one batch of predictions, which are in the order of time."""
        if not len(moments):
            return
        self.rows += len(moments)
        self.seconds += seconds
        self.moments = [min(self.moments[:1] or [int(moments[0])]), int(moments[-1])]
        if made_from is not None:
            self.not_newer += int(np.count_nonzero(moments <= made_from))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    """Rows to predict, in order, and how they are known."""

    rows: pa.RecordBatch
    keys: Keys
    features: Hashes


def read_features(rows: pa.RecordBatch, names: Iterable[str]) -> pd.DataFrame:
    """Return the features of typed rows as a model takes them."""
    frame: pd.DataFrame = rows.select(list(names)).to_pandas(strings_to_categorical=True, types_mapper=MAYBE.get)
    return frame


def score_source(run: Run, plan: ReadPlan, scorer: Scorer, staging: Staging, folder: Path) -> ScoredSource:
    """Predict in the order in which rows come; where that is not the order of time, once more after a sort.

    Args:
        run: the scoring run.
        plan: what is read.
        scorer: the version that scores.
        staging: where predictions go.
        folder: the dataset with what was predicted before.

    Raises:
        DataError: the source is damaged, or its content is not what the YAML says.
    """
    try:
        return _Attempt(run, plan, scorer, folder).score(staging, lambda batches, _: batches)
    except OutOfOrderError:
        staging.clear()
    place = staging.place / "unsorted.parquet"
    return _Attempt(run, plan, scorer, folder).score(
        staging, lambda batches, schema: _sort(batches, schema, place, run.home)
    )


def _sort(batches: Iterable[pa.RecordBatch], schema: pa.Schema, place: Path, home: Path) -> Batches:
    write_batches(iter(batches), schema, place, home)
    yield from read_sorted(place, by_content=False)


class _Attempt:
    """One pass over the source."""

    def __init__(self, run: Run, plan: ReadPlan, scorer: Scorer, folder: Path) -> None:
        self._run, self._scorer, self._folder = run, scorer, folder
        self._data = run.config.data
        self._schema = predictions_schema(run.config.task, has_clock=self._data.has_clock)
        limits = {"as_of": run.as_of, "newer_than": scorer.newer_than}
        self._reading = open_source(plan, run.project, **limits)
        missing = self._reading.missing
        self._intake = NewRows(self._data, plan.keys, started=run.started, missing=missing, **limits)
        self._known = KnownRows(self._read_known, has_entity=self._data.entity is not None)

    def score(self, staging: Staging, order: Callable[[Batches, pa.Schema], Batches]) -> ScoredSource:
        """Write the predictions, and count them."""
        intake, found = self._intake, ScoredSource(source=self._reading.source)
        with (
            closing(self._reading.chunks),
            closing(order(_take(self._reading, intake), intake.schema)) as batches,
        ):
            chosen = (self._choose(rows, moments) for rows, moments in follow_time(batches))
            for predicted, moments, seconds in map_in_order(self._predict, chosen, read_threads()):
                found.add(moments, seconds, self._scorer.made_from)
                for partition, rows in cut_by_partition(predicted, moments):
                    staging.write(partition, rows)
        intake.verify()
        found.seen, found.old = intake.seen, intake.old
        found.known, found.repeated = self._known.known, self._known.repeated
        found.warnings = (*self._reading.warnings, *intake.warnings)
        return found

    def _choose(self, rows: pa.RecordBatch, moments: NDArray[np.int64]) -> _Batch:
        """Leave out what was predicted before."""
        features = hash_features(rows, self._data.features)
        partitions = [name for name, _ in cut_by_partition(rows, moments)]
        keys, is_new = self._known.judge(make_keys(rows, features, self._data.entity), moments, partitions)
        if is_new.all():
            return _Batch(rows=rows, keys=keys, features=features)
        return _Batch(rows=rows.filter(pa.array(is_new)), keys=keys.only(is_new), features=features[is_new])

    def _read_known(self, partition: str) -> Hashes:
        """Read which rows other runs predicted; only those of the same version where the rest is asked again."""
        scorer, model = self._scorer, self._run.model
        found = read_predicted(self._folder, partition, except_run=self._run.run_id)
        wanted = [
            read_ids(ids).signed(model, version).first
            for version, ids in found
            if not scorer.again or version == scorer.version
        ]
        return np.concatenate((EMPTY, *wanted))

    def _predict(self, batch: _Batch) -> tuple[pa.RecordBatch, NDArray[np.int64], float]:
        """Return the predictions of a batch, when their rows happened, and the seconds that the model took."""
        rows, version = batch.rows, self._scorer.version
        answers = self._scorer.answer(rows)
        columns = {
            PREDICTION_ID: batch.keys.signed(self._run.model, version).to_hex(),
            ENTITY: read_entities(rows, self._data.entity),
            "row": rows.column(ROW),
            "feature_hash": write_hex(batch.features),
            DECISION: answers.decisions,
        }
        if self._data.has_clock:
            columns[EVENT_TIME] = rows.column(TIME)
        constants: dict[str, str | float] = {
            "model": self._run.model,
            VERSION: version,
            "latency_ms": answers.seconds * 1000,
            "run_id": self._run.run_id,
        }
        predicted = make_predictions(self._schema, answers.scores, columns, constants)
        return predicted, moments_of(rows), answers.seconds


def _take(reading: Reading, intake: NewRows) -> Batches:
    for chunk in reading.chunks:
        yield intake.take(chunk)
        if intake.is_full:
            return


def read_entities(rows: pa.RecordBatch, name: str | None) -> pa.StringArray:
    """Return whom each row is about; nulls where the data does not say."""
    return rows.column(name).cast(pa.string()) if name else pa.nulls(rows.num_rows, pa.string())


def make_predictions(
    schema: pa.Schema,
    scores: NDArray[np.float64],
    columns: Mapping[str, pa.Array],
    constants: Mapping[str, str | float],
) -> pa.RecordBatch:
    """Put the predictions of one batch into the dataset's columns.

    Args:
        schema: what `predictions_schema` gave.
        scores: one number a row, or one for every class.
        columns: the columns that differ from row to row.
        constants: the columns in which all rows are alike.
    """
    found = dict(columns) | {name: _repeat(value, len(scores)) for name, value in constants.items()}
    if SCORES in schema.names:
        ends = np.arange(0, scores.size + 1, scores.shape[1], dtype=np.int32)
        found[SCORES] = pa.ListArray.from_arrays(pa.array(ends), pa.array(scores.ravel()))
    found[SCORE] = pa.array(scores.max(axis=1) if scores.ndim == 2 else scores)
    return pa.RecordBatch.from_arrays([found[field.name].cast(field.type) for field in schema], schema=schema)


def _repeat(value: str | float, rows: int) -> pa.Array:
    if isinstance(value, str):
        return pa.DictionaryArray.from_arrays(pa.array(np.zeros(rows, np.int32)), pa.array([value]))
    return pa.array(np.full(rows, value))


def map_in_order(work: Callable[[Item], Result], items: Iterable[Item], threads: int) -> Iterator[Result]:
    """Give the results of a stream in its order; an error of one item ends it.

    No more of the stream is in memory than is being worked on. Models that were made to use one thread (see
    `fitting`) give the same numbers whatever thread scores them.
    """
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[Result]] = deque()
        try:
            for item in items:
                waiting.append(pool.submit(work, item))
                if len(waiting) > threads:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()

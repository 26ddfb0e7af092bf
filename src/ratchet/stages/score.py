"""Score new rows with the champion, into the model's dataset of predictions."""

import logging
import time
from collections.abc import Callable, Generator, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa

from ratchet.artifacts.frames import write_batches
from ratchet.artifacts.predictions import (
    Staging,
    keep_scoring,
    make_rows,
    make_schema,
    predictions_of,
    read_predicted,
    staged,
)
from ratchet.config.data import Data
from ratchet.config.read_plan import ReadPlan, plan_new_rows
from ratchet.config.run import Run
from ratchet.config.settings import read_threads
from ratchet.data.chunks import Reading
from ratchet.data.known_rows import KnownRows
from ratchet.data.new_rows import Limit, NewRows, OutOfOrderError, cut_by_partition, follow_time, moments_of
from ratchet.data.row_keys import Hashes, Keys, hash_features, make_keys, read_ids, write_hex
from ratchet.data.snapshot import read_sorted
from ratchet.data.sources import open_source
from ratchet.errors import ArtifactError, RegistryError
from ratchet.evaluation.decisions import HALF, decide_classes
from ratchet.models.in_threads import map_in_order
from ratchet.models.labels import Floats
from ratchet.models.scoring import score_old_model, score_rows
from ratchet.records.columns import ROW, TIME
from ratchet.records.scoring import Partition, Scoring
from ratchet.registry.in_service import InService, load_champion
from ratchet.registry.lock import held_lock
from ratchet.reports.wording import when
from ratchet.timeline import to_number, to_time

logger = logging.getLogger(__name__)

WAIT_SECONDS = 600.0  # for another scoring run of the same model
EMPTY: Hashes = np.empty(0, np.uint64)
MAYBE = {pa.bool_(): pd.BooleanDtype()}  # otherwise a column with a null becomes Python objects


@dataclass(frozen=True, slots=True, kw_only=True)
class _Batch:
    """Rows to predict, in order, and how they are known."""

    rows: pa.RecordBatch
    keys: Keys
    features: Hashes


@dataclass(frozen=True, slots=True, kw_only=True)
class _Predicted:
    """Predictions of one batch."""

    rows: pa.RecordBatch
    moments: np.ndarray
    seconds: float


@dataclass(slots=True, kw_only=True)
class _Tally:
    """What is counted on the way."""

    rows: int = 0
    not_newer: int = 0
    seconds: float = 0.0
    moments: list[int] = field(default_factory=list)

    def add(self, done: _Predicted, made_from: int | None) -> None:
        """Count one batch."""
        if not len(done.moments):
            return
        self.rows += len(done.moments)
        self.seconds += done.seconds
        self.moments = [min(self.moments[:1] or [int(done.moments[0])]), int(done.moments[-1])]
        if made_from is not None:
            self.not_newer += int(np.count_nonzero(done.moments <= made_from))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """What stays the same while rows are scored."""

    run: Run
    service: InService
    plan: ReadPlan
    segment: str | None
    schema: pa.Schema
    folder: Path
    again: bool

    @property
    def data(self) -> Data:
        """What the YAML says of columns."""
        return self.run.config.data

    @property
    def version(self) -> int:
        """The champion's version."""
        return self.service.champion.version

    @property
    def newer_than(self) -> Limit:
        """Where new rows begin: a source of its own holds nothing but such rows."""
        return None if self.run.config.scoring.source else self.service.made_from

    @property
    def made_from(self) -> int | None:
        """The last moment that the champion was made from; a row's number in another source says nothing."""
        last = self.service.made_from
        return to_number(last) if isinstance(last, datetime) else None


def score(run: Run, *, again: bool = False) -> Scoring:
    """Predict the rows that were not predicted before, each of them once.

    Args:
        run: what is scored, and up to when.
        again: also predict rows that another version of the model predicted.

    Raises:
        RegistryError: there is no champion, or it can't be verified.
        DataError: the source is damaged, or its content is not what the YAML says; nothing is written then.
        ArtifactError: the champion does not fit the rows.
        TimeoutError: another scoring run of the model did not end.
    """
    began, home = time.monotonic(), Path(run.home)
    # One at a time: two runs that look for what is new at the same moment would both predict it.
    with held_lock(home / "locks" / f"score-{run.model}.lock", timeout_seconds=WAIT_SECONDS):
        job = _prepare(run, again=again)
        with staged(job.folder, job.schema) as staging:
            scoring = _fill(job, staging)
            partitions = staging.publish(job.folder, run.run_id, home)
        scoring = replace(scoring, partitions=partitions, seconds=time.monotonic() - began)
        keep_scoring(run, scoring)
    logger.info("%s %s: version %d scored %d rows", run.model, run.run_id, scoring.version, scoring.rows)
    return scoring


def _prepare(run: Run, *, again: bool) -> _Job:
    service = load_champion(run)
    thresholds = service.champion.thresholds
    segment = thresholds.column if thresholds else None
    plan = plan_new_rows(run.config, segment)
    score_rows(service.pipeline, pd.DataFrame(), run.config)  # refuses a model of other columns before a row is read
    schema = make_schema(run.config.task, has_clock=run.config.data.has_clock)
    folder = predictions_of(Path(run.home), run.model)
    return _Job(run=run, service=service, plan=plan, segment=segment, schema=schema, folder=folder, again=again)


def _fill(job: _Job, staging: Staging) -> Scoring:
    """Predict in the order in which rows come; where that is not the order of time, once more after a sort."""
    try:
        return _attempt(job, staging, lambda reading, intake: _take(reading, intake))
    except OutOfOrderError:
        staging.clear()
    return _attempt(job, staging, lambda reading, intake: _sort(job, staging, _take(reading, intake), intake.schema))


def _attempt(
    job: _Job, staging: Staging, read: Callable[[Reading, NewRows], Generator[pa.RecordBatch, None, None]]
) -> Scoring:
    run = job.run
    reading = open_source(job.plan, Path(run.project))
    limits = {"as_of": run.as_of, "newer_than": job.newer_than}
    intake = NewRows(job.data, job.plan.keys, started=run.started, missing=reading.missing, **limits)
    known = KnownRows(lambda partition: _read_known(job, partition), has_entity=job.data.entity is not None)
    tally = _Tally()
    with closing(reading.chunks), closing(read(reading, intake)) as batches:
        for done in map_in_order(lambda batch: _predict(job, batch), _choose(job, batches, known), read_threads()):
            tally.add(done, job.made_from)
            for partition, rows in cut_by_partition(done.rows, done.moments):
                staging.write(partition, rows)
    intake.verify()
    return _describe(job, reading, intake, known, tally)


def _take(reading: Reading, intake: NewRows) -> Generator[pa.RecordBatch, None, None]:
    for chunk in reading.chunks:
        yield intake.take(chunk)
        if intake.is_full:
            return


def _sort(
    job: _Job, staging: Staging, batches: Iterable[pa.RecordBatch], schema: pa.Schema
) -> Generator[pa.RecordBatch, None, None]:
    unsorted = staging.place / "unsorted.parquet"
    write_batches(iter(batches), schema, unsorted, Path(job.run.home))
    yield from read_sorted(unsorted, by_content=False)


def _choose(job: _Job, batches: Iterable[pa.RecordBatch], known: KnownRows) -> Iterator[_Batch]:
    """Leave out what was predicted before, while one batch follows the other in time."""
    return (_choose_rows(job, rows, moments, known) for rows, moments in follow_time(batches))


def _choose_rows(job: _Job, rows: pa.RecordBatch, moments: np.ndarray, known: KnownRows) -> _Batch:
    features = hash_features(rows, job.data.features)
    partitions = [name for name, _ in cut_by_partition(rows, moments)]
    keys, is_new = known.judge(make_keys(rows, features, job.data.entity), moments, partitions)
    if is_new.all():
        return _Batch(rows=rows, keys=keys, features=features)
    return _Batch(rows=rows.filter(pa.array(is_new)), keys=keys.only(is_new), features=features[is_new])


def _read_known(job: _Job, partition: str) -> Hashes:
    """Read which rows of a partition other runs predicted; all that counts is their own version where asked again."""
    found = read_predicted(job.folder, partition, except_run=job.run.run_id)
    wanted = [
        read_ids(ids).signed(job.run.model, version).first
        for version, ids in found
        if not job.again or version == job.version
    ]
    return np.concatenate((EMPTY, *wanted))


def _predict(job: _Job, batch: _Batch) -> _Predicted:
    rows = batch.rows
    began = time.perf_counter()
    scores = _score(job, rows)
    seconds = time.perf_counter() - began
    columns = {
        "prediction_id": batch.keys.signed(job.run.model, job.version).to_hex(),
        "entity": _texts(rows, job.data.entity),
        "row": rows.column(ROW),
        "feature_hash": write_hex(batch.features),
        "decision": _decide(job, rows, scores),
    }
    if job.data.has_clock:
        columns["event_time"] = rows.column(TIME)
    constants: dict[str, str | float] = {
        "model": job.run.model,
        "model_version": job.version,
        "latency_ms": seconds * 1000,
        "run_id": job.run.run_id,
    }
    predicted = make_rows(job.schema, rows.num_rows, scores=scores, columns=columns, constants=constants)
    return _Predicted(rows=predicted, moments=moments_of(rows), seconds=seconds)


def _score(job: _Job, rows: pa.RecordBatch) -> Floats:
    features = rows.select(list(job.data.features))
    frame = features.to_pandas(strings_to_categorical=True, types_mapper=MAYBE.get)
    try:
        scores = score_old_model(job.service.pipeline, frame, job.run.config)
    except ArtifactError as error:
        raise ArtifactError(
            f"version {job.version} of {job.run.model} can't be used, as {error}; score with the YAML that it was "
            "trained with, or retrain"
        ) from error
    if scores.ndim == 2 and scores.shape[1] != len(job.service.classes):
        raise RegistryError(
            f"version {job.version} of {job.run.model} gives {scores.shape[1]} probabilities a row, and "
            f"{len(job.service.classes)} classes are known of it: retrain, or roll back"
        )
    return scores


def _decide(job: _Job, rows: pa.RecordBatch, scores: Floats) -> pa.DictionaryArray:
    """Return the class that each row is decided for, by its name; null for regression."""
    segment = job.segment
    # as training read it: thresholds are found by a value's text
    frame = rows.select([segment] if segment else []).to_pandas()
    decided = decide_classes(job.run.config.task, scores, frame, job.service.champion.thresholds or HALF)
    if decided is None:
        return pa.DictionaryArray.from_arrays(pa.nulls(rows.num_rows, pa.int32()), pa.array([], pa.string()))
    return pa.DictionaryArray.from_arrays(pa.array(decided.astype(np.int32)), pa.array(job.service.classes))


def _texts(rows: pa.RecordBatch, name: str | None) -> pa.StringArray:
    return rows.column(name).cast(pa.string()) if name else pa.nulls(rows.num_rows, pa.string())


def _describe(job: _Job, reading: Reading, intake: NewRows, known: KnownRows, tally: _Tally) -> Scoring:
    run = job.run
    first, last = map(to_time, tally.moments) if tally.moments and job.data.has_clock else (None, None)
    none: tuple[Partition, ...] = ()
    return Scoring(
        model=run.model,
        version=job.version,
        run_id=run.run_id,
        started=run.started,
        as_of=run.as_of,
        newer_than=job.newer_than,
        source=reading.source,
        rows=tally.rows,
        rows_seen=intake.seen,
        rows_known=known.known,
        partitions=none,
        time_from=first,
        time_to=last,
        seconds=0.0,
        predict_seconds=tally.seconds,
        warnings=(*reading.warnings, *intake.warnings, *_remarks(job, intake, known, tally)),
    )


def _remarks(job: _Job, intake: NewRows, known: KnownRows, tally: _Tally) -> Iterator[str]:
    if known.repeated:
        yield f"{known.repeated} rows repeat another in '{job.data.entity}', time and features: scored once"
    if intake.old == intake.seen:
        yield (
            f"no row is newer than those that version {job.version} was made from ({when(job.newer_than)}): nothing to "
            "score; rows of another kind are named by `scoring.source`"
        )
    if tally.not_newer:
        yield (
            f"{tally.not_newer} of the rows are not newer than those that version {job.version} was made from: how "
            "well it predicts them says little about others"
        )

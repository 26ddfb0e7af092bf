"""Audit the split: look for ways in which training rows know of the holdout."""

import logging
from collections.abc import Callable
from functools import partial

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from ratchet.artifacts.files import verified_path
from ratchet.artifacts.folder import RunFolder
from ratchet.artifacts.history import find_readable, find_runs
from ratchet.config.data import TimeColumn
from ratchet.config.run import Run
from ratchet.data.chunks import Chunk
from ratchet.data.clock import Clock, count_moments
from ratchet.errors import DataError
from ratchet.evaluation.leakage.material import Material, Side
from ratchet.evaluation.leakage.search import search_leaks
from ratchet.models.labels import encode_labels
from ratchet.models.preprocessing import LARGEST
from ratchet.records.columns import ROW, TIME
from ratchet.records.data import Part, Split
from ratchet.records.leakage import Audit

logger = logging.getLogger(__name__)

MOST_ROWS = 200_000  # of a part: of train the newest, of the others the oldest, so that rows stay side by side
MOST_RUNS = 30  # half a year of weeks


def audit(run: Run, split: Split) -> Audit:
    """Look for leaks of every kind between the parts of a split.

    Raises:
        ArtifactError: a part is not what its record says.
        DataError: a label is none of the task's.
    """
    found = search_leaks(_Reader(run, split).read(), _read_past_skills(run))
    logger.info("%s %s: audit found %d leaks", run.model, run.run_id, len(found.findings))
    return found


class _Reader:
    """Reads the parts as arrays: numbers as they are, categories as codes, so that no texts are ever in memory."""

    def __init__(self, run: Run, split: Split) -> None:
        """Start with no category known."""
        self._run, self._split, self._data = run, split, run.config.data
        self._times = sorted({each.known_at for each in self._data.availability.values() if each.known_at})
        self._names = [name for name in (*self._data.features, *self._data.keys) if name not in self._times]
        self._codes: dict[str, dict[str, int]] = {}
        self._unreadable: dict[str, str] = {}

    def read(self) -> Material:
        """Return the material of an audit."""
        parts = self._split.train, self._split.validation, self._split.holdout
        train, validation, holdout = (self._read_part(part, is_train=part is parts[0]) for part in parts)
        return Material(
            config=self._run.config,
            classes=len(self._split.classes),
            train=train,
            validation=validation,
            holdout=holdout,
            unreadable=self._unreadable,
            seed=self._run.config.schedule.seed,
        )

    def _read_part(self, part: Part, *, is_train: bool) -> Side:
        kinds = self._data.features
        texts = [name for name in self._names if kinds.get(name, "categorical") == "categorical"]
        path = verified_path(part.file, self._run.home)
        with pq.ParquetFile(path, page_checksum_verification=True, read_dictionary=texts, pre_buffer=False) as file:
            side = self._make_side(partial(_read_column, file, is_newest=is_train))
        pa.default_memory_pool().release_unused()  # else each part's pages are held until the audit ends
        return side

    def _make_side(self, read: Callable[[str], pa.ChunkedArray]) -> Side:
        name = self._data.target.column
        target = read(name).to_pandas().rename(name)
        labels = encode_labels(target, self._run.config.task, self._split.classes)
        return Side(
            values={name: self._as_numbers(name, _as_one(read(name))) for name in self._names},
            labels=np.clip(labels, -LARGEST, LARGEST),
            rows=read(ROW).to_numpy(),
            moments=count_moments(read(TIME)) if self._data.has_clock else None,
            known_at={name: self._read_times(name, _as_one(read(name))) for name in self._times},
        )

    def _as_numbers(self, name: str, column: pa.Array) -> NDArray[np.floating]:
        """Texts become codes that are the same in every part; single precision holds sixteen million of them."""
        if not pa.types.is_dictionary(column.type):
            numbers = np.asarray(column.cast(pa.float64()).to_numpy(zero_copy_only=False), dtype=np.float64)
            return np.where(np.abs(numbers) <= LARGEST, numbers, np.nan)
        known = self._codes.setdefault(name, {})
        places = [known.setdefault(text, len(known)) for text in column.dictionary.to_pylist()]
        indices = column.indices.to_numpy(zero_copy_only=False)
        codes = np.full(len(column), np.nan, dtype=np.float32)
        is_known = pc.is_valid(column).to_numpy(zero_copy_only=False)
        codes[is_known] = np.asarray(places, dtype=np.float32)[indices[is_known].astype(np.int64)] if places else np.nan
        return codes

    def _read_times(self, name: str, column: pa.Array) -> NDArray[np.float64]:
        """Read a column of times as `data.time` is read; where that fails, no time of it is known."""
        known = np.full(len(column), np.nan)
        is_known = pc.is_valid(column)
        texts = column.filter(is_known)
        numbers = pa.array(np.arange(len(texts)))
        rows = pa.RecordBatch.from_arrays([texts, numbers], names=[name, ROW])
        try:
            times = Clock(self._describe_times(name)).read_times(Chunk(rows=rows, origin="the snapshot", first=0))
        except DataError as error:
            self._unreadable[name] = str(error)
            return known
        if times is not None:
            known[is_known.to_numpy(zero_copy_only=False)] = count_moments(times)
        return known

    def _describe_times(self, name: str) -> TimeColumn:
        """Other times are written like those of the rows."""
        own = self._data.time
        return own.model_copy(update={"column": name}) if isinstance(own, TimeColumn) else TimeColumn(column=name)


def _read_column(file: pq.ParquetFile, name: str, *, is_newest: bool) -> pa.ChunkedArray:
    """Read one column in this thread: each other one would keep memory of its own, and saves no time here."""
    column = file.read(columns=[name], use_threads=False).column(0)
    return column.slice(max(0, len(column) - MOST_ROWS) if is_newest else 0, MOST_ROWS)


def _as_one(column: pa.ChunkedArray) -> pa.Array:
    """Return a column as one array, also where it has no or several chunks."""
    one = column.combine_chunks()
    return one.chunk(0) if isinstance(one, pa.ChunkedArray) and one.num_chunks == 1 else one


def _read_past_skills(run: Run) -> list[float]:
    """Return what the quick models of earlier runs knew, where no leak was found in them."""
    skills = [_read_skill(folder) for folder in _list_earlier(run)]
    return [skill for skill in skills if skill is not None]


def _list_earlier(run: Run) -> list[RunFolder]:
    recent = find_runs(run.home, run.model)[: MOST_RUNS + 1]
    return [folder for folder, past in recent if past.run_id != run.run_id and past.started <= run.started]


def _read_skill(folder: RunFolder) -> float | None:
    known = find_readable(folder, "audit", Audit)
    return known.skill if known is not None and not known.findings else None

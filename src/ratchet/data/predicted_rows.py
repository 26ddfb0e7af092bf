"""Gather a model's predictions of a stretch of time from the dataset that scoring writes."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ratchet.artifacts.predictions import find_scorings, predictions_of
from ratchet.data.new_rows import BLOCK_ROWS
from ratchet.data.row_keys import read_ids
from ratchet.errors import ArtifactError
from ratchet.records.scoring import Scoring
from ratchet.timeline import DAY, to_number

FIELDS = [
    ("first", pa.uint64()),  # the row's key in two halves: the same whichever version predicted it
    ("second", pa.uint64()),
    ("moment", pa.int64()),
    ("made", pa.int64()),  # when its scoring run began
    ("is_known", pa.bool_()),  # whether that was done by the as-of
    ("row", pa.int64()),
    ("prediction_id", pa.string()),
    ("entity", pa.string()),
    ("model_version", pa.int32()),
    ("score", pa.float64()),
    ("decision", pa.string()),
    ("feature_hash", pa.string()),
]
SCORES = ("scores", pa.list_(pa.float64()))


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
        return pa.schema([*FIELDS, SCORES] if self.has_scores else FIELDS)

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
        """Return what the runs read that predicted in a stretch of time, the newest run first."""
        names = {path.stem.removeprefix("run-") for path in self._files_between(start, end)}
        runs = sorted((self.scorings[name] for name in names if name in self.scorings), key=lambda each: each.started)
        return tuple(dict.fromkeys(run.source for run in reversed(runs)))

    @property
    def _width(self) -> int:
        return DAY if self.has_clock else BLOCK_ROWS

    @property
    def _moment(self) -> str:
        return "event_time" if self.has_clock else "row"

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
            moments = _as_numbers(batch.column(self._moment))
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
        taken = [name for name in self.schema.names if name not in {"first", "second", "moment", *same}]
        for batch in _batches(path, sorted({*taken, self._moment})):
            columns = {name: batch.column(name).cast(self.schema.field(name).type) for name in taken}
            keys = read_ids(batch.column("prediction_id")).signed(self.model, columns["model_version"][0].as_py())
            columns |= {"first": pa.array(keys.first), "second": pa.array(keys.second)}
            columns["moment"] = pa.array(_as_numbers(batch.column(self._moment)))
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


def _as_numbers(column: pa.Array) -> np.ndarray:
    numbers: np.ndarray = column.cast(pa.int64()).to_numpy(zero_copy_only=False)
    return numbers


def _batches(path: Path, columns: Sequence[str]) -> Iterator[pa.RecordBatch]:
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            yield from (batch for batch in file.iter_batches(columns=list(columns)) if batch.num_rows)
    except (OSError, pa.ArrowException) as error:
        raise ArtifactError(
            f"{path} is no intact file of predictions ({str(error).splitlines()[0]}): delete it, and score its rows "
            "again"
        ) from error

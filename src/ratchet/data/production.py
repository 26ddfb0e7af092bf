"""What was known of production: the rows of a view, and the profiles of its short windows, which are kept.

Also the rows that a version is compared with: those it was judged on, or else what it first predicted.
"""

import shutil
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, groupby
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from numpy.typing import NDArray

from ratchet.artifacts.files import verified_path
from ratchet.artifacts.frames import write_batches
from ratchet.artifacts.monitoring_store import OBSERVED_ROWS, ProfileStore, monitoring_folder
from ratchet.artifacts.run_store import RunFolder
from ratchet.config.model import ModelConfig
from ratchet.config.read_plan import find_label_delay
from ratchet.config.run import Run
from ratchet.data.labels import name_labels
from ratchet.data.late_labels import explain_no_match, open_late_labels
from ratchet.data.observed_rows import Join, joining
from ratchet.data.parquet_reader import read_batches
from ratchet.data.predicted_rows import Predictions, ScoredReader
from ratchet.data.schemas import name_values, observed_schema, reference_schema
from ratchet.data.snapshot import check_as_of
from ratchet.data.windows import CountedWindow, View, WindowCounter, cut_batch
from ratchet.errors import DataError, RatchetError
from ratchet.records.columns import DECISION, HAS_FEATURES, LABEL, PREDICTION, ROW, SCORE, SCORES, TIME, VERSION
from ratchet.records.data import Part, Split
from ratchet.records.files import FileRef
from ratchet.records.monitoring import StoredProfile
from ratchet.records.profile import Profile
from ratchet.timeline import Moment, Window, to_moment, to_number

FEW_ROWS = 2_000  # a holdout with fewer is joined by validation, which the champion was not fitted on either
MOST_ROWS = 200_000  # of a reference: more make no better bins
LEAST_ROWS = 100  # of predictions that stand in for a champion's own rows
Answer = Callable[[pa.RecordBatch], tuple[NDArray[np.float64], pa.Array]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """The rows that were read.

    Attributes:
        file: Parquet.
        windows: the short windows of the history, counted.
        warnings: what was accepted with a remark.
    """

    file: FileRef
    windows: list[CountedWindow]
    warnings: tuple[str, ...]

    def within(self, window: Window) -> list[CountedWindow]:
        """Return the short windows that a window is made of."""
        return _find_within(self.windows, window)


def find_as_of(config: ModelConfig, known_at: Moment | None, predictions: Predictions) -> Moment | None:
    """Return as of when production is looked at; None where nothing says so.

    Event time and nothing else decides where windows end: rows that were scored in arrears are monitored as of their
    own time, as if they had been scored then.

    Raises:
        DataError: the as-of is of the wrong kind.
    """
    as_of = check_as_of(config.data, known_at)
    if config.data.has_clock or (end := predictions.find_end()) is None:
        return as_of
    return min(as_of or end, end)  # rows that nobody has seen yet are not rows that are missing


def read_production(run: Run, predictions: Predictions, view: View) -> Observed:
    """Write the history of a view: each prediction, the row that it was made from, and its label as far as known.

    Raises:
        ArtifactError: a file of predictions is damaged.
    """
    home, folder = run.home, monitoring_folder(run)
    counter = WindowCounter(view.cuts, view.version)
    start, end = view.history.numbers
    reader = ScoredReader(run, view.history, predictions.sources(start, end))
    with _working_in(folder) as place, joining(place, run.config, view.history) as join:
        repeats = join.take_predictions(predictions)
        join.take_features(reader)
        problem = _take_labels(run, join)
        rows = counter.count(join.read())
        file = write_batches(rows, observed_schema(run.config), folder.file(OBSERVED_ROWS), home)
    windows = counter.list(has_clock=run.config.data.has_clock)
    inside = _find_within(windows, view.window)
    warnings = [*reader.warnings, *repeats.describe(), *([problem] if problem else [])]
    warnings += [*_remarks(view, inside), *_explain_empty(predictions, inside)]
    return Observed(file=file, windows=windows, warnings=tuple(warnings))


def _find_within(windows: list[CountedWindow], window: Window) -> list[CountedWindow]:
    return [each for each in windows if window.contains(each.window.start)]


@contextmanager
def _working_in(folder: RunFolder) -> Iterator[Path]:
    """Give a hidden place that is gone when the block ends; what a killed try left is swept first."""
    folder.path.mkdir(parents=True, exist_ok=True)
    for left_over in folder.path.glob(".work-*"):
        shutil.rmtree(left_over, ignore_errors=True)
    with TemporaryDirectory(dir=folder.path, prefix=".work-") as place:
        yield Path(place)


def _take_labels(run: Run, join: Join) -> str | None:
    """Take the labels; return why there are none, where that is so: drift can be measured without them."""
    join.expect_labels()
    try:
        labels, delay = open_late_labels(run.config, run.project), find_label_delay(run.config.data)
        if labels.is_empty:
            return f"there is no label yet in {labels.source}"
        if not labels.matches:
            return explain_no_match(run.config)
        overdue = join.take_labels(labels, delay)
    except DataError as error:
        return f"no label is used, as not all can be read: {error}"
    if overdue:
        return f"{overdue} predictions are old enough for a label, and none that is known in {labels.source} is theirs"
    return None


def _remarks(view: View, inside: list[CountedWindow]) -> Iterator[str]:
    rows, own, found = (sum(getattr(each, name) for each in inside) for name in ("rows", "own", "found"))
    if own < rows:
        yield (
            f"{rows - own} of the window's {rows} rows were predicted by other versions than {view.version}: they "
            "count for performance, and not for drift, as another version's scores differ without any"
        )
    if found < own:
        yield (
            f"{own - found} of {own} predictions of the window can't be found in the source any more: the drift of "
            "features is that of the others, and of days that were counted before"
        )


def _explain_empty(predictions: Predictions, inside: list[CountedWindow]) -> Iterator[str]:
    """Say when the last rows were predicted, where none is in the window: it may be that another one was meant."""
    if any(each.rows for each in inside):
        return
    last = (predictions.find_end() or 1) - 1
    moment = to_moment(last, has_clock=predictions.has_clock)
    when = moment.isoformat(timespec="seconds") if isinstance(moment, datetime) else f"row {moment}"
    yield f"nothing was predicted in the window; the newest prediction is of {when}: an as-of after it sees some"


def read_windows(path: Path, view: View, columns: Collection[str]) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Yield what the view's version predicted, by the short window that it is in."""
    for batch in read_batches(path, (*columns, VERSION, HAS_FEATURES, TIME, ROW)):
        for place, rows in cut_batch(batch, view.cuts):
            yield place, rows.filter(pc.equal(rows.column(VERSION), view.version))


def with_features(rows: pa.RecordBatch) -> pa.RecordBatch:
    """Leave out the rows that left the source, and the columns that mark them."""
    return rows.filter(rows.column(HAS_FEATURES)).drop_columns([VERSION, HAS_FEATURES])


class KeptProfiles:
    """Profiles of a view's short windows, made with the bins of one reference; only what was never counted is read."""

    def __init__(self, run: Run, view: View, observed: Observed, digest: str) -> None:
        """Find the profiles that are kept.

        Args:
            run: the monitoring run.
            view: from where it looks.
            observed: the rows that it sees.
            digest: of the reference's bins.
        """
        self._run, self._view, self._observed = run, view, observed
        self._only_scores = False
        self._find(digest)
        inside = observed.within(view.window)
        if not any(each in inside and (at in self._kept or each.found) for at, each in enumerate(observed.windows)):
            # where no features are left, the drift of the prediction is still something
            self._only_scores = True
            self._find(f"{digest}-scores")

    def complete(self, profile: Callable[[Iterator[pa.RecordBatch]], Profile]) -> None:
        """Count what was never counted, in one pass over the rows; nothing is read where nothing is missing."""
        missing = {place for place, rows in enumerate(self._rows) if rows and place not in self._kept}
        if not missing:
            return
        columns = [PREDICTION] if self._only_scores else [PREDICTION, *self._run.config.data.features]
        path = self._run.home / self._observed.file.path
        for place, group in groupby(read_windows(path, self._view, columns), key=itemgetter(0)):
            if place in missing:
                counted = profile(rows if self._only_scores else with_features(rows) for _, rows in group)
                window = self._observed.windows[place]
                self._kept[place] = self._store.keep(window.window, window.fingerprint, counted)

    def divide(self) -> tuple[tuple[StoredProfile, ...], tuple[StoredProfile, ...]]:
        """Return the profiles of the view's window, and those of the history before it."""
        ordered = [self._kept[place] for place in sorted(self._kept)]
        start = to_number(self._view.window.start)
        places = [to_number(each.window.start) for each in ordered]
        begin = next((index for index, place in enumerate(places) if place >= start), len(ordered))
        return tuple(ordered[begin:]), tuple(ordered[:begin])

    def _find(self, name: str) -> None:
        self._store = ProfileStore(self._run.home, self._run.model, name)
        self._rows = [each.own if self._only_scores else each.found for each in self._observed.windows]
        found = map(self._find_one, self._observed.windows, self._rows)
        self._kept = {place: profile for place, profile in enumerate(found) if profile}

    def _find_one(self, window: CountedWindow, rows: int) -> StoredProfile | None:
        return self._store.find(window.window, window.fingerprint, max(rows, 1)) if window.own else None


def write_judged(config: ModelConfig, split: Split, answer: Answer, folder: RunFolder) -> FileRef:
    """Write the rows that a version was judged on, and never fitted on, with its scores.

    Args:
        config: the model's YAML.
        split: of the run that trained the version.
        answer: scores and decisions of some rows.
        folder: where they are written.

    Raises:
        ArtifactError: a part of the split is missing or damaged.
    """
    parts = [split.validation, split.holdout] if split.holdout.rows < FEW_ROWS else [split.holdout]
    paths = [verified_path(part.file, folder.home) for part in parts]
    schema = reference_schema(config, pq.read_schema(paths[0]).names)
    batches = (_score(config, answer, batch, schema) for batch in _spread(paths, parts))
    return write_batches(batches, schema, folder.file("rows.parquet"), folder.home)


def write_first_predicted(config: ModelConfig, view: View, observed: Observed, folder: RunFolder) -> FileRef:
    """Write what a version first predicted in the history, as much as a window holds.

    Raises:
        RatchetError: that is too little to compare with.
    """
    known = {place: each for place, each in enumerate(observed.windows) if each.found}
    end = min((to_number(each.window.start) for each in known.values()), default=0) + view.window.length
    first = {place: each for place, each in known.items() if to_number(each.window.start) < end}
    if (rows := sum(each.found for each in first.values())) < LEAST_ROWS:
        raise RatchetError(
            f"version {view.version} of {config.model} has nothing to be compared with: the rows of its own run can't "
            f"be used, and of its predictions {rows} are there with their features, of {LEAST_ROWS} that are needed; "
            "score more rows, or retrain"
        )
    schema = reference_schema(config, name_values(config))
    windows = read_windows(folder.home / observed.file.path, view, schema.names)
    batches = (with_features(rows).cast(schema) for place, rows in windows if place in first)
    return write_batches(batches, schema, folder.file("rows.parquet"), folder.home)


def _spread(paths: Sequence[Path], parts: Sequence[Part]) -> Iterator[pa.RecordBatch]:
    """Yield at most so many rows as a reference needs, evenly over all of them."""
    total, before = sum(part.rows for part in parts), 0
    step = min(1.0, MOST_ROWS / max(total, 1))
    for batch in chain.from_iterable(map(read_batches, paths)):
        places = np.floor(np.arange(before, before + batch.num_rows + 1) * step)
        before += batch.num_rows
        yield batch.filter(pa.array(np.diff(places) > 0))


def _score(config: ModelConfig, answer: Answer, batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    target = config.data.target
    scores, decisions = answer(batch)
    columns = {name: batch.column(name) for name in schema.names if name in batch.schema.names}
    columns[DECISION] = decisions
    columns[SCORE] = pa.array(scores.max(axis=1) if scores.ndim == 2 else scores)
    columns[SCORES] = pa.array(list(scores)) if scores.ndim == 2 else None
    columns[PREDICTION] = columns[DECISION if config.task == "multiclass" else SCORE]
    columns[LABEL] = name_labels(batch.column(target.column), target, config.task)
    return pa.RecordBatch.from_arrays([columns[field.name].cast(field.type) for field in schema], schema=schema)

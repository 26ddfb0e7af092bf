"""What was known of production at a moment: from where a run looks, and the rows that it sees."""

import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.compute as pc

from ratchet.artifacts.folder import RunFolder
from ratchet.artifacts.frames import write_batches
from ratchet.artifacts.monitoring_store import OBSERVED_ROWS, monitoring_folder
from ratchet.config.model import ModelConfig
from ratchet.config.read_plan import find_label_delay
from ratchet.config.run import Run
from ratchet.data.late_labels import explain_no_match, open_late_labels
from ratchet.data.observed_rows import Join, joining, make_schema
from ratchet.data.predicted_rows import Predictions
from ratchet.data.profiling import read_batches
from ratchet.data.scored_rows import ScoredReader
from ratchet.data.stretches import (
    Stretch,
    StretchCounter,
    cut_batch,
    cut_stretches,
    window_before,
)
from ratchet.errors import DataError
from ratchet.records.columns import HAS_FEATURES, ROW, TIME, VERSION
from ratchet.records.files import FileRef
from ratchet.timeline import Moment, Window, to_moment, to_number


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """From where a run looks.

    Attributes:
        as_of: what counts as known.
        window: whose drift is measured.
        long_window: whose performance is told as well.
        history: all that is read.
        cuts: where its stretches begin, and the end of the last.
        version: the version that made the newest predictions.
    """

    as_of: Moment
    window: Window
    long_window: Window
    history: Window
    cuts: list[int]
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """The rows that were read.

    Attributes:
        file: Parquet.
        stretches: their counts.
        warnings: what was accepted with a remark.
    """

    file: FileRef
    stretches: list[Stretch]
    warnings: tuple[str, ...]

    def within(self, window: Window) -> list[Stretch]:
        """Return the stretches of a window."""
        return _find_within(self.stretches, window)


def make_view(config: ModelConfig, as_of: Moment, version: int) -> View:
    """Return the windows that end at the as-of; rows that this version predicted are counted apart."""
    has_clock = config.data.has_clock
    spans = config.monitoring.spans(has_clock=has_clock)
    window, long_window, history = (window_before(to_number(as_of), span, has_clock=has_clock) for span in spans)
    return View(
        as_of=as_of,
        window=window,
        long_window=long_window,
        history=history,
        cuts=cut_stretches(history, spans[0], has_clock=has_clock),
        version=version,
    )


def read_production(run: Run, predictions: Predictions, view: View) -> Observed:
    """Write the history of a view: each prediction, the row that it was made from, and its label as far as known.

    Raises:
        ArtifactError: a file of predictions is damaged.
    """
    home, folder = Path(run.home), monitoring_folder(run)
    counter = StretchCounter(view.cuts, view.version)
    start, end = view.history.numbers
    reader = ScoredReader(run, view.history, predictions.sources(start, end))
    with _working_in(folder) as place, joining(place, run.config, view.history) as join:
        repeats = join.take_predictions(predictions)
        join.take_features(reader)
        problem = _take_labels(run, join)
        rows = counter.watch(join.read())
        file = write_batches(rows, make_schema(run.config), folder.file(OBSERVED_ROWS), home)
    stretches = counter.list(has_clock=run.config.data.has_clock)
    inside = _find_within(stretches, view.window)
    warnings = [*reader.warnings, *repeats.describe(), *([problem] if problem else [])]
    warnings += [*_remarks(view, inside), *_explain_empty(predictions, inside)]
    return Observed(file=file, stretches=stretches, warnings=tuple(warnings))


def _find_within(stretches: list[Stretch], window: Window) -> list[Stretch]:
    return [each for each in stretches if window.contains(each.window.start)]


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
        labels, delay = open_late_labels(run.config, Path(run.project)), find_label_delay(run.config.data)
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


def _remarks(view: View, inside: list[Stretch]) -> Iterator[str]:
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


def _explain_empty(predictions: Predictions, inside: list[Stretch]) -> Iterator[str]:
    """Say when the last rows were predicted, where none is in the window: it may be that another one was meant."""
    if any(each.rows for each in inside):
        return
    last = (predictions.find_end() or 1) - 1
    moment = to_moment(last, has_clock=predictions.has_clock)
    when = moment.isoformat(timespec="seconds") if isinstance(moment, datetime) else f"row {moment}"
    yield f"nothing was predicted in the window; the newest prediction is of {when}: an as-of after it sees some"


def read_stretches(path: Path, view: View, columns: Collection[str]) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Yield what the view's version predicted, by the stretch that it is in."""
    for batch in read_batches(path, (*columns, VERSION, HAS_FEATURES, TIME, ROW)):
        for place, rows in cut_batch(batch, view.cuts):
            yield place, rows.filter(pc.equal(rows.column(VERSION), view.version))


def with_features(rows: pa.RecordBatch) -> pa.RecordBatch:
    """Leave out the rows that left the source, and the columns that tell them."""
    return rows.filter(rows.column(HAS_FEATURES)).drop_columns([VERSION, HAS_FEATURES])

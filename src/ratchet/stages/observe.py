"""Read what a model predicted, from which rows, and which labels are known; count what was not counted before."""

import logging
import shutil
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import chain, groupby
from operator import itemgetter
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ratchet.artifacts.files import verified_path
from ratchet.artifacts.folder import RunFolder
from ratchet.artifacts.frames import write_batches
from ratchet.artifacts.history import find_record, read_record
from ratchet.artifacts.monitoring import (
    OBSERVED_ROWS,
    ProfileStore,
    StoredReference,
    find_reference,
    keep_moment,
    keep_reference,
    monitoring_folder,
    reference_folder,
    sweep_heavy,
)
from ratchet.config.model import ModelConfig
from ratchet.config.observing import plan_label_rows
from ratchet.config.run import Run
from ratchet.config.settings import read_threads
from ratchet.data.intake import check_as_of
from ratchet.data.labels import name_labels
from ratchet.data.late_labels import explain_no_match, open_late_labels
from ratchet.data.observed_rows import Join, joining, make_schema, refuse_taken_names
from ratchet.data.predicted_rows import Predictions, open_predictions
from ratchet.data.profiling import read_batches
from ratchet.data.scored_rows import ScoredReader, name_columns
from ratchet.data.stretches import (
    Stretch,
    StretchCounter,
    cut_batch,
    cut_stretches,
    to_moment,
    to_number,
    window_before,
)
from ratchet.drift.profiles import profile_rows
from ratchet.drift.reference import make_reference
from ratchet.errors import DataError, NothingYetError, RatchetError
from ratchet.evaluation.decisions import HALF, decide_classes
from ratchet.models.labels import Floats
from ratchet.models.scoring import score_old_model
from ratchet.records.columns import (
    DECISION,
    HAS_FEATURES,
    LABEL,
    PREDICTION,
    ROW,
    SCORE,
    SCORES,
    TIME,
    VERSION,
)
from ratchet.records.data import Part, Split
from ratchet.records.files import FileRef
from ratchet.records.monitoring import Moment, Observation, StoredProfile, Window
from ratchet.records.profile import Profile, Reference
from ratchet.registry.champion import find_champion
from ratchet.registry.client import connect
from ratchet.registry.in_service import InService, load_version

logger = logging.getLogger(__name__)

FEW_ROWS = 2_000  # a holdout with fewer is joined by validation, which the champion was not fitted on either
MOST_ROWS = 200_000  # of a reference: more make no better bins
LEAST_ROWS = 100  # of predictions that stand in for a champion's own rows
KINDS = {"numeric": "number", "categorical": "category", "boolean": "boolean"}


@dataclass(frozen=True, slots=True, kw_only=True)
class _View:
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
class _Observed:
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
        start, end = to_number(window.start), to_number(window.end)
        return [each for each in self.stretches if start <= to_number(each.window.start) < end]


def observe(run: Run) -> Observation:
    """Put together what was known of production at the as-of.

    Raises:
        NothingYetError: nothing was predicted by then.
        DataError: the as-of is of the wrong kind, or a feature has a name that is taken.
        ArtifactError: a file of predictions is damaged.
        RatchetError: there is nothing that the predictions can be compared with.
    """
    refuse_taken_names(run.config)
    predictions = _open_predictions(run)
    view = _choose_view(run, predictions)
    observed = _read_rows(run, predictions, view)
    service = _load_service(run, view.version)
    stored = _find_reference(run, view, observed, service)
    profiles, earlier = _profile(run, view, observed, stored)
    inside = observed.within(view.window)
    observation = Observation(
        model=run.model,
        run_id=run.run_id,
        version=view.version,
        as_of=view.as_of,
        window=view.window,
        long_window=view.long_window,
        history=view.history,
        observed=observed.file,
        rows=sum(each.rows for each in inside),
        labelled=sum(each.labelled for each in inside),
        reference=stored.reference,
        reference_profile=stored.profile,
        reference_rows=stored.rows,
        profiles=profiles,
        earlier=earlier,
        classes=service.classes if isinstance(service, InService) else (),
        warnings=(
            *observed.warnings,
            *stored.warnings,
            *_remarks(view, inside),
            *_explain_empty(predictions, inside),
        ),
    )
    keep_moment(run, view.as_of)
    sweep_heavy(Path(run.home), run.model)
    logger.info("%s %s: observed %d rows, %d labelled", run.model, run.run_id, observation.rows, observation.labelled)
    return observation


def _open_predictions(run: Run) -> Predictions:
    has_clock = run.config.data.has_clock
    has_scores = run.config.task == "multiclass"
    return open_predictions(Path(run.home), run.model, has_clock=has_clock, has_scores=has_scores)


def _choose_view(run: Run, predictions: Predictions) -> _View:
    """Decide from where the run looks.

    Event time and nothing else decides where windows end: rows that were scored in arrears are monitored as of their
    own time, as if they had been scored then.
    """
    has_clock = run.config.data.has_clock
    as_of, end = check_as_of(run.config.data, run.known_at), predictions.find_end()
    if not has_clock and end is not None:
        as_of = min(as_of or end, end)  # rows that nobody has seen yet are not rows that are missing
    version = None if as_of is None else predictions.find_version(to_number(as_of))
    if as_of is None or version is None:
        raise NothingYetError(_explain_nothing(run, as_of))
    spans = run.config.monitoring.spans(has_clock=has_clock)
    window, long_window, history = (window_before(to_number(as_of), span, has_clock=has_clock) for span in spans)
    return _View(
        as_of=as_of,
        window=window,
        long_window=long_window,
        history=history,
        cuts=cut_stretches(history, spans[0], has_clock=has_clock),
        version=version,
    )


def _explain_nothing(run: Run, as_of: Moment | None) -> str:
    if find_champion(connect(Path(run.home)), run.model) is None:
        return f"{run.model} has no champion yet: there is nothing to monitor before a retraining promotes one"
    when = as_of.isoformat() if isinstance(as_of, datetime) else as_of
    before = "" if when is None else f" before {when}"
    return f"nothing of {run.model} was predicted{before}: monitoring begins after `{run.model}.score` has run"


def _read_rows(run: Run, predictions: Predictions, view: _View) -> _Observed:
    home, folder = Path(run.home), monitoring_folder(run)
    counter = StretchCounter(view.cuts, view.version)
    start, end = to_number(view.history.start), to_number(view.history.end)
    reader = ScoredReader(run, view.history, predictions.sources(start, end))
    with _working_in(folder) as place, joining(place, run.config, view.history) as join:
        repeats = join.take_predictions(predictions)
        join.take_features(reader)
        problem = _take_labels(run, join)
        rows = counter.watch(join.read())
        file = write_batches(rows, make_schema(run.config), folder.file(OBSERVED_ROWS), home)
    stretches = counter.list(has_clock=run.config.data.has_clock)
    warnings = [*reader.warnings, *repeats.describe(), *([problem] if problem else [])]
    return _Observed(file=file, stretches=stretches, warnings=tuple(warnings))


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
        labels, delay = open_late_labels(run.config, Path(run.project)), plan_label_rows(run.config).delay
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


def _remarks(view: _View, inside: list[Stretch]) -> Iterator[str]:
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
    when = moment.isoformat() if isinstance(moment, datetime) else f"row {moment}"
    yield f"nothing was predicted in the window; the newest prediction is of {when}: an as-of there sees what there is"


def _load_service(run: Run, version: int) -> InService | str:
    """Load the version that predicted; where that can't be done, return why."""
    try:
        return load_version(run, version)
    except RatchetError as error:
        return str(error)


def _find_reference(run: Run, view: _View, observed: _Observed, service: InService | str) -> StoredReference:
    """Return the version's reference, made the first time that it is asked for."""
    folder = reference_folder(run, view.version)
    if stored := find_reference(folder):
        return stored
    warnings = list[str]()
    try:
        rows = _write_unfitted(run, service, folder)
    except RatchetError as error:
        rows = _write_first_predicted(run, view, observed, folder)
        warnings.append(
            f"the rows that version {view.version} was judged on can't be used ({error}): what it first predicted "
            "stands in for them"
        )
    path = folder.home / rows.path
    time = TIME if run.config.data.has_clock else None
    reference = make_reference(read_batches(path), _kinds_of(run.config), time_column=time)
    profile = profile_rows(read_batches(path), reference, threads=read_threads())
    return keep_reference(folder, reference, profile, rows, warnings)


def _kinds_of(config: ModelConfig) -> dict[str, str]:
    kinds = {name: KINDS[kind] for name, kind in config.data.features.items()}
    kinds[PREDICTION] = "category" if config.task == "multiclass" else "number"
    kinds[LABEL] = "number" if config.task == "regression" else "category"
    return kinds


def _write_unfitted(run: Run, service: InService | str, folder: RunFolder) -> FileRef:
    """Write the rows that a version was judged on, and never fitted on, with its scores."""
    if isinstance(service, str):
        raise RatchetError(service)
    split = find_record(RunFolder(folder.home, _training_folder(run, service)), "split", Split)
    if split is None:
        raise RatchetError(f"the records of run {service.champion.run_id} are gone")
    parts = [split.validation, split.holdout] if split.holdout.rows < FEW_ROWS else [split.holdout]
    paths = [verified_path(part.file, folder.home) for part in parts]
    there = pq.read_schema(paths[0]).names
    schema = _reference_schema(run.config, there)
    batches = (_score_batch(run.config, service, batch, schema) for batch in _spread(paths, parts))
    return write_batches(batches, schema, folder.file("rows.parquet"), folder.home)


def _training_folder(run: Run, service: InService) -> Path:
    return Path(run.home) / "runs" / run.model / service.champion.run_id


def _reference_schema(config: ModelConfig, there: Collection[str]) -> pa.Schema:
    own = (TIME, ROW, SCORE, SCORES, DECISION, PREDICTION, LABEL)
    return pa.schema([field for field in make_schema(config) if field.name in own or field.name in there])


def _spread(paths: Sequence[Path], parts: Sequence[Part]) -> Iterator[pa.RecordBatch]:
    """Yield at most so many rows as a reference needs, evenly over all of them."""
    total, before = sum(part.rows for part in parts), 0
    step = min(1.0, MOST_ROWS / max(total, 1))
    for batch in chain.from_iterable(map(read_batches, paths)):
        places = np.floor(np.arange(before, before + batch.num_rows + 1) * step)
        before += batch.num_rows
        yield batch.filter(pa.array(np.diff(places) > 0))


def _score_batch(config: ModelConfig, service: InService, batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    frame, target = batch.to_pandas(), config.data.target
    scores = _score(config, service, frame)
    columns = {name: batch.column(name) for name in schema.names if name in batch.schema.names}
    columns[DECISION] = _decide(config, service, frame, scores)
    columns[SCORE] = pa.array(scores.max(axis=1) if scores.ndim == 2 else scores)
    columns[SCORES] = pa.array(list(scores)) if scores.ndim == 2 else None
    columns[PREDICTION] = columns[DECISION if config.task == "multiclass" else SCORE]
    columns[LABEL] = name_labels(batch.column(target.column), target, config.task)
    arrays = [columns[field.name].cast(field.type) for field in schema]
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _decide(config: ModelConfig, service: InService, frame: pd.DataFrame, scores: Floats) -> pa.Array:
    decided = decide_classes(config.task, scores, frame, service.champion.thresholds or HALF)
    if decided is None:
        return pa.nulls(len(frame), pa.string())
    return pa.array(np.array(service.classes, object)[decided.astype(np.int64)], pa.string())


def _score(config: ModelConfig, service: InService, frame: pd.DataFrame) -> Floats:
    lacking = {name: None for name in config.data.features if name not in frame.columns}
    return score_old_model(service.pipeline, frame.assign(**lacking), config)


def _write_first_predicted(run: Run, view: _View, observed: _Observed, folder: RunFolder) -> FileRef:
    """Write what a version first predicted in the history, as much as a window holds.

    Raises:
        RatchetError: that is too little to compare with.
    """
    length = to_number(view.window.end) - to_number(view.window.start)
    known = {place: each for place, each in enumerate(observed.stretches) if each.found}
    begin = min((to_number(each.window.start) for each in known.values()), default=0)
    first = {place: each for place, each in known.items() if to_number(each.window.start) < begin + length}
    if (rows := sum(each.found for each in first.values())) < LEAST_ROWS:
        raise RatchetError(
            f"version {view.version} of {run.model} has nothing to be compared with: the rows of its own run can't be "
            f"used, and of its predictions {rows} are there with their features, of {LEAST_ROWS} that are needed; "
            "score more rows, or retrain"
        )
    schema = _reference_schema(run.config, name_columns(run.config))
    stretches = _read_stretches(folder.home / observed.file.path, view, schema.names)
    batches = (_with_features(rows).cast(schema) for place, rows in stretches if place in first)
    return write_batches(batches, schema, folder.file("rows.parquet"), folder.home)


def _read_stretches(path: Path, view: _View, columns: Collection[str]) -> Iterator[tuple[int, pa.RecordBatch]]:
    """Yield what the view's version predicted, by the stretch that it is in."""
    for batch in read_batches(path, (*columns, VERSION, HAS_FEATURES, TIME, ROW)):
        for place, rows in cut_batch(batch, view.cuts):
            yield place, rows.filter(pc.equal(rows.column(VERSION), view.version))


def _with_features(rows: pa.RecordBatch) -> pa.RecordBatch:
    return rows.filter(rows.column(HAS_FEATURES)).drop_columns([VERSION, HAS_FEATURES])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Counts:
    """What is counted of a view's stretches.

    Attributes:
        store: where counts are kept.
        rows: rows of each stretch that count, by its place.
        kept: what was counted before, by its place.
        only_scores: whether only predictions count, as no features are left.
    """

    store: ProfileStore
    rows: list[int]
    kept: dict[int, StoredProfile]
    only_scores: bool

    @property
    def missing(self) -> frozenset[int]:
        """The places that were never counted."""
        return frozenset(place for place, rows in enumerate(self.rows) if rows and place not in self.kept)


def _profile(
    run: Run, view: _View, observed: _Observed, stored: StoredReference
) -> tuple[tuple[StoredProfile, ...], tuple[StoredProfile, ...]]:
    """Return the profiles of the window and of the history before it; only what was never counted is read."""
    counts = _choose_counts(run, view, observed, stored)
    for place, profile in _count(run, view, observed, stored, counts):
        stretch = observed.stretches[place]
        counts.kept[place] = counts.store.keep(stretch.window, stretch.fingerprint, profile)
    ordered = [counts.kept[place] for place in sorted(counts.kept)]
    start = to_number(view.window.start)
    places = [to_number(each.window.start) for each in ordered]
    begin = next((index for index, place in enumerate(places) if place >= start), len(ordered))
    return tuple(ordered[begin:]), tuple(ordered[:begin])


def _choose_counts(run: Run, view: _View, observed: _Observed, stored: StoredReference) -> _Counts:
    whole = _find_counts(run, observed, stored.digest, only_scores=False)
    inside = observed.within(view.window)
    if any(each in inside and (place in whole.kept or each.found) for place, each in enumerate(observed.stretches)):
        return whole
    # where no features are left, the drift of the prediction is still something
    return _find_counts(run, observed, f"{stored.digest}-scores", only_scores=True)


def _find_counts(run: Run, observed: _Observed, name: str, *, only_scores: bool) -> _Counts:
    store = ProfileStore(Path(run.home), run.model, name)
    rows = [each.own if only_scores else each.found for each in observed.stretches]
    found = [_find_profile(store, each, count) for each, count in zip(observed.stretches, rows, strict=True)]
    kept = {place: profile for place, profile in enumerate(found) if profile}
    return _Counts(store=store, rows=rows, kept=kept, only_scores=only_scores)


def _find_profile(store: ProfileStore, stretch: Stretch, rows: int) -> StoredProfile | None:
    return store.find(stretch.window, stretch.fingerprint, max(rows, 1)) if stretch.own else None


def _count(
    run: Run, view: _View, observed: _Observed, stored: StoredReference, counts: _Counts
) -> Iterator[tuple[int, Profile]]:
    """Yield the profiles of some stretches, in one pass over the rows; none is needed where nothing is missing."""
    missing = counts.missing
    if not missing:
        return
    home = Path(run.home)
    reference = read_record(stored.reference, home, Reference)
    columns = [PREDICTION] if counts.only_scores else [PREDICTION, *run.config.data.features]
    stretches = _read_stretches(home / observed.file.path, view, columns)
    for place, group in groupby(stretches, key=itemgetter(0)):
        if place in missing:
            rows = (rows if counts.only_scores else _with_features(rows) for _, rows in group)
            yield place, profile_rows(rows, reference, threads=read_threads())

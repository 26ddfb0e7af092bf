"""Read what a model predicted, from which rows, and which labels are known; count what was not counted before."""

import logging
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, groupby
from operator import itemgetter
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from ratchet.artifacts.files import verified_path
from ratchet.artifacts.folder import RunFolder
from ratchet.artifacts.frames import write_batches
from ratchet.artifacts.history import find_record, read_record
from ratchet.artifacts.monitoring_store import (
    ProfileStore,
    StoredReference,
    find_reference,
    keep_moment,
    keep_reference,
    reference_folder,
    sweep_heavy,
)
from ratchet.config.model import ModelConfig
from ratchet.config.run import Run
from ratchet.config.settings import read_threads
from ratchet.data.intake import check_as_of
from ratchet.data.labels import name_labels
from ratchet.data.observed_rows import make_schema, refuse_taken_names
from ratchet.data.observing import Observed, View, make_view, read_production, read_stretches, with_features
from ratchet.data.predicted_rows import Predictions, open_predictions
from ratchet.data.profile import KIND_OF_FEATURE
from ratchet.data.profiling import read_batches
from ratchet.data.scored_rows import name_columns
from ratchet.data.stretches import Stretch
from ratchet.drift.profiles import profile_rows
from ratchet.drift.reference import make_reference
from ratchet.errors import NothingYetError, RatchetError
from ratchet.evaluation.decisions import HALF, decide_classes
from ratchet.models.labels import Floats
from ratchet.models.scoring import score_old_model
from ratchet.records.columns import DECISION, LABEL, PREDICTION, ROW, SCORE, SCORES, TIME
from ratchet.records.data import Part, Split
from ratchet.records.files import FileRef
from ratchet.records.monitoring import Observation, StoredProfile
from ratchet.records.profile import Profile, Reference
from ratchet.registry.champion import find_champion
from ratchet.registry.client import connect
from ratchet.registry.in_service import InService, load_version
from ratchet.reports.wording import when
from ratchet.timeline import Moment, to_number

logger = logging.getLogger(__name__)

FEW_ROWS = 2_000  # a holdout with fewer is joined by validation, which the champion was not fitted on either
MOST_ROWS = 200_000  # of a reference: more make no better bins
LEAST_ROWS = 100  # of predictions that stand in for a champion's own rows
Profiles = tuple[StoredProfile, ...]


def collect(run: Run) -> Observation:
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
    observed = read_production(run, predictions, view)
    service = _load_service(run, view.version)
    stored = _find_reference(run, view, observed, service)
    profiles = _profile(run, view, observed, stored)
    observation = _describe(run, view, observed, stored, profiles, service)
    keep_moment(run, view.as_of)
    sweep_heavy(Path(run.home), run.model)
    logger.info("%s %s: observed %d rows, %d labelled", run.model, run.run_id, observation.rows, observation.labelled)
    return observation


def _describe(
    run: Run,
    view: View,
    observed: Observed,
    stored: StoredReference,
    profiles: tuple[Profiles, Profiles],
    service: InService | str,
) -> Observation:
    inside = observed.within(view.window)
    return Observation(
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
        profiles=profiles[0],
        earlier=profiles[1],
        classes=service.classes if isinstance(service, InService) else (),
        warnings=(*observed.warnings, *stored.warnings),
    )


def _open_predictions(run: Run) -> Predictions:
    has_clock = run.config.data.has_clock
    has_scores = run.config.task == "multiclass"
    return open_predictions(Path(run.home), run.model, has_clock=has_clock, has_scores=has_scores)


def _choose_view(run: Run, predictions: Predictions) -> View:
    """Decide from where the run looks.

    Event time and nothing else decides where windows end: rows that were scored in arrears are monitored as of their
    own time, as if they had been scored then.
    """
    as_of = check_as_of(run.config.data, run.known_at)
    if not run.config.data.has_clock and (end := predictions.find_end()) is not None:
        as_of = min(as_of or end, end)  # rows that nobody has seen yet are not rows that are missing
    version = None if as_of is None else predictions.find_version(to_number(as_of))
    if as_of is None or version is None:
        raise NothingYetError(_explain_nothing(run, as_of))
    return make_view(run.config, as_of, version)


def _explain_nothing(run: Run, as_of: Moment | None) -> str:
    if find_champion(connect(Path(run.home)), run.model) is None:
        return f"{run.model} has no champion yet: there is nothing to monitor before a retraining promotes one"
    before = "" if as_of is None else f" before {when(as_of)}"
    return f"nothing of {run.model} was predicted{before}: monitoring begins after `{run.model}.score` has run"


def _load_service(run: Run, version: int) -> InService | str:
    """Load the version that predicted; where that can't be done, return why."""
    try:
        return load_version(run, version)
    except RatchetError as error:
        return str(error)


def _find_reference(run: Run, view: View, observed: Observed, service: InService | str) -> StoredReference:
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
    kinds = {name: KIND_OF_FEATURE[kind] for name, kind in config.data.features.items()}
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


def _write_first_predicted(run: Run, view: View, observed: Observed, folder: RunFolder) -> FileRef:
    """Write what a version first predicted in the history, as much as a window holds.

    Raises:
        RatchetError: that is too little to compare with.
    """
    length = view.window.length
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
    stretches = read_stretches(folder.home / observed.file.path, view, schema.names)
    batches = (with_features(rows).cast(schema) for place, rows in stretches if place in first)
    return write_batches(batches, schema, folder.file("rows.parquet"), folder.home)


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


def _profile(run: Run, view: View, observed: Observed, stored: StoredReference) -> tuple[Profiles, Profiles]:
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


def _choose_counts(run: Run, view: View, observed: Observed, stored: StoredReference) -> _Counts:
    whole = _find_counts(run, observed, stored.digest, only_scores=False)
    inside = observed.within(view.window)
    if any(each in inside and (place in whole.kept or each.found) for place, each in enumerate(observed.stretches)):
        return whole
    # where no features are left, the drift of the prediction is still something
    return _find_counts(run, observed, f"{stored.digest}-scores", only_scores=True)


def _find_counts(run: Run, observed: Observed, name: str, *, only_scores: bool) -> _Counts:
    store = ProfileStore(Path(run.home), run.model, name)
    rows = [each.own if only_scores else each.found for each in observed.stretches]
    found = [_find_profile(store, each, count) for each, count in zip(observed.stretches, rows, strict=True)]
    kept = {place: profile for place, profile in enumerate(found) if profile}
    return _Counts(store=store, rows=rows, kept=kept, only_scores=only_scores)


def _find_profile(store: ProfileStore, stretch: Stretch, rows: int) -> StoredProfile | None:
    return store.find(stretch.window, stretch.fingerprint, max(rows, 1)) if stretch.own else None


def _count(
    run: Run, view: View, observed: Observed, stored: StoredReference, counts: _Counts
) -> Iterator[tuple[int, Profile]]:
    """Yield the profiles of some stretches, in one pass over the rows; none is needed where nothing is missing."""
    missing = counts.missing
    if not missing:
        return
    home = Path(run.home)
    reference = read_record(stored.reference, home, Reference)
    columns = [PREDICTION] if counts.only_scores else [PREDICTION, *run.config.data.features]
    stretches = read_stretches(home / observed.file.path, view, columns)
    for place, group in groupby(stretches, key=itemgetter(0)):
        if place in missing:
            rows = (rows if counts.only_scores else with_features(rows) for _, rows in group)
            yield place, profile_rows(rows, reference, threads=read_threads())

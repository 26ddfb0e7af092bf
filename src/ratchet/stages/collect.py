"""Read what a model predicted, from which rows, and which labels are known; count what was not counted before."""

import logging

from ratchet.artifacts.monitoring_store import (
    StoredReference,
    find_reference,
    keep_moment,
    keep_reference,
    reference_folder,
    sweep_heavy,
)
from ratchet.artifacts.run_store import RunFolder, find_folder, find_record, read_record
from ratchet.config.run import Run
from ratchet.config.settings import read_threads
from ratchet.data.observed_rows import refuse_taken_names
from ratchet.data.parquet_reader import read_batches
from ratchet.data.predicted_rows import Predictions, open_predictions
from ratchet.data.production import (
    KeptProfiles,
    Observed,
    find_as_of,
    read_production,
    write_first_predicted,
    write_judged,
)
from ratchet.data.windows import View, make_view
from ratchet.drift.profiles import profile_rows
from ratchet.drift.reference import list_kinds, make_reference
from ratchet.errors import NothingYetError, RatchetError
from ratchet.models.answers import ScoringModel
from ratchet.records.columns import TIME
from ratchet.records.data import Split
from ratchet.records.files import FileRef
from ratchet.records.monitoring import Observation
from ratchet.records.profile import Reference
from ratchet.registry.champion import find_champion, require_classes, require_version
from ratchet.registry.model_files import load_pipeline
from ratchet.reports.wording import when
from ratchet.timeline import Moment, to_number

logger = logging.getLogger(__name__)


def collect(run: Run) -> Observation:
    """Put together what was known of production at the as-of.

    Raises:
        NothingYetError: nothing was predicted by then.
        DataError: the as-of is of the wrong kind, or a feature has a name that is taken.
        ArtifactError: a file of predictions is damaged.
        RatchetError: there is nothing that the predictions can be compared with.
    """
    refuse_taken_names(run.config)
    has_scores = run.config.task == "multiclass"
    predictions = open_predictions(run.home, run.model, has_clock=run.config.data.has_clock, has_scores=has_scores)
    view = _choose_view(run, predictions)
    observed = read_production(run, predictions, view)
    stored = _find_reference(run, view, observed)
    profiles = KeptProfiles(run, view, observed, stored.digest)
    reference = read_record(stored.reference, run.home, Reference)
    profiles.complete(lambda rows: profile_rows(rows, reference, threads=read_threads()))
    now, earlier = profiles.divide()
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
        profiles=now,
        earlier=earlier,
        classes=_find_classes(run, view.version),
        warnings=(*observed.warnings, *stored.warnings),
    )
    keep_moment(run, view.as_of)
    sweep_heavy(run.home, run.model)
    logger.info("%s %s: observed %d rows, %d labelled", run.model, run.run_id, observation.rows, observation.labelled)
    return observation


def _choose_view(run: Run, predictions: Predictions) -> View:
    """Decide from where the run looks."""
    as_of = find_as_of(run.config, run.known_at, predictions)
    version = None if as_of is None else predictions.find_version(to_number(as_of))
    if as_of is None or version is None:
        raise NothingYetError(_explain_nothing(run, as_of))
    return make_view(run.config, as_of, version)


def _explain_nothing(run: Run, as_of: Moment | None) -> str:
    if find_champion(run.home, run.model) is None:
        return f"{run.model} has no champion yet: there is nothing to monitor before a retraining promotes one"
    before = "" if as_of is None else f" before {when(as_of)}"
    return f"nothing of {run.model} was predicted{before}: monitoring begins after `{run.model}.score` has run"


def _find_classes(run: Run, version: int) -> tuple[str, ...]:
    try:
        return require_classes(run, require_version(run, version))
    except RatchetError:
        return ()


def _find_reference(run: Run, view: View, observed: Observed) -> StoredReference:
    """Return the version's reference, made the first time that it is asked for."""
    folder = reference_folder(run, view.version)
    if stored := find_reference(folder):
        return stored
    warnings = list[str]()
    try:
        rows = _write_judged(run, view.version, folder)
    except RatchetError as error:
        rows = write_first_predicted(run.config, view, observed, folder)
        warnings.append(
            f"the rows that version {view.version} was judged on can't be used ({error}): what it first predicted "
            "stands in for them"
        )
    path = folder.home / rows.path
    time = TIME if run.config.data.has_clock else None
    reference = make_reference(read_batches(path), list_kinds(run.config), time_column=time)
    profile = profile_rows(read_batches(path), reference, threads=read_threads())
    return keep_reference(folder, reference, profile, rows, warnings)


def _write_judged(run: Run, version: int, folder: RunFolder) -> FileRef:
    champion = require_version(run, version)
    model = ScoringModel(
        name=f"version {version} of {run.model}",
        pipeline=load_pipeline(champion, folder.home, judged=True),
        config=run.config,
        classes=require_classes(run, champion),
        thresholds=champion.thresholds,
    )
    split = find_record(find_folder(folder.home, run.model, champion.run_id), "split", Split)
    if split is None:
        raise RatchetError(f"the records of run {champion.run_id} are gone")
    return write_judged(run.config, split, model.answer_judged, folder)

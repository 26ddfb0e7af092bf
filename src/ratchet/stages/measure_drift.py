"""Measure how far the window's rows have moved from those that the champion was judged on."""

import logging

import pyarrow as pa
import pyarrow.compute as pc

from ratchet.artifacts.frames import read_rows, sample_rows
from ratchet.artifacts.run_store import read_record
from ratchet.config.monitoring import DriftPlan
from ratchet.config.run import Run
from ratchet.drift.distances import IndexParts
from ratchet.drift.measuring import JudgedRows
from ratchet.drift.merging import merge_or_empty, narrow_profile, narrow_reference
from ratchet.drift.profiles import profile_rows
from ratchet.drift.seasonal_baseline import (
    find_trends,
    list_earlier,
    measure_earlier,
    measure_seasonal_baseline,
    number_rows,
    profile_windows,
)
from ratchet.drift.separation import separate_rows
from ratchet.evaluation.production.delays import find_age
from ratchet.records.columns import LABEL, LABEL_KNOWN_AT, ROW, TIME
from ratchet.records.drift import Drift, Separation
from ratchet.records.monitoring import Observation, Shift, StoredProfile
from ratchet.records.profile import Profile, Reference
from ratchet.timeline import Window, to_number

logger = logging.getLogger(__name__)


def measure_drift(run: Run, observation: Observation) -> Shift:
    """Measure the drift of features, prediction and label, how well a classifier separates the window, and trends."""
    plan, seed = run.config.monitoring.drift, run.config.schedule.seed
    judged = _read_judged(run, observation, plan)
    inputs = judged.only(*(bins.name for bins in judged.reference.columns if bins.name != LABEL))

    def read(stored: StoredProfile) -> Profile:
        return narrow_profile(read_record(stored.file, run.home, Profile), inputs.reference)

    now = merge_or_empty(inputs.reference, [read(each) for each in observation.profiles])
    drift = inputs.measure(now, limits=plan.limits, seed=seed)
    windows = list_earlier(observation.window, observation.earlier)
    earlier = measure_earlier(windows, read, inputs.reference, inputs.profile, inputs.baseline)
    steps = [*(each.effects for each in earlier), {each.column: each.effect for each in drift.columns}]
    shift = Shift(
        window=observation.window,
        drift=drift,
        label_drift=_measure_labels(run, observation, judged.only(LABEL)),
        separation=_measure_separation(run, observation, plan) if plan.separation else None,
        trends=find_trends(steps, windows=plan.rising),
        earlier=earlier,
    )
    level = drift.problem or (drift.level.value if drift.level else "unknown")
    logger.info("drift of %s measured in run %s: %s", run.model, run.run_id, level)
    return shift


def _read_judged(run: Run, observation: Observation, plan: DriftPlan) -> JudgedRows:
    whole = read_record(observation.reference, run.home, Reference)
    reference = narrow_reference(whole, {bins.name for bins in whole.columns} - set(plan.ignore))
    profile = narrow_profile(read_record(observation.reference_profile, run.home, Profile), reference)
    baseline = _find_baseline(run, observation, reference, profile) if plan.seasonal_baseline else {}
    return JudgedRows(reference=reference, profile=profile, baseline=baseline)


def _find_baseline(run: Run, observation: Observation, reference: Reference, profile: Profile) -> dict[str, IndexParts]:
    places = pa.concat_tables(read_rows(observation.reference_rows, run.home, [_place_of(observation)]))
    if not places.num_columns:
        return {}
    numbers = number_rows(places.column(0), observation.window, known=profile.rows)
    names = [bins.name for bins in reference.columns]
    rows = (batch for table in read_rows(observation.reference_rows, run.home, names) for batch in table.to_batches())
    return measure_seasonal_baseline(
        reference,
        profile,
        profile_windows(rows, numbers, reference),
        significance=run.config.monitoring.drift.significance,
        seed=run.config.schedule.seed,
    )


def _measure_labels(run: Run, observation: Observation, judged: JudgedRows) -> Drift | None:
    """Measure the drift of the labels of matured rows; of younger rows the labels that come early would count alone."""
    window = _find_matured(run, observation)
    if window is None or not judged.reference.columns:
        return None
    rows = pa.concat_tables(read_rows(observation.observed, run.home, [LABEL], window=window))
    rows = rows.filter(pc.is_valid(rows.column(LABEL)))
    if not rows.num_rows:
        return None
    limits, seed = run.config.monitoring.drift.limits, run.config.schedule.seed
    return judged.measure(profile_rows(rows.to_batches(), judged.reference), limits=limits, seed=seed)


def _find_matured(run: Run, observation: Observation) -> Window | None:
    """Return the long window that ended when enough labels had time to come; None while there is no such time."""
    window = observation.long_window
    if not window.has_clock:
        return window
    rows = pa.concat_tables(read_rows(observation.observed, run.home, [TIME, LABEL_KNOWN_AT]))
    if not {TIME, LABEL_KNOWN_AT} <= set(rows.column_names):
        return window
    age = find_age(
        rows.column(TIME),
        rows.column(LABEL_KNOWN_AT),
        as_of=to_number(observation.as_of),
        share=run.config.monitoring.labels.maturity,
    )
    return None if age is None else window.shift(-age)


def _measure_separation(run: Run, observation: Observation, plan: DriftPlan) -> Separation:
    home, seed, place = run.home, run.config.schedule.seed, _place_of(observation)
    features = [name for name in run.config.data.compared if name not in plan.ignore]
    then = read_rows(observation.reference_rows, home, [*features, place])
    now = read_rows(observation.observed, home, features, window=observation.window, version=observation.version)
    before, after = (sample_rows(rows, at_most=plan.sample, seed=seed) for rows in (then, now))
    numbers = None
    if plan.seasonal_baseline and place in before.column_names:
        known = read_record(observation.reference_profile, home, Profile).rows
        numbers = number_rows(before.column(place), observation.window, known=known)
    return separate_rows(before, after, features, numbers=numbers, seed=seed)


def _place_of(observation: Observation) -> str:
    """Return the column that says where in time a row is."""
    return TIME if observation.window.has_clock else ROW

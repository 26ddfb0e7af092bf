"""Measure how far the window's rows have moved from those that the champion was judged on."""

import logging
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from ratchet.artifacts.history import read_record
from ratchet.artifacts.samples import read_rows, sample_rows
from ratchet.config.drift import DriftPlan
from ratchet.config.run import Run
from ratchet.drift.conversion import Counts, Floats
from ratchet.drift.distances import IndexParts
from ratchet.drift.earlier_windows import find_trends, list_earlier, measure_earlier
from ratchet.drift.measuring import compare_profiles
from ratchet.drift.merging import merge_profiles, narrow_profile, narrow_reference
from ratchet.drift.profiles import profile_rows
from ratchet.drift.seasonal_baseline import measure_seasonal_baseline, number_windows, profile_windows
from ratchet.drift.separation import measure_baseline_separation, measure_separation
from ratchet.evaluation.production.delays import measure_arrival
from ratchet.records.columns import LABEL, LABEL_KNOWN_AT, ROW, TIME
from ratchet.records.drift import Drift, Separation
from ratchet.records.monitoring import EarlierEffects, Observation, Shift, StoredProfile
from ratchet.records.profile import Profile, Reference
from ratchet.timeline import Window, to_number

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Then:
    """What the window is compared with.

    Attributes:
        reference: the bins of the watched columns, the label's among them.
        profile: of the reference's rows.
        baseline: by column, how far windows of the reference are from the rest of it.
    """

    reference: Reference
    profile: Profile
    baseline: dict[str, IndexParts]

    def only(self, *names: str) -> "_Then":
        """Return the same for some columns only."""
        reference = narrow_reference(self.reference, names)
        return replace(self, reference=reference, profile=narrow_profile(self.profile, reference))


def measure_drift(run: Run, observation: Observation) -> Shift:
    """Measure the drift of features, prediction and label, how well the window can be told apart, and trends."""
    plan = run.config.monitoring.drift
    then = _read_then(run, observation, plan)
    inputs = then.only(*(bins.name for bins in then.reference.columns if bins.name != LABEL))
    drift = _measure_window(run, observation, inputs)
    earlier = _measure_earlier(run, observation, inputs)
    steps = [*(each.effects for each in earlier), {each.column: each.effect for each in drift.columns}]
    shift = Shift(
        window=observation.window,
        drift=drift,
        label_drift=_measure_labels(run, observation, then.only(LABEL)),
        separation=_measure_separation(run, observation) if plan.separation else None,
        trends=find_trends(steps, windows=plan.rising),
        earlier=earlier,
    )
    level = drift.problem or (drift.level.value if drift.level else "unknown")
    logger.info("drift of %s measured in run %s: %s", run.model, run.run_id, level)
    return shift


def _read_then(run: Run, observation: Observation, plan: DriftPlan) -> _Then:
    home = run.home
    whole = read_record(observation.reference, home, Reference)
    reference = narrow_reference(whole, {bins.name for bins in whole.columns} - set(plan.ignore))
    profile = narrow_profile(read_record(observation.reference_profile, home, Profile), reference)
    baseline = _find_baseline(run, observation, reference, profile) if plan.seasonal_baseline else {}
    return _Then(reference=reference, profile=profile, baseline=baseline)


def _find_baseline(run: Run, observation: Observation, reference: Reference, profile: Profile) -> dict[str, IndexParts]:
    home = run.home
    numbers = _number_reference(run, observation, profile.rows)
    if numbers is None:
        return {}
    names = [bins.name for bins in reference.columns]
    rows = (batch for table in read_rows(observation.reference_rows, home, names) for batch in table.to_batches())
    windows = profile_windows(rows, numbers, reference)
    return measure_seasonal_baseline(
        reference, profile, windows, significance=run.config.monitoring.drift.significance, seed=_seed(run)
    )


def _number_reference(run: Run, observation: Observation, known: int) -> Counts | None:
    """Return the window that each of the reference's rows is in; None where they have no order."""
    tables = list(read_rows(observation.reference_rows, run.home, [_place_of(observation)]))
    if not tables[0].num_columns:
        return None
    return _number_rows(pa.concat_tables(tables).column(0), observation.window, known)


def _number_rows(places: pa.ChunkedArray, window: Window, known: int) -> Counts:
    """Number the windows of rows, which may be a sample of so many as are known."""
    if window.has_clock:
        moments = np.asarray(places.cast(pa.timestamp("us", "UTC")).cast(pa.int64()))
        return number_windows(moments, window.length)
    # without a clock a window is so many rows of the reference, whichever rows lie between them
    ranks = np.asarray(pc.rank(places, tiebreaker="first")).astype(np.int64)
    return number_windows(ranks, max(1, window.length * len(ranks) // max(known, 1)))


def _measure_window(run: Run, observation: Observation, then: _Then) -> Drift:
    home = run.home
    now = _merge(then.reference, [_read_stored(each, home, then.reference) for each in observation.profiles])
    return _measure(run, then, now)


def _measure(run: Run, then: _Then, now: Profile) -> Drift:
    limits = run.config.monitoring.drift.limits
    return compare_profiles(then.reference, then.profile, now, limits=limits, baseline=then.baseline, seed=_seed(run))


def _merge(reference: Reference, profiles: list[Profile]) -> Profile:
    if not profiles:
        return Profile(reference=reference.digest, rows=0, start=None, end=None, columns=())
    return merge_profiles(profiles)


def _read_stored(stored: StoredProfile, home: Path, reference: Reference) -> Profile:
    return narrow_profile(read_record(stored.file, home, Profile), reference)


def _measure_earlier(run: Run, observation: Observation, then: _Then) -> tuple[EarlierEffects, ...]:
    home = run.home
    windows = list_earlier(observation.window, observation.earlier)
    return measure_earlier(
        windows,
        lambda each: _read_stored(each, home, then.reference),
        then.reference,
        then.profile,
        then.baseline,
    )


def _measure_labels(run: Run, observation: Observation, then: _Then) -> Drift | None:
    """Measure the drift of the labels of matured rows; of younger rows the labels that come early would count alone."""
    window = _find_matured(run, observation)
    if window is None or not then.reference.columns:
        return None
    rows = pa.concat_tables(read_rows(observation.observed, run.home, [LABEL], window=window))
    rows = rows.filter(pc.is_valid(rows.column(LABEL)))
    if not rows.num_rows:
        return None
    return _measure(run, then, profile_rows(rows.to_batches(), then.reference))


def _find_matured(run: Run, observation: Observation) -> Window | None:
    """Return the long window that ended when enough labels had time to come; None while there is no such time."""
    window, as_of = observation.long_window, observation.as_of
    if not window.has_clock:
        return window
    rows = pa.concat_tables(read_rows(observation.observed, run.home, [TIME, LABEL_KNOWN_AT]))
    if not {TIME, LABEL_KNOWN_AT} <= set(rows.column_names):
        return window
    times, known = (_as_ticks(rows.column(name)) for name in (TIME, LABEL_KNOWN_AT))
    ages = to_number(as_of) - times
    delays = np.where(np.isnan(known), np.inf, np.maximum(known - times, 0.0))
    age = measure_arrival(delays, ages).reach(run.config.monitoring.labels.maturity)
    if age is None:
        return None
    return window.shift(-round(age))


def _as_ticks(times: pa.ChunkedArray) -> Floats:
    """Return microseconds since 1970, exact for thousands of years; NaN where there is no time."""
    ticks = times.cast(pa.timestamp("us", "UTC"), safe=False).cast(pa.int64()).cast(pa.float64(), safe=False)
    return np.asarray(ticks.to_numpy(), np.float64)


def _measure_separation(run: Run, observation: Observation) -> Separation:
    home, plan, seed = run.home, run.config.monitoring.drift, _seed(run)
    features = [name for name in run.config.data.features if name not in plan.ignore]
    place = _place_of(observation)
    then = read_rows(observation.reference_rows, home, [*features, place])
    now = read_rows(observation.observed, home, features, window=observation.window, version=observation.version)
    before, after = (sample_rows(rows, at_most=plan.sample, seed=seed) for rows in (then, now))
    found = measure_separation(_frame(before, features), _frame(after, features), seed=seed)
    if not plan.seasonal_baseline or found.problem or place not in before.column_names:
        return found
    known = read_record(observation.reference_profile, home, Profile).rows
    numbers = _number_rows(before.column(place), observation.window, known)
    return replace(found, seasonal_baseline=measure_baseline_separation(_frame(before, features), numbers, seed=seed))


def _frame(rows: pa.Table, features: list[str]) -> pd.DataFrame:
    frame: pd.DataFrame = rows.select([name for name in features if name in rows.column_names]).to_pandas()
    return frame


def _place_of(observation: Observation) -> str:
    """Return the column that says where in time a row is."""
    return TIME if observation.window.has_clock else ROW


def _seed(run: Run) -> int:
    return run.config.schedule.seed

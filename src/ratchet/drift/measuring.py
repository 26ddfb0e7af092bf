"""Measure the drift of a window from two profiles, never from rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import false_discovery_control

from ratchet.drift.chance import Chance, measure_chance
from ratchet.drift.distances import (
    DISTANCES,
    PSI,
    IndexParts,
    Measure,
    Tally,
    find_parts,
    measure_psi,
    measures_of_parts,
    tally,
)
from ratchet.drift.merging import finite_or_none, narrow_profile, narrow_reference
from ratchet.drift.ordered import (
    deviation_of,
    make_bin_wasserstein,
    measure_kolmogorov_smirnov,
    measure_wasserstein,
    quantiles_of,
)
from ratchet.drift.seasonal_baseline import draw_for
from ratchet.errors import DataError
from ratchet.records.columns import ColumnKind
from ratchet.records.drift import (
    CategoryShift,
    ColumnDrift,
    Distance,
    Drift,
    DriftLevel,
    DriftLimits,
    MovedBin,
    Movement,
)
from ratchet.records.profile import ColumnBins, ColumnCounts, Profile, Reference

SEVERITY = (DriftLevel.NONE, DriftLevel.LOOK, DriftLevel.ACT)
WASSERSTEIN = "wasserstein"
SHOWN_BINS = 3
SHOWN_CATEGORIES = 20
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)
MEDIAN = QUANTILES.index(0.5)
LOST = 0.01  # highest probability that a category that is still there has no row


def compare_profiles(
    reference: Reference,
    then: Profile,
    now: Profile,
    *,
    limits: DriftLimits | None = None,
    baseline: Mapping[str, IndexParts] | None = None,
    seed: int = 0,
) -> Drift:
    """Measure how far the rows of a window are from the reference's, column by column.

    Args:
        reference: the bins of both profiles.
        then: the profile of the reference's rows.
        now: the profile of the window's rows.
        limits: when a column has a level; the defaults when None.
        baseline: by column, how far windows of the reference are from the rest of it: see `measure_seasonal_baseline`.
        seed: of the draws that say what chance does.

    Raises:
        DataError: a profile was made with other bins.
    """
    _refuse_others(reference, then, now)
    limits = limits or DriftLimits()
    problem = _find_problem(then, now)
    measured = (
        _find_all(reference, problem) if problem else _measure_columns(reference, then, now, baseline or {}, seed)
    )
    columns = give_levels(measured, limits)
    levels = [column.level for column in columns if column.level is not None]
    return Drift(
        reference=reference.digest,
        rows_then=then.rows,
        rows_now=now.rows,
        start=now.start,
        end=now.end,
        limits=limits,
        level=max(levels, key=SEVERITY.index, default=None),
        columns=columns,
        problem=problem or (None if levels else "no column could be measured; see the problem of each"),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedRows:
    """The rows that a champion was judged on, as later rows are compared with them.

    Attributes:
        reference: the bins of the columns.
        profile: of these rows.
        baseline: by column, how far windows of these rows are from the rest of them.
    """

    reference: Reference
    profile: Profile
    baseline: Mapping[str, IndexParts]

    def only(self, *names: str) -> "JudgedRows":
        """Return the same for some columns only."""
        reference = narrow_reference(self.reference, names)
        return replace(self, reference=reference, profile=narrow_profile(self.profile, reference))

    def measure(self, now: Profile, *, limits: DriftLimits, seed: int) -> Drift:
        """Measure how far the rows of a window are from these, as `compare_profiles` does."""
        return compare_profiles(self.reference, self.profile, now, limits=limits, baseline=self.baseline, seed=seed)


def give_levels(columns: Sequence[ColumnDrift], limits: DriftLimits) -> tuple[ColumnDrift, ...]:
    """Correct the p-values for the number of columns, and give each measured column its level."""
    p_values = [column.psi.p_value for column in columns if column.psi]
    adjusted = iter(false_discovery_control(p_values, method="bh").tolist() if p_values else [])
    return tuple(_give_level(column, next(adjusted), limits) if column.psi else column for column in columns)


def _give_level(column: ColumnDrift, adjusted: float, limits: DriftLimits) -> ColumnDrift:
    effect = column.effect or 0.0
    level = DriftLevel.NONE
    if adjusted <= limits.significance and effect >= limits.look:
        level = DriftLevel.ACT if effect >= limits.act else DriftLevel.LOOK
    return replace(column, adjusted_p=adjusted, level=level)


def _refuse_others(reference: Reference, then: Profile, now: Profile) -> None:
    for which, profile in (("reference's", then), ("window's", now)):
        if profile.reference != reference.digest:
            raise DataError(
                f"the {which} profile was made with the bins of reference {profile.reference}, not of "
                f"{reference.digest}; profile its rows again"
            )


def _find_problem(then: Profile, now: Profile) -> str | None:
    if not now.rows:
        return "the window has no rows: no data, which is not no drift"
    return None if then.rows else "the reference has no rows: there is nothing to compare with"


def _find_all(reference: Reference, problem: str) -> list[ColumnDrift]:
    return [ColumnDrift(column=bins.name, kind=bins.kind, problem=problem) for bins in reference.columns]


def _measure_columns(
    reference: Reference, then: Profile, now: Profile, baseline: Mapping[str, IndexParts], seed: int
) -> list[ColumnDrift]:
    rows, columns = (then.rows, now.rows), zip(reference.columns, then.columns, now.columns, strict=True)
    measured = []
    for bins, before, after in columns:
        problem = bins.problem or before.problem or after.problem
        if problem:
            measured.append(ColumnDrift(column=bins.name, kind=bins.kind, problem=problem))
        else:
            measured.append(_measure_column(bins, before, after, rows, baseline.get(bins.name), seed))
    return measured


def _measure_column(
    bins: ColumnBins,
    then: ColumnCounts,
    now: ColumnCounts,
    rows: tuple[int, int],
    baseline: IndexParts | None,
    seed: int,
) -> ColumnDrift:
    counts = tally(bins, then, now)
    found = measure_chance(counts.then, counts.now, _measures_of(bins, counts), draw_for(bins.name, seed))
    psi = _distance(PSI, measure_psi, counts, found)
    return ColumnDrift(
        column=bins.name,
        kind=bins.kind,
        effect=find_parts(counts, found.means).beyond(baseline),
        seasonal_baseline=None if baseline is None else baseline.values + baseline.extras,
        psi=psi,
        by_chance=found.means[PSI],
        distances={name: _distance(name, measure, counts, found) for name, measure in DISTANCES.items()},
        kolmogorov_smirnov=measure_kolmogorov_smirnov(bins, then, now),
        wasserstein=_find_wasserstein(bins, then, now, found),
        null_share_then=then.nulls / rows[0],
        null_share_now=now.nulls / rows[1],
        new_share=None if bins.kind == ColumnKind.NUMERIC else now.unknown / rows[1],
        new_categories=find_new_categories(bins, now, rows[1]),
        lost_categories=find_lost_categories(bins, then, now, rows),
        movement=describe_movement(bins, then, now, counts),
    )


def _measures_of(bins: ColumnBins, counts: Tally) -> dict[str, Measure]:
    every = {**measures_of_parts(counts), **DISTANCES}
    return every | {WASSERSTEIN: make_bin_wasserstein(bins)} if bins.edges else every


def _distance(name: str, measure: Measure, counts: Tally, found: Chance) -> Distance:
    return Distance(value=float(measure(counts.then, counts.now)), p_value=found.p_values[name])


def _find_wasserstein(bins: ColumnBins, then: ColumnCounts, now: ColumnCounts, found: Chance) -> Distance | None:
    measured = measure_wasserstein(bins, then, now) if bins.edges else None
    if measured is None:
        return None
    return Distance(value=measured[0], p_value=found.p_values[WASSERSTEIN], error=measured[1])


def describe_movement(bins: ColumnBins, then: ColumnCounts, now: ColumnCounts, rows: Tally) -> Movement:
    """Find the bins that moved most and, of a number, the shift of its middle and its range."""
    before, after = quantiles_of(bins, then, QUANTILES), quantiles_of(bins, now, QUANTILES)
    has_both = bool(before and after)
    return Movement(
        bins=_most_moved(rows),
        distribution=tuple(_moved_bin(rows, at) for at in range(len(rows.labels)) if rows.then[at] or rows.now[at]),
        mean_shift=_shift(then.moments.mean, now.moments.mean, then),
        median_shift=_shift(before[MEDIAN], after[MEDIAN], then) if has_both else None,
        quantiles=QUANTILES if before or after else (),
        quantiles_then=before,
        quantiles_now=after,
        lowest_then=then.lowest,
        highest_then=then.highest,
        lowest_now=now.lowest,
        highest_now=now.highest,
    )


def find_new_categories(bins: ColumnBins, now: ColumnCounts, rows: int) -> tuple[CategoryShift, ...]:
    """List the categories that the reference does not know, most frequent first."""
    known = {name.strip().casefold(): name for cell in bins.cells[::-1] for name in cell}
    ordered = sorted(now.new_categories, key=lambda each: (-each.rows, each.name))[:SHOWN_CATEGORIES]
    return tuple(
        CategoryShift(name=each.name, share=each.rows / rows, like=known.get(each.name.strip().casefold()))
        for each in ordered
    )


def find_lost_categories(
    bins: ColumnBins, then: ColumnCounts, now: ColumnCounts, rows: tuple[int, int]
) -> tuple[CategoryShift, ...]:
    """List the named categories of the reference that the window lacks, other than by chance."""
    lost = [
        CategoryShift(name=cell[0], share=before / rows[0])
        for cell, before, after in zip(bins.cells, then.cells, now.cells, strict=False)
        if len(cell) == 1 and not after and (1 - before / rows[0]) ** rows[1] <= LOST
    ]
    return tuple(sorted(lost, key=lambda each: (-each.share, each.name))[:SHOWN_CATEGORIES])


def _most_moved(rows: Tally) -> tuple[MovedBin, ...]:
    """Order bins by their part of the population stability index, an empty one taken as half a row."""
    then, now = rows.then / rows.then.sum(), rows.now / rows.now.sum()
    floor_then, floor_now = 0.5 / rows.then.sum(), 0.5 / rows.now.sum()
    parts = (now - then) * np.log(np.maximum(now, floor_now) / np.maximum(then, floor_then))
    order = [int(at) for at in np.argsort(-parts, kind="stable")[:SHOWN_BINS] if then[at] != now[at]]
    return tuple(_moved_bin(rows, at) for at in order)


def _moved_bin(rows: Tally, at: int) -> MovedBin:
    then, now = float(rows.then[at] / rows.then.sum()), float(rows.now[at] / rows.now.sum())
    return MovedBin(label=rows.labels[at], then=then, now=now)


def _shift(before: float | None, after: float | None, then: ColumnCounts) -> float | None:
    scale = deviation_of(then)
    if before is None or after is None or not scale:
        return None
    return finite_or_none((after - before) / scale)

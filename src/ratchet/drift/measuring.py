"""Measure the drift of a window from two profiles, never from rows."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from scipy.stats import false_discovery_control

from ratchet.drift.bins import Tally, tally
from ratchet.drift.chance import Chance, measure_chance
from ratchet.drift.distances import DISTANCES, Measure, measure_psi
from ratchet.drift.movement import describe_movement, find_lost_categories, find_new_categories
from ratchet.drift.ordered import make_bin_wasserstein, measure_kolmogorov_smirnov, measure_wasserstein
from ratchet.drift.parts import PSI, Parts, find_parts, measures_of_parts
from ratchet.drift.seasonal_baseline import draw_for
from ratchet.errors import DataError
from ratchet.records.drift import ColumnDrift, Distance, Drift, DriftLevel, DriftLimits
from ratchet.records.profile import ColumnBins, ColumnCounts, Profile, Reference

SEVERITY = (DriftLevel.NONE, DriftLevel.LOOK, DriftLevel.ACT)
WASSERSTEIN = "wasserstein"


def compare_profiles(
    reference: Reference,
    then: Profile,
    now: Profile,
    *,
    limits: DriftLimits | None = None,
    usual: Mapping[str, Parts] | None = None,
    seed: int = 0,
) -> Drift:
    """Measure how far the rows of a window are from the reference's, column by column.

    Args:
        reference: the bins of both profiles.
        then: the profile of the reference's rows.
        now: the profile of the window's rows.
        limits: when a column has a level; the defaults when None.
        usual: by column, how far stretches of the reference are from the rest of it: see `measure_usual`.
        seed: of the draws that say what chance does.

    Raises:
        DataError: a profile was made with other bins.
    """
    _refuse_others(reference, then, now)
    limits = limits or DriftLimits()
    problem = _find_problem(then, now)
    measured = _find_all(reference, problem) if problem else _measure_columns(reference, then, now, usual or {}, seed)
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
    reference: Reference, then: Profile, now: Profile, usual: Mapping[str, Parts], seed: int
) -> list[ColumnDrift]:
    rows, columns = (then.rows, now.rows), zip(reference.columns, then.columns, now.columns, strict=True)
    measured = []
    for bins, before, after in columns:
        problem = bins.problem or before.problem or after.problem
        if problem:
            measured.append(ColumnDrift(column=bins.name, kind=bins.kind, problem=problem))
        else:
            measured.append(_measure_column(bins, before, after, rows, usual.get(bins.name), seed))
    return measured


def _measure_column(
    bins: ColumnBins, then: ColumnCounts, now: ColumnCounts, rows: tuple[int, int], usual: Parts | None, seed: int
) -> ColumnDrift:
    counts = tally(bins, then, now)
    found = measure_chance(counts.then, counts.now, _measures_of(bins, counts), draw_for(bins.name, seed))
    psi = _distance(PSI, measure_psi, counts, found)
    return ColumnDrift(
        column=bins.name,
        kind=bins.kind,
        effect=find_parts(counts, found.means).beyond(usual),
        usual=None if usual is None else usual.values + usual.extras,
        psi=psi,
        by_chance=found.means[PSI],
        distances={name: _distance(name, measure, counts, found) for name, measure in DISTANCES.items()},
        kolmogorov_smirnov=measure_kolmogorov_smirnov(bins, then, now),
        wasserstein=_find_wasserstein(bins, then, now, found),
        null_share_then=then.nulls / rows[0],
        null_share_now=now.nulls / rows[1],
        new_share=None if bins.kind == "number" else now.unknown / rows[1],
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

"""How far the rows of a window are from the reference's, and whether that can be chance."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from ratchet.records.columns import ColumnKind


class DriftLevel(StrEnum):
    """What a drift asks for. Only a measured column has a level: "no data" is not `NONE`."""

    NONE = "none"
    LOOK = "look"
    ACT = "act"


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftLimits:
    """When a drift has a level: effect and significance must agree.

    Attributes:
        look: effect from which somebody should look.
        act: effect from which somebody should act.
        significance: highest adjusted p-value.
    """

    look: float = 0.1  # Siddiqi 2006: below 0.1 a population is stable, above 0.25 it has shifted
    act: float = 0.25
    significance: float = 0.01  # one stable window in a hundred may show anything at all


@dataclass(frozen=True, slots=True, kw_only=True)
class Distance:
    """A distance between then and now.

    Attributes:
        value: the distance.
        p_value: how often rows without drift, as many as these, are at least as far apart.
        error: by how much the distance of the rows themselves can differ, because rows are counted in cells.
    """

    value: float
    p_value: float
    error: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedBin:
    """A bin whose share changed.

    Attributes:
        label: what the bin holds.
        then: its share of the reference's rows.
        now: its share of the window's rows.
    """

    label: str
    then: float
    now: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How one column lies in two sets of rows.

    Attributes:
        column: its name.
        kind: what its values are.
        bins: numbers in their order, categories the most frequent first.
        problem: why it could not be counted; None when it was.
    """

    column: str
    kind: ColumnKind
    bins: tuple[MovedBin, ...] = ()
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CategoryShift:
    """A category that came or went.

    Attributes:
        name: the category.
        share: of the window's rows for a new one, of the reference's rows for a lost one.
        like: the known category that differs in case or outer spaces only; None when there is none.
    """

    name: str
    share: float
    like: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Movement:
    """What moved in one column.

    Attributes:
        bins: the bins that moved most, furthest first.
        distribution: all bins that have rows then or now, numbers in their order.
        mean_shift: of the mean, in standard deviations of the reference; None where there is no such figure.
        median_shift: the same of the median, which one outlier can't move.
        quantiles: which quantiles the next two list.
        quantiles_then: the reference's, good to the cell they fall in; empty without finite values.
        quantiles_now: the window's.
        lowest_then: the reference's lowest finite value.
        highest_then: the reference's highest finite value.
        lowest_now: the window's lowest finite value.
        highest_now: the window's highest finite value.
    """

    bins: tuple[MovedBin, ...] = ()
    distribution: tuple[MovedBin, ...] = ()
    mean_shift: float | None = None
    median_shift: float | None = None
    quantiles: tuple[float, ...] = ()
    quantiles_then: tuple[float, ...] = ()
    quantiles_now: tuple[float, ...] = ()
    lowest_then: float | None = None
    highest_then: float | None = None
    lowest_now: float | None = None
    highest_now: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ColumnDrift:
    """The drift of one column; a feature, the prediction and the label are measured alike.

    Attributes:
        column: its name.
        kind: what its values are.
        problem: why nothing was measured; None when it was. A column with a problem has no level.
        level: what its effect and its significance together ask for; None when nothing was measured.
        effect: the population stability index less what chance alone gives so many rows, and less the seasonal
            baseline; never below 0. Null, infinities and new categories are one part of it, all other values another:
            the baseline of one part excuses nothing in the other.
        psi: the population stability index over the reference's bins, with bins of their own for null, infinities
            and new categories; its p-value is the column's.
        by_chance: the index that rows without drift, as many as these, have on average.
        seasonal_baseline: the index, less chance, that the next window stays within 95 times in 100 without drift,
            from how far windows of the reference are from the rest of it. 0 where no window shows more than chance;
            None where it was not asked for, or the reference is too short.
        adjusted_p: its p-value after Benjamini and Hochberg's correction over the measured columns.
        distances: other distances over the same bins, by name: `ratchet.drift.distances.DISTANCES`.
        kolmogorov_smirnov: of a number, null left out; None for categories and without values.
        wasserstein: of a number's finite values, in standard deviations of the reference; its p-value is that of
            the distance between bins; None for categories, without values, and for a constant reference.
        null_share_then: share of the reference's rows without a value.
        null_share_now: share of the window's rows without a value.
        new_share: share of the window's rows with a category that the reference does not know.
        new_categories: some of these, most frequent first.
        lost_categories: categories of the reference that the window lacks, other than by chance (p <= 0.01).
        movement: what moved.
    """

    column: str
    kind: ColumnKind
    problem: str | None = None
    level: DriftLevel | None = None
    effect: float | None = None
    psi: Distance | None = None
    by_chance: float | None = None
    seasonal_baseline: float | None = None
    adjusted_p: float | None = None
    distances: dict[str, Distance] = field(default_factory=dict)
    kolmogorov_smirnov: Distance | None = None
    wasserstein: Distance | None = None
    null_share_then: float | None = None
    null_share_now: float | None = None
    new_share: float | None = None
    new_categories: tuple[CategoryShift, ...] = ()
    lost_categories: tuple[CategoryShift, ...] = ()
    movement: Movement = Movement()


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """The drift of a window.

    Attributes:
        reference: digest of the reference's bins.
        rows_then: rows of the reference.
        rows_now: rows of the window.
        start: when its first row happened; None when unknown.
        end: when its last row happened; None when unknown.
        limits: what the levels were given by.
        level: the highest level of a column; None when no column was measured.
        columns: the drift of each column.
        problem: why nothing was measured, as for a window without rows; None when it was.
    """

    reference: str
    rows_then: int
    rows_now: int
    start: datetime | None
    end: datetime | None
    limits: DriftLimits
    level: DriftLevel | None
    columns: tuple[ColumnDrift, ...]
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Separation:
    """How well a classifier tells the window's rows from the reference's, all columns together.

    Attributes:
        rows_then: rows of the reference that were used.
        rows_now: rows of the window that were used.
        auc: area under the curve on rows that the classifier had not seen; 0.5 is "not at all".
        lower: one-sided lower bound of it.
        upper: one-sided upper bound of it.
        confidence: of each bound.
        p_value: how often rows without drift are told apart at least as well, if each row stands for itself.
        seasonal_baseline: the area by which windows of the reference are told from the rest of it, the highest of a
            few; None where it was not asked for, or the reference is too short.
        problem: why nothing was measured; None when it was.
    """

    rows_then: int
    rows_now: int
    auc: float | None = None
    lower: float | None = None
    upper: float | None = None
    confidence: float = 0.95
    p_value: float | None = None
    seasonal_baseline: float | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """A column whose drift has grown from window to window.

    Attributes:
        column: its name.
        windows: how many windows in a row have more drift than the one before, up to the last.
        first: the effect before the first of them.
        last: the effect in the last of them.
        p_value: how often windows in an order that means nothing rise as many times in a row at their end.
    """

    column: str
    windows: int
    first: float
    last: float
    p_value: float

"""From the cells of two profiles to the bins that are compared."""

from dataclasses import dataclass

import numpy as np

from ratchet.drift.conversion import Counts
from ratchet.records.columns import ColumnKind
from ratchet.records.profile import ColumnBins, ColumnCounts

# what comes after the bins of a number, and after those of a category
INFINITE, UNKNOWN = ("-infinity", "+infinity", "null"), ("new categories", "null")
Span = tuple[int, int]  # the first cell of a bin, and the first one behind it


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """Rows in each bin, then and now.

    Attributes:
        labels: what each bin holds.
        then: the reference's rows.
        now: the window's rows.
        ordered: how many of the bins, from the first, hold finite numbers in their order; 0 for categories.
        extras: how many of the bins, from the last, hold null, infinities and new categories.
    """

    labels: tuple[str, ...]
    then: Counts
    now: Counts
    ordered: int
    extras: int


def tally(bins: ColumnBins, then: ColumnCounts, now: ColumnCounts) -> Tally:
    """Add cells up into bins; null, the infinities and new categories have bins of their own.

    The reference's own rows hold no category that the reference does not know. As many as are there once are to be
    expected to be new in as many rows (Good 1953), and are counted as new then.
    """
    is_number = bins.kind == ColumnKind.NUMERIC
    spans = _spans_of(bins, len(then.cells))
    label, extras = (label_number, INFINITE) if is_number else (label_category, UNKNOWN)
    before = _add_up(then, spans, is_number=is_number)
    if not (is_number or then.unknown):
        _expect_new(bins, spans, before)
    return Tally(
        labels=(*(label(bins, *span) for span in spans), *extras),
        then=before,
        now=_add_up(now, spans, is_number=is_number),
        ordered=len(spans) * is_number,
        extras=len(extras),
    )


def _spans_of(bins: ColumnBins, cells: int) -> list[Span]:
    return list(zip(bins.starts, (*bins.starts[1:], cells), strict=True)) if cells else []


def _expect_new(bins: ColumnBins, spans: list[Span], counts: Counts) -> None:
    """Move as many of the reference's rows to the new categories as are to be expected there."""
    known = counts[: len(spans)]
    if not spans or known.sum() < sum(bins.once):
        return
    once = np.array([sum(bins.once[start:end]) for start, end in spans])
    once = np.minimum(known, once * int(known.sum()) // max(bins.rows, 1))
    known -= once
    counts[len(spans)] += once.sum()


def _add_up(counts: ColumnCounts, spans: list[Span], *, is_number: bool) -> Counts:
    rows = [sum(counts.cells[start:end]) for start, end in spans]
    infinite = [counts.minus_infinite, counts.plus_infinite]
    return np.array([*rows, *(infinite if is_number else [counts.unknown]), counts.nulls], np.int64)


def label_number(bins: ColumnBins, start: int, end: int) -> str:
    """Say which numbers the cells from `start` up to `end` hold."""
    if not bins.edges:
        return "any number (the reference has none)"
    if end == 1:
        return f"below {_next(bins.edges[0]):.6g}, the reference's lowest"
    if start == len(bins.edges):
        return f"above {bins.edges[-1]:.6g}, the reference's highest"
    low, high = bins.edges[start - 1], bins.edges[end - 1]
    if high == _next(low):
        return f"exactly {high:.6g}"
    return f"{_opening(bins.edges, start)} to {_closing(bins.edges, end)}"


def _opening(edges: tuple[float, ...], start: int) -> str:
    """Name where a bin begins: an edge belongs to the bin below it, but for one just before a value."""
    low = edges[start - 1]
    first = _next(low)
    return f"{first:.6g}" if start == 1 or edges[start] == first else f"above {low:.6g}"


def _closing(edges: tuple[float, ...], end: int) -> str:
    high = edges[end - 1]
    is_before = end < len(edges) and edges[end] == _next(high)
    return f"below {edges[end]:.6g}" if is_before else f"{high:.6g}"


def _next(edge: float) -> float:
    """Return the number just above an edge; never -0."""
    return float(np.nextafter(edge, np.inf)) + 0.0


def label_category(bins: ColumnBins, start: int, end: int) -> str:
    """Say which categories the cells from `start` up to `end` hold."""
    names = [name for cell in bins.cells[start:end] for name in cell]
    if len(names) == 1:
        return f"'{names[0]}'"
    return f"{len(names)} rarer categories like '{names[0]}'"

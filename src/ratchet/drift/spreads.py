"""How columns lie in one set of rows beside another: shares of the same bins, to be looked at."""

from collections.abc import Mapping

import pyarrow as pa

from ratchet.drift.distances import Tally, tally
from ratchet.drift.profiles import profile_rows
from ratchet.drift.reference import make_reference
from ratchet.records.columns import ColumnKind
from ratchet.records.drift import MovedBin, Spread

SHOWN_CATEGORIES = 10  # bins of a category that are told apart; the rest are one


def measure_spreads(then: pa.Table, now: pa.Table, kinds: Mapping[str, ColumnKind], *, seed: int) -> tuple[Spread, ...]:
    """Count columns of two sets of rows in the bins of the first.

    Args:
        then: the rows that the bins are made from.
        now: the rows beside them.
        kinds: the columns, with the kind of each.
        seed: of the sample that quantiles of many rows are taken from.
    """
    bins = make_reference(then.to_batches(), kinds, seed=seed)
    before, after = (profile_rows(table.to_batches(), bins).columns for table in (then, now))
    return tuple(
        Spread(column=each.name, kind=each.kind, bins=_list_bins(tally(each, one, other)))
        if each.problem is None and one.problem is None and other.problem is None
        else Spread(column=each.name, kind=each.kind, problem=each.problem or one.problem or other.problem)
        for each, one, other in zip(bins.columns, before, after, strict=True)
    )


def _list_bins(counts: Tally) -> tuple[MovedBin, ...]:
    then, now = (rows / max(rows.sum(), 1) for rows in (counts.then, counts.now))
    found = [
        MovedBin(label=label, then=float(before), now=float(after))
        for label, before, after in zip(counts.labels, then, now, strict=True)
        if before or after
    ]
    return tuple(found) if counts.ordered else tuple(_fold(found))


def _fold(found: list[MovedBin]) -> list[MovedBin]:
    """Keep the largest bins of a category, in their order; the others become one."""
    kept = sorted(found, key=lambda each: -max(each.then, each.now))[:SHOWN_CATEGORIES]
    others = [each for each in found if each not in kept]
    if not others:
        return found
    label = f"{len(others):,} more"
    rest = MovedBin(label=label, then=sum(each.then for each in others), now=sum(each.now for each in others))
    return [*(each for each in found if each in kept), rest]

"""Merge profiles of parts of a window or of windows, and choose columns of them."""

import hashlib
import math
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import reduce
from itertools import starmap
from typing import TypeVar

import numpy as np

from ratchet.errors import DataError
from ratchet.records.profile import ColumnCounts, Moments, NamedCount, Profile, Reference

MAX_NEW = 100  # unknown categories that a profile names
Ordered = TypeVar("Ordered")


def merge_profiles(profiles: Sequence[Profile]) -> Profile:
    """Make the profile of all the rows together: counts are exact in any order, moments to the last digits.

    Raises:
        DataError: there is none, or two were made with the bins of different references.
    """
    if not profiles:
        raise DataError("there is no profile to merge; profile at least one window")
    references = sorted({profile.reference for profile in profiles})
    if len(references) > 1:
        raise DataError(
            f"these profiles were made with the bins of different references ({', '.join(references)}); "
            "profile the rows again with one of them"
        )
    return reduce(_merge, profiles)


def merge_or_empty(reference: Reference, profiles: Sequence[Profile]) -> Profile:
    """Make the profile of all the rows together; where there is none, the profile of no rows."""
    if not profiles:
        return Profile(reference=reference.digest, rows=0, start=None, end=None, columns=())
    return merge_profiles(profiles)


def merge_moments(one: Moments, other: Moments) -> Moments:
    """Add moments up without losing digits (Chan, Golub and LeVeque 1979)."""
    if not one.count:
        return other
    if not other.count:
        return one
    count = one.count + other.count
    apart = _number(other.mean) - _number(one.mean)
    mean = _number(one.mean) + apart * (other.count / count)
    squares = _number(one.squares) + _number(other.squares) + apart * apart * (one.count * (other.count / count))
    if not all(map(math.isfinite, (mean, squares))):
        return Moments(count=count)
    return Moments(count=count, mean=mean, squares=squares)


def name_some(counts: Mapping[str, int]) -> tuple[NamedCount, ...]:
    """Keep the categories with the lowest hashes.

    Which are kept does not depend on the rows of a part, so each kept one has all its rows counted in each part.
    """
    kept = sorted(counts, key=_hash)[:MAX_NEW]
    return tuple(NamedCount(name=name, rows=counts[name]) for name in kept)


def finite_or_none(value: float) -> float | None:
    """Return a number that JSON can hold."""
    return value if math.isfinite(value) else None


def _hash(name: str) -> bytes:
    return hashlib.blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest()


def _merge(one: Profile, other: Profile) -> Profile:
    return Profile(
        reference=one.reference,
        rows=one.rows + other.rows,
        start=_first(one.start, other.start),
        end=_last(one.end, other.end),
        columns=tuple(starmap(_merge_columns, zip(one.columns, other.columns, strict=True))),
    )


def _merge_columns(one: ColumnCounts, other: ColumnCounts) -> ColumnCounts:
    if one.problem or other.problem:
        return one if one.problem else other
    return ColumnCounts(
        name=one.name,
        cells=tuple(np.add(one.cells, other.cells, dtype=np.int64).tolist()),
        nulls=one.nulls + other.nulls,
        minus_infinite=one.minus_infinite + other.minus_infinite,
        plus_infinite=one.plus_infinite + other.plus_infinite,
        unknown=one.unknown + other.unknown,
        new_categories=name_some(_count_new(one) + _count_new(other)),
        moments=merge_moments(one.moments, other.moments),
        lowest=_first(one.lowest, other.lowest),
        highest=_last(one.highest, other.highest),
        below=finite_or_none(_number(one.below) + _number(other.below)),
        above=finite_or_none(_number(one.above) + _number(other.above)),
    )


def _count_new(part: ColumnCounts) -> Counter[str]:
    return Counter({each.name: each.rows for each in part.new_categories})


def _number(value: float | None) -> float:
    """What is too large for a number makes every sum too large: not a number is passed on by all of them."""
    return math.nan if value is None else value


def _first(*values: Ordered | None) -> Ordered | None:
    return min((value for value in values if value is not None), default=None)  # type: ignore[type-var]


def _last(*values: Ordered | None) -> Ordered | None:
    return max((value for value in values if value is not None), default=None)  # type: ignore[type-var]


def narrow_reference(reference: Reference, names: Collection[str]) -> Reference:
    """Return the reference with some of its columns only; its digest stays, so its profiles are still its own."""
    return replace(reference, columns=tuple(bins for bins in reference.columns if bins.name in names))


def narrow_profile(profile: Profile, reference: Reference) -> Profile:
    """Return the profile with the reference's columns, in its order; one that was not counted says so."""
    counted = {counts.name: counts for counts in profile.columns}
    columns = tuple(counted.get(bins.name) or _not_counted(bins.name) for bins in reference.columns)
    return replace(profile, columns=columns)


def _not_counted(name: str) -> ColumnCounts:
    return ColumnCounts(name=name, problem=f"column '{name}' was not counted in these rows")

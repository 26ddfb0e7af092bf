"""Put profiles together: of parts of a window, or of windows."""

import hashlib
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import TypeVar

import numpy as np

from ratchet.errors import DataError
from ratchet.records.profile import ColumnCounts, Moments, NamedCount, Profile

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
    return Profile(
        reference=references[0],
        rows=sum(profile.rows for profile in profiles),
        start=_first(profile.start for profile in profiles),
        end=_last(profile.end for profile in profiles),
        columns=tuple(_merge_columns(parts) for parts in zip(*(each.columns for each in profiles), strict=True)),
    )


def merge_moments(parts: Iterable[Moments]) -> Moments:
    """Add moments up without losing digits (Chan, Golub and LeVeque 1979)."""
    merged = Moments()
    for part in parts:
        merged = _add_moments(merged, part)
    return merged


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


def _merge_columns(parts: Sequence[ColumnCounts]) -> ColumnCounts:
    if broken := next((part for part in parts if part.problem), None):
        return broken
    unknown: Counter[str] = Counter()
    for part in parts:
        unknown.update({each.name: each.rows for each in part.new_categories})
    return ColumnCounts(
        name=parts[0].name,
        cells=tuple(np.array([part.cells for part in parts], np.int64).sum(axis=0).tolist()),
        nulls=sum(part.nulls for part in parts),
        minus_infinite=sum(part.minus_infinite for part in parts),
        plus_infinite=sum(part.plus_infinite for part in parts),
        unknown=sum(part.unknown for part in parts),
        new_categories=name_some(unknown),
        moments=merge_moments(part.moments for part in parts),
        lowest=_first(part.lowest for part in parts),
        highest=_last(part.highest for part in parts),
        below=_add(part.below for part in parts),
        above=_add(part.above for part in parts),
    )


def _add_moments(one: Moments, other: Moments) -> Moments:
    count = one.count + other.count
    if not one.count or not other.count:
        return one if one.count else other
    if one.mean is None or other.mean is None or one.squares is None or other.squares is None:
        return Moments(count=count)
    apart = other.mean - one.mean
    mean = finite_or_none(one.mean + apart * (other.count / count))
    squares = finite_or_none(one.squares + other.squares + apart * apart * (one.count * (other.count / count)))
    is_known = mean is not None and squares is not None
    return Moments(count=count, mean=mean if is_known else None, squares=squares if is_known else None)


def _add(values: Iterable[float | None]) -> float | None:
    known = list(values)
    return None if None in known else finite_or_none(sum(value for value in known if value is not None))


def _first(values: Iterable[Ordered | None]) -> Ordered | None:
    return min((value for value in values if value is not None), default=None)  # type: ignore[type-var]


def _last(values: Iterable[Ordered | None]) -> Ordered | None:
    return max((value for value in values if value is not None), default=None)  # type: ignore[type-var]

"""Which rows were predicted before, and which repeat another of the same delivery."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from ratchet.data.row_keys import Hashes, Keys

Mask = NDArray[np.bool_]
NONE: Hashes = np.empty(0, np.uint64)


class KnownRows:
    """Takes rows in the order of time; memory is that of the days of one batch, not of the source."""

    def __init__(self, read_known: Callable[[str], Hashes], *, has_entity: bool) -> None:
        """Start with no row seen.

        Args:
            read_known: from a partition's name to the first halves of the keys that were predicted in it.
            has_entity: whether keys name whom a row is about. Where they do, a row that repeats another in everything
                is the same row; where they don't, it may be about somebody else who looks alike.
        """
        self._read_known = read_known
        self._has_entity = has_entity
        self._known: dict[str, Hashes] = {}
        self._last_moment: int | None = None
        self._at_last_moment = NONE  # rows at other moments can't have the same key
        self.known = self.repeated = 0

    def judge(self, keys: Keys, moments: NDArray[np.int64], partitions: Sequence[str]) -> tuple[Keys, Mask]:
        """Return the keys of a batch, made unique, and a mask of the rows that are to be predicted."""
        if not len(moments):
            return keys, np.empty(0, bool)
        occurrences = self._count_occurrences(keys.first, moments)
        is_new = np.ones(len(moments), bool)
        if occurrences.any():
            keys = keys.numbered(occurrences)
            is_new = occurrences == 0 if self._has_entity else is_new
            self.repeated += int(np.count_nonzero(~is_new))
        is_known = _is_in(keys.first, self._predicted(partitions)) & is_new
        self.known += int(np.count_nonzero(is_known))
        return keys, is_new & ~is_known

    def _count_occurrences(self, keys: Hashes, moments: NDArray[np.int64]) -> NDArray[np.int64]:
        """Count for each row how many with its key came before, in this batch and in the ones before."""
        order = np.argsort(keys, kind="stable")
        in_order = keys[order]
        is_first = np.concatenate(([True], in_order[1:] != in_order[:-1]))
        places = np.arange(len(keys))
        occurrences = np.empty(len(keys), np.int64)
        occurrences[order] = places - np.maximum.accumulate(np.where(is_first, places, 0))
        before = self._at_last_moment
        if len(before):
            occurrences += np.searchsorted(before, keys, "right") - np.searchsorted(before, keys, "left")
        latest = keys[moments == moments[-1]]
        kept = before if moments[-1] == self._last_moment else NONE
        self._at_last_moment = np.sort(np.concatenate((kept, latest)), kind="stable")
        self._last_moment = int(moments[-1])
        return occurrences

    def _predicted(self, partitions: Sequence[str]) -> Hashes:
        """Return the sorted keys of these partitions; those of earlier ones are let go."""
        self._known = {
            name: self._known[name] if name in self._known else self._read_known(name) for name in partitions
        }
        return np.sort(np.concatenate((NONE, *self._known.values())))


def _is_in(keys: Hashes, known: Hashes) -> Mask:
    if not len(known):
        return np.zeros(len(keys), bool)
    places = np.minimum(np.searchsorted(known, keys), len(known) - 1)
    found: Mask = known[places] == keys
    return found

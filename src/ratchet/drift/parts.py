"""The stability index in two parts, of usual values and of others: neither excuses what happens in the other."""

from collections.abc import Mapping
from dataclasses import dataclass

from ratchet.drift.bins import Tally
from ratchet.drift.distances import Measure, make_extra_psi, measure_psi

PSI, EXTRAS = "psi", "extras"


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """A stability index less what chance gives, or what is usual of it.

    Attributes:
        values: the part of the bins of finite numbers, or of known categories.
        extras: the part of null, infinities and new categories.
    """

    values: float
    extras: float

    def beyond(self, usual: "Parts | None") -> float:
        """Return by how much both parts together are further than usual, never below 0."""
        if usual is None:
            return max(0.0, self.values + self.extras)
        return max(0.0, self.values - usual.values) + max(0.0, self.extras - usual.extras)


def measures_of_parts(counts: Tally) -> dict[str, Measure]:
    """Return the measures whose means `find_parts` needs."""
    return {PSI: measure_psi, EXTRAS: make_extra_psi(counts.extras)}


def find_parts(counts: Tally, by_chance: Mapping[str, float]) -> Parts:
    """Return the parts of the index, less their means by chance."""
    beyond = {
        name: float(measure(counts.then, counts.now)) - by_chance[name]
        for name, measure in measures_of_parts(counts).items()
    }
    return Parts(values=beyond[PSI] - beyond[EXTRAS], extras=beyond[EXTRAS])

"""How far out the bounds of claims about groups lie, so that all of a family hold at once: the max-T of the draws.

Claims about the same rows hang together: two halves of the holdout differ from one another by the same amount, and a
group's true and false positive rates move with one threshold. Bonferroni counts each as if it were alone. The draws
know how they move together; their correlations are drawn from many times over (a normal for each draw, the multiplier
bootstrap of Chernozhukov, Chetverikov and Kato 2013), as 400 draws are too few for the tail of a maximum. What a draw
can't know, how few rows a figure rests on, is in its standard error.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ratchet.gates.group_claims import FOUR_FIFTHS, NOT_WORSE, Claim, split_families, step_down
from ratchet.metrics.arrays import Floats
from ratchet.records.fairness import Family

SIMULATED = 20_000  # maxima: their 99th percentile is known to 0.02 standard errors
Singles = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moves:
    """How the figures of one column's or pair's groups move over the draws, by measure, group and draw.

    Attributes:
        measures: their names.
        groups: their names.
        difference: from everybody else.
        ratio: to everybody else, as a logarithm.
        further: from everybody else than with the champion.
    """

    measures: tuple[str, ...]
    groups: tuple[str, ...]
    difference: Floats
    ratio: Floats
    further: Floats

    def of(self, claim: Claim) -> Floats:
        """Return how what a claim is about moves."""
        draws = {NOT_WORSE: self.further, FOUR_FIFTHS: self.ratio}.get(claim.criterion, self.difference)
        return np.asarray(draws[self.measures.index(claim.figure.measure), self.groups.index(claim.group.name)])


def find_families(
    claims: Iterable[Claim], moves: Mapping[str, Moves], *, confidence: float, seed: int
) -> tuple[Family, ...]:
    """Find the steps of every family of claims that are judged together.

    Args:
        claims: all that are asked.
        moves: of each column and pair, by name.
        confidence: that all bounds of a family hold at once.
        seed: the same seed gives the same steps.
    """
    families = split_families(list(claims))
    return tuple(
        Family(
            criterion=criterion,
            attribute=attribute,
            claims=len(family),
            steps=_find_steps(family, moves, confidence, np.random.default_rng(seed)),
        )
        for (criterion, attribute), family in families.items()
    )


def _find_steps(
    family: list[Claim], moves: Mapping[str, Moves], confidence: float, chance: np.random.Generator
) -> tuple[float, ...]:
    """Step down from the furthest claim to the first that is not shown to be beyond its limit."""
    draws = np.stack([moves[claim.attribute.name].of(claim) for claim in family])
    maxima = _list_maxima(simulate(draws, chance))
    steps = list[float]()
    for judged in step_down(family, _read_off(maxima, confidence, steps)):
        if not judged.is_shown:
            break
    return tuple(steps)


def _list_maxima(simulated: Singles) -> Singles:
    """Return the largest of all lines, of all but the first, and so on."""
    return np.asarray(np.maximum.accumulate(np.abs(simulated)[::-1], axis=0)[::-1])


def _read_off(maxima: Singles, confidence: float, steps: list[float]) -> Iterator[float]:
    """Give each step as it is asked for, and write it down."""
    for line in maxima:
        steps.append(round(float(np.quantile(line, confidence)), 4))
        yield steps[-1]


def simulate(draws: Floats, chance: np.random.Generator) -> Singles:
    """Simulate standardised figures (a line each) that hang together as their draws do.

    A figure that no draw moves, such as a rate of zero, is taken to hang together with none.
    """
    known = np.isfinite(draws)
    mean = np.where(known, draws, 0.0).sum(axis=1, keepdims=True) / np.maximum(known.sum(axis=1, keepdims=True), 1)
    centred = np.where(known, draws - mean, 0.0)
    length = np.sqrt((centred**2).sum(axis=1, keepdims=True))
    is_still = length[:, 0] <= 1e-12
    directions = np.divide(centred, length, out=np.zeros_like(centred), where=length > 0)
    along, size, _ = np.linalg.svd(directions, full_matrices=False)  # the fewest normals that move as many draws do
    found = (along * size).astype(np.float32) @ chance.standard_normal((len(size), SIMULATED), dtype=np.float32)
    found[is_still] = chance.standard_normal((int(is_still.sum()), SIMULATED), dtype=np.float32)
    return np.asarray(found)

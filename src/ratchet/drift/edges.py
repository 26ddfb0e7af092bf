"""Where the values of a number are counted: fine cells for distances that need them, coarse bins for the index."""

import numpy as np

from ratchet.drift.conversion import Floats

CELLS = 200  # so the Kolmogorov-Smirnov distance of the cells is within about 0.005 of that of the rows
TAILS = (0.0001, 0.0002, 0.0005, 0.001, 0.002)  # more edges at both ends, where quantiles are far apart
BINS = 10  # Siddiqi 2006 and most practice: deciles of the reference
LEAST_ROWS = 10  # of a small reference, that a bin needs
SPARE = 1e-9  # what a share may lack by rounding


def choose_edges(sample: Floats, lowest: float, highest: float) -> Floats:
    """Choose the edges of the cells: quantiles of a sample, and both sides of each value that many rows share.

    Args:
        sample: sorted finite values of the reference.
        lowest: the reference's lowest value, which the sample may lack.
        highest: its highest.
    """
    values, counts = np.unique(sample, return_counts=True)
    is_discrete = len(values) <= CELLS // 2
    shared = values if is_discrete else values[counts >= 2 * len(sample) / CELLS]
    quantiles = sample[:0] if is_discrete else np.quantile(sample, _shares(), method="inverted_cdf")
    return np.unique(np.concatenate([[_before(lowest), highest], quantiles, shared, _before(shared)]))


def choose_starts(sample: Floats, edges: Floats) -> tuple[int, ...]:
    """Choose the cells at which bins start: about tenths, and bins of their own for values of a tenth of the rows.

    What is below the lowest edge or above the highest one is a bin as well.
    """
    until = np.searchsorted(sample, edges, side="right") / len(sample)
    parts = max(1, min(BINS, len(sample) // LEAST_ROWS))
    tenths = np.searchsorted(until, np.arange(1, parts) / parts - SPARE)
    is_alone = edges[1:] == np.nextafter(edges[:-1], np.inf)
    heavy = 1 + np.flatnonzero(is_alone & (np.diff(until) >= 1 / BINS))
    # a sliver beside such a value belongs to it no more than to the bin on its other side
    edge_shares = until[np.concatenate([heavy, heavy - 1])]
    near = np.abs(until[tenths][:, None] - edge_shares) < 1 / (2 * parts)
    tenths = tenths[~near.any(axis=1)]
    bounds = np.unique(np.concatenate([[0, len(edges) - 1], tenths, heavy, heavy - 1]))
    return (0, *(int(bound) + 1 for bound in bounds))


def _shares() -> Floats:
    tails = np.array(TAILS)
    return np.concatenate([tails, np.arange(1, CELLS) / CELLS, 1 - tails])


def _before(value: Floats | float) -> Floats:
    return np.asarray(np.nextafter(value, -np.inf), dtype=np.float64)

"""Cut numbers into bins of about equally many rows, and name the bins."""

from itertools import pairwise

import numpy as np

from ratchet.evaluation.resampling.draws import Codes
from ratchet.metrics.arrays import Floats


def find_edges(numbers: Floats, bins: int) -> Floats:
    """Return the inner edges that cut numbers into bins of about as many rows; fewer where many rows are level."""
    finite = numbers[np.isfinite(numbers)]
    above = finite[finite > finite.min(initial=np.inf)]
    if not len(above):
        return np.empty(0)
    edges = np.unique(np.quantile(finite, np.arange(1, bins) / bins, method="higher"))
    edges = edges[edges > finite.min()]  # below the smallest number there is nobody
    return np.asarray(edges if len(edges) else [above.min()], dtype=np.float64)


def place_in_bins(numbers: Floats, edges: Floats) -> Codes:
    """Return each number's bin, from 0; a missing one is in none of them, its code is one more than the last bin's."""
    return np.where(np.isnan(numbers), len(edges) + 1, np.searchsorted(edges, numbers, side="right")).astype(np.intp)


def name_bins(edges: Floats) -> list[str]:
    """Name the bins between edges: below the first, from one to the next, and from the last up."""
    texts = [f"{edge:.6g}" for edge in edges]
    if not texts:
        return ["any number"]
    between = [f"{low} to below {high}" for low, high in pairwise(texts)]
    return [f"below {texts[0]}", *between, f"{texts[-1]} and above"]

"""Quantiles of measured times, with bounds that need no shape of their distribution."""

from collections.abc import Sequence

import numpy as np
from scipy.stats import binom

from ratchet.records.serving_cost import Quantile

SHARES = (0.5, 0.95, 0.99)
MILLISECONDS = 1e3


def measure_quantiles(seconds: Sequence[float], confidence: float) -> tuple[Quantile, ...]:
    """Return the usual quantiles of calls' times, in milliseconds."""
    times = np.sort(np.asarray(seconds, dtype=np.float64)) * MILLISECONDS
    return tuple(_measure(times.tolist(), share, confidence) for share in SHARES)


def count_needed(share: float) -> int:
    """Return the fewest calls that a quantile means something on: one of them is expected beyond it."""
    return int(np.ceil(1 / (1 - share) - 1e-9))


def _measure(times: list[float], share: float, confidence: float) -> Quantile:
    lower, upper = bound_quantile(times, share, confidence)
    needed = count_needed(share)
    if len(times) < needed:
        problem = f"{len(times)} calls are too few for the slowest {100 * (1 - share):.3g} %, needs {needed}"
        return Quantile(share=share, value=None, lower=lower, upper=upper, problem=problem)
    return Quantile(share=share, value=float(np.quantile(times, share)), lower=lower, upper=upper)


def bound_quantile(ordered: Sequence[float], share: float, confidence: float) -> tuple[float | None, float | None]:
    """Return one-sided bounds of a quantile from ordered values; None on a side where there are too few.

    The number of values below the true quantile is binomial, so the k-th smallest is a lower bound with probability
    P(B >= k) and an upper bound with P(B <= k - 1) (Hahn and Meeker, Statistical Intervals, 5.2). It takes the calls
    as independent: where a busy spell slows a row of them down, the bounds are a little too narrow.
    """
    count = len(ordered)
    places = np.arange(1, count + 1)
    are_lower = places[binom.sf(places - 1, count, share) >= confidence]
    are_upper = places[binom.cdf(places - 1, count, share) >= confidence]
    lower = ordered[are_lower[-1] - 1] if len(are_lower) else None
    upper = ordered[are_upper[0] - 1] if len(are_upper) else None
    return lower, upper

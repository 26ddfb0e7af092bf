"""From resampled gains, or a standard error, to one-sided bounds honest about few, clustered and lopsided rows.

Each bound is the most cautious of up to three: the estimate plus or minus its standard error; the same with the
skewness taken out by Hall's transformation (1992), for a gain that holds on most rows and is lost on a few; and, where
there are resamples, a percentile of the paired bootstrap (Efron and Tibshirani 1993, chapter 13). All use Student's
quantile, with Satterthwaite's (1946) degrees of freedom: few blocks or groups, or a gain that a handful of rows make,
leave few.
False promotions measured at 95 %: 4 to 5.5 % on the area under the curve, log loss, errors with heavy tails and 15
uneven groups; with 300 rows and errors that are squares of exponential ones 5.8 %, where a percentile alone gives 8 %.

Quantiles of measured times, with bounds that need no shape of their distribution.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri, stdtrit
from scipy.stats import binom

from ratchet.metrics.arrays import Floats
from ratchet.records.serving_cost import Quantile

POWER = 0.8  # "four runs of five" in Gain.detectable
STRAIGHT = 1e-6  # skewness below which Hall's transformation is the identity to ten digits
SHARES = (0.5, 0.95, 0.99)
MILLISECONDS = 1e3


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What the resamples say about a gain.

    Attributes:
        lower: one-sided lower bound.
        upper: one-sided upper bound.
        detectable: the smallest true gain whose lower bound would be above zero in four runs of five; None where
            nothing varies, as of two models that predict alike: that says nothing of what other gains would show.
    """

    lower: float
    upper: float
    detectable: float | None


def find_bounds(
    estimate: float, gains: Floats, sums: Floats, *, units: tuple[float, float], confidence: float
) -> Bounds | None:
    """Find the bounds of a gain from its resamples; None when too many of them have no gain at all.

    Args:
        estimate: the gain itself.
        gains: the gain of each resample, NaN where it has none.
        sums: the influence on the gain, added up over each unit that can be drawn.
        units: how many independent units there are, in all and with any row of the slice.
        confidence: of each bound.
    """
    # a resample without a gain counts as the worst for the lower bound, and as the best for the upper one
    low = float(np.quantile(np.nan_to_num(gains, nan=-np.inf), 1 - confidence, method="lower"))
    high = float(np.quantile(np.nan_to_num(gains, nan=np.inf), confidence, method="higher"))
    if not np.isfinite([low, high]).all():
        return None
    few = float(np.sqrt(units[1] / (units[1] - 1)))
    by_error = bound_by_error(estimate, float(np.nanstd(gains)) * few, sums, units=units, confidence=confidence)
    wider = _student(sums, units, confidence) / float(ndtri(confidence)) * few
    return Bounds(
        lower=min(by_error.lower, estimate - wider * (estimate - low)),
        upper=max(by_error.upper, estimate + wider * (high - estimate)),
        detectable=by_error.detectable,
    )


def bound_by_error(
    estimate: float, error: float, sums: Floats, *, units: tuple[float, float], confidence: float
) -> Bounds:
    """Find the bounds of a gain whose standard error is known, such as DeLong's; arguments as for `find_bounds`."""
    student, skewness = _student(sums, units, confidence), _skewness(sums, units)
    below = max(student, _bend(student, skewness)) * error
    above = max(student, -_bend(-student, skewness)) * error
    detectable = (student + float(ndtri(POWER)) * student / float(ndtri(confidence))) * error
    return Bounds(lower=estimate - below, upper=estimate + above, detectable=detectable if error else None)


def _student(sums: Floats, units: tuple[float, float], confidence: float) -> float:
    """Return Student's quantile for the units' sums.

    Degrees of freedom are twice the units over the kurtosis less one, and never more than the units less one.
    """
    kurtosis = float((_standardise(sums) ** 4).mean())
    if not kurtosis > 0:
        return float(ndtri(confidence))
    return float(stdtrit(min(units[1] - 1, 2 * units[0] / max(kurtosis - 1, STRAIGHT)), confidence))


def _skewness(sums: Floats, units: tuple[float, float]) -> float:
    """Return the skewness of the mean of the units' sums."""
    return float((_standardise(sums) ** 3).mean()) / float(np.sqrt(units[0]))


def _standardise(values: Floats) -> Floats:
    """Turn values into distances from their mean in standard deviations; zeros where there is no spread."""
    spread = float(values.std())
    standard: Floats = (values - values.mean()) / spread if spread > 0 else np.zeros_like(values)
    return standard


def _bend(quantile: float, skewness: float) -> float:
    """Take a quantile back through Hall's transformation, which made a skewed mean nearly normal."""
    if abs(skewness) < STRAIGHT:
        return quantile
    return float(3 / skewness * (np.cbrt(1 + skewness * (quantile - skewness / 6)) - 1))


def measure_quantiles(seconds: Sequence[float], confidence: float) -> tuple[Quantile, ...]:
    """Return the quantiles of calls' times, in milliseconds."""
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

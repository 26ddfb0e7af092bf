"""How long a block of rows must be so that blocks hardly depend on one another.

Politis and White, Automatic Block-Length Selection for the Dependent Bootstrap (2004), with the correction of
Patton, Politis and White (2009): the length with the smallest mean squared error of the variance. That length still
leaves the variance some per cent short, which a bound pays for in false promotions: measured with first-order
autocorrelation 0.9, Student's quantile and 3,000 repetitions, 6.3 % instead of 5 % with 2,000 rows and 7.5 % with 500.
Twice that length gives 5.2 % and 5.6 %, and with what is still missing added as below 4.6 % and 4.3 %, for bounds that
are wider by 7 % and 12 %; rows that do not hang together keep theirs within 3 % (benchmarks/selection.py measures
false promotions again).
"""

import math

import numpy as np

from ratchet.metrics.arrays import Floats

LONGER = 2.0  # times the length with the smallest error, see above
MIN_BLOCKS = 8  # a bound from fewer blocks says nothing
# A variance from blocks falls short by about a constant over their length, so that two lengths give the constant
# away: the "over-lugsail" setting of Vats and Flegal, Lugsail lag windows (2022).
SHORTER, SHARE = 3, 0.5


def choose_block_length(values: Floats) -> int:
    """Choose a length from the autocorrelation of values in row order: at least n**(1/3), at most n / 8 rows."""
    rows = len(values)
    if rows < MIN_BLOCKS:
        return 1
    wanted = max(LONGER * _best_length(values), math.cbrt(rows))  # n**(1/3): Hall, Horowitz and Jing (1995)
    return max(1, min(math.ceil(wanted), rows // MIN_BLOCKS))


def find_shortfall(values: Floats, block: int) -> float:
    """Return by what factor, at least 1, a standard error from blocks of some length falls short of the true one."""
    full, part = _spread_of_blocks(values, block), _spread_of_blocks(values, max(block // SHORTER, 1))
    if block < SHORTER or not full > 0:
        return 1.0
    extrapolated = (full - SHARE * part) / (1 - SHARE)
    return math.sqrt(max(extrapolated / full, 1.0))


def _spread_of_blocks(values: Floats, block: int) -> float:
    """Return the mean square of a block's sum by its length; blocks overlap and go on at the start."""
    total = np.cumsum(np.concatenate(([0.0], values, values[:block])))
    sums = total[block : block + len(values)] - total[: len(values)]
    return float((sums**2).mean()) / block


def _best_length(values: Floats) -> float:
    covariance = _autocovariance(values)
    if not covariance[0] > 0:
        return 1.0
    lags = _count_lags(covariance / covariance[0], len(values))
    lag = np.arange(1, lags + 1)
    window = np.clip(2 * (1 - lag / lags), 0, 1)  # flat top: 1 up to the middle, then down to 0
    weighed = window * covariance[1 : lags + 1]
    spectrum = covariance[0] + 2 * weighed.sum()
    slope = 2 * (lag * weighed).sum()
    if not spectrum > 0:
        return 1.0
    return float((1.5 * (slope / spectrum) ** 2 * len(values)) ** (1 / 3))


def _count_lags(correlation: Floats, rows: int) -> int:
    """Return twice the last lag before the correlation stays within noise for a run of lags."""
    run = max(5, math.ceil(math.sqrt(math.log10(rows))))
    longest = min(math.ceil(math.sqrt(rows)) + run, rows - 1)
    is_noise = np.abs(correlation[1 : longest + 1]) < 2 * math.sqrt(math.log10(rows) / rows)
    quiet = np.convolve(is_noise, np.ones(run), mode="valid") == run
    last = int(np.argmax(quiet)) if quiet.any() else longest
    return min(max(2 * last, 1), longest)


def _autocovariance(values: Floats) -> Floats:
    rows = len(values)
    spectrum = np.fft.rfft(values - values.mean(), 2 * rows)  # padded, so that the end does not meet the start
    return np.fft.irfft(np.abs(spectrum) ** 2)[:rows] / rows

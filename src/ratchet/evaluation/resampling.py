"""Choose how a holdout is drawn anew: by groups where they repeat, by blocks where rows have an order, else by rows.

Draw the holdout anew: single rows, blocks of neighbouring rows, or whole groups.

A draw is a count for each row. The same plan gives the same draws every time, so that challenger, champion and all
slices are measured on the same ones.

How long a block of rows must be so that blocks hardly depend on one another.

Politis and White, Automatic Block-Length Selection for the Dependent Bootstrap (2004), with the correction of
Patton, Politis and White (2009): the length with the smallest mean squared error of the variance. That length still
leaves the variance some per cent short, which a bound pays for in false promotions: measured with first-order
autocorrelation 0.9, Student's quantile and 3,000 repetitions, 6.3 % instead of 5 % with 2,000 rows and 7.5 % with 500.
Twice that length gives 5.2 % and 5.6 %, and with what is still missing added as below 4.6 % and 4.3 %, for bounds that
are wider by 7 % and 12 %; rows that do not hang together keep theirs within 3 % (benchmarks/selection.py measures
false promotions again).
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ratchet.config.model import ModelConfig
from ratchet.errors import ConfigError
from ratchet.metrics.arrays import Floats

CELLS = 1 << 18  # counts held at once: 2 MB stays in a processor's cache, whatever the number of rows
Method = Literal["rows", "blocks", "groups"]
Codes = NDArray[np.intp]
LONGER = 2.0  # times the length with the smallest error, see above
MIN_BLOCKS = 8  # a bound from fewer blocks says nothing
# A variance from blocks falls short by about a constant over their length, so that two lengths give the constant
# away: the "over-lugsail" setting of Vats and Flegal, Lugsail lag windows (2022).
SHORTER, SHARE = 3, 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Resampling:
    """How a holdout is drawn anew.

    Attributes:
        method: "rows", "blocks" or "groups".
        rows: rows in the holdout.
        draws: how often.
        seed: the same seed gives the same draws.
        block: rows in a block; 1 unless the method is "blocks".
        groups: each row's group, as codes from 0 without gaps; None unless the method is "groups".
    """

    method: Method
    rows: int
    draws: int
    seed: int
    block: int = 1
    groups: Codes | None = None

    @property
    def units(self) -> float:
        """How many rows, blocks or groups there are: what is drawn as if it were independent."""
        if self.groups is not None:
            return float(self.groups.max() + 1)
        return self.rows / self.block

    @property
    def blocks(self) -> int:
        """How many blocks (or rows) make one draw: enough for as many rows as there are."""
        return -(-self.rows // self.block)

    @property
    def drawn(self) -> int:
        """How many rows one draw has; with groups, on average."""
        return self.blocks * self.block


def plan_draws(config: ModelConfig, frame: pd.DataFrame, influence: Floats) -> Resampling:
    """Plan the draws of a holdout.

    Args:
        config: the model's YAML.
        frame: the holdout, in row order.
        influence: how much each row moves the gain; blocks are as long as it hangs together.

    Raises:
        ConfigError: the YAML asks for groups and names no group, or one that the holdout does not have.
    """
    wanted = config.evaluation.resampling
    rows, draws, seed = len(frame), config.evaluation.resamples, config.schedule.seed
    groups = _find_groups(config, frame) if wanted in {"auto", "groups"} else None
    if groups is not None:
        return Resampling(method="groups", rows=rows, draws=draws, seed=seed, groups=groups)
    if wanted == "rows" or (wanted == "auto" and config.split.method == "random"):
        return Resampling(method="rows", rows=rows, draws=draws, seed=seed)
    return Resampling(method="blocks", rows=rows, draws=draws, seed=seed, block=choose_block_length(influence))


def _find_groups(config: ModelConfig, frame: pd.DataFrame) -> Codes | None:
    """Return the codes of the first of group and entity that repeats; asked for by name, it need not repeat."""
    is_asked = config.evaluation.resampling == "groups"
    for name in filter(None, (config.data.group, config.data.entity)):
        codes = _encode(frame, name)
        if len(codes) and (is_asked or codes.max() + 1 < len(codes)):
            return codes
    if is_asked:
        raise ConfigError("`evaluation.resampling: groups` needs `data.group` or `data.entity`; name one, or use auto")
    return None


def _encode(frame: pd.DataFrame, name: str) -> Codes:
    """Give each group a code from 0; a row without a group is one of its own."""
    if name not in frame.columns:
        raise ConfigError(f"the holdout has no column '{name}' to draw groups by; check `data.group` and `entity`")
    codes, names = pd.factorize(frame[name])
    is_alone = codes < 0
    codes = codes.astype(np.intp)
    codes[is_alone] = len(names) + np.arange(is_alone.sum())
    return codes


def draw_weights(plan: Resampling) -> Iterator[Floats]:
    """Give the draws in chunks: a line a draw, and in it how often each row was drawn."""
    generator = np.random.default_rng(plan.seed)
    at_once = max(1, CELLS // plan.rows)
    for start in range(0, plan.draws, at_once):
        yield _draw_chunk(plan, generator, min(at_once, plan.draws - start))


def sum_units(plan: Resampling, values: Floats) -> Floats:
    """Add up a value (or a line of them) over the rows of each unit that can be drawn.

    Blocks overlap, one from each row on, and go on at the start.
    """
    if plan.groups is not None:
        columns = values.reshape(plan.rows, -1).T
        added = np.column_stack([np.bincount(plan.groups, weights=each) for each in columns]).astype(np.float64)
        return added.reshape(-1, *values.shape[1:])
    if plan.block == 1:
        return values
    total = np.cumsum(np.concatenate((np.zeros_like(values[:1]), values, values[: plan.block])), axis=0)
    sums: Floats = total[plan.block : plan.block + plan.rows] - total[: plan.rows]
    return sums


def sum_draws(plan: Resampling, values: Floats) -> Floats:
    """Add up each column of values over the rows of each draw: a line a draw.

    The draws are those of `draw_weights`; blocks and groups are added up once, so that no row is looked at twice.
    """
    units, generator = sum_units(plan, values), np.random.default_rng(plan.seed)
    is_gathered = plan.block > 1
    at_once = max(1, CELLS // (plan.blocks * units.shape[1] if is_gathered else len(units)))
    chunks = []
    for start in range(0, plan.draws, at_once):
        draws = min(at_once, plan.draws - start)
        if is_gathered:
            picked = generator.integers(0, plan.rows, size=(draws, plan.blocks))
            chunks.append(units[picked].sum(axis=1))
        else:
            chunks.append(_count(generator, draws, len(units), len(units)).astype(np.float64) @ units)
    return np.concatenate(chunks)


def _draw_chunk(plan: Resampling, generator: np.random.Generator, draws: int) -> Floats:
    if plan.groups is not None:
        counts = _count(generator, draws, int(plan.units), int(plan.units))
        return counts[:, plan.groups].astype(np.float64)
    counts = _count(generator, draws, plan.rows, plan.blocks)
    if plan.block == 1:
        return counts.astype(np.float64)
    # a row is drawn once for each block that starts on it or less than a block before it, around the end
    total = np.cumsum(np.concatenate((counts[:, plan.rows - plan.block + 1 :], counts), axis=1), axis=1)
    weights = total[:, plan.block - 1 :].astype(np.float64)
    weights[:, 1:] -= total[:, : plan.rows - 1]
    return weights


def _count(generator: np.random.Generator, draws: int, among: int, drawn: int) -> NDArray[np.intp]:
    picked = generator.integers(0, among, size=(draws, drawn))
    picked += np.arange(draws)[:, None] * among
    return np.bincount(picked.ravel(), minlength=draws * among).reshape(draws, among)


def standard_error(influence: Floats) -> float:
    """Return the standard error of a mean of influences of rows that hang together."""
    if len(influence) < 2:
        return float("inf")
    block = choose_block_length(influence)
    plan = Resampling(method="blocks", rows=len(influence), draws=1, seed=0, block=block)
    spread = np.sqrt(plan.units * (sum_units(plan, influence) ** 2).mean()) / len(influence)
    return float(spread) * find_shortfall(influence, block)


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

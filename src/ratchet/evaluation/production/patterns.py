"""In which ranges and categories of the features errors gather."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import chain

import numpy as np
import pandas as pd
from scipy.special import ndtr

from ratchet.evaluation.production.figures import Judged, measure_errors
from ratchet.evaluation.production.rows import Codes
from ratchet.evaluation.slices.columns import as_numbers, find_edges, name_bins, name_segments, place_in_bins
from ratchet.metrics.arrays import Floats
from ratchet.records.production import ErrorPattern

MIN_ROWS = 50  # of a range; fewer are an anecdote
BINS = 8  # of a number: fine enough to see an end of its range, coarse enough for rows in each
MOST_CATEGORIES = 30  # of a column, the most frequent ones
SIGNIFICANCE = 0.01  # over all ranges together
SHOWN = 10
HUGE = 1e100  # squares of more are no numbers
MISSING = "missing"


def find_patterns(judged: Judged, features: pd.DataFrame, kinds: Mapping[str, str]) -> tuple[ErrorPattern, ...]:
    """Find ranges of features with more errors than elsewhere; those with the most errors beyond that come first.

    Each range is tested against all other rows (Welch 1947), and the p-values are corrected for how many ranges were
    looked at (Holm 1979).

    Args:
        judged: matured rows.
        features: of the same rows.
        kinds: whether each feature is numeric, categorical or boolean.
    """
    is_known = judged.rows.is_known
    known, table = judged.take(is_known), features[is_known]
    errors = measure_errors(known.rows)
    if len(errors) < 2 * MIN_ROWS or not (errors < HUGE).all() or not errors.any():
        return ()
    names = [name for name in kinds if name in table.columns]
    found = chain.from_iterable(
        _measure_column(name, *_cut(table[name], kinds[name]), errors, known.weights) for name in names
    )
    sure = [each for each in _correct(list(found)) if each.p_value <= SIGNIFICANCE]
    return tuple(sorted(sure, key=_beyond, reverse=True)[:SHOWN])


def _beyond(pattern: ErrorPattern) -> float:
    return pattern.rows * (pattern.error_rate - pattern.elsewhere)


def _cut(column: pd.Series, kind: str) -> tuple[Codes, list[str]]:
    """Return each row's range or category as a code, and what these are called."""
    if kind == "numeric":
        numbers = as_numbers(column)
        edges = find_edges(numbers, BINS)
        return place_in_bins(numbers, edges), [*name_bins(edges), MISSING]
    names = name_segments(column)
    frequent = names.value_counts().index[:MOST_CATEGORIES]
    codes = pd.Categorical(names, categories=frequent).codes.astype(np.intp)
    is_rare = (codes < 0) & names.notna().to_numpy()
    codes = np.where(is_rare, len(frequent) + 1, np.where(codes < 0, len(frequent), codes))
    return codes.astype(np.intp), [*(f"is {name}" for name in frequent), MISSING, "is another, rare one"]


def _measure_column(
    name: str, codes: Codes, words: list[str], errors: Floats, weights: Floats
) -> Iterator[ErrorPattern]:
    """Compare each range with all rows elsewhere, as far as there are enough of both."""
    rows = np.bincount(codes, minlength=len(words))
    parts = (weights, weights * errors, weights**2, weights**2 * errors, (weights * errors) ** 2)
    sums: Floats = np.stack([np.bincount(codes, each, len(words)) for each in parts])
    total = sums.sum(axis=1)
    for code in np.flatnonzero((rows >= MIN_ROWS) & (len(errors) - rows >= MIN_ROWS)):
        here, elsewhere = _mean(sums[:, code]), _mean(total - sums[:, code])
        yield ErrorPattern(
            feature=name,
            where=words[code],
            rows=int(rows[code]),
            error_rate=here[0],
            elsewhere=elsewhere[0],
            share_of_errors=float(sums[1, code] / total[1]),
            p_value=_test(here, elsewhere),
        )


def _mean(sums: Floats) -> tuple[float, float]:
    """Return a weighted mean and the variance of that mean, of the sums that `_measure_column` makes."""
    mean = sums[1] / sums[0]
    variance = (sums[4] - 2 * mean * sums[3] + mean**2 * sums[2]) / sums[0] ** 2
    return float(mean), max(float(variance), 0.0)


def _test(here: tuple[float, float], elsewhere: tuple[float, float]) -> float:
    """Return how likely it is by chance that the error here is so much larger; 1 where it is not."""
    if here[0] <= elsewhere[0]:
        return 1.0
    spread = np.sqrt(here[1] + elsewhere[1])
    return float(ndtr((elsewhere[0] - here[0]) / spread)) if spread > 0 else 0.0


def _correct(patterns: list[ErrorPattern]) -> list[ErrorPattern]:
    """Correct p-values by Holm's method."""
    ordered = sorted(patterns, key=lambda each: each.p_value)
    corrected, highest = [], 0.0
    for place, pattern in enumerate(ordered):
        highest = max(highest, min(1.0, pattern.p_value * (len(ordered) - place)))
        corrected.append(replace(pattern, p_value=highest))
    return corrected

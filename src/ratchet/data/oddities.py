"""What a person should know of a column before a model learns it: codes in digits, codes for no value, heaps, caps."""

import math
import re

import numpy as np
import pandas as pd

from ratchet.config.formats import NUMBER
from ratchet.data.chunks import show

FEW_OTHERS = 10  # rows that differ from all others can't teach, and an estimator's own split may lose them
MANY_ROWS = 200
SENTINEL = re.compile(r"-?(9{2,}[5-9]?|9[5-8]|8{2,}|7{2,}|1)(\.0+)?|-9(\.0+)?|-?32767|-32768|-200")
MOST_CODES = 5  # for no value, of one column
REPEATED = 5  # rows: a value that stands apart once is an outlier
EMPTY_STEPS = 5  # between 0 and the next value, on the grid of the others
SHARE_OF_ZEROS = 0.002
# Neighbouring counts of an amount differ by chance: half their mean squared difference is their mean, as Poisson's.
ROUGH = 5
UNLIKE = 0.6  # of what independent neighbours would differ by (von Neumann's ratio, halved)
YEARS = (1700, 2100)
ROWS_EACH = 3
MOST_DIGITS = 15  # of a whole number that is counted
HEAPED = 0.5  # of the different values: prices that end in 9, amounts that end in 0
CAPPED, BESIDE = 0.01, 5  # share of rows at one end, and how many times the next values' rows
ROUNDED = 0.8  # of the rows, where a tenth or fifth would be chance
BASES = (1000, 500, 100, 50, 10, 5)
DIFFERENT = 30


def find_constant(values: pd.Series, rows: int) -> str | None:
    """Return that a column has hardly a second value, with counts; None when it has."""
    if rows < MANY_ROWS:
        return None
    if len(values) < FEW_OTHERS:
        return f"a value in {len(values):,} of {rows:,} rows only"
    counts = values.value_counts()
    others = len(values) - int(counts.iloc[0])
    if others >= FEW_OTHERS or len(values) < rows:
        return None
    return f"{show(counts.index[0])} in all but {others:,} of {rows:,} rows"


def are_labels(values: pd.Series) -> bool:
    """Return whether whole numbers only name something: area codes, tracts, shops.

    They have the same number of digits, are no years and no round amounts, and how often one stands there says nothing
    about its neighbour.
    """
    texts = [str(text) for text in values.unique()]
    if len(texts) < 3 or len(values) < ROWS_EACH * len(texts) or not _are_as_long(texts):
        return False
    counts = values.astype("int64").value_counts().sort_index()
    return not _are_amounts(counts.index.to_numpy()) and _are_erratic(counts)


def _are_as_long(texts: list[str]) -> bool:
    """Tell whole numbers with the same number of digits, three or more; most columns end at the first."""
    form = re.compile(rf"[1-9]\d{{{max(len(texts[0]), 3) - 1}}}")
    return len(texts[0]) <= MOST_DIGITS and all(map(form.fullmatch, texts))


def _are_amounts(numbers: np.ndarray) -> bool:
    if bool(((numbers >= YEARS[0]) & (numbers < YEARS[1])).all()) or math.gcd(*map(int, numbers)) > 1:
        return True
    ends = np.bincount(numbers % 10, minlength=10) / len(numbers)
    return bool(ends.max() > HEAPED or (len(numbers) >= 10 and ends[0] + ends[5] > HEAPED))


def _are_erratic(counts: pd.Series) -> bool:
    """Tell counts that know nothing of their neighbours, beyond chance: of amounts, near ones are about as frequent."""
    numbers, found = counts.index.to_numpy(), counts.to_numpy(dtype=np.float64)
    is_next = np.diff(numbers) == 1
    # every number between the least and the most has a count, most of them none
    squares = (
        ((np.diff(found) ** 2)[is_next]).sum() + (found[1:][~is_next] ** 2).sum() + (found[:-1][~is_next] ** 2).sum()
    )
    squares += found[0] ** 2 + found[-1] ** 2
    size = numbers[-1] - numbers[0] + 1
    spread = (found**2).sum() - found.sum() ** 2 / size
    return bool(squares >= ROUGH * 2 * found.sum() and squares >= UNLIKE * 2 * spread)


def find_sentinels(values: pd.Series) -> str | None:
    """Return which numbers stand apart as codes for no value do, with counts; None when none does.

    They are written as such codes are (96, 99, 999, -1) or are the only negative ones, and the gap to the others is
    wider than all others are apart; or zeros where the others are far above.
    """
    if not _are_numbers(values):
        return None
    counts = values.astype(float).value_counts().sort_index()
    if len(counts) < 4:
        return None
    codes = sorted([*_codes_at_end(counts), *_codes_at_end(counts[::-1])]) or _lonely_zero(counts)
    if not codes:
        return None
    rest = counts.drop(codes).index
    return f"{_list_codes(codes, counts)}, apart from {rest.min():g} to {rest.max():g}: a code for no value?"


def _list_codes(codes: list[float], counts: pd.Series) -> str:
    return ", ".join(f"{code:g} in {counts[code]:,} rows" for code in codes)


def _are_numbers(values: pd.Series) -> bool:
    return all(re.fullmatch(NUMBER, text) for text in values.unique())


def _codes_at_end(counts: pd.Series) -> list[float]:
    """Return the codes at the beginning of values in order, which may fall."""
    numbers = counts.index.to_numpy()
    for size in range(min(MOST_CODES, len(numbers) - 3), 0, -1):
        codes, rest = numbers[:size], numbers[size:]
        apart, spread = abs(rest[0] - codes[-1]), abs(rest[-1] - rest[0])
        are_below = bool((codes < 0).all() and (rest >= 0).all())
        is_odd = all(SENTINEL.fullmatch(f"{code:g}") or are_below for code in codes)
        if is_odd and int(counts.iloc[:size].min()) >= REPEATED and (apart >= spread or are_below):
            return [float(code) for code in codes]
    return []


def _lonely_zero(counts: pd.Series) -> list[float]:
    numbers = counts.index.to_numpy()
    if numbers[0] != 0 or counts.iloc[0] < max(REPEATED, SHARE_OF_ZEROS * counts.sum()):
        return []
    step = float(np.diff(numbers[1:]).min())
    others = counts.iloc[1:]
    middle = float(np.repeat(others.index.to_numpy(), others.to_numpy()).mean())
    return [0.0] if numbers[1] > EMPTY_STEPS * step and numbers[1] > middle / 5 else []


def find_target_oddities(values: pd.Series) -> tuple[str, ...]:
    """Return what a target of numbers tells of how it was measured: caps, floors, rounding, codes for no value."""
    numbers = values.astype(float)
    counts = numbers.value_counts().sort_index()
    if len(counts) < DIFFERENT or not np.isfinite(numbers).all():
        return ()
    ends = [_describe_spike(counts[::-1], "most"), _describe_spike(counts, "least")]
    codes = None if any(ends) else find_sentinels(values)  # one remark about one end
    return tuple(each for each in (codes, *ends, _describe_rounding(counts)) if each)


def _describe_spike(counts: pd.Series, end: str) -> str | None:
    """Say that many rows stand exactly at one end; the values come with that end first."""
    rows, share = int(counts.iloc[0]), float(counts.iloc[0] / counts.sum())
    beside = float(counts.iloc[1 : 1 + DIFFERENT].mean())
    if share < CAPPED or rows < BESIDE * beside:
        return None
    meaning = "capped there?" if end == "most" else "a floor, or a kind of rows of its own?"
    return f"{rows:,} of {counts.sum():,} rows ({share:.1%}) have exactly the {end}, {counts.index[0]:g}: {meaning}"


def _describe_rounding(counts: pd.Series) -> str | None:
    numbers = counts.index.to_numpy()
    for base in BASES:
        share = float(counts[numbers % base == 0].sum() / counts.sum())
        if share >= ROUNDED and np.ptp(numbers) >= DIFFERENT * base:
            return f"{share:.0%} of the values are multiples of {base}: rounded, so errors below that mean little"
    return None

"""Codes in digits, codes for no value, heaps and caps: each kind beside an honest column that looks like it."""

import numpy as np
import pandas as pd
import pytest

from ratchet.data.oddities import are_labels, find_constant, find_sentinels, find_target_oddities

ROWS = 5000
CHANCE = np.random.default_rng(3)


def column(values: object) -> pd.Series:
    return pd.Series(np.asarray(values)).map("{:g}".format)


def pick(numbers: list[int]) -> np.ndarray:
    weights = CHANCE.dirichlet(np.ones(len(numbers)))
    return CHANCE.choice(numbers, ROWS, p=weights)


@pytest.mark.parametrize(
    "values",
    [
        pick([408, 415, 510]),
        pick(sorted(CHANCE.choice(np.arange(201, 990), 40, replace=False).tolist())),
        pick(sorted(CHANCE.choice(np.arange(100_001, 999_999), 300, replace=False).tolist())),
        pick(sorted(CHANCE.choice(np.arange(10_001, 99_999), 150, replace=False).tolist())),
    ],
)
def test_numbers_that_name_something_are_codes(values: np.ndarray) -> None:
    assert are_labels(values_as_digits(values))


def values_as_digits(values: np.ndarray) -> pd.Series:
    return pd.Series(values).astype("int64").astype(str)


@pytest.mark.parametrize(
    "values",
    [
        CHANCE.integers(100, 1000, ROWS),
        CHANCE.normal(500, 40, ROWS).round(),
        CHANCE.normal(175, 8, ROWS).round(),
        CHANCE.integers(1950, 2020, ROWS),
        CHANCE.choice(np.arange(1893, 2006), ROWS * 10, p=np.arange(1, 114) / np.arange(1, 114).sum()),
        CHANCE.normal(500, 40, ROWS * 20).round(),
        CHANCE.choice([100, 200, 250, 500], ROWS),
        CHANCE.choice([199, 299, 499, 999], ROWS),
        (CHANCE.normal(700, 30, ROWS) // 5 * 5),
        CHANCE.poisson(150, ROWS),
        CHANCE.integers(10_000, 99_999, ROWS),
        CHANCE.integers(0, 20, ROWS),
    ],
)
def test_amounts_are_no_codes(values: np.ndarray) -> None:
    assert not are_labels(values_as_digits(values))


@pytest.mark.parametrize(
    ("values", "told"),
    [
        ([96] * 5 + [98] * 260 + [0, 1, 2, 3, 13] * 200, "96 in 5 rows, 98 in 260 rows, apart from 0 to 13"),
        ([999] * 3900 + list(range(28)) * 40, "999 in 3,900 rows, apart from 0 to 27"),
        ([-1] * 300 + list(range(1, 400)) * 3, "-1 in 300 rows, apart from 1 to 399"),
        ([-200] * 366 + list(range(647, 2040)), "-200 in 366 rows"),
        ([-999] * 30 + list(np.linspace(-5, 40, 500)), "-999 in 30 rows"),
        ([99999] * 244 + list(range(0, 41_000, 10)), "99999 in 244 rows"),
        ([0] * 20 + list(range(44, 200)) * 4, "0 in 20 rows, apart from 44 to 199"),
    ],
)
def test_codes_for_no_value_are_told_with_counts(values: list[float], told: str) -> None:
    assert told in str(find_sentinels(column(values)))


@pytest.mark.parametrize(
    "values",
    [
        CHANCE.normal(0, 1, ROWS),
        CHANCE.lognormal(3, 2, ROWS),
        CHANCE.integers(0, 100, ROWS),
        CHANCE.poisson(1, ROWS),
        CHANCE.choice([0, 1, 2, 3], ROWS),
        np.concatenate([CHANCE.normal(10, 2, ROWS), [999]]),
        np.concatenate([np.zeros(3000), CHANCE.exponential(50, 2000)]),
    ],
)
def test_honest_numbers_have_no_codes(values: np.ndarray) -> None:
    assert find_sentinels(column(values)) is None


def test_a_cap_is_told_with_counts() -> None:
    prices = np.minimum(CHANCE.lognormal(12, 0.5, ROWS).round(), 300_000)
    (told,) = find_target_oddities(column(prices))
    assert f"{(prices == 300_000).sum():,} of 5,000 rows" in told
    assert "have exactly the most, 300000: capped there?" in told


def test_a_floor_and_rounding_are_told() -> None:
    costs = np.where(CHANCE.random(ROWS) < 0.3, 0, CHANCE.normal(50_000, 9000, ROWS).round(-2))
    floor, rounded = find_target_oddities(column(costs))
    assert "have exactly the least, 0" in floor
    assert "multiples of 100: rounded" in rounded


def test_an_honest_target_is_not_spoken_of() -> None:
    assert find_target_oddities(column(CHANCE.normal(0, 1, ROWS))) == ()


@pytest.mark.parametrize(
    ("values", "rows", "told"),
    [
        (["0"] * 14_999 + ["1"], 15_000, "'0' in all but 1 of 15,000 rows"),
        (["7"], 15_000, "a value in 1 of 15,000 rows only"),
        (["0"] * 14_900 + ["1"] * 100, 15_000, None),
        (["0"] * 20, 20, None),
    ],
)
def test_a_column_with_hardly_a_second_value_is_told(values: list[str], rows: int, told: str | None) -> None:
    assert find_constant(pd.Series(values), rows) == told

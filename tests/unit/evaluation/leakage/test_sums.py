import numpy as np
import pytest

from ratchet.evaluation.leakage.sums import find_factors, find_parts

NUMBERS = np.random.default_rng(7).normal(size=(500, 4))


def test_the_parts_are_named_and_nothing_else():
    assert find_parts(NUMBERS, NUMBERS[:, 0] - 3 * NUMBERS[:, 2] + 5) == (0, 2)


@pytest.mark.parametrize("noise", [0.1, 1.0])
def test_a_sum_with_noise_is_no_leak(noise):
    assert find_parts(NUMBERS, NUMBERS[:, 0] + NUMBERS[:, 1] + noise * NUMBERS[:, 3] ** 3) == ()


@pytest.mark.parametrize(
    ("numbers", "target"),
    [
        (NUMBERS[:5], NUMBERS[:5, 0]),
        (NUMBERS, np.ones(500)),
        (np.ones((500, 2)), NUMBERS[:, 0]),
        (np.full((500, 2), np.nan), NUMBERS[:, 0]),
        (np.empty((500, 0)), NUMBERS[:, 0]),
    ],
)
def test_too_few_or_constant_values_have_no_parts(numbers, target):
    assert find_parts(numbers, target) == ()


def test_parts_of_very_different_size_are_found():
    assert find_parts(NUMBERS * [1e12, 1e-9, 1.0, 1.0], NUMBERS[:, 0] + NUMBERS[:, 1]) == (0, 1)


AMOUNTS = np.exp(np.random.default_rng(8).normal(size=(800, 3)))


@pytest.mark.parametrize(
    ("target", "places"),
    [
        (AMOUNTS[:, 0] / AMOUNTS[:, 2], (0, 2)),
        (AMOUNTS[:, 0] * AMOUNTS[:, 1], (0, 1)),
        (AMOUNTS[:, 0] * AMOUNTS[:, 1] ** 0.5, ()),
        (AMOUNTS[:, 0], ()),
        (-AMOUNTS[:, 0] / AMOUNTS[:, 1], ()),
    ],
    ids=["quotient", "product", "another power", "one column", "below zero"],
)
def test_products_and_quotients_are_found_within_a_few_percent(target, places):
    noise = 1 + 0.03 * np.random.default_rng(9).normal(size=800)
    assert find_factors(AMOUNTS, target * noise) == places
    assert find_factors(AMOUNTS, target * noise**10) == ()


@pytest.mark.parametrize("numbers", [AMOUNTS[:100], np.full((800, 2), np.nan), np.empty((800, 0)), -AMOUNTS])
def test_few_or_odd_values_have_no_factors(numbers):
    assert find_factors(numbers, AMOUNTS[: len(numbers), 0]) == ()

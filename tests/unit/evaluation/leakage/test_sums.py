import numpy as np
import pytest

from ratchet.evaluation.leakage.sums import find_parts

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

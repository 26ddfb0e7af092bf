"""Where a model's loss rose for good, and what is no such rise."""

import numpy as np
import pytest

from ratchet.evaluation.loss_shift import LEAST_ROWS, find_loss_shift, find_losses


def draw(*parts: tuple[int, float], seed: int = 1) -> np.ndarray:
    """Exponential losses: rows and mean of each part."""
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.exponential(mean, rows) for rows, mean in parts])


def test_a_rise_is_found_where_it_begins():
    found = find_loss_shift(draw((3000, 0.1), (1000, 0.3)))
    assert found is not None
    assert abs(found.at - 3000) < 30
    assert found.before == pytest.approx(0.1, rel=0.1)
    assert found.after == pytest.approx(0.3, rel=0.15)


@pytest.mark.parametrize(
    "losses",
    [
        draw((4000, 0.1)),
        draw((3000, 0.3), (1000, 0.1)),  # better
        draw((3000, 0.1), (1000, 0.13)),  # a harder month
        draw((3000, 0.1), (LEAST_ROWS // 2, 0.3), (3000, 0.1)),  # a bad day
        draw((2 * LEAST_ROWS - 1, 0.1)),
        np.full(1000, 0.2),
        np.zeros(1000),
        np.append(draw((3000, 0.1), (1000, 0.3)), np.nan),
    ],
)
def test_what_is_no_rise(losses):
    assert find_loss_shift(losses) is None


def test_nothing_rises_in_400_streams_without_a_change():
    rng = np.random.default_rng(7)
    found = [find_loss_shift(rng.binomial(1, 0.2, 2000).astype(float)) for _ in range(400)]
    assert found == [None] * 400


def test_waves_are_no_other_world():
    """Losses of neighbouring rows that are alike: an AR(1) of 0.95, a wave of some 40 rows."""
    rng = np.random.default_rng(3)
    for _ in range(50):
        noise, wave = rng.normal(size=3000), np.zeros(3000)
        for row in range(1, 3000):
            wave[row] = 0.95 * wave[row - 1] + noise[row]
        assert find_loss_shift(np.exp(wave / 4)) is None


def test_losses_of_every_task():
    assert find_losses(np.array([0.0, 1.0]), np.array([0.25, 0.25])).tolist() == [0.25, 0.75]
    assert find_losses(np.array([5.0]), np.array([3.0])).tolist() == [2.0]
    assert find_losses(np.array([1.0]), np.array([[0.5, 0.5, 0.0]])).tolist() == [0.5]

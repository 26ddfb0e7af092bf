"""Where a model's loss rose for good, and what is no such rise."""

import numpy as np
import pytest

from ratchet.evaluation.loss_shift import LEAST_RISE, LEAST_ROWS, find_loss_shift, find_losses


def draw(*parts: tuple[int, float], seed: int = 1) -> np.ndarray:
    """Exponential losses: rows and mean of each part."""
    rng = np.random.default_rng(seed)
    return np.concatenate([rng.exponential(mean, rows) for rows, mean in parts])


def find(losses: np.ndarray):
    """Look at losses alone: a constant of zero, which gains nothing over any other, says what they are."""
    return find_loss_shift(losses, np.zeros(len(losses)))


def answer(*parts: tuple[int, float], share: float = 0.5, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Two classes and a model that says 0.8 or 0.2: rows of each part, and the share of them that it says right."""
    rng = np.random.default_rng(seed)
    right = np.concatenate([rng.random(rows) < each for rows, each in parts])
    labels = (rng.random(len(right)) < share).astype(float)
    return labels, np.where(right, labels, 1 - labels) * 0.6 + 0.2


def test_a_rise_is_found_where_it_begins():
    found = find(draw((3000, 0.1), (1000, 0.3)))
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
    assert find(losses) is None


@pytest.mark.parametrize(
    ("parts", "is_lost"),
    [
        (((3000, 0.75), (1000, 0.50)), True),  # a coin: the loss is 0.35, then 0.5
        (((3000, 0.75), (1000, 0.58)), True),
        (((3000, 0.75), (1000, 0.70)), False),  # most of what it gains is left
        (((3000, 0.75), (1000, 0.75)), False),
        (((3000, 0.50), (1000, 0.50)), False),  # it never knew anything
        (((300, 0.75), (120, 0.62)), False),  # few rows show nothing
    ],
)
def test_a_model_that_loses_half_of_what_it_gains_has_lost_although_its_loss_can_not_rise_by_half(parts, is_lost):
    found = find_loss_shift(*answer(*parts))
    assert (found is not None) is is_lost
    assert found is None or found.after < LEAST_RISE * found.before


def test_of_several_classes_the_shares_are_the_constant():
    rng = np.random.default_rng(2)
    labels = rng.integers(0, 3, 4000)
    right = rng.random(4000) < np.where(np.arange(4000) < 3000, 0.6, 0.34)
    scores = np.full((4000, 3), 0.2)
    scores[np.arange(4000), np.where(right, labels, (labels + 1) % 3)] = 0.6
    found = find_loss_shift(labels.astype(float), scores)
    assert found is not None
    assert abs(found.at - 3000) < 100
    assert found.after < LEAST_RISE * found.before


def test_a_month_that_is_harder_for_a_constant_as_well_is_no_other_world():
    rng = np.random.default_rng(4)
    size = np.where(np.arange(4000) < 3000, 1.0, 1.4)
    known = rng.normal(size=4000)
    assert find_loss_shift(size * (known + rng.normal(size=4000)), size * known) is None


def test_nothing_rises_in_400_streams_without_a_change():
    rng = np.random.default_rng(7)
    found = [find(rng.binomial(1, 0.2, 2000).astype(float)) for _ in range(400)]
    assert found == [None] * 400


def test_no_skill_is_lost_in_200_streams_without_a_change():
    assert [find_loss_shift(*answer((2000, 0.75), share=0.3, seed=seed)) for seed in range(200)] == [None] * 200


def test_waves_are_no_other_world():
    """Losses of neighbouring rows that are alike: an AR(1) of 0.95, a wave of some 40 rows."""
    rng = np.random.default_rng(3)
    for _ in range(50):
        noise, wave = rng.normal(size=3000), np.zeros(3000)
        for row in range(1, 3000):
            wave[row] = 0.95 * wave[row - 1] + noise[row]
        assert find(np.exp(wave / 4)) is None


def test_losses_of_every_task():
    assert find_losses(np.array([0.0, 1.0]), np.array([0.25, 0.25])).tolist() == [0.25, 0.75]
    assert find_losses(np.array([5.0]), np.array([3.0])).tolist() == [2.0]
    assert find_losses(np.array([1.0]), np.array([[0.5, 0.5, 0.0]])).tolist() == [0.5]

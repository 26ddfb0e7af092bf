"""How a gain over the best peer is bounded."""

import numpy as np
from benchmarks.training import bound_gains


def lose(scores, rows):
    """A figure of which more is better: minus the mean absolute error against zero."""
    return -float(np.abs(scores[rows]).mean())


def bound(ours, best):
    """The interval of one gain."""
    return bound_gains(lose, {"ours": ours, "best": best}, "best", len(best))["ours"]


def test_a_gain_that_every_block_shows_is_beyond_its_interval():
    noise = np.random.default_rng(0).normal(size=2000)
    low, high = bound(0.5 * noise, noise)
    assert 0 < low < high


def test_models_that_are_as_good_are_not_told_apart():
    one, other = np.random.default_rng(0).normal(size=(2, 2000))
    low, high = bound(one, other)
    assert low < 0 < high


def test_rows_of_one_time_count_as_alike():
    """Two blocks in fifty decide: the interval is as wide as the blocks' own spread, not as that of the rows."""
    ours, best = np.zeros(2000), np.zeros(2000)
    best[:80] = 1.0
    low, high = bound(ours, best)
    assert low == 0
    assert high > 0.08

"""Blocks are as long as rows hang together."""

import numpy as np
import pytest

from builders.judgements import make_series
from ratchet.evaluation.resampling.block_length import choose_block_length, find_shortfall


@pytest.mark.parametrize("rows", [1000, 8000])
def test_independent_rows_get_the_shortest_blocks(rows):
    assert choose_block_length(make_series(rows, memory=0.0)) in range(round(rows ** (1 / 3)), 30)


def test_the_longer_the_memory_the_longer_the_blocks():
    short, middle, long = (choose_block_length(make_series(4000, memory=memory)) for memory in (0.2, 0.7, 0.95))
    assert short < middle < long


def test_autocorrelation_of_nine_tenths_needs_about_a_hundred_rows():
    lengths = [choose_block_length(make_series(2000, memory=0.9, seed=seed)) for seed in range(20)]
    assert 90 < np.mean(lengths) < 150


def test_eight_blocks_are_left_whatever_the_memory():
    assert choose_block_length(np.arange(800.0)) == 100


@pytest.mark.parametrize("values", [np.zeros(100), np.full(100, 3.0)])
def test_values_that_never_change_get_the_shortest_blocks(values):
    assert choose_block_length(values) == 5


@pytest.mark.parametrize("rows", [0, 1, 7, 8, 9, 20])
def test_few_rows_are_drawn_singly(rows):
    assert 1 <= choose_block_length(make_series(rows, memory=0.9)) <= max(1, rows // 8)


def test_swinging_values_do_not_break_it():
    assert choose_block_length(np.tile([1.0, -1.0], 200)) >= 1


def test_what_is_short_is_given_back():
    """Blocks of 30 rows see three quarters of the variance that first-order autocorrelation of 0.9 has."""
    found = [find_shortfall(make_series(4000, memory=0.9, seed=seed), 30) for seed in range(40)]
    assert 1.08 < np.mean(found) < 1.3


def test_independent_rows_are_hardly_short_of_anything():
    found = [find_shortfall(make_series(2000, memory=0.0, seed=seed), 13) for seed in range(40)]
    assert 1 <= np.mean(found) < 1.05


@pytest.mark.parametrize(("values", "block"), [(np.zeros(50), 10), (np.arange(50.0), 2), (np.tile([1.0, -1.0], 50), 9)])
def test_nothing_is_taken_away(values, block):
    assert find_shortfall(values, block) >= 1

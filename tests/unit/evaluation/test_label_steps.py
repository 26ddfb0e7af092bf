"""Steps and fading ends of a rate, beside all that seasons and drift do."""

import numpy as np
import pytest
from benchmarks.label_shift import KINDS, draw_labels

from ratchet.evaluation.label_steps import cut_blocks, find_step


def draw(rows: int, *rates: tuple[float, float], seed: int = 0) -> np.ndarray:
    """Rows with one rate up to a share of them, and another one up to the next share."""
    chance, place = np.random.default_rng(seed), np.arange(rows) / rows
    rate = np.select([place < end for end, _ in rates], [each for _, each in rates])
    return (chance.random(rows) < rate).astype(float)


@pytest.mark.parametrize(
    ("before", "after", "place", "rows"),
    [
        (0.36, 0.96, 0.85, 1_000),
        (0.36, 0.96, 0.85, 20_000),
        (0.36, 0.0, 0.95, 3_000),
        (0.36, 0.0, 0.4, 3_000),
        (0.05, 0.0, 0.8, 20_000),
        (0.3, 0.6, 0.5, 3_000),
        (0.8, 0.5, 0.9, 10_000),
    ],
)
def test_a_step_is_found_where_it_is(before: float, after: float, place: float, rows: int) -> None:
    step = find_step(draw(rows, (place, before), (1.0, after)))
    assert step is not None
    assert step.is_sudden
    assert abs(step.at - place * rows) < 0.01 * rows
    assert step.before == pytest.approx(before, abs=0.08)
    assert step.after == pytest.approx(after, abs=0.05)


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_world_does_is_no_step(kind: str) -> None:
    found = [find_step(draw_labels(np.random.default_rng([4, seed]), kind, 2_000, 0.3)) for seed in range(25)]
    assert sum(each is not None for each in found) <= 1


def test_a_rate_that_comes_back_is_no_step() -> None:
    assert find_step(draw(6_000, (0.4, 0.3), (0.6, 0.6), (1.0, 0.3))) is None


def test_a_step_back_to_where_the_rate_once_was_is_no_step() -> None:
    place = np.arange(6_000) / 6_000
    rate = np.where(place < 0.7, 0.6 - 0.3 * np.minimum(place / 0.5, 1), 0.55)
    hits = (np.random.default_rng(1).random(6_000) < rate).astype(float)
    assert find_step(hits) is None
    assert find_step(hits[3_000:]) is not None, "where it never was before, it is one"


def test_what_was_falling_all_along_does_not_fade() -> None:
    place = np.arange(20_000) / 20_000
    hits = (np.random.default_rng(1).random(20_000) < 0.5 * np.exp(-6 * place**2)).astype(float)
    assert find_step(hits) is None


@pytest.mark.parametrize("turned", [False, True])
def test_labels_that_become_known_late_fade(turned: bool) -> None:
    hits = draw(8_000, (1.0, 0.4))
    hits *= np.random.default_rng(2).random(8_000) < -np.expm1(-(1 - np.arange(8_000) / 8_000) / 0.05)
    step = find_step(1 - hits if turned else hits)
    assert step is not None
    assert not step.is_sudden
    assert step.at >= 0.8 * len(hits)
    assert (1 - step.after if turned else step.after) < 0.2


@pytest.mark.parametrize("hits", [np.zeros(0), np.zeros(5_000), np.ones(5_000), draw(100, (1.0, 0.5))])
def test_rows_without_enough_of_both_sides_say_nothing(hits: np.ndarray) -> None:
    assert find_step(hits) is None


def test_blocks_are_fewer_where_the_label_comes_in_long_runs() -> None:
    alone, in_runs = draw(2_000, (1.0, 0.5)), np.repeat(draw(40, (1.0, 0.5)), 50)
    assert len(cut_blocks(alone)) == 61
    assert len(cut_blocks(in_runs)) < 6

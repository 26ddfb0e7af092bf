"""Whether the same inputs have other outcomes."""

import numpy as np
import pandas as pd
import pytest

from builders.matured import make_judged
from ratchet.evaluation.production.concept import MOST_ROWS, LabelledRows, choose_rows, measure_concept

KINDS = {"age": "numeric", "city": "categorical"}


def draw_side(seed: int, rows: int = 2000, *, mean: float = 0.0, sign: float = 1.0) -> LabelledRows:
    """A model that says what age means; `sign` -1 turns the meaning around, `mean` moves the inputs."""
    chance = np.random.default_rng(seed)
    age = chance.normal(mean, 1, rows)
    score = 1 / (1 + np.exp(-2 * age))
    labels = (chance.uniform(size=rows) < 1 / (1 + np.exp(-2 * sign * age))).astype(float)
    judged = make_judged(labels, score, days=7)
    features = pd.DataFrame({"age": age, "city": np.where(age > 0, "Oslo", None)})
    return LabelledRows(judged=judged, features=features)


def test_a_flipped_meaning_is_other_outcomes():
    found = measure_concept(draw_side(1, sign=-1), draw_side(2), KINDS, 0)
    assert found.shifted
    assert found.p_value < 0.001
    assert found.concept_part > 0.2
    assert abs(found.data_part) < 0.05


def test_other_inputs_are_no_other_outcomes():
    found = [measure_concept(draw_side(seed, mean=-0.8), draw_side(50 + seed), KINDS, seed) for seed in range(4)]
    assert sum(each.shifted for each in found) <= 1
    assert all(each.data_part < -0.01 for each in found)  # rows that are easier to tell


def test_the_two_parts_add_up_to_the_whole_change():
    now, then = draw_side(1, mean=0.5), draw_side(2)
    found = measure_concept(now, then, KINDS, 0)
    before, after = (np.mean((each.judged.rows.scores - each.judged.rows.labels) ** 2) for each in (then, now))
    assert found.data_part + found.concept_part == pytest.approx(after - before)


@pytest.mark.parametrize(
    ("now", "then", "words"),
    [
        (draw_side(1, 100), draw_side(2), "the window has fewer than 200"),
        (draw_side(1), draw_side(2, 100), "the baseline has fewer than 200"),
        (draw_side(1, mean=-9), draw_side(2, mean=9), "hardly overlap"),
    ],
)
def test_what_can_not_be_told_has_a_problem(now, then, words):
    found = measure_concept(now, then, KINDS, 0)
    assert found.shifted is None
    assert words in found.problem


def test_errors_that_are_all_alike_tell_nothing():
    same = LabelledRows(judged=make_judged(np.zeros(500), np.zeros(500)), features=draw_side(1, 500).features)
    assert "all alike" in measure_concept(same, same, KINDS, 0).problem


def test_columns_without_a_value_are_borne():
    now, then = (draw_side(seed) for seed in (1, 2))
    blank = [
        LabelledRows(judged=each.judged, features=each.features.assign(age=np.nan, city=None)) for each in (now, then)
    ]
    assert measure_concept(*blank, KINDS, 0).shifted is False


def test_rows_are_chosen_in_order_among_those_with_a_label():
    labels = np.where(np.arange(2 * MOST_ROWS + 10) % 20 == 0, np.nan, 1.0)
    chosen = choose_rows(make_judged(labels, np.full(len(labels), 0.5)), seed=1).rows
    assert len(chosen) == MOST_ROWS
    assert chosen.is_known.all()
    assert (np.diff(chosen.places) > 0).all()

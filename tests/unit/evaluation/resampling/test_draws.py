"""Draws of rows, blocks and groups."""

import numpy as np
import pytest

from builders.judgements import make_plan
from ratchet.evaluation.resampling import draws
from ratchet.evaluation.resampling.draws import draw_weights, sum_draws, sum_units

GROUPS = np.array([0, 0, 0, 1, 2, 2, 0, 1, 3, 3])


def draw(plan):
    return np.concatenate(list(draw_weights(plan)))


@pytest.mark.parametrize("changes", [{}, {"method": "blocks", "block": 3}, {"method": "groups", "groups": GROUPS}])
def test_the_same_plan_gives_the_same_draws(changes):
    plan = make_plan(10, **changes)
    np.testing.assert_array_equal(draw(plan), draw(plan))
    assert (draw(plan) != draw(make_plan(10, seed=4, **changes))).any()


@pytest.mark.parametrize(
    ("changes", "drawn"), [({}, 10), ({"method": "blocks", "block": 3}, 12), ({"method": "blocks", "block": 5}, 10)]
)
def test_a_draw_has_as_many_rows_as_fit(changes, drawn):
    plan = make_plan(10, **changes)
    weights = draw(plan)
    assert weights.shape == (400, 10)
    assert (weights.sum(axis=1) == drawn).all()
    assert (plan.drawn, plan.blocks * plan.block) == (drawn, drawn)
    np.testing.assert_allclose(weights.mean(axis=0), drawn / 10, atol=0.25)


def test_blocks_are_neighbouring_rows_around_the_end():
    weights = draw(make_plan(12, method="blocks", block=12, draws=5))
    assert (weights == 1).all()
    one_block = draw(make_plan(40, method="blocks", block=39, draws=50)).astype(int) - 1
    assert set(one_block.ravel()) <= {-1, 0, 1}
    changes = np.abs(np.diff(one_block, axis=1, append=one_block[:, :1])).sum(axis=1)
    assert (changes <= 4).all()


def test_groups_are_drawn_whole():
    weights = draw(make_plan(10, method="groups", groups=GROUPS))
    for group in range(4):
        members = weights[:, group == GROUPS]
        assert (members == members[:, :1]).all()
    firsts = weights[:, [0, 3, 4, 8]]
    assert (firsts.sum(axis=1) == 4).all()


def test_memory_is_bounded_by_drawing_in_chunks(monkeypatch):
    plan = make_plan(10, draws=25)
    whole = draw(plan)
    monkeypatch.setattr(draws, "CELLS", 70)
    chunks = list(draw_weights(plan))
    assert [len(chunk) for chunk in chunks] == [7, 7, 7, 4]
    np.testing.assert_array_equal(np.concatenate(chunks), whole)


def test_more_rows_than_fit_at_once_are_drawn_one_by_one(monkeypatch):
    monkeypatch.setattr(draws, "CELLS", 4)
    assert [len(chunk) for chunk in draw_weights(make_plan(10, draws=3))] == [1, 1, 1]


def test_values_add_up_by_unit():
    values = np.arange(10.0)
    np.testing.assert_array_equal(sum_units(make_plan(10), values), values)
    np.testing.assert_array_equal(sum_units(make_plan(10, method="groups", groups=GROUPS), values), [9, 10, 9, 17])
    blocks = sum_units(make_plan(10, method="blocks", block=3), values)
    np.testing.assert_allclose(blocks, [3, 6, 9, 12, 15, 18, 21, 24, 17, 10])


@pytest.mark.parametrize(
    ("changes", "units"),
    [({}, 10), ({"method": "blocks", "block": 4}, 2.5), ({"method": "groups", "groups": GROUPS}, 4)],
)
def test_units_are_counted(changes, units):
    assert make_plan(10, **changes).units == units


@pytest.mark.parametrize(
    "changes",
    [{}, {"method": "blocks", "block": 3}, {"method": "groups", "groups": GROUPS}],
    ids=["row", "block", "group"],
)
def test_sums_over_draws_are_those_over_their_rows(changes, monkeypatch):
    plan, values = make_plan(10, **changes), np.random.default_rng(0).normal(size=(10, 3))
    np.testing.assert_allclose(sum_draws(plan, values), draw(plan) @ values, atol=1e-12)
    monkeypatch.setattr(draws, "CELLS", 70)
    np.testing.assert_allclose(sum_draws(plan, values), draw(plan) @ values, atol=1e-12)

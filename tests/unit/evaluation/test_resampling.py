"""How a holdout is drawn anew."""

import numpy as np
import pytest

from builders.judgements import make_frame, make_plan, make_series
from builders.runs import make_config
from ratchet.errors import ConfigError
from ratchet.evaluation import resampling
from ratchet.evaluation.resampling import (
    choose_block_length,
    draw_weights,
    find_shortfall,
    plan_draws,
    sum_draws,
    sum_units,
)

NOISE = make_series(400, memory=0.0)
GROUPS = np.array([0, 0, 0, 1, 2, 2, 0, 1, 3, 3])


def plan_of(data=None, frame=None, influence=NOISE, method="time", **evaluation):
    config = make_config(data=data or {}, evaluation=evaluation, split={"method": method})
    return plan_draws(config, make_frame() if frame is None else frame, influence)


def test_rows_in_order_are_drawn_in_blocks():
    plan = plan_of(resamples=300)
    assert (plan.method, plan.block, plan.draws, plan.seed) == ("blocks", 8, 300, 20240501)


def test_blocks_follow_the_memory_of_the_gain():
    assert plan_of(influence=make_series(400, memory=0.9)).block > 30


def test_rows_without_order_are_drawn_singly():
    assert plan_of(method="random").method == "rows"


@pytest.mark.parametrize("role", ["group", "entity"])
@pytest.mark.parametrize("method", ["time", "random"])
def test_repeating_groups_are_drawn_whole(role, method):
    plan = plan_of({role: "customer"}, method=method)
    assert (plan.method, plan.units) == ("groups", make_frame()["customer"].nunique())


def test_groups_that_never_repeat_are_left_alone():
    frame = make_frame().assign(customer=[str(number) for number in range(400)])
    assert plan_of({"entity": "customer"}, frame).method == "blocks"


def test_the_entity_counts_where_the_group_does_not_repeat():
    frame = make_frame().assign(order=[str(number) for number in range(400)])
    assert plan_of({"group": "order", "entity": "customer"}, frame).method == "groups"


@pytest.mark.parametrize("wanted", ["rows", "blocks"])
def test_the_yaml_has_the_last_word(wanted):
    assert plan_of({"entity": "customer"}, resampling=wanted).method == wanted


def test_groups_can_be_asked_for_by_name():
    frame = make_frame().assign(customer=[str(number) for number in range(400)])
    assert plan_of({"entity": "customer"}, frame, resampling="groups").units == 400


def test_a_row_without_a_group_is_one_of_its_own():
    frame = make_frame().assign(customer=["a"] * 398 + [None, None])
    assert np.bincount(plan_of({"entity": "customer"}, frame).groups).tolist() == [398, 1, 1]


def test_groups_without_a_group_column_are_refused():
    with pytest.raises(ConfigError, match=r"needs `data.group` or `data.entity`"):
        plan_of(resampling="groups")


def test_a_group_that_the_holdout_does_not_have_is_refused():
    with pytest.raises(ConfigError, match="no column 'customer'"):
        plan_of({"entity": "customer"}, make_frame().drop(columns="customer"))


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
    monkeypatch.setattr(resampling, "CELLS", 70)
    chunks = list(draw_weights(plan))
    assert [len(chunk) for chunk in chunks] == [7, 7, 7, 4]
    np.testing.assert_array_equal(np.concatenate(chunks), whole)


def test_more_rows_than_fit_at_once_are_drawn_one_by_one(monkeypatch):
    monkeypatch.setattr(resampling, "CELLS", 4)
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
    monkeypatch.setattr(resampling, "CELLS", 70)
    np.testing.assert_allclose(sum_draws(plan, values), draw(plan) @ values, atol=1e-12)


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


def test_a_moving_average_has_twice_the_block_that_politis_and_white_find():
    """Neighbours' sums have the covariances 2 and 1, so G / g(0) is 2 / 4 in (1.5 (G / g(0))^2 n)^(1/3)."""
    noise = np.random.default_rng(3).normal(size=64_001)
    assert choose_block_length(noise[1:] + noise[:-1]) == pytest.approx(2 * (3 / 8 * 64_000) ** (1 / 3), abs=2)


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

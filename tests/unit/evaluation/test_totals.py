import numpy as np
import pytest
from scipy.sparse import csr_array

from builders.judgements import make_comparison, make_plan, make_series
from builders.runs import make_config
from ratchet.evaluation.resampling import draw_weights
from ratchet.evaluation.totals import DRAWS, Totals, by_code, draw_totals, plan_for
from ratchet.metrics.arrays import Floats
from ratchet.records.calibration import Bounded


def mean(sums: Floats) -> Floats:
    found: Floats = sums[0] / sums[1]
    return found


def bound_mean(values: Floats, **changes: object) -> Bounded:
    lines = csr_array(np.stack([values, np.ones(len(values))]))
    totals = draw_totals(lines, make_plan(len(values), **changes), confidence=0.95)
    return totals.bound(mean, values - values.mean())


def test_sums_are_those_of_the_rows_and_of_the_plans_own_draws() -> None:
    values, plan = np.arange(50.0), make_plan(50, draws=7)
    totals = draw_totals(by_code(np.repeat([0, 1], 25), 2, values), plan, confidence=0.95)
    assert totals.whole[:, 0].tolist() == [300.0, 925.0]
    weights = np.concatenate(list(draw_weights(plan)))
    assert np.allclose(totals.drawn, np.stack([weights[:, :25] @ values[:25], weights[:, 25:] @ values[25:]]))
    assert np.allclose(totals.part(slice(1, 2)).drawn, totals.drawn[1:2])


def test_a_mean_is_bounded_as_theory_says() -> None:
    values = np.random.default_rng(1).normal(3, 2, 2000)
    found = bound_mean(values, draws=2000)
    assert found.lower is not None
    assert found.upper is not None
    half = 1.645 * 2 / np.sqrt(2000)
    assert found.estimate - found.lower == pytest.approx(half, rel=0.1)
    assert found.upper - found.estimate == pytest.approx(half, rel=0.1)


def test_bounds_hold_as_often_as_they_say() -> None:
    chance = np.random.default_rng(2)
    misses = sum((bound_mean(chance.exponential(size=200), draws=200).lower or 0) > 1 for _ in range(300))
    assert misses <= 27  # 5 % of 300, and three binomial standard errors


def test_blocks_give_wider_bounds_where_neighbours_are_alike() -> None:
    series = make_series(2000, memory=0.9)
    rows, blocks = bound_mean(series), bound_mean(series, method="blocks", block=60)
    assert (blocks.upper or 0) - blocks.estimate > 2 * ((rows.upper or 0) - rows.estimate)


def test_the_lower_bound_gives_way_by_what_chance_adds() -> None:
    values = np.random.default_rng(1).normal(size=300)
    totals = draw_totals(csr_array(np.stack([values, np.ones(300)])), make_plan(300), confidence=0.95)
    plain, careful = totals.bound(mean, values), totals.bound(mean, values, bias=0.5)
    assert plain.lower is not None
    assert careful == Bounded(estimate=plain.estimate, lower=plain.lower - 0.5, upper=plain.upper)


@pytest.mark.parametrize("here", [0, 1])
def test_a_part_that_is_hardly_ever_drawn_has_no_bounds(here: int) -> None:
    members = np.zeros(300)
    members[:here] = 1
    lines = csr_array(np.stack([members, members]))
    totals = draw_totals(lines, make_plan(300), confidence=0.95)
    with np.errstate(invalid="ignore"):
        found = totals.bound(lambda sums: np.where(sums[1] > 0, 1.0, np.nan), members, members=members)
    assert (found.lower, found.upper) == (None, None)


def test_blocks_are_long_enough_for_every_figure_and_draws_are_few() -> None:
    comparison = make_comparison(make_config(evaluation={"resampling": "blocks"}))
    short, long = np.random.default_rng(1).normal(size=400), make_series(400, memory=0.9)
    alone = plan_for(comparison, [long])
    assert plan_for(comparison, [short, long]).block == alone.block > plan_for(comparison, [short]).block
    assert alone.draws == DRAWS


def test_parts_keep_the_plan() -> None:
    totals = draw_totals(csr_array(np.ones((2, 30))), make_plan(30, draws=5), confidence=0.9)
    assert isinstance(totals.part(slice(0, 1)), Totals)
    assert totals.part(slice(0, 1)).plan == totals.plan

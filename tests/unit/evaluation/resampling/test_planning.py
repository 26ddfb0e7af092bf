"""How a holdout is drawn anew."""

import numpy as np
import pytest

from builders.judgements import make_frame, make_series
from builders.runs import make_config
from ratchet.errors import ConfigError
from ratchet.evaluation.resampling.planning import plan_draws

NOISE = make_series(400, memory=0.0)


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

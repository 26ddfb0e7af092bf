from datetime import timedelta

import pytest

from builders.runs import make_config
from ratchet.config.read_plan import (
    find_label_delay,
    find_label_time,
    has_common_row_numbers,
    has_usable_time,
    plan_labels,
    plan_new_rows,
    plan_scored_rows,
    plan_snapshot,
)

DELAYED = {"label_delay": "3d", "entity": "who"}


def test_new_rows_need_no_target_and_no_group_but_the_entity_and_the_segment():
    config = make_config(data={"group": "house", "entity": "who", "sensitive": ["sex", "age"], "ignore": ["note"]})
    plan = plan_new_rows(config, "sex")
    assert plan.required == ("when", "age", "city", "member", "who", "sex")
    assert plan.keys == ("who", "sex")
    assert plan.mentioned == {*plan.required, "bought", "house", "note"}
    assert plan_new_rows(config, None).required == ("when", "age", "city", "member", "who")
    assert plan.source == config.data.source


def test_scored_rows_need_neither_target_nor_segments():
    plan = plan_scored_rows(
        make_config(data={"entity": "who", "sensitive": ["shop"]}, monitoring={"segments": ["shop"]})
    )
    assert "bought" not in plan.required
    assert set(plan.required) == {"when", "age", "city", "member", "who"}
    assert plan.optional == ("shop",)


def test_labels_need_the_target_and_the_column_that_is_named():
    labels = {"labels": {"source": {"path": "labels.csv"}, "known_at": "known"}}
    plan = plan_labels(make_config(data={"entity": "who"}, monitoring=labels))
    assert plan.required == ("bought", "known")
    assert plan.optional == ("prediction_id", "when", "who", "age", "city", "member")
    assert plan.source.path == "labels.csv"


@pytest.mark.parametrize(
    ("availability", "delay", "column"),
    [
        ({}, timedelta(days=3), ()),
        ({"bought": {"delay": "5d"}}, timedelta(days=5), ()),
        ({"bought": {"known_at": "told"}}, timedelta(days=3), ("told",)),
        ({"age": {"delay": "5d"}}, timedelta(days=3), ()),
    ],
)
def test_what_the_yaml_says_of_the_target_comes_before_the_delay_of_all_labels(availability, delay, column):
    data = make_config(data=DELAYED | {"availability": availability}).data
    assert (find_label_delay(data), find_label_time(data)) == (delay, column)


@pytest.mark.parametrize(
    ("time", "plans", "common", "usable"),
    [
        ({"column": "when"}, {}, True, True),
        ({"column": "when"}, {"scoring": {"source": {"path": "new.csv"}}}, False, True),
        ({"order": "rows", "start": "2025-01-01T00:00:00Z", "every": "1h"}, {}, True, True),
        (
            {"order": "rows", "start": "2025-01-01T00:00:00Z", "every": "1h"},
            {"scoring": {"source": {"path": "new.csv"}}},
            False,
            False,
        ),
        ({"order": "rows"}, {}, True, False),
    ],
)
def test_a_row_number_is_a_time_only_where_labels_stand_in_the_rows_that_are_scored(time, plans, common, usable):
    config = make_config(data={"time": time}, **plans)
    assert has_common_row_numbers(config) == common
    assert has_usable_time(config, frozenset({"when"})) == usable


def test_each_column_of_a_snapshot_is_named_once():
    plan = plan_snapshot(make_config(data={"sensitive": ["city", "sex"], "entity": "sex"}).data)
    assert plan.required == ("when", "age", "city", "member", "bought", "sex")
    assert plan.keys == ("sex",)


def test_row_order_uses_no_time_column():
    assert "when" not in plan_snapshot(make_config(data={"time": {"order": "rows"}}).data).required

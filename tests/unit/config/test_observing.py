from datetime import timedelta

import pytest

from builders.runs import make_config
from ratchet.config.observing import (
    has_common_row_numbers,
    has_usable_time,
    plan_label_rows,
    plan_scored_rows,
)

DELAYED = {"label_delay": "3d", "entity": "who"}


def test_scored_rows_need_neither_target_nor_segments():
    plan = plan_scored_rows(
        make_config(data={"entity": "who", "sensitive": ["shop"]}, monitoring={"segments": ["shop"]})
    )
    assert "bought" not in plan.columns
    assert set(plan.columns) == {"when", "age", "city", "member", "who"}
    assert plan.optional == ("shop",)


def test_labels_need_the_target_and_the_column_that_is_named():
    labels = {"labels": {"source": {"path": "labels.csv"}, "known_at": "known"}}
    plan = plan_label_rows(make_config(data={"entity": "who"}, monitoring=labels))
    assert plan.columns == ("bought", "known")
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
    plan = plan_label_rows(make_config(data=DELAYED | {"availability": availability}))
    assert (plan.delay, plan.target_known_at) == (delay, column)


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

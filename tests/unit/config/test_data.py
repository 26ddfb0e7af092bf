"""What the data section says about time."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from builders.runs import make_config


def test_a_time_column_is_a_clock() -> None:
    assert make_config().data.has_clock


def test_row_order_alone_is_no_clock() -> None:
    assert not make_config(data={"time": {"order": "rows"}}).data.has_clock


def test_row_order_with_start_and_step_is_a_clock() -> None:
    data = make_config(data={"time": {"order": "rows", "start": "2026-01-01T01:00:00+01:00", "every": "30min"}}).data
    assert data.has_clock
    assert data.time.start == datetime(2026, 1, 1, tzinfo=UTC)


def test_a_label_delay_needs_a_clock() -> None:
    with pytest.raises(ValueError, match="`label_delay` needs a clock"):
        make_config(data={"time": {"order": "rows"}, "label_delay": "7d"})


CLOCK = {"column": "when"}


@pytest.mark.parametrize(
    ("availability", "told"),
    [
        ({"agee": {"delay": "1d"}}, "names 'agee'"),
        ({"age": {}}, "either `delay` or `known_at`"),
        ({"age": {"delay": "1d", "known_at": "age_at"}}, "either `delay` or `known_at`"),
    ],
)
def test_availability_that_does_not_fit_is_refused(availability, told):
    with pytest.raises(ValidationError, match=told):
        make_config(data={"availability": availability})


def test_availability_needs_a_clock():
    with pytest.raises(ValidationError, match="needs a clock"):
        make_config(data={"availability": {"age": {"delay": "1d"}}, "time": {"order": "rows"}})


def test_columns_of_times_are_kept_in_the_snapshot_once():
    rules = {"age": {"known_at": "told_at"}, "bought": {"known_at": "told_at"}, "city": {"delay": "0s"}}
    assert make_config(data={"availability": rules}).data.keys == ("told_at",)


@pytest.mark.parametrize("limit", [0.5, 1.01])
def test_a_limit_on_a_column_is_better_than_guessing(limit):
    with pytest.raises(ValidationError):
        make_config(gates={"no_leak": {"max_alone": limit}})

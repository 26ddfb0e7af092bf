"""What the data section says about time."""

from datetime import UTC, datetime

import pytest

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

"""Spans of monitoring fit the data's clock and one another."""

from datetime import timedelta

import pytest

from ratchet.config.late_labels import LabelPlan
from ratchet.config.monitoring import MonitoringPlan, find_monitoring_mistake

DAY = timedelta(days=1)


def test_spans_have_defaults_of_their_kind() -> None:
    assert MonitoringPlan().spans(has_clock=True) == (7 * DAY, 30 * DAY, 90 * DAY)
    assert MonitoringPlan(window=500).spans(has_clock=False) == (500, 4000, 12000)


def test_longer_spans_follow_one_that_is_longer_than_their_defaults() -> None:
    assert MonitoringPlan(window=60 * DAY).spans(has_clock=True) == (60 * DAY, 60 * DAY, 90 * DAY)
    assert MonitoringPlan(long_window=20_000).spans(has_clock=False) == (1000, 20_000, 20_000)


@pytest.mark.parametrize(
    ("plan", "has_clock", "mistake"),
    [
        (MonitoringPlan(), True, None),
        (MonitoringPlan(), False, None),
        (MonitoringPlan(window=7 * DAY, long_window=7 * DAY, history=7 * DAY), True, None),
        (MonitoringPlan(window=500), True, "`monitoring.window` should be a duration, such as 7d"),
        (
            MonitoringPlan(history=90 * DAY),
            False,
            "`monitoring.history` should be a number of rows, as the data has no clock, such as 1000",
        ),
        (
            MonitoringPlan(window=31 * DAY, long_window=30 * DAY),
            True,
            "`monitoring.window`, `long_window` and `history` should each be at least as long as the one before",
        ),
        (
            MonitoringPlan(window=0 * DAY),
            True,
            "`monitoring.window` leaves nothing to look at: give it a duration such as 7d",
        ),
        (
            MonitoringPlan(labels=LabelPlan(known_at="known")),
            False,
            "`monitoring.labels.known_at` needs a clock: give `data.time` a column, or `start` and `every`",
        ),
        (MonitoringPlan(labels=LabelPlan(known_at="known")), True, None),
    ],
)
def test_spans_that_do_not_fit_are_told(plan: MonitoringPlan, has_clock: bool, mistake: str | None) -> None:
    assert find_monitoring_mistake(plan, has_clock=has_clock) == mistake

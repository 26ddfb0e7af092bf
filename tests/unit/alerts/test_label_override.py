from datetime import timedelta

import pytest

from builders.watching import WEEK, make_appraisal, make_column, make_figure, make_shift, watch_weeks, week
from ratchet.alerts.label_override import find_refutation, was_like
from ratchet.config.alerts import AlertPlan
from ratchet.records.alerts import AlertLevel
from ratchet.timeline import Window

PLAN = AlertPlan()
MOVED = (make_column("age", 0.4), make_column("city"), make_column("prediction", 0.4))


@pytest.mark.parametrize(
    ("loss", "error", "refuted"),
    [
        (0.0, 0.002, True),
        (-0.3, 0.002, True),
        (0.019, 0.002, True),
        (0.02, 0.002, False),  # a loss worth a look
        (0.0, 0.05, True),
        (0.0, 0.07, False),  # too few rows to rule a red loss out
        (None, 0.002, False),
        (0.0, None, False),
    ],
)
def test_labels_refute_when_they_show_no_loss(loss, error, refuted):
    performance = make_appraisal(make_figure(loss, error))
    assert (find_refutation(PLAN, performance, [week(10)]) is not None) is refuted


def test_only_windows_in_which_the_same_held_count():
    performance = make_appraisal(make_figure(0.0), make_figure(0.01, segment="x"), weekly=[0.0, 0.0])
    assert find_refutation(PLAN, performance, [week(12)]) is None
    assert find_refutation(PLAN, performance, []) is None
    assert find_refutation(PLAN, performance, [week(9)]) == "a matured window in which the same held lost nothing"
    assert find_refutation(PLAN, performance, [week(8), week(9), week(10)]).startswith("3 matured windows")


def test_many_windows_of_few_rows_refute_together():
    earlier = tuple(make_figure(0.0, 0.08, number) for number in range(1, 10))
    held = [week(number) for number in range(1, 11)]
    performance = make_appraisal(make_figure(0.0, 0.08), make_figure(0.01, segment="x"))
    from dataclasses import replace

    assert find_refutation(PLAN, performance, held) is None
    assert find_refutation(PLAN, replace(performance, weekly=earlier), held) is not None


def test_one_bad_window_among_good_ones_is_not_lost_in_their_mean():
    performance = make_appraisal(make_figure(0.09), weekly=[0.0, 0.0, 0.0])
    assert find_refutation(PLAN, performance, [week(number) for number in range(7, 11)]) is None


@pytest.mark.parametrize(
    ("shift", "alike"), [(timedelta(0), True), (timedelta(days=3), True), (timedelta(days=4), False), (2 * WEEK, False)]
)
def test_windows_that_share_half_of_their_time_are_alike(shift, alike):
    window = week(10)
    other = Window(start=window.start + shift, end=window.end + shift)  # type: ignore[operator]
    assert was_like(window, [other]) is alike


@pytest.mark.parametrize(
    ("window", "other", "alike"),
    [
        (Window(start=0, end=100), Window(start=50, end=150), True),
        (Window(start=0, end=100), Window(start=51, end=150), False),
        (Window(start=0, end=100), week(10), False),
        (Window(start=5, end=5), Window(start=0, end=10), False),
    ],
)
def test_windows_of_rows_are_compared_by_rows(window, other, alike):
    assert was_like(window, [other]) is alike


def test_drift_is_red_until_labels_of_its_rows_come_and_yellow_once_they_show_no_loss():
    late = [make_appraisal(make_figure(0.0, number=number - 3)) for number in range(10, 16)]
    watches = watch_weeks(PLAN, [(make_shift(*MOVED), performance) for performance in late])
    red, yellow = AlertLevel.RED, AlertLevel.YELLOW
    assert [watch.level for watch in watches] == [red, red, red, yellow, yellow, yellow]
    assert "lost nothing" in next(
        each.sentence for each in watches[-1].alerts if "composite.inputs" in each.signal.name
    )


def test_drift_stays_red_when_labels_of_its_rows_show_a_loss():
    late = [make_appraisal(make_figure(0.03, number=number - 1)) for number in range(10, 14)]
    watches = watch_weeks(PLAN, [(make_shift(*MOVED), performance) for performance in late])
    assert [watch.level for watch in watches] == [AlertLevel.RED] * 4

from dataclasses import replace
from datetime import timedelta

import pytest

from builders.watching import make_appraisal, make_figure
from ratchet.alerts.figures import find_course
from ratchet.alerts.slow import read_slope
from ratchet.config.alerts import SlowRule
from ratchet.timeline import Window


def slope(losses, rule=None, error=0.001):
    *weekly, now = losses
    figure = make_figure(now, error)
    course = find_course(make_appraisal(figure, make_figure(0.01, segment="x"), weekly=weekly))
    assert course is not None
    return read_slope(rule or SlowRule(), course)


@pytest.mark.parametrize(
    ("losses", "value"),
    [
        ([0.0, 0.005, 0.01, 0.015, 0.02], 0.005),
        ([0.1, 0.0, 0.005, 0.01, 0.015, 0.02], 0.005),  # only the last four weeks
        ([0.02, 0.015, 0.01, 0.005, 0.0], -0.005),
        ([0.03] * 5, 0.0),
        ([0.0, 0.005, 0.01, 0.015], None),  # three weeks
        ([0.02], None),
    ],
)
def test_the_loss_a_week_is_that_of_a_line_through_four_weeks(losses, value):
    assert slope(losses).value == (None if value is None else pytest.approx(value, abs=1e-12))


def test_a_steady_loss_is_shown_and_a_bumpy_one_is_not():
    assert slope([0.0, 0.005, 0.01, 0.015, 0.02]).p_value < 1e-6
    assert slope([0.0, 0.03, -0.02, 0.05, 0.01]).p_value > 0.2


def test_figures_of_few_rows_show_nothing():
    *weekly, now = [
        make_figure(loss, 0.02, number) for number, loss in enumerate((0.0, 0.005, 0.01, 0.015, 0.02), start=6)
    ]
    performance = replace(make_appraisal(now), weekly=tuple(weekly))
    course = find_course(performance)
    assert course is not None
    assert read_slope(SlowRule(), course).p_value > 0.1


@pytest.mark.parametrize(("level", "red"), [("red", 0.005), ("yellow", None)])
def test_how_urgent_it_is_can_be_told(level, red):
    assert slope([0.0] * 5, SlowRule(level=level)).red == red


def test_a_week_that_is_not_known_is_passed_over():
    performance = make_appraisal(make_figure(0.025), weekly=[0.0, 0.005, 0.01, 0.015, 0.02])
    weekly = list(performance.weekly)
    weekly[2] = make_figure(None, number=7)
    course = find_course(replace(performance, weekly=tuple(weekly)))
    assert course is not None
    assert read_slope(SlowRule(), course).value == pytest.approx(0.005)


def test_daily_windows_are_counted_in_weeks():
    end = make_figure().window.end
    figures = [
        make_figure(at * 0.001, window=Window(start=end - timedelta(days=30 - at), end=end - timedelta(days=29 - at)))
        for at in range(30)
    ]
    course = find_course(replace(make_appraisal(figures[-1]), weekly=tuple(figures[:-1])))
    assert course is not None
    assert read_slope(SlowRule(), course).value == pytest.approx(0.007)


def test_a_window_of_rows_stands_for_a_week():
    figures = [make_figure(at * 0.006, window=Window(start=500 * at, end=500 * (at + 1))) for at in range(5)]
    course = find_course(replace(make_appraisal(figures[-1]), weekly=tuple(figures[:-1])))
    assert course is not None
    assert read_slope(SlowRule(), course).value == pytest.approx(0.006)
    assert "gets worse by 0.6 % of its baseline a week, over 4 weeks" in read_slope(SlowRule(), course).text


def test_a_level_line_neither_loses_nor_gains():
    course = find_course(make_appraisal(make_figure(0.01), weekly=[0.01] * 6))
    assert course is not None
    assert read_slope(SlowRule(), course).text == "roc_auc gets neither worse nor better, over 4 weeks"

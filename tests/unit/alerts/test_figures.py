from dataclasses import replace

import pytest

from builders.watching import make_appraisal, make_figure, week
from ratchet.alerts.figures import find_course, find_latest, find_turn


def test_the_latest_figure_is_that_of_the_shorter_window():
    short, long = make_figure(0.01), make_figure(0.02, window=week(10, 4))
    assert find_latest(make_appraisal(long, short)) == short
    assert find_latest(make_appraisal(short)) == short
    assert find_latest(replace(make_appraisal(), figures=())) is None


@pytest.mark.parametrize(
    ("value", "loss", "turn"),
    [(0.8, 0.1, -1.0), (0.95, -0.05, -1.0), (1.1, 0.2, 1.0), (0.9, 0.0, None), (None, 0.1, None)],
)
def test_which_way_is_worse_is_read_from_the_figures(value, loss, turn):
    assert find_turn(make_appraisal(replace(make_figure(), value=value, loss=loss)), "roc_auc") == turn


def test_which_way_is_worse_may_be_read_from_another_figure_of_the_metric():
    part = make_figure(0.1, segment="x")
    assert find_turn(make_appraisal(make_figure(0.0), part), "roc_auc") == -1.0
    assert find_turn(make_appraisal(make_figure(0.0), replace(part, metric="log_loss")), "roc_auc") is None


def test_earlier_stretches_are_told_against_the_baseline_that_counts_now():
    course = find_course(make_appraisal(make_figure(0.03, 0.002), weekly=[0.01, -0.02]))
    assert course is not None
    assert [loss.value for loss in course.losses] == pytest.approx([0.01, -0.02, 0.03])
    assert [loss.error for loss in course.losses] == pytest.approx([0.002] * 3)
    assert course.base_error == pytest.approx(0.0, abs=1e-6)


def test_what_the_bound_of_a_loss_has_beyond_the_value_s_own_is_the_baseline_s_error():
    figure = make_figure(0.03, 0.003)
    course = find_course(make_appraisal(replace(figure, loss_lower=0.03 - 1.6448536269514722 * 0.005)))
    assert course is not None
    assert course.base_error == pytest.approx(0.004)


@pytest.mark.parametrize(
    "changes",
    [{"value": None, "loss": None}, {"lower": None}, {"baseline": None, "loss": None}, {"baseline": 0.0, "loss": None}],
)
def test_a_latest_figure_that_can_t_be_told_is_left_out(changes):
    course = find_course(make_appraisal(replace(make_figure(0.03), **changes), weekly=[0.0]))
    assert course is not None
    assert not course.has_latest

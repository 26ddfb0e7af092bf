from dataclasses import replace

import pytest

from builders.weeks import make_appraisal, make_figure, week
from ratchet.alerts.losses import find_course, find_latest, find_loss


def test_the_latest_figure_is_that_of_the_shorter_window():
    short, long = make_figure(0.01), make_figure(0.02, window=week(10, 4))
    assert find_latest(make_appraisal(long, short)) == short
    assert find_latest(make_appraisal(short)) == short
    assert find_latest(replace(make_appraisal(), figures=())) is None


@pytest.mark.parametrize(
    ("metric", "value", "baseline", "loss"),
    [
        ("roc_auc", 0.81, 0.9, 0.1),
        ("rmse", 1.2, 1.0, 0.2),
        ("rmse", 0.8, 1.0, -0.2),
        ("r2", -0.6, -0.5, 0.2),
        ("roc_auc", None, 0.9, None),
        ("roc_auc", 0.9, None, None),
        ("roc_auc", 0.9, 0.0, None),
        ("rmse", float("inf"), 1.0, None),
    ],
)
def test_a_loss_is_a_share_of_the_baseline_whichever_way_is_worse(metric, value, baseline, loss):
    assert find_loss(metric, value, baseline) == (None if loss is None else pytest.approx(loss))


def test_earlier_stretches_are_known_where_the_latest_lost_nothing():
    course = find_course(make_appraisal(make_figure(0.0), weekly=[0.01, -0.02]))
    assert course is not None
    assert [loss.value for loss in course.losses] == pytest.approx([0.01, -0.02, 0.0])


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

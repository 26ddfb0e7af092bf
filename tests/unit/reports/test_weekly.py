from dataclasses import replace

import pytest

from builders.monitoring_stories import make_appraisal, make_figure, week
from ratchet.records.production import Figure
from ratchet.reports.weekly import WeekPlot, place_weeks


def place(*values: float | None, last: Figure | None = None) -> WeekPlot | None:
    weekly = tuple(make_figure(value, at, baseline=None) for at, value in enumerate(values, start=1))
    return place_weeks(make_appraisal(weekly=weekly), last)


def test_windows_follow_one_another_and_higher_is_up():
    plot = place(0.8, 0.9, 0.85)
    assert plot is not None
    assert [mark.x for mark in plot.marks] == [10.0, 53.0, 96.0]
    assert plot.marks[1].y < plot.marks[2].y < plot.marks[0].y
    assert all(
        mark.top is not None and mark.bottom is not None and mark.top < mark.y < mark.bottom for mark in plot.marks
    )


def test_the_figure_of_this_page_comes_last_and_brings_its_baseline():
    plot = place(0.9, 0.9, last=make_figure(0.8, 3))
    assert plot is not None
    assert plot.marks[-1].figure.value == 0.8
    assert (plot.baseline, plot.marks[-1].tone, plot.marks[0].tone) == (0.91, "worse", "own")
    assert plot.baseline_at is not None


def test_the_holdout_s_figure_stands_beside_a_baseline_that_follows_production():
    sunk = replace(make_figure(0.8, 3), baseline=0.81)
    plot = place(0.82, 0.81, last=sunk)
    assert plot is not None
    assert plot.holdout_at < plot.baseline_at  # higher up
    plot = place_weeks(make_appraisal(weekly=(make_figure(0.9, 1),), holdout=None), sunk)
    assert plot is not None
    assert plot.holdout_at is None


@pytest.mark.parametrize(
    ("metric", "value", "tone"),
    [("roc_auc", 0.85, "worse"), ("roc_auc", 0.905, "own"), ("log_loss", 0.95, "worse"), ("log_loss", 0.8, "own")],
)
def test_an_earlier_window_whose_bounds_are_beyond_the_baseline_was_worse(metric, value, tone):
    earlier = replace(make_figure(value, 1), metric=metric, baseline=None, loss=None, loss_lower=None)
    plot = place_weeks(make_appraisal(weekly=(earlier,)), make_figure(0.9, 2))
    assert plot is not None
    assert plot.marks[0].tone == tone
    bare = place_weeks(make_appraisal(weekly=(replace(earlier, lower=None, upper=None),)), make_figure(0.9, 2))
    assert bare is not None
    assert bare.marks[0].tone == "own"


def test_it_is_not_drawn_twice():
    last = make_figure(0.8, 2)
    plot = place_weeks(make_appraisal(weekly=(make_figure(0.9, 1), last)), last)
    assert plot is not None
    assert len(plot.marks) == 2


def test_a_window_without_a_figure_leaves_its_place_empty():
    plot = place(0.9, None, 0.8)
    assert plot is not None
    assert ([mark.x for mark in plot.marks], plot.gaps) == ([10.0, 96.0], 1)


@pytest.mark.parametrize("values", [(), (0.9,), (0.9, None), (None, None), (float("nan"), 0.9)])
def test_fewer_than_two_figures_are_no_plot(values):
    assert place(*values) is None


def test_figures_without_bounds_are_points():
    bare = tuple(replace(make_figure(0.9, at), lower=None, upper=None) for at in (1, 2))
    plot = place_weeks(make_appraisal(weekly=bare), None)
    assert plot is not None
    assert [(mark.top, mark.bottom) for mark in plot.marks] == [(None, None)] * 2


def test_a_few_dates_stand_below():
    plot = place(*[0.9] * 10)
    assert plot is not None
    assert [moment for moment, _ in plot.dates] == [week(number).end for number in (1, 5, 10)]

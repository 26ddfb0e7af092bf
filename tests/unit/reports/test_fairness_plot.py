"""The report's section on groups of persons and on weak slices."""

import pytest

from builders.records import make_evaluation, make_gain
from builders.stories import make_described_config, make_story
from ratchet.records.fairness import Attribute, Disparity, Fairness, Group, GroupFigure
from ratchet.records.holdout import Level, SliceFinding
from ratchet.reports.fairness_plot import place_groups
from ratchet.reports.run_report import run_report_html, run_report_markdown


def make_figure(difference=0.05, measure="true_positive_rate", **changes):
    facts = {"value": 0.4, "champion": 0.45, "ratio": 0.9, "lower": difference - 0.1, "upper": difference + 0.1}
    return GroupFigure(measure=measure, count=100, others=300, difference=difference, **(facts | changes))


def make_group(name="women", figures=None):
    figures = (make_figure(),) if figures is None else figures
    return Group(name=name, rows=100, positives=30, figures=figures)


def make_fairness(*groups, pairs=(), **changes):
    apart = Disparity(
        measure="true_positive_rate",
        difference=0.1,
        difference_lower=0.0,
        difference_upper=0.3,
        ratio=0.8,
        lowest="men",
        highest="women",
    )
    sex = Attribute(name="sex", columns=("sex",), groups=groups or (make_group(),), disparities=(apart,))
    both = Attribute(name="sex and race", columns=("sex", "race"), groups=pairs, left_out=2)
    return Fairness(attributes=(sex, both), confidence=0.99, resampling="rows", **changes)


def plot_of(fairness, measure="true_positive_rate", **config):
    plots = place_groups(fairness, make_described_config(**config))
    return next(plot for plot in plots if plot.measure == measure)


def test_zero_is_in_the_middle_and_every_bound_is_on_the_scale():
    plot = plot_of(make_fairness(make_group(figures=(make_figure(0.0),)), make_group("men", (make_figure(-0.5),))))
    even, odd = plot.marks
    assert (even.at, odd.at < 50, odd.left > 0) == (50, True, True)
    assert plot.limits_at[0] == pytest.approx(100 - plot.limits_at[1])


@pytest.mark.parametrize(("reach", "within"), [(0.09, True), (0.11, False)])
def test_a_mark_is_within_when_both_bounds_are(reach, within):
    figure = make_figure(0.0, lower=-reach, upper=reach)
    assert plot_of(make_fairness(make_group(figures=(figure,)))).marks[0].is_within is within


def test_a_measure_that_nobody_asks_for_has_no_limit():
    figure = make_figure(0.5, measure="precision")
    plot = plot_of(make_fairness(make_group(figures=(figure,))), "precision")
    assert (plot.limit, plot.limits_at, plot.marks[0].is_within) == (None, (), True)


def test_a_small_group_is_there_without_a_mark():
    (mark,) = plot_of(make_fairness(make_group(figures=()))).marks
    assert (mark.figure, mark.at, mark.label) == (None, None, "sex: women")


def test_of_pairs_those_furthest_from_everybody_else_are_shown():
    pairs = tuple(make_group(f"p{number}", (make_figure(number / 100),)) for number in range(9))
    labels = [mark.label for mark in plot_of(make_fairness(pairs=pairs)).marks if "race" in mark.label]
    assert labels == [f"sex and race: p{number}" for number in (8, 7, 6, 5, 4)]


def test_nothing_is_placed_without_figures():
    assert place_groups(None, make_described_config()) == ()
    assert place_groups(Fairness(problem="no rows"), make_described_config()) == ()


@pytest.mark.parametrize("render", [lambda story: run_report_html(story, "runs/sales/run-1"), run_report_markdown])
class TestSection:
    def test_groups_are_shown_with_figure_and_bounds(self, render):
        text = render(make_story(evaluation=make_evaluation(fairness=make_fairness())))
        assert "sex: women" in text
        assert "largest difference between two groups 0.1000" in text

    def test_names_of_groups_are_escaped(self, render):
        group = make_group("<script>alert(1)</script>")
        assert "<script>" not in render(make_story(evaluation=make_evaluation(fairness=make_fairness(group))))

    def test_what_could_not_be_measured_is_said(self, render):
        text = render(make_story(evaluation=make_evaluation(fairness=Fairness(problem="1 rows are too few"))))
        assert "Groups could not be compared: 1 rows are too few." in text

    def test_weak_slices_are_shown_with_and_without_a_champion(self, render):
        level = Level(
            metric="roc_auc",
            slice="city is Oslo",
            rows=321,
            positives=90,
            value=0.71,
            lower=0.65,
            upper=0.77,
            everywhere=0.8,
            confidence=0.99,
        )
        search = SliceFinding(tried=812, against="champion", levels=(level,))
        for gains in ((), (make_gain("city is Oslo"),)):
            text = render(make_story(evaluation=make_evaluation(slice_search=search, weak_slices=gains)))
            assert "812 slices" in text
            assert "city is Oslo" in text

    def test_a_search_that_was_not_made_says_why(self, render):
        search = SliceFinding(tried=0, against="average", problem="10 rows of validation are too few")
        assert "10 rows of validation are too few." in render(
            make_story(evaluation=make_evaluation(slice_search=search))
        )

    def test_nothing_is_shown_without_records(self, render):
        text = render(make_story(evaluation=make_evaluation(slice_search=None, weak_slices=())))
        assert "Weakest slices" not in text
        assert "Fairness" not in text

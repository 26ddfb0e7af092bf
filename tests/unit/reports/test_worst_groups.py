"""The picture of the worst groups, and Simpson's reversals."""

from dataclasses import replace

import pytest

from builders.records import make_evaluation
from builders.stories import make_described_config, make_story
from ratchet.records.fairness import Attribute, Fairness, Family, Group, GroupFigure
from ratchet.reports.run_report import run_report_html, run_report_markdown
from ratchet.reports.worst_groups import find_harmed, find_turns, place_worst


def make_group(name, difference, *, error=0.01, rows=1000, crude=None):
    figure = GroupFigure(
        measure="true_positive_rate",
        count=rows,
        others=3000,
        value=0.4,
        difference=difference,
        error=error,
        lower=difference - 2 * error,
        upper=difference + 2 * error,
        crude=crude,
    )
    return Group(name=name, rows=rows, positives=rows // 2, figures=(figure,))


def make_fairness(*groups, pairs=(), given=(), steps=(3.0,)):
    sex = Attribute(name="sex", columns=("sex",), groups=groups)
    gender = Attribute(name="gender", columns=("gender",), same_as="sex")
    both = Attribute(name="sex and race", columns=("sex", "race"), groups=pairs)
    family = Family(criterion="equalised_odds", attribute="sex", claims=len(groups), steps=steps)
    return Fairness(attributes=(sex, gender, both), confidence=0.99, resampling="rows", given=given, families=(family,))


def marks_of(fairness):
    return place_worst(fairness, make_described_config()).marks


def test_what_is_shown_comes_first_then_columns_before_pairs():
    fairness = make_fairness(
        make_group("a", 0.05), make_group("b", -0.2), make_group("c", 0.4, error=0.2), pairs=(make_group("d, x", 0.5),)
    )
    marks = marks_of(fairness)
    assert [mark.label for mark in marks] == ["sex b", "sex and race d, x", "sex a", "sex c"]
    assert [mark.is_shown for mark in marks] == [True, True, False, False]
    assert [mark.tone for mark in marks] == ["worse", "worse", "past", "short"]


def test_of_two_halves_the_smaller_comes_first():
    marks = marks_of(make_fairness(make_group("many", 0.2, rows=2000), make_group("few", -0.2, rows=500)))
    assert [mark.label for mark in marks] == ["sex few", "sex many"]


def test_bounds_are_those_that_the_gate_judges_by():
    """A bound 3 errors of 0.01 out reaches from 1.7 to 2.3 times a limit of 0.1 when the difference is 0.2."""
    plot = place_worst(make_fairness(make_group("a", -0.2)), make_described_config())
    (mark,), (low, high) = plot.marks, plot.limits_at
    unit = (high - low) / 2
    assert [(50 - each) / unit for each in (mark.right, mark.at, mark.left)] == pytest.approx([1.7, 2.0, 2.3], abs=0.01)


def test_further_groups_that_are_shown_are_counted():
    groups = [make_group(f"g{number}", 0.2 + number / 100) for number in range(9)]
    plot = place_worst(make_fairness(*groups, steps=(3.0,) * 10), make_described_config())
    assert (len(plot.marks), plot.others) == (6, 3)


def test_nothing_is_laid_out_without_figures():
    assert place_worst(None, make_described_config()) is None
    assert place_worst(Fairness(problem="no rows"), make_described_config()) is None
    assert place_worst(make_fairness(Group(name="a", rows=9, positives=1)), make_described_config()) is None


@pytest.mark.parametrize(
    ("crude", "within", "turned", "shown"),
    [(-0.2, 0.1, True, True), (0.2, -0.1, True, True), (-0.2, 0.01, True, False), (-0.2, -0.1, False, False)],
)
def test_a_reversal_is_another_sign_within_levels(crude, within, turned, shown):
    turns = find_turns(
        make_fairness(make_group("a", within, crude=crude), given=("department",)), make_described_config()
    )
    assert [turn.is_shown for turn in turns] == ([shown] if turned else [])
    assert find_turns(make_fairness(make_group("a", within)), make_described_config()) == ()
    off = make_described_config(gates={"fair": {"equalised_odds": None}})
    assert find_turns(make_fairness(make_group("a", within, crude=crude)), off) == ()


@pytest.mark.parametrize("render", [lambda story: run_report_html(story, "runs/sales/run-1"), run_report_markdown])
def test_the_page_says_who_is_worst_what_is_the_same_and_what_turns_round(render):
    def show(**changes):
        return render(make_story(evaluation=make_evaluation(fairness=make_fairness(**changes))))

    def show_group(crude):
        fairness = make_fairness(make_group("a", 0.2, crude=crude), given=("department",))
        return render(make_story(evaluation=make_evaluation(fairness=fairness)))

    turned, straight = show_group(-0.3), show_group(0.3)
    assert "sex a" in turned
    assert "gender has the groups of sex" in turned
    assert "-0.3000 of all, +0.2000 within, shown" in turned.replace("\u2212", "-")
    assert "reversal" in straight
    assert "of all" not in straight.split("of the same department")[1][:200]
    assert "of the same" not in show()


def test_a_group_stands_there_once_by_its_worst_criterion():
    group = make_group("a", 0.2)
    worse = replace(group.figures[0], measure="calibration", difference=-0.4)
    (mark,) = marks_of(make_fairness(replace(group, figures=(*group.figures, worse))))
    assert (mark.criterion, mark.difference) == ("calibration", -0.4)


@pytest.mark.parametrize(
    ("criterion", "changes", "text"),
    [
        ("demographic_parity", {}, "+0.2000 [+0.1800, +0.2200] from everybody else, accepted 0.1000"),
        ("four_fifths", {"ratio": 0.61}, "0.6100 of everybody else's, accepted 0.8000"),
        ("not_worse", {}, "+0.3000 further from everybody else than with the champion, accepted 0.0500"),
    ],
)
def test_a_harm_is_told_on_the_scale_of_its_criterion(criterion, changes, text):
    off = dict.fromkeys(("equalised_odds", "calibration", "not_worse"))
    wide, narrow = {"at_most": 0.5, "must_show": 0.9}, {"at_most": 0.05, "must_show": 0.5}
    asked = {"demographic_parity": wide, "not_worse": narrow} if criterion == "not_worse" else {criterion: {}}
    config = make_described_config(gates={"fair": off | asked})
    facts = {"measure": "selection_rate", "steady_ratio": 0.6, "steady_error": 0.02, "further": 0.3}
    group = make_group("a", 0.2)
    found = replace(group.figures[0], **(facts | {"further_error": 0.02} | changes))
    (harm, *_) = find_harmed(make_fairness(replace(group, figures=(found,))), config)
    assert (harm.label, harm.measure, harm.text) == ("sex: a", "selection rate", text)

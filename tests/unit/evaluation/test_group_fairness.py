"""Figures by group, equal to fairlearn's, and as uncertain as repeated samples show them to be."""

import numpy as np
import pandas as pd
import pytest
from fairlearn.metrics import MetricFrame, false_positive_rate, mean_prediction, selection_rate, true_positive_rate
from sklearn.metrics import accuracy_score, mean_absolute_error, precision_score

from builders.gates import ask_gate
from builders.judgements import make_comparison, make_labels, make_plan, make_scores
from builders.records import make_first_evaluation
from builders.runs import make_config
from ratchet.evaluation.comparison import Scored
from ratchet.evaluation.group_fairness import measure_fairness
from ratchet.evaluation.group_figures import count_units
from ratchet.records.judgement import Outcome

SPLIT = {"method": "random"}


def make_sensitive(rows=2000, *, seed=1, sensitive=("city", "member"), task="binary", **changes):
    """Two models on rows of four groups in two columns; `gate` and `fairness` are parts of the YAML."""
    chance = np.random.default_rng([seed, 4])
    target = {"column": "bought", "positive": "yes"} if task == "binary" else {"column": "bought"}
    config = make_config(
        task=task,
        data={"sensitive": list(sensitive), "target": target},
        split=SPLIT,
        gates={"fair": changes.pop("gate", {})},
        evaluation={"fairness": changes.pop("fairness", {}), "confidence": 0.95},
    )
    labels = changes.pop("labels", make_labels(rows, seed=seed))
    frame = pd.DataFrame(
        {
            "city": chance.choice(["Oslo", "Bern", "Rome"], rows, p=[0.6, 0.3, 0.1]).astype(object),
            "member": pd.Series(chance.random(rows) < 0.4).astype(object),
            "age": chance.normal(40, 10, rows),
        }
    )
    facts = {"challenger": make_scores(labels, seed=seed), "champion": make_scores(labels, model=2, seed=seed)}
    facts |= {"frame": frame, "baseline": np.full(rows, 0.3)}
    return make_comparison(config, labels=labels, **(facts | changes))


def read(fairness, attribute, group, measure):
    found = next(each for each in fairness.attributes if each.name == attribute)
    figures = next(each for each in found.groups if each.name == group).figures
    return next(each for each in figures if each.measure == measure)


def frame_of(comparison, names):
    decided, scores = comparison.challenger.decisions, comparison.challenger.scores
    by_decision = MetricFrame(
        metrics={
            "selection_rate": selection_rate,
            "true_positive_rate": true_positive_rate,
            "false_positive_rate": false_positive_rate,
            "precision": precision_score,
            "accuracy": accuracy_score,
        },
        y_true=comparison.labels,
        y_pred=decided,
        sensitive_features=comparison.frame[names].astype(str),
    )
    missed = MetricFrame(
        metrics={"calibration": mean_prediction},
        y_true=comparison.labels,
        y_pred=scores - comparison.labels,
        sensitive_features=comparison.frame[names].astype(str),
    )
    return by_decision, missed


@pytest.mark.parametrize("names", [["city"], ["member"], ["city", "member"]])
def test_figures_are_fairlearns(names):
    comparison = make_sensitive()
    fairness = measure_fairness(comparison)
    name = " and ".join(names)
    attribute = next(each for each in fairness.attributes if each.name == name)
    for frame in frame_of(comparison, names):
        for measure in frame.by_group.columns:
            for key, expected in frame.by_group[measure].items():
                group = key if isinstance(key, str) else ", ".join(key)
                if group in {each.name for each in attribute.groups}:
                    assert read(fairness, name, group, measure).value == pytest.approx(expected, abs=1e-12)


def test_differences_and_ratios_between_groups_are_fairlearns():
    comparison = make_sensitive()
    fairness = measure_fairness(comparison)
    frame, _ = frame_of(comparison, ["city"])
    for found in fairness.attributes[0].disparities:
        if found.measure != "calibration":
            assert found.difference == pytest.approx(frame.difference(method="between_groups")[found.measure])
            assert found.ratio == pytest.approx(frame.ratio(method="between_groups")[found.measure])


def test_a_group_is_compared_with_everybody_else():
    comparison = make_sensitive()
    figure = read(measure_fairness(comparison), "city", "Oslo", "selection_rate")
    is_here, decided = (comparison.frame["city"] == "Oslo").to_numpy(), comparison.challenger.decisions
    assert figure.difference == pytest.approx(decided[is_here].mean() - decided[~is_here].mean())
    assert figure.ratio == pytest.approx(decided[is_here].mean() / decided[~is_here].mean())
    assert (figure.count, figure.others) == (is_here.sum(), (~is_here).sum())
    assert figure.lower < figure.difference < figure.upper


def test_the_champion_is_compared_on_the_same_rows():
    comparison = make_sensitive()
    figure = read(measure_fairness(comparison), "city", "Oslo", "selection_rate")
    is_here, decided = (comparison.frame["city"] == "Oslo").to_numpy(), comparison.champion.decisions
    apart = decided[is_here].mean() - decided[~is_here].mean()
    assert figure.champion == pytest.approx(decided[is_here].mean())
    assert figure.further == pytest.approx(abs(figure.difference) - abs(apart))


def test_the_same_model_is_no_further():
    labels = make_labels(2000)
    scores = make_scores(labels)
    figure = read(
        measure_fairness(make_sensitive(labels=labels, challenger=scores, champion=scores)),
        "city",
        "Oslo",
        "true_positive_rate",
    )
    assert (figure.further, figure.further_error) == (0, 0)


def test_bounds_hold_as_often_as_they_say():
    """100 samples of groups that are alike in truth: one-sided 95 % bounds miss zero in about 5 %."""
    samples = [
        measure_fairness(make_sensitive(600, seed=seed, sensitive=("city",), champion=None)) for seed in range(100)
    ]
    missed = [
        read(fairness, "city", "Bern", measure).lower > 0
        for fairness in samples
        for measure in ("true_positive_rate", "selection_rate")
    ]
    assert 0.01 < np.mean(missed) < 0.1


def test_a_rate_of_zero_is_still_uncertain():
    labels = make_labels(2000)
    figure = read(
        measure_fairness(make_sensitive(labels=labels, challenger=np.full(2000, 0.2))), "city", "Rome", "selection_rate"
    )
    assert (figure.value, figure.difference) == (0, 0)
    assert figure.error > 0.003


def test_repeated_customers_make_figures_less_certain():
    rows = 1200
    comparison = make_sensitive(rows)
    grouped = make_config(data={"sensitive": ["city"], "group": "customer"}, split=SPLIT)
    labels, frame = np.repeat(comparison.labels[:300], 4), comparison.frame.iloc[np.repeat(np.arange(300), 4)]
    frame = frame.reset_index(drop=True).assign(customer=np.repeat(np.arange(300), 4).astype(str))
    scores = np.repeat(comparison.challenger.scores[:300], 4)
    alone = make_config(data={"sensitive": ["city"]}, split=SPLIT)
    errors = [
        read(
            measure_fairness(make_comparison(config, labels=labels, frame=frame, challenger=scores, champion=None)),
            "city",
            "Oslo",
            "selection_rate",
        ).error
        for config in (alone, grouped)
    ]
    assert errors[1] > 1.7 * errors[0]


def test_groups_that_are_too_small_are_listed_without_figures():
    comparison = make_sensitive(gate={"min_rows": 250})
    city, _, pair = measure_fairness(comparison).attributes
    assert {group.name: bool(group.figures) for group in city.groups} == {"Bern": True, "Oslo": True, "Rome": False}
    assert (len(pair.groups), pair.left_out) == (4, 2)


def test_bounds_of_the_largest_difference_hold_for_all_pairs():
    found = measure_fairness(make_sensitive()).attributes[0].disparities[0]
    assert 0 <= found.difference_lower < found.difference < found.difference_upper


def test_nothing_is_measured_without_sensitive_columns():
    assert measure_fairness(make_comparison()) is None


def test_without_a_champion_or_with_a_broken_one_there_is_nobody_to_be_further_than():
    broken = Scored(scores=np.full(2000, np.nan), decisions=np.zeros(2000))
    for champion in (None, broken):
        figure = read(measure_fairness(make_sensitive(champion=champion)), "city", "Oslo", "selection_rate")
        assert (figure.champion, figure.further) == (None, None)


def test_a_regression_is_measured_by_its_errors():
    truth = np.random.default_rng(3).normal(size=2000)
    guess = Scored(scores=truth + np.random.default_rng(4).normal(0.5, 1, 2000))
    comparison = make_sensitive(task="regression", labels=truth, challenger=guess, champion=guess, classes=0)
    fairness = measure_fairness(comparison)
    is_here = (comparison.frame["city"] == "Oslo").to_numpy()
    mean, absolute = (read(fairness, "city", "Oslo", name) for name in ("mean_error", "mean_absolute_error"))
    assert mean.value == pytest.approx((guess.scores - truth)[is_here].mean())
    assert absolute.value == pytest.approx(mean_absolute_error(truth[is_here], guess.scores[is_here]))
    assert fairness.unit == pytest.approx(np.abs(guess.scores - truth).mean())
    assert mean.ratio is None


def test_a_multiclass_task_is_measured_by_right_decisions():
    truth = np.random.default_rng(3).integers(0, 3, 2000).astype(float)
    scores = np.full((2000, 3), 0.2)
    scores[np.arange(2000), np.random.default_rng(4).integers(0, 3, 2000)] = 0.6
    side = Scored(scores=scores, decisions=scores.argmax(1).astype(float))
    sides = dict.fromkeys(("challenger", "champion", "baseline"), side)
    comparison = make_sensitive(task="multiclass", labels=truth, classes=3, **sides)
    is_here = (comparison.frame["city"] == "Oslo").to_numpy()
    expected = (scores.argmax(1) == truth)[is_here].mean()
    assert read(measure_fairness(comparison), "city", "Oslo", "accuracy").value == pytest.approx(expected)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"challenger": Scored(scores=np.full(2000, np.nan), decisions=np.zeros(2000))}, "2,000 predictions"),
        ({"challenger": Scored(scores=np.full(2000, 0.5))}, "the challenger decides nothing"),
    ],
)
def test_what_can_not_be_measured_is_a_problem(changes, problem):
    assert measure_fairness(make_sensitive(**changes)).problem.startswith(problem)


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"city": ["Oslo"] * 2000, "member": [None] * 2000}),
        pd.DataFrame({"member": [True] * 2000}),
        pd.DataFrame({"city": [f"c{n}" for n in range(2000)], "member": [True, False] * 1000}),
        pd.DataFrame({"city": [np.inf, -np.inf, 1e308, None] * 500, "member": list(range(2000))}),
        pd.DataFrame({"city": ["Oslo"] * 1999 + ["Bern"], "member": [True] * 1900 + [None] * 100}),
    ],
    ids=["constant", "absent", "identifiers", "huge", "one row"],
)
@pytest.mark.parametrize("labels", [make_labels(2000), np.zeros(2000), np.ones(2000)], ids=["both", "none", "all"])
def test_odd_columns_and_labels_never_raise(frame, labels):
    fairness = measure_fairness(make_sensitive(labels=labels, frame=frame, challenger=make_scores(make_labels(2000))))
    assert {each.name for each in fairness.attributes} >= {"city", "member"}


@pytest.mark.parametrize("rows", [0, 1, 2, 3])
def test_hardly_any_rows_never_raise(rows):
    fairness = measure_fairness(make_sensitive(rows, labels=np.arange(rows) % 2.0))
    assert fairness.problem or not fairness.attributes[0].disparities


def test_a_regression_with_one_group_that_is_large_enough_is_measured():
    truth = np.zeros(2000)
    guess = Scored(scores=np.random.default_rng(4).normal(size=2000))
    frame = pd.DataFrame({"city": ["Oslo"] * 1950 + ["Bern"] * 50, "member": [None] * 2000})
    sides = dict.fromkeys(("challenger", "champion"), guess)
    comparison = make_sensitive(task="regression", labels=truth, frame=frame, classes=0, **sides)
    figure = read(measure_fairness(comparison), "city", "Oslo", "mean_error")
    assert figure.value == pytest.approx(guess.scores[:1950].mean())


@pytest.mark.parametrize("alike", [5, 50])
def test_a_group_of_few_customers_is_less_certain_than_its_rows(alike):
    """600 rows of a group come from 5 or from 50 customers: Student's quantile is that of the customers."""
    rows = 2000
    customer = np.where(np.arange(rows) < 600, np.arange(rows) % alike, np.arange(rows)).astype(str)
    codes, plan = (
        (np.arange(rows) >= 600).astype(int),
        make_plan(rows, method="groups", groups=pd.factorize(customer)[0]),
    )
    assert count_units(plan, codes, 2).tolist() == [alike, alike]


def make_departments(*, rows=6000, harm=0.0, seed=1, given=("department",)):
    """Women apply where few are chosen: 20 % of department A and 60 % of B, whoever applies; `harm` is on top."""
    chance = np.random.default_rng([seed, 8])
    sex = np.where(chance.random(rows) < 0.4, "F", "M")
    department = np.where(chance.random(rows) < np.where(sex == "F", 0.8, 0.2), "A", "B")
    chosen = chance.random(rows) < np.where(department == "A", 0.2, 0.6) - harm * (sex == "F")
    gate = {"equalised_odds": None, "calibration": None, "demographic_parity": {}}
    config = make_config(
        data={"sensitive": ["sex"], "features": {"department": "categorical"}},
        split=SPLIT,
        gates={"fair": gate},
        evaluation={"fairness": {"given": list(given)}},
    )
    side = Scored(scores=chosen * 0.8 + 0.1, decisions=chosen.astype(float))
    frame = pd.DataFrame({"sex": sex, "department": department})
    labels = make_labels(rows, seed=seed)
    sides = {"challenger": side, "champion": None, "baseline": side}
    return make_comparison(config, labels=labels, frame=frame, **sides)


def test_a_group_is_compared_within_the_levels_of_what_is_given():
    comparison = make_departments()
    figure = read(measure_fairness(comparison), "sex", "F", "selection_rate")
    frame, decided = comparison.frame, pd.Series(comparison.challenger.decisions)
    rates = decided.groupby([frame["sex"], frame["department"]]).mean()
    share = frame.loc[frame["sex"] == "F", "department"].value_counts(normalize=True)
    expected = sum(share[level] * (rates["F", level] - rates["M", level]) for level in "AB")
    assert figure.difference == pytest.approx(expected)
    assert figure.crude == pytest.approx(decided[frame["sex"] == "F"].mean() - decided[frame["sex"] == "M"].mean())
    assert figure.crude < -0.15 < figure.difference < 0.15


def test_within_levels_a_gate_sees_no_harm_where_there_is_none_and_one_where_there_is():
    outcomes = [
        ask_gate(
            "fair",
            comparison.config,
            make_first_evaluation(fairness=measure_fairness(comparison)),
        )
        for comparison in (make_departments(given=()), make_departments(), make_departments(harm=0.18))
    ]
    assert [each.outcome for each in outcomes] == [Outcome.FAIL, Outcome.PASS, Outcome.FAIL]
    assert "beside everybody else of the same department" in outcomes[2].reason


def test_bounds_within_levels_hold_as_often_as_they_say():
    """30 samples without a true difference within departments: an error is no smaller than the figures are spread."""
    figures = [
        read(measure_fairness(make_departments(rows=800, seed=seed)), "sex", "F", "selection_rate")
        for seed in range(30)
    ]
    spread = np.std([each.difference for each in figures])
    assert 0.85 * spread < np.mean([each.error for each in figures]) < 1.6 * spread


def test_a_level_that_has_only_the_group_compares_nothing():
    comparison = make_departments()
    frame = comparison.frame
    frame.loc[frame["sex"] == "M", "department"] = "B"
    figure = read(measure_fairness(comparison), "sex", "F", "selection_rate")
    assert figure.count == ((frame["sex"] == "F") & (frame["department"] == "B")).sum()
    frame.loc[frame["sex"] == "F", "department"] = "A"
    figure = read(measure_fairness(comparison), "sex", "F", "selection_rate")
    assert (figure.count, figure.difference) == (0, None)

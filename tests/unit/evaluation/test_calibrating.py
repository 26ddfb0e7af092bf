""""""

import numpy as np
import pandas as pd
import pytest

from builders.judgements import make_comparison, make_frame, make_labels, make_plan, make_scored, make_scores
from builders.runs import make_config
from builders.training import make_task_config
from ratchet.evaluation.calibrating import Group, find_members, measure_calibration, measure_group, name_classes
from ratchet.evaluation.comparison import Comparison, Scored
from ratchet.evaluation.totals import draw_totals
from ratchet.metrics.arrays import Floats
from ratchet.records.calibration import InTheLarge


def make_multiclass(rows: int = 600, *, sure: float = 1.0, labels: Floats | None = None) -> Comparison:
    """Probabilities of three classes that are right where `sure` is 1, and too sure above."""
    chance = np.random.default_rng(1)
    scores = chance.dirichlet(np.ones(3), rows)
    drawn = (chance.random(rows)[:, None] > np.cumsum(scores, axis=1)).sum(axis=1).astype(float)
    said = scores**sure / (scores**sure).sum(axis=1, keepdims=True)
    config = make_task_config("multiclass")
    return make_comparison(
        config,
        labels=drawn if labels is None else labels,
        frame=make_frame(rows),
        classes=3,
        challenger=said,
        champion=scores,
        baseline=np.full((rows, 3), 1 / 3),
    )


def make_calibrated(rows: int = 4000, *, off: float = 0.0, **changes: object) -> Comparison:
    """A challenger whose probabilities are too high by `off`, and a calibrated champion."""
    chance = np.random.default_rng(2)
    truth = chance.uniform(0.1, 0.7, rows)
    labels = (chance.random(rows) < truth).astype(float)
    facts = {"labels": labels, "frame": make_frame(rows), "challenger": truth + off, "champion": truth} | changes
    return make_comparison(make_config(split={"method": "random"}), **facts)


def test_a_model_that_is_off_is_told_from_one_that_is_not() -> None:
    found = measure_calibration(make_calibrated(off=0.15))
    assert found.challenger is not None
    assert found.champion is not None
    assert found.change is not None
    assert found.challenger.error is not None
    assert found.challenger.error.estimate == pytest.approx(0.15, abs=0.02)
    assert (found.challenger.error.lower or 0) > 0.1
    assert (found.change.lower or 0) > 0.1
    (overall,) = found.challenger.in_the_large
    assert overall.difference is not None
    assert overall.difference.estimate == pytest.approx(0.15, abs=0.02)


def test_two_models_that_are_alike_do_not_differ() -> None:
    comparison = make_calibrated()
    found = measure_calibration(make_calibrated(champion=comparison.challenger))
    assert found.change is not None
    assert found.change.estimate == 0
    assert found.challenger == found.champion


def test_the_same_rows_give_the_same_figures() -> None:
    assert measure_calibration(make_comparison()) == measure_calibration(make_comparison())


def test_without_a_champion_there_is_no_change() -> None:
    found = measure_calibration(make_comparison(champion=None))
    assert (found.champion, found.change) == (None, None)
    assert found.challenger is not None
    assert found.challenger.error is not None


def test_of_several_classes_the_confidence_is_looked_at_and_every_class_in_the_large() -> None:
    right, sure = measure_calibration(make_multiclass()), measure_calibration(make_multiclass(sure=3))
    assert right.prediction == "confidence"
    assert right.challenger is not None
    assert sure.challenger is not None
    assert right.challenger.error is not None
    assert sure.challenger.error is not None
    assert right.challenger.error.estimate < 0.08 < 0.15 < sure.challenger.error.estimate
    names = [each.group for each in right.challenger.in_the_large]
    assert {"class 0", "class 1", "class 2"} < set(names)
    of_class = right.challenger.in_the_large[names.index("class 1")]
    assert of_class.predicted == pytest.approx(of_class.observed, abs=0.06)


def test_classes_get_their_names() -> None:
    found = name_classes(measure_calibration(make_multiclass()), ("low", "class 0", "high"))
    assert found is not None
    assert found.challenger is not None
    assert {"class = low", "class = class 0", "class = high"} < {each.group for each in found.challenger.in_the_large}
    alone = measure_calibration(make_comparison(champion=None))
    assert name_classes(alone, ("no", "yes")) is alone
    assert name_classes(None, ()) is None


def test_a_regression_is_measured_in_the_large_only() -> None:
    labels = np.random.default_rng(1).normal(10, 3, 400)
    found = measure_calibration(
        make_comparison(
            make_task_config("regression"),
            labels=labels,
            classes=0,
            challenger=Scored(scores=labels + 2),
            champion=Scored(scores=labels),
            baseline=Scored(scores=np.full(400, 10.0)),
        )
    )
    assert (found.prediction, found.positives, found.change) == ("value", None, None)
    assert found.challenger is not None
    assert found.challenger.error is None
    (overall,) = found.challenger.in_the_large
    assert overall.difference is not None
    assert overall.difference.estimate == pytest.approx(2)


@pytest.mark.parametrize(
    ("changes", "problem"),
    [
        ({"challenger": np.where(np.arange(400) == 7, np.nan, 0.5)}, "1 predictions of the challenger are not finite"),
        ({"champion": np.where(np.arange(400) < 2, np.inf, 0.5)}, "2 predictions of the champion are not finite"),
        ({"labels": np.zeros(0), "frame": make_frame(1)[:0]}, "0 rows in the holdout"),
        ({"labels": np.zeros(1), "frame": make_frame(1)}, "1 rows in the holdout"),
    ],
)
def test_what_can_not_be_measured_is_a_problem(changes: dict[str, object], problem: str) -> None:
    labels = changes.get("labels", make_labels())
    scores = {"challenger": make_scores(labels), "champion": make_scores(labels), "baseline": np.full(len(labels), 0.3)}  # type: ignore[arg-type]
    found = measure_calibration(make_comparison(**(scores | changes)))
    assert (found.problem or "").startswith(problem)
    assert found.challenger is None


@pytest.mark.parametrize("labels", [np.zeros(400), np.ones(400)], ids=["no positive", "no negative"])
@pytest.mark.parametrize("scores", [np.zeros(400), np.ones(400), np.full(400, 0.5)], ids=["zero", "one", "half"])
@pytest.mark.filterwarnings("error")
def test_one_class_and_constant_predictions_have_finite_figures(labels: Floats, scores: Floats) -> None:
    found = measure_calibration(make_comparison(labels=labels, challenger=scores, champion=scores))
    assert found.positives == 0
    assert found.challenger is not None
    assert found.challenger.error is not None
    assert np.isfinite([found.challenger.error.estimate, found.challenger.error.upper]).all()
    assert found.challenger.error.estimate == pytest.approx(abs(scores[0] - labels[0]))


def test_groups_are_drawn_whole() -> None:
    rows = 600
    customers = [f"c{place // 60}" for place in range(rows)]
    config = make_config(data={"entity": "customer"}, split={"method": "random"})
    labels = np.repeat(np.random.default_rng(3).random(10) < 0.5, 60).astype(float)
    frame = pd.DataFrame({"customer": customers})
    scores = np.full(rows, 0.5)
    facts = {"labels": labels, "frame": frame, "champion": None, "baseline": make_scored(config, scores, frame)}
    grouped = measure_calibration(make_comparison(config, challenger=scores, **facts))
    alone = measure_calibration(make_comparison(make_config(split={"method": "random"}), challenger=scores, **facts))
    widths = []
    for found in (grouped, alone):
        assert found.challenger is not None
        difference = found.challenger.in_the_large[0].difference
        assert difference is not None
        widths.append((difference.upper or 0) - (difference.lower or 0))
    assert widths[0] > 4 * widths[1]


def measure(predicted: Floats, observed: Floats, members: object, problem: str | None = None) -> InTheLarge:
    group = Group(
        name="any", members=np.asarray(members, dtype=bool), predicted=predicted, observed=observed, problem=problem
    )
    return measure_group(group, draw_totals(group.lines(), make_plan(len(predicted)), confidence=0.95))


def test_the_difference_is_that_of_the_groups_own_rows() -> None:
    chance = np.random.default_rng(1)
    members = np.arange(400) < 200
    predicted = np.where(members, 0.4, 0.9)
    found = measure(predicted, (chance.random(400) < 0.3).astype(float), members)
    assert (found.rows, found.predicted) == (200, pytest.approx(0.4))
    assert found.difference is not None
    assert found.difference.estimate == pytest.approx(0.4 - (found.observed or 0))
    assert found.difference.lower is not None
    assert 0 < found.difference.lower < found.difference.estimate < (found.difference.upper or 0)


@pytest.mark.parametrize(("rows", "is_measured"), [(0, False), (1, False), (49, False), (50, True)])
def test_few_rows_are_a_problem(rows: int, is_measured: bool) -> None:
    found = measure(np.full(200, 0.3), np.zeros(200), np.arange(200) < rows)
    assert (found.difference is not None) is is_measured
    assert (found.problem is None) is is_measured
    assert (found.predicted is None) is (rows == 0)


def test_a_problem_is_passed_on() -> None:
    found = measure(np.zeros(9), np.zeros(9), np.zeros(9), "the holdout has no column 'age'")
    assert (found.rows, found.problem, found.difference) == (0, "the holdout has no column 'age'", None)


def test_groups_are_everybody_slices_and_sensitive_values() -> None:
    config = make_config(
        data={"sensitive": ["city", "gone"]},
        evaluation={"slices": [{"name": "old", "column": "age", "at_least": 60}]},
    )
    found = {name: (int(members.sum()), problem) for name, members, problem in find_members(make_comparison(config))}
    assert list(found)[:2] == ["overall", "old"]
    assert {"city = Oslo", "city = Bern", "city = (missing)"} < set(found)
    assert found["overall"] == (400, None)
    assert found["city = (missing)"] == (1, None)
    assert found["gone"] == (0, "the holdout has no column 'gone'")


def test_slices_of_every_kind_are_found_as_elsewhere() -> None:
    slices = [
        {"name": "ages", "column": "age", "bins": 2},
        {"name": "old-oslo", "where": "age >= 60 and city == 'Oslo'"},
        {"name": "gone", "where": "gone > 3"},
    ]
    comparison = make_comparison(make_config(data={"sensitive": ["gone"]}, evaluation={"slices": slices}))
    found = {name: (int(members.sum()), problem) for name, members, problem in find_members(comparison)}
    ages = [rows for name, (rows, _) in found.items() if name.startswith("ages ")]
    assert len(ages) == 2
    assert sum(ages) == comparison.frame["age"].notna().sum()
    frame = comparison.frame
    assert found["old-oslo"] == (int(((frame["age"] >= 60) & (frame["city"] == "Oslo")).sum()), None)
    assert found["gone"] == (0, "the holdout has no column 'gone'")


def test_many_numbers_become_ranges_and_many_texts_the_most_frequent() -> None:
    comparison = make_comparison(make_config(data={"sensitive": ["age", "customer"]}))
    names = [name for name, _, _ in find_members(comparison)]
    assert sum(name.startswith("age = ") for name in names) == 5  # four quarters and what is missing
    assert sum(name.startswith("customer = ") for name in names) == 12

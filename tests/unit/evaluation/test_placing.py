"""Which candidate the policy prefers."""

import math

import numpy as np
import pytest

from builders.judgements import make_labels, make_scored, make_scores
from builders.records import make_candidate
from builders.training import make_task_config
from ratchet.config.policy import Policy
from ratchet.evaluation.comparison import Scored, measure_figures
from ratchet.evaluation.placing import find_broken, is_as_good, place_candidates, weigh_folds
from ratchet.metrics.registry import metrics_of
from ratchet.records.modelling import Candidate, Figure, Placing

TWO = {"objectives": [{"figure": "roc_auc"}, {"figure": "score_ms"}]}


def make_one(name: str, auc: float, milliseconds: float | None = 1.0, seconds: float = 1.0) -> Candidate:
    """A candidate of so much roc_auc that takes so long."""
    figures = (
        Figure(name="roc_auc", value=auc, is_smaller_better=False),
        Figure(name="score_ms", value=milliseconds, is_smaller_better=True),
    )
    return make_candidate(name, score=auc, metric_value=auc, fit_seconds=seconds, figures=figures)


def place(*candidates: Candidate, **policy: object) -> dict[str, Placing]:
    """Placings by name, the preferred one first."""
    placings = place_candidates(candidates, Policy.model_validate(policy), "roc_auc")
    return {each.name: each for each in placings}


def test_without_a_policy_the_primary_metric_alone_decides() -> None:
    placings = place(make_one("a", 0.7), make_one("b", 0.9, 500.0), make_one("c", 0.8))
    assert list(placings) == ["b", "c", "a"]
    assert placings["b"].points == 1.0
    assert placings["c"].dominated_by == "b"


def test_a_tie_goes_to_the_quicker_fit_and_then_to_the_first_of_the_yaml() -> None:
    assert list(place(make_one("slow", 0.8, seconds=9), make_one("quick", 0.8))) == ["quick", "slow"]
    assert list(place(make_one("first", 0.8), make_one("second", 0.8))) == ["first", "second"]


def test_what_another_beats_in_everything_is_off_the_front() -> None:
    placings = place(make_one("good", 0.9, 5.0), make_one("dull", 0.8, 6.0), make_one("serving_cost", 0.7, 1.0), **TWO)
    assert placings["dull"] == Placing(name="dull", dominated_by="good")
    assert placings["good"].dominated_by is None
    assert placings["serving_cost"].dominated_by is None
    assert list(placings)[-1] == "dull"


def test_twins_do_not_dominate_each_other() -> None:
    placings = place(make_one("a", 0.8, 5.0), make_one("b", 0.8, 5.0), **TWO)
    assert [each.dominated_by for each in placings.values()] == [None, None]
    assert [each.points for each in placings.values()] == [1.0, 1.0]


@pytest.mark.parametrize(("weight", "first"), [(0.1, "good"), (10.0, "serving_cost")])
def test_weights_choose_on_the_front(weight: float, first: str) -> None:
    candidates = (make_one("good", 0.9, 5.0), make_one("serving_cost", 0.7, 1.0))
    objectives = [{"figure": "roc_auc"}, {"figure": "score_ms", "weight": weight}]
    placings = place(*candidates, objectives=objectives)
    assert next(iter(placings)) == first
    assert placings["good"].points == pytest.approx(1 / (1 + weight))


def test_points_are_measured_between_the_worst_and_the_best_of_the_front() -> None:
    placings = place(make_one("a", 0.9, 5.0), make_one("b", 0.85, 3.0), make_one("c", 0.7, 1.0), **TWO)
    assert placings["b"].points == pytest.approx((0.75 + 0.5) / 2)


def test_what_was_not_measured_is_the_worst() -> None:
    placings = place(make_one("known", 0.8, 900.0), make_one("unknown", 0.8, None), **TWO)
    assert placings["unknown"].dominated_by == "known"
    alone = place(make_one("unknown", 0.8, None), make_one("nan", 0.7, math.nan), **TWO)
    assert alone["unknown"].points == pytest.approx(0.5)


def test_a_broken_constraint_comes_before_any_merit() -> None:
    limit = {"constraints": [{"figure": "score_ms", "at_most": 5.0}]}
    placings = place(make_one("giant", 0.99, 5.01), make_one("modest", 0.6, 5.0), **limit)
    assert list(placings) == ["modest", "giant"]
    assert placings["giant"].broken == ("score_ms is 5.01, at most 5 is allowed",)
    assert placings["giant"].points is None


def test_when_all_break_one_they_are_placed_as_if_there_were_none() -> None:
    limit = {"constraints": [{"figure": "roc_auc", "at_least": 0.95}]}
    placings = place(make_one("a", 0.7), make_one("b", 0.9), **limit)
    assert list(placings) == ["b", "a"]
    assert all(each.broken for each in placings.values())
    assert placings["b"].points == 1.0


@pytest.mark.parametrize("value", [None, math.nan, math.inf])
def test_what_was_not_measured_breaks_its_constraint(value: float | None) -> None:
    policy = Policy.model_validate({"constraints": [{"figure": "score_ms", "at_most": 5.0}]})
    assert find_broken(make_one("a", 0.9, value), policy.constraints) == ("score_ms was not measured",)
    assert find_broken(make_candidate("bare"), policy.constraints) == ("score_ms was not measured",)


def test_a_loss_is_turned() -> None:
    def make(name: str, loss: float) -> Candidate:
        figures = (Figure(name="rmse", value=loss, is_smaller_better=True),)
        return make_candidate(name, metric="rmse", score=-loss, metric_value=loss, figures=figures)

    placings = place_candidates((make("bad", 3.0), make("good", 2.0)), Policy(), "rmse")
    assert [each.name for each in placings] == ["good", "bad"]


def test_a_candidate_without_figures_is_chosen_by_its_score() -> None:
    bare = (make_candidate("a", score=0.7), make_candidate("b", score=0.8))
    assert next(iter(place(*bare))) == "b"


def test_nobody_is_placed_among_nobody() -> None:
    assert place() == {}


def test_every_metric_of_the_task_is_there_with_the_time() -> None:
    config, labels = make_task_config("binary"), make_labels()
    import pandas as pd

    scored = make_scored(config, make_scores(labels), pd.DataFrame(index=range(len(labels))))
    figures = {each.name: each for each in measure_figures(config, labels, scored, 0.2)}
    assert set(figures) == {*metrics_of("binary"), "score_ms"}
    assert figures["score_ms"].value == pytest.approx(500.0)
    assert figures["log_loss"].is_smaller_better
    assert not figures["roc_auc"].is_smaller_better
    assert all(each.value is not None for each in figures.values())


@pytest.mark.parametrize("rows", [0, 1, 5])
def test_what_can_not_be_measured_is_none(rows: int) -> None:
    config = make_task_config("binary")
    constant = Scored(scores=np.full(rows, 0.3), decisions=np.zeros(rows))
    figures = {each.name: each.value for each in measure_figures(config, np.zeros(rows), constant, 0.1)}
    assert figures["roc_auc"] is None
    assert (figures["score_ms"] is None) == (rows == 0)


def test_values_are_plain_numbers() -> None:
    values = np.array([1.0, 2.0, 3.0])
    figures = measure_figures(make_task_config("regression"), values, Scored(scores=values + 1), 0.1)
    assert {type(figure.value) for figure in figures} == {float}


@pytest.mark.parametrize(
    ("first", "best", "is_loss", "expected"),
    [
        ((0.80, 0.82), (0.80, 0.82), False, True),
        ((0.50, 0.50, 0.50), (0.60, 0.61, 0.62), False, False),  # a fifth of what it lacks, each time
        ((0.80, 0.80, 0.80), (0.805, 0.806, 0.805), False, True),  # sure, and worth nothing
        ((0.50, 0.90, 0.50), (0.90, 0.60, 0.60), False, True),  # no surer than a coin
        ((-10, -10, -10), (-8, -8.1, -8.2), True, False),
        ((-10, -10, -10), (-9.8, -9.7, -9.8), True, True),
        ((-10,), (-9.0,), True, False),
        ((0.49, 0.50, 0.50, 0.51), (0.50, 0.51, 0.90, 0.51), False, True),  # one block alone
        ((0.49, 0.50, 0.50, 0.51), (0.50, 0.51, 0.90, 0.91), False, False),
        ((0.50, 0.50), (0.52, 0.90), False, False),  # of two, none can be left out
    ],
)
def test_what_is_trusted_is_given_up_for_a_gain_that_is_shown_and_is_worth_it(
    first: tuple[float, ...], best: tuple[float, ...], is_loss: bool, expected: bool
) -> None:
    assert is_as_good(first, best, is_loss=is_loss) is expected


def test_where_nothing_is_material_only_chance_excuses() -> None:
    sure = ((0.80, 0.80, 0.80), (0.805, 0.806, 0.805))
    assert is_as_good(*sure)
    assert not is_as_good(*sure, material=0.0)


@pytest.mark.parametrize(
    ("first", "best", "expected"),
    [
        ((-10, -10, -10, -10, -10), (-9, -9, -9, -9, -12), True),  # four old worlds, and the newest says no
        ((-10, -10, -10, -10, -10), (-12, -11, -9, -8, -7), False),  # better and better
        ((-10, -10, -10, -10, -10), (-7, -8, -9, -10, -11), True),  # worse and worse
        ((-10, -10, -10, -10, -10), (-9.8, -9.7, -9.8, -9.7, -9.8), True),  # sure, and worth nothing
        ((-10, -10, -10), (-8, -8.1, -8.2), False),
        ((-10,), (-9.0,), False),
    ],
)
def test_where_a_window_is_chosen_the_newest_fold_counts_most(
    first: tuple[float, ...], best: tuple[float, ...], expected: bool
) -> None:
    assert is_as_good(first, best, is_loss=True, by_age=True) is expected


@pytest.mark.parametrize(
    ("count", "expected"), [(0, []), (1, [1]), (2, [1 / 3, 2 / 3]), (5, [1 / 15, 2 / 15, 1 / 5, 4 / 15, 1 / 3])]
)
def test_a_fold_counts_in_proportion_to_its_place(count: int, expected: list[float]) -> None:
    assert weigh_folds(count) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("behind", "is_close"),
    [
        ((0.0, 0.01, 0.21, 0.01, 0.01), True),  # an older block alone
        ((0.0, 0.0, 0.01, 0.02, 0.4), False),  # the newest block alone: what comes next is most like it
        ((0.0, 0.0, 0.2, 0.2, 0.2), False),
    ],
)
def test_where_newer_folds_count_more_one_older_block_alone_convinces_nobody(
    behind: tuple[float, ...], is_close: bool
) -> None:
    own = (0.5,) * 5
    assert is_as_good(own, [0.5 + each for each in behind], by_age=True) is is_close

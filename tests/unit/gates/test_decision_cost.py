"""The gate on costs."""

import math

import pytest

from builders.calibration import COSTS, make_bounded, make_costs
from builders.gates import ask_gate
from builders.records import make_evaluation, make_first_evaluation
from builders.runs import make_config
from ratchet.records.calibration import Bounded
from ratchet.records.decision import ModelCost
from ratchet.records.judgement import ChampionRef, Decision, GateResult, Outcome


def make_models(cost: Bounded, champion: float = 500.0) -> tuple[ModelCost, ...]:
    other = make_bounded(champion, champion - 9, champion + 9)
    return (
        ModelCost(model="challenger", per_1000=cost, positive_share=0.3),
        ModelCost(model="champion", per_1000=other, positive_share=0.3),
    )


def ask(*, first: bool = False, gate: object = None, **changes: object) -> GateResult:
    config = make_config(decision={"costs": COSTS}, gates={"decision_cost": gate or {}})
    make = make_first_evaluation if first else make_evaluation
    return ask_gate("decision_cost", config, make(costs=make_costs(**changes)))


def test_a_challenger_that_saves_passes_and_the_figures_are_said() -> None:
    result = ask()
    assert result.outcome is Outcome.PASS
    assert result.reason == (
        "extra cost of 1,000 decisions against the champion's -15.0 [-28.0, -2.0] at 99 %, at most 55.5"
    )


@pytest.mark.parametrize(
    ("saving", "outcome"),
    [
        (make_bounded(-20.0, -50.0, 10.0), Outcome.PASS),  # the tolerance is 50: a tenth of 500
        (make_bounded(-20.0, -50.1, 10.0), Outcome.INCONCLUSIVE),
        (make_bounded(-90.0, -130.0, -49.0), Outcome.INCONCLUSIVE),
        (make_bounded(-90.0, -130.0, -51.0), Outcome.INCONCLUSIVE),  # beyond, but not with both parts at stake
        (make_bounded(-90.0, -100.0, -80.0), Outcome.FAIL),
    ],
)
def test_the_tolerance_is_held_on_both_sides(saving: Bounded, outcome: Outcome) -> None:
    result = ask(saving=saving, models=make_models(make_bounded(520.0, 500.0, 540.0)))
    assert result.outcome is outcome
    if outcome is Outcome.FAIL:
        assert (result.consequence, result.reason[:23]) == (Decision.REJECT, "shown to be too much: e")


@pytest.mark.parametrize(
    ("cost", "outcome"),
    [
        (make_bounded(500.0, 480.0, 520.0), Outcome.PASS),
        (make_bounded(500.0, 480.0, 520.1), Outcome.INCONCLUSIVE),
        (make_bounded(600.0, 590.0, 610.0), Outcome.FAIL),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_the_amount_is_held_on_both_sides(cost: Bounded, outcome: Outcome, first: bool) -> None:
    result = ask(models=make_models(cost), gate={"max_cost_per_1000": 520.0}, first=first)
    assert result.outcome is outcome


def test_a_champion_that_costs_nothing_allows_nothing() -> None:
    models = make_models(make_bounded(), champion=0.0)
    assert ask(saving=make_bounded(0.0, 0.0, 0.0), models=models).outcome is Outcome.PASS
    assert ask(saving=make_bounded(-1.0, -1.1, -0.9), models=models).outcome is Outcome.FAIL


def test_a_champion_that_earns_allows_a_share_of_what_it_earns() -> None:
    models = make_models(make_bounded(-500.0, -510.0, -490.0), champion=-500.0)
    assert ask(saving=make_bounded(-40.0, -49.0, -31.0), models=models).outcome is Outcome.PASS


@pytest.mark.parametrize(("rows", "positives", "passes"), [(499, 100, False), (500, 50, True), (500, 49, False)])
def test_few_rows_are_inconclusive(rows: int, positives: int, passes: bool) -> None:
    assert ask(rows=rows, positives=positives).outcome is (Outcome.PASS if passes else Outcome.INCONCLUSIVE)


@pytest.mark.parametrize(
    "changes",
    [
        {"problem": "0 rows in the holdout"},
        {"positives": 0},
        {"saving": None},
        {"saving": Bounded(estimate=1.0, lower=None, upper=None)},
        {"saving": Bounded(estimate=math.nan, lower=math.nan, upper=math.nan)},
        {"models": ()},
        {"models": make_models(make_bounded(), champion=math.nan)},
        {"models": make_models(Bounded(estimate=1.0, lower=0.0, upper=math.nan)), "gate": {"max_cost_per_1000": 9.0}},
        {"models": make_models(make_bounded())[1:], "gate": {"max_cost_per_1000": 9.0}},
    ],
)
def test_nothing_measured_is_never_a_pass(changes: dict[str, object]) -> None:
    result = ask(**changes)
    assert (result.outcome, result.consequence) == (Outcome.INCONCLUSIVE, Decision.HOLD)


def test_a_record_that_is_missing_is_inconclusive() -> None:
    config = make_config(decision={"costs": COSTS})
    assert ask_gate("decision_cost", config, make_evaluation(costs=None)).outcome is Outcome.INCONCLUSIVE


def test_a_champion_that_can_not_score_is_inconclusive() -> None:
    champion = ChampionRef(version=7, run_id="old", problem="column 'age' is missing")
    config = make_config(decision={"costs": COSTS})
    assert (
        ask_gate("decision_cost", config, make_evaluation(champion=champion, costs=make_costs())).outcome
        is Outcome.INCONCLUSIVE
    )


def test_without_costs_nothing_is_asked() -> None:
    assert ask_gate("decision_cost", make_config(), make_evaluation()).outcome is Outcome.NOT_APPLICABLE


def test_the_first_model_is_not_asked_without_an_amount() -> None:
    assert ask(first=True).outcome is Outcome.NOT_APPLICABLE

"""The gate on calibration."""

import math

import pytest

from builders.calibration import make_bounded, make_calibration, make_in_the_large, make_model_calibration
from builders.gates import ask_gate
from builders.records import make_evaluation, make_first_evaluation
from builders.runs import make_config
from ratchet.records.calibration import Bounded, InTheLarge
from ratchet.records.judgement import ChampionRef, Decision, GateResult, Outcome


def ask(
    *,
    error: Bounded | None = None,
    first: bool = False,
    gate: object = None,
    lost: str | None = None,
    **changes: object,
) -> GateResult:
    facts = {"challenger": make_model_calibration(error=error)} if error else {}
    calibration = make_calibration(**(facts | changes))
    make = make_first_evaluation if first else make_evaluation
    config = make_config(gates={"calibrated": gate or {}})
    return ask_gate("calibrated", config, make(calibration=calibration, lost_since=lost))


def test_a_calibrated_challenger_passes_and_the_figures_are_said() -> None:
    result = ask()
    assert result.outcome is Outcome.PASS
    assert result.reason == (
        "calibration error 0.020 [0.000, 0.030] at 99 % (chance alone shows 0.012), at most 0.2; "
        "of 1 groups none is shown to be off by more than 0.2; "
        "change against the champion -0.005 [-0.012, +0.002] at 99 %, at most 0.05"
    )


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (make_bounded(0.1, 0.05, 0.2), Outcome.PASS),
        (make_bounded(0.1001, 0.05, 0.2), Outcome.INCONCLUSIVE),
        (make_bounded(0.2, 0.099, 0.3), Outcome.INCONCLUSIVE),
        (make_bounded(0.2, 0.101, 0.3), Outcome.INCONCLUSIVE),  # beyond, but not with both parts at stake
        (make_bounded(0.2, 0.12, 0.3), Outcome.FAIL),
    ],
)
@pytest.mark.parametrize("first", [True, False])
def test_the_limit_is_held_on_both_sides(error: Bounded, outcome: Outcome, first: bool) -> None:
    assert ask(error=error, first=first, gate={"max_ece": 0.1}).outcome is outcome


@pytest.mark.parametrize(
    ("error", "outcome"), [(make_bounded(0.1, 0.05, 0.2), Outcome.PASS), (make_bounded(0.5, 0.4, 0.6), Outcome.FAIL)]
)
def test_a_champion_that_has_lost_is_no_standard_and_the_limit_stays(error: Bounded, outcome: Outcome) -> None:
    change = make_bounded(0.06, 0.055, 0.08)
    assert ask(error=error, change=change).outcome is Outcome.FAIL
    result = ask(error=error, change=change, lost="its loss rose")
    assert result.outcome is outcome
    assert "change against the champion" not in result.reason


@pytest.mark.parametrize(
    ("change", "outcome"),
    [
        (make_bounded(0.02, 0.0, 0.03), Outcome.PASS),
        (make_bounded(0.02, 0.0, 0.0301), Outcome.INCONCLUSIVE),
        (make_bounded(0.06, 0.029, 0.08), Outcome.INCONCLUSIVE),
        (make_bounded(0.06, 0.04, 0.08), Outcome.FAIL),
        (make_bounded(-0.3, -0.4, -0.2), Outcome.PASS),
    ],
)
def test_worse_than_the_champion_by_more_than_the_tolerance_fails(change: Bounded, outcome: Outcome) -> None:
    result = ask(change=change, gate={"tolerance": 0.03})
    assert result.outcome is outcome
    if outcome is Outcome.FAIL:
        assert result.consequence is Decision.REJECT
        assert result.reason.startswith("shown to be worse calibrated: change against the champion +0.060")


def test_without_a_limit_only_the_champion_counts() -> None:
    result = ask(error=make_bounded(0.9, 0.8, 1.0), gate={"max_ece": None})
    assert result.outcome is Outcome.PASS
    assert "no limit is set" in result.reason


def test_the_worse_part_decides() -> None:
    beyond, unsure = make_bounded(0.6, 0.5, 0.7), make_bounded(0.04, 0.0, 0.08)
    assert ask(error=beyond, change=unsure).outcome is Outcome.FAIL


def test_a_class_that_is_too_rare_is_named() -> None:
    result = ask(positives=8, rarest="cat")
    assert result.outcome is Outcome.INCONCLUSIVE
    assert "8 rows of the rarest class 'cat' are too few to judge" in result.reason


@pytest.mark.parametrize(("rows", "positives", "passes"), [(199, 100, False), (200, 25, True), (200, 24, False)])
def test_few_rows_are_inconclusive(rows: int, positives: int, passes: bool) -> None:
    result = ask(rows=rows, positives=positives)
    assert result.outcome is (Outcome.PASS if passes else Outcome.INCONCLUSIVE)
    assert result.consequence is (Decision.PROMOTE if passes else Decision.HOLD)


@pytest.mark.parametrize(
    "changes",
    [
        {"problem": "0 rows in the holdout"},
        {"challenger": None},
        {"positives": None},
        {"positives": 0},
        {"challenger": make_model_calibration(error=None)},
        {"error": Bounded(estimate=math.nan, lower=0.0, upper=0.1)},
        {"error": Bounded(estimate=0.01, lower=None, upper=None)},
        {"error": Bounded(estimate=0.01, lower=0.0, upper=math.inf)},
        {"change": None},
        {"change": Bounded(estimate=math.nan, lower=math.nan, upper=math.nan)},
        {"change": Bounded(estimate=0.0, lower=None, upper=None)},
    ],
)
def test_nothing_measured_is_never_a_pass(changes: dict[str, object]) -> None:
    assert ask(**changes).outcome is Outcome.INCONCLUSIVE


def test_a_record_that_is_missing_is_inconclusive() -> None:
    assert ask_gate("calibrated", make_config(), make_evaluation(calibration=None)).outcome is Outcome.INCONCLUSIVE


def test_a_champion_that_can_not_score_is_inconclusive() -> None:
    champion = ChampionRef(version=7, run_id="old", problem="column 'age' is missing")
    result = ask_gate("calibrated", make_config(), make_evaluation(champion=champion))
    assert result.outcome is Outcome.INCONCLUSIVE
    assert result.reason == "the champion can't score these rows: column 'age' is missing"


def test_a_regression_is_not_asked() -> None:
    assert ask_gate("calibrated", make_config(task="regression"), make_evaluation()).outcome is Outcome.NOT_APPLICABLE


def make_group(name: str, off: float, width: float = 0.02, predicted: float = 0.3) -> InTheLarge:
    difference = make_bounded(off, off - width, off + width)
    return make_in_the_large(name, predicted=predicted, observed=predicted - off, difference=difference)


@pytest.mark.parametrize(
    ("groups", "gate", "outcome"),
    [
        ([make_group("a", 0.25)], {}, Outcome.FAIL),
        ([make_group("a", -0.25)], {}, Outcome.FAIL),
        ([make_group("a", 0.25, width=0.06)], {}, Outcome.PASS),
        ([make_group("a", 0.19)], {}, Outcome.PASS),
        ([make_group("a", 0.19)], {"max_group_error": 0.15}, Outcome.FAIL),
        ([make_group("a", 0.4)], {"max_group_error": None}, Outcome.PASS),
        ([make_group("overall", 0.25)], {}, Outcome.PASS),
        ([make_in_the_large("small", difference=None, problem="too few")], {}, Outcome.PASS),
        ([make_group("a", 0.235, width=0.025)], {}, Outcome.FAIL),
        ([make_group("a", 0.235, width=0.025), *(make_group(f"b{each}", 0.0) for each in range(60))], {}, Outcome.PASS),
    ],
)
def test_a_group_that_is_shown_to_be_off_fails_and_many_looks_need_more(
    groups: list[InTheLarge], gate: dict[str, object], outcome: Outcome
) -> None:
    model = make_model_calibration(in_the_large=tuple(groups))
    assert ask(challenger=model, gate=gate).outcome is outcome


def test_the_worst_groups_are_named_first() -> None:
    groups = (make_group("a", 0.25), make_group("b", -0.4), make_group("c", 0.01))
    reason = ask(challenger=make_model_calibration(in_the_large=groups)).reason
    assert "shown to be off by more than 0.2: b: predicted 0.300, observed 0.700; a: predicted 0.300" in reason

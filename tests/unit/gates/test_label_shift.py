"""The gate on base rates."""

from dataclasses import replace

import numpy as np
import pytest
from benchmarks.label_shift import ask, count_held, divide, draw_clean, draw_cut_off, draw_late

from builders.gates import ask_gate
from builders.label_rates import make_gap, make_label_rates, make_label_shift
from builders.records import make_evaluation
from builders.runs import make_config
from ratchet.gates.all_gates import judge_gate
from ratchet.records.judgement import Decision, Outcome
from ratchet.records.label_rates import LabelRates


@pytest.mark.parametrize(
    ("shift", "outcome", "said"),
    [
        (make_label_shift(before=0.2, after=0.4), Outcome.INCONCLUSIVE, "the definition of the label may have changed"),
        (make_label_shift(before=0.2, after=0.4, expected=0.21), Outcome.INCONCLUSIVE, "21 % by the inputs"),
        (make_label_shift(before=0.2, after=0.4, expected=0.31), Outcome.PASS, "the inputs changed with it"),
        (make_label_shift(before=0.4, after=0.2, expected=0.29), Outcome.PASS, "the inputs changed with it"),
        (make_label_shift(before=0.2, after=0.4, learnt=0.2), Outcome.PASS, "20 % of the training rows are from after"),
        (make_label_shift(before=0.2, after=0.4, learnt=0.19), Outcome.INCONCLUSIVE, "the definition"),
        (make_label_shift(before=0.2, after=0.25), Outcome.PASS, "train 24 %"),
        (make_label_shift(before=0.36, after=0.003), Outcome.FAIL, "hardly a row is of yes"),
        (make_label_shift(before=0.36, after=0.96), Outcome.FAIL, "hardly a row is of anything but yes"),
        (make_label_shift(before=0.36, after=0.0, learnt=0.5), Outcome.FAIL, "labels seem to be cut off"),
        (make_label_shift(before=0.36, after=0.0, expected=0.02), Outcome.INCONCLUSIVE, "labels seem to be cut off"),
        (make_label_shift(label="above 12.5", before=0.5, after=1.0), Outcome.INCONCLUSIVE, "the definition"),
        (make_label_shift(is_sudden=False, before=0.3, after=0.05), Outcome.INCONCLUSIVE, "may not be known yet"),
    ],
)
def test_a_change_is_told_by_what_goes_with_it(shift: object, outcome: Outcome, said: str) -> None:
    result = judge_gate("label_shift", make_label_rates(shifts=(shift,)))[0]
    assert result.outcome is outcome
    assert said in result.reason
    assert result.consequence is (Decision.PROMOTE if outcome is Outcome.PASS else Decision.HOLD)


def test_the_reason_has_dates_and_figures() -> None:
    shift = make_label_shift(before=0.362, after=0.004, expected=0.348)
    assert judge_gate("label_shift", make_label_rates(shifts=(shift,)))[0].reason == (
        "yes: 36.2 % before, 0.4 % since 2025-11-03 (3,000 rows, 12,000 before), 34.8 % by the inputs: labels seem to "
        "be cut off, as hardly a row is of yes"
    )


def test_a_change_that_the_champion_has_lost_by_is_for_recovery() -> None:
    shift = make_label_shift(before=0.2, after=0.4)
    known = make_label_rates(shifts=(shift,), gaps=(make_gap(effect=1.5),), change=shift.at)
    assert judge_gate("label_shift", known)[0].outcome is Outcome.PASS
    gone = make_label_shift(before=0.36, after=0.0)
    assert judge_gate("label_shift", replace(known, shifts=(gone,)))[0].outcome is Outcome.FAIL
    later = replace(known, change=known.blocks[0].begin)
    assert judge_gate("label_shift", later)[0].outcome is Outcome.INCONCLUSIVE


@pytest.mark.parametrize(
    ("changes", "is_ordered", "outcome"),
    [
        ({"effect": 1.3}, True, Outcome.INCONCLUSIVE),
        ({"effect": -1.3}, True, Outcome.INCONCLUSIVE),
        ({"effect": 0.99}, True, Outcome.PASS),
        ({"effect": 0.79}, False, Outcome.INCONCLUSIVE),
        ({"effect": 0.19}, False, Outcome.PASS),
        ({"effect": 1.3, "is_known": True}, True, Outcome.PASS),
        ({"effect": 1.3, "standard_error": 0.27}, True, Outcome.PASS),
    ],
)
def test_parts_may_not_be_far_apart(changes: dict[str, object], is_ordered: bool, outcome: Outcome) -> None:
    rates = make_label_rates(gaps=(make_gap(**changes),), **({} if is_ordered else {"blocks": ()}))
    assert judge_gate("label_shift", rates)[0].outcome is outcome


@pytest.mark.parametrize("rates", [None, LabelRates(names=(), parts=(), problem="no rows")])
def test_what_was_not_measured_does_not_pass(rates: LabelRates | None) -> None:
    result = ask_gate("label_shift", make_config(), make_evaluation(label_rates=rates))
    assert result.outcome is Outcome.INCONCLUSIVE
    assert result.consequence is Decision.HOLD


@pytest.mark.parametrize("kind", ["stationary", "seasonal", "autocorrelated", "drifting", "random walk", "in runs"])
def test_series_without_a_fault_pass(kind: str) -> None:
    assert count_held(lambda chance: draw_clean(chance, kind), 25, seed=8) <= 0.08


@pytest.mark.parametrize("method", ["random", "group"])
def test_parts_drawn_from_one_world_pass(method: str) -> None:
    assert count_held(lambda chance: draw_clean(chance, "in runs", method), 25, seed=9) == 0


@pytest.mark.parametrize("share", [0.05, 0.15, 0.3, 0.6])
@pytest.mark.parametrize("left", [0.0, 0.05])
def test_labels_that_stop_on_a_date_are_held(share: float, left: float) -> None:
    assert count_held(lambda chance: draw_cut_off(chance, 4_000, share, left), 20, seed=10) >= 0.9


def test_labels_that_are_not_known_yet_are_held() -> None:
    assert count_held(lambda chance: draw_late(chance, 10_000, 0.1), 20, seed=11) >= 0.8


@pytest.mark.parametrize("method", ["time", "random", "group"])
@pytest.mark.parametrize("rows", [800, 4_000])
def test_a_holdout_of_nearly_one_class_does_not_pass(method: str, rows: int) -> None:
    chance = np.random.default_rng(3)
    divided = divide(chance, np.zeros(rows), method)
    rate = np.array([0.36, 0.35, 0.96])[divided.parts]
    result = ask(replace(divided, labels=(chance.random(rows) < rate).astype(float)))
    assert result.outcome is not Outcome.PASS, result.reason
    assert result.consequence is Decision.HOLD

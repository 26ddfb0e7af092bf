"""What the gates add up to."""

import math

import pytest

from builders.records import (
    make_audit,
    make_behaviour,
    make_data_report,
    make_evaluation,
    make_expectation,
    make_first_evaluation,
    make_gain,
    make_serving_costs,
)
from builders.runs import make_config, make_run
from ratchet.config.gates import Gates
from ratchet.records.judgement import ChampionRef, Decision, Outcome, Renewal
from ratchet.stages.decide import decide

UNSURE = {"lower": -0.002}
SMALL = {"rows": 10}


@pytest.fixture
def verdict_of(tmp_path):
    def ask(evaluation, report=None, **gates):
        run = make_run(tmp_path, make_config(gates=gates))
        rest = (make_audit(), make_behaviour(), make_serving_costs()) if evaluation else (None, None, None)
        return decide(run, report or make_data_report(), evaluation, *rest)

    return ask


def test_a_better_challenger_is_promoted(verdict_of):
    verdict = verdict_of(make_evaluation())
    assert verdict.decision is Decision.PROMOTE
    assert verdict.reason.startswith("promote: beats_champion: roc_auc gain +0.0091")
    assert (verdict.challenger, verdict.expected_champion) == ("boosting", 7)
    assert not verdict.unopposed
    assert verdict.renews is None


def test_the_verdict_names_the_file_that_was_measured(verdict_of):
    assert verdict_of(make_evaluation(challenger_sha256="ab12")).challenger_sha256 == "ab12"


def test_no_evidence_keeps_the_champion(verdict_of):
    verdict = verdict_of(make_evaluation(champion_gain=make_gain(**UNSURE)))
    assert verdict.decision is Decision.REJECT
    assert verdict.reason.startswith("rejected: beats_champion: not shown to be better")


def test_too_few_rows_wait_for_a_person(verdict_of):
    verdict = verdict_of(make_evaluation(champion_gain=make_gain(**SMALL)))
    assert verdict.decision is Decision.HOLD
    assert verdict.reason == "held for a person: beats_champion: 10 rows are too few to judge, needs 200"


def test_a_rejection_outweighs_a_hold(verdict_of):
    evaluation = make_evaluation(baseline_gain=make_gain(**SMALL), champion_gain=make_gain(**UNSURE))
    assert verdict_of(evaluation).decision is Decision.REJECT


def test_the_gravest_gate_is_named_first_with_all_others_in_the_way(verdict_of):
    evaluation = make_evaluation(
        baseline_gain=make_gain(**SMALL), champion_gain=make_gain(**UNSURE), label_rates=None, calibration=None
    )
    verdict = verdict_of(evaluation)
    assert verdict.decision is Decision.REJECT, "beats_champion fails"
    assert verdict.reason.startswith("rejected: label_shift: ")
    assert verdict.reason.endswith(" (and beats_champion, beats_baseline, calibrated)")


def test_the_first_model_is_promoted_unopposed(verdict_of):
    verdict = verdict_of(make_first_evaluation())
    assert (verdict.decision, verdict.unopposed, verdict.expected_champion) == (Decision.PROMOTE, True, None)
    assert verdict.reason.startswith("promote, unopposed: beats_baseline: ")


def test_the_first_model_is_never_waved_through(verdict_of):
    verdict = verdict_of(make_first_evaluation(baseline_gain=make_gain(**UNSURE)))
    assert (verdict.decision, verdict.unopposed) == (Decision.REJECT, True)


@pytest.mark.parametrize("lower", [None, math.nan, math.inf])
def test_nothing_is_promoted_without_beating_the_baseline(verdict_of, lower):
    ignore = {"on_inconclusive": "ignore"}
    verdict = verdict_of(make_first_evaluation(baseline_gain=make_gain(lower=lower)), beats_baseline=ignore)
    assert verdict.decision is Decision.HOLD
    assert "beats_baseline did not pass" in verdict.reason


@pytest.mark.parametrize(
    "unmeasured",
    [
        {"champion_gain": make_gain(**SMALL)},
        {"champion": ChampionRef(version=7, run_id="old", problem="it can't be verified"), "champion_gain": None},
    ],
)
def test_no_champion_is_replaced_without_a_measurement(verdict_of, unmeasured):
    ignored = {name: {"on_inconclusive": "ignore"} for name in Gates.model_fields}
    verdict = verdict_of(make_evaluation(**unmeasured), **ignored)
    assert verdict.decision is Decision.HOLD
    assert verdict.reason.endswith("nothing shows that the challenger is better: beats_champion did not pass")


FRESH = Renewal(unlearnt=0.4)


def test_a_renewal_is_promoted_and_the_verdict_says_so(verdict_of):
    verdict = verdict_of(make_evaluation(champion_gain=make_gain(**UNSURE), renewal=FRESH))
    assert (verdict.decision, verdict.renews) == (Decision.PROMOTE, 7)
    assert verdict.reason.startswith("promote: beats_champion: renewal: the champion's own recipe")


def test_the_verdict_on_a_renewal_of_a_renewal_names_what_was_last_shown_to_be_better(verdict_of):
    again = Renewal(unlearnt=0.4, proven=4, proven_gain=make_gain())
    assert verdict_of(make_evaluation(champion_gain=make_gain(**UNSURE), renewal=again)).renews == 4


def test_a_renewal_that_another_gate_holds_stays_one_for_whoever_approves(verdict_of):
    held = verdict_of(make_evaluation(champion_gain=make_gain(**UNSURE), renewal=FRESH, changes=None))
    assert (held.decision, held.renews) == (Decision.HOLD, 7)


def test_a_rejected_challenger_is_no_renewal(verdict_of):
    evaluation = make_evaluation(
        champion_gain=make_gain(**UNSURE),
        renewal=FRESH,
        weak_slices=(make_gain("city is Bern", estimate=-0.3, lower=-0.4, upper=-0.2),),
    )
    verdict = verdict_of(evaluation)
    assert (verdict.decision, verdict.renews) == (Decision.REJECT, None)


def test_too_few_rows_renew_nothing(verdict_of):
    verdict = verdict_of(make_evaluation(champion_gain=make_gain(**UNSURE, **SMALL), renewal=FRESH))
    assert (verdict.decision, verdict.renews) == (Decision.HOLD, None)


def test_failed_data_end_the_run_before_there_is_a_challenger(verdict_of):
    failed = make_expectation(outcome=Outcome.FAIL, reason="40 % of age is missing")
    verdict = verdict_of(None, make_data_report(outcome=Outcome.FAIL, expectations=(failed,)))
    assert [gate.gate for gate in verdict.gates] == ["data_check"]
    assert verdict.decision is Decision.REJECT
    assert verdict.reason == "rejected: data_check: 1 of 1 expectations not met: 40 % of age is missing"
    assert (verdict.challenger, verdict.expected_champion, verdict.unopposed) == (None, None, False)


def test_what_a_cleared_try_measured_says_nothing_about_failed_data(verdict_of):
    failed = make_data_report(outcome=Outcome.FAIL, expectations=(make_expectation(outcome=Outcome.FAIL),))
    assert verdict_of(make_evaluation(), failed) == verdict_of(None, failed)


@pytest.mark.parametrize("setting", ["hold", "ignore"])
def test_nothing_evaluated_is_never_promoted(verdict_of, setting):
    verdict = verdict_of(None, make_data_report(expectations=()), data_check={"on_inconclusive": setting})
    assert verdict.decision is not Decision.PROMOTE


def test_a_champion_that_can_not_score_waits_for_a_person(verdict_of):
    champion = ChampionRef(version=7, run_id="old", problem="it does not fit these columns")
    verdict = verdict_of(make_evaluation(champion=champion, champion_gain=None, slice_gains=()))
    assert (verdict.decision, verdict.expected_champion) == (Decision.HOLD, 7)


LOST = "the champion's loss rose from 0.05 to 0.33 after 2026-01-01"


def test_a_lost_champion_s_challenger_waits_for_nobody(verdict_of):
    """A first run of another form than the champion's is held for a person; not where the champion has lost."""
    small = make_evaluation(changes=None)
    assert verdict_of(small).decision is Decision.HOLD
    lost = verdict_of(make_evaluation(changes=None, lost_since=LOST))
    assert lost.decision is Decision.PROMOTE
    unsure = make_evaluation(changes=None, lost_since=LOST, champion_gain=make_gain(**UNSURE))
    assert verdict_of(unsure).decision is not Decision.PROMOTE

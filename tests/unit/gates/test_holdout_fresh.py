"""The gate on the uses of a holdout."""

import pytest

from builders.gates import ask_gate
from builders.records import make_evaluation
from builders.runs import make_config
from ratchet.records.holdout import HoldoutHistory
from ratchet.records.judgement import Decision, Outcome


def ask(uses, history=None, **gate):
    config = make_config(gates={"holdout_fresh": gate})
    return ask_gate("holdout_fresh", config, make_evaluation(holdout_uses=uses, holdout_history=history))


@pytest.mark.parametrize(("uses", "outcome"), [(1, Outcome.PASS), (5, Outcome.PASS), (6, Outcome.FAIL)])
def test_a_holdout_has_a_budget(uses, outcome):
    assert ask(uses).outcome is outcome


def test_the_yaml_gives_the_budget():
    assert ask(2, max_uses=1).outcome is Outcome.FAIL
    assert ask(9, max_uses=9).outcome is Outcome.PASS


def test_a_holdout_that_is_used_up_waits_for_a_person():
    assert ask(6).consequence is Decision.HOLD
    assert ask(6, on_fail="reject").consequence is Decision.REJECT


def test_the_sentence_has_the_count_and_the_limit():
    assert ask(1).reason == "these 7,326 holdout rows have judged once, this run included; at most 5 may be"
    assert ask(6).reason.endswith("at most 5 may be: wait for newer rows, or look at this one yourself")


def test_what_is_known_of_other_runs_is_told():
    history = HoldoutHistory(same_rows=("a",), overlapping=("b", "c"), unreadable=("d",))
    reason = ask(history.uses, history).reason
    assert "judged 3 times" in reason
    assert "1 of these uses are runs whose split can't be read" in reason
    assert "earlier holdouts that overlap it in time: 2" in reason


def test_no_count_is_no_pass():
    assert ask(0).outcome is Outcome.INCONCLUSIVE

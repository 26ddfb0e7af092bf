"""The gate against the trivial baseline."""

import math

import pytest

from builders.gates import ask_gate
from builders.records import make_evaluation, make_gain
from builders.runs import make_config
from ratchet.records.judgement import Decision, Outcome


def ask(min_gain=0.0, on_inconclusive="hold", **changes):
    gates = {"beats_baseline": {"min_gain": min_gain, "on_inconclusive": on_inconclusive}}
    evaluation = make_evaluation(baseline_gain=make_gain(opponent="baseline", **changes))
    return ask_gate("beats_baseline", make_config(gates=gates), evaluation)


@pytest.mark.parametrize(
    ("lower", "min_gain", "outcome"),
    [
        (0.0001, 0.0, Outcome.PASS),
        (0.0, 0.0, Outcome.FAIL),
        (-0.0001, 0.0, Outcome.FAIL),
        (0.0101, 0.01, Outcome.PASS),
        (0.01, 0.01, Outcome.FAIL),
    ],
)
def test_the_lower_bound_decides(lower, min_gain, outcome):
    assert ask(min_gain=min_gain, lower=lower).outcome is outcome


def test_a_failure_says_what_is_missing():
    assert ask(lower=-0.001).reason.startswith("not shown to be better than a trivial baseline: roc_auc gain +0.0091")


@pytest.mark.parametrize("changes", [{"lower": math.nan}, {"lower": math.inf}, {"rows": 10}, {"positives": 0}])
@pytest.mark.parametrize(
    ("setting", "consequence"), [("hold", Decision.HOLD), ("reject", Decision.REJECT), ("ignore", Decision.PROMOTE)]
)
def test_what_can_not_be_judged_is_inconclusive(changes, setting, consequence):
    result = ask(on_inconclusive=setting, **changes)
    assert (result.outcome, result.consequence) == (Outcome.INCONCLUSIVE, consequence)

"""What is wrong comes by weight, with what was found and what helps."""

from dataclasses import replace
from pathlib import Path

import pytest

from builders.records import make_audit, make_evaluation, make_finding, make_gate, make_rejection
from builders.runs import make_run
from builders.stories import make_described_config, make_story
from ratchet.gates.weights import ADVICE, rank_gates
from ratchet.records.fairness import Attribute, Fairness, Group, GroupFigure
from ratchet.records.judgement import Decision, Outcome
from ratchet.records.leakage import Strength
from ratchet.reports.concerns import concerns_of, glance_at_groups, glance_at_leaks
from ratchet.reports.worst_groups import find_harmed

FAIL = {"outcome": Outcome.FAIL, "consequence": Decision.REJECT}
UNSURE = {"outcome": Outcome.INCONCLUSIVE, "consequence": Decision.HOLD}


def judged(*gates, **changes):
    return make_story(verdict=make_rejection(gates=gates), **changes)


def test_a_leak_comes_first_then_what_fails_by_its_weight() -> None:
    gates = (
        make_gate("serving_cost", **FAIL),
        make_gate("no_leak", **UNSURE),
        make_gate("beats_champion", **FAIL),
        make_gate("calibrated"),
        make_gate("fair", **FAIL),
    )
    found = concerns_of(judged(*gates))
    assert [each.gate for each in found] == ["no_leak", "fair", "beats_champion", "serving_cost"]
    assert [each.tone for each in found] == ["wait", "bad", "bad", "bad"]
    assert found[2].remedy == ADVICE["beats_champion"].remedy
    assert rank_gates(gates)[-1].gate == "calibrated"


def test_what_was_waived_is_still_said_but_does_not_stand_in_the_way() -> None:
    (found,) = concerns_of(judged(make_gate("no_regression", outcome=Outcome.FAIL), make_gate("fair")))
    assert (found.word, found.tone, found.stands) == ("fail, waived", "wait", False)
    assert concerns_of(make_story()) == ()


def test_leaks_are_named_the_certain_ones_first() -> None:
    doubt = make_finding(strength=Strength.SUSPECTED, reason="it may be one")
    sure = make_finding(strength=Strength.CERTAIN, reason="it is one")
    (found,) = concerns_of(judged(make_gate("no_leak", **FAIL), audit=make_audit(findings=(doubt, sure))))
    assert found.details == ("certain: it is one", "suspected: it may be one")


def make_groups(**differences: float) -> Fairness:
    def figure(difference: float) -> GroupFigure:
        return GroupFigure(
            measure="true_positive_rate",
            count=100,
            others=900,
            value=0.5,
            difference=difference,
            error=0.02,
            lower=difference - 0.05,
            upper=difference + 0.05,
        )

    groups = tuple(
        Group(name=name, rows=100, positives=30, figures=(figure(value),)) for name, value in differences.items()
    )
    return Fairness(attributes=(Attribute(name="sex", columns=("sex",), groups=groups),), confidence=0.99)


def test_groups_beyond_a_limit_are_named_the_furthest_first_and_no_others() -> None:
    config = make_described_config(data={"sensitive": ["sex"]})
    fairness = make_groups(a=-0.2, b=0.3, c=0.12, d=0.0)
    found = find_harmed(fairness, config)
    assert [(each.label, each.measure) for each in found] == [
        ("sex: b", "true positive rate"),
        ("sex: a", "true positive rate"),
    ]
    assert found[0].text == "+0.3000 [+0.2500, +0.3500] from everybody else, accepted 0.1000"
    story = judged(
        make_gate("fair", **FAIL),
        run=make_run(Path("home"), config),
        evaluation=make_evaluation(fairness=fairness),
    )
    (concern,) = concerns_of(story)
    assert [each.split(":")[1].strip() for each in concern.details] == ["b", "a"]
    assert glance_at_groups(story).note == "sex: b, true positive rate"
    (unplotted,) = concerns_of(replace(story, evaluation=None))
    assert unplotted.details == ()


@pytest.mark.parametrize(
    ("outcome", "answer"),
    [
        (Outcome.PASS, "none shown"),
        (Outcome.FAIL, "yes"),
        (Outcome.INCONCLUSIVE, "not known"),
        (Outcome.NOT_APPLICABLE, "not known"),
    ],
)
def test_harm_at_a_glance_is_what_the_gate_says(outcome, answer) -> None:
    assert glance_at_groups(judged(make_gate("fair", outcome=outcome))).answer == answer
    assert glance_at_groups(judged()).answer == "not known"


def test_leaks_at_a_glance_are_counted_and_none_is_not_the_same_as_not_looked_for() -> None:
    doubt = make_finding(strength=Strength.SUSPECTED, columns=("duration",))
    found = glance_at_leaks(make_story(audit=make_audit(findings=(doubt,))))
    assert (found.answer, found.note) == ("1 suspected", "duration")
    assert glance_at_leaks(make_story(audit=make_audit(findings=()))).answer == "none found"
    assert glance_at_leaks(make_story(audit=make_audit(problem="no rows"))).answer == "not looked for"
    assert glance_at_leaks(make_story()).answer == "not looked for"

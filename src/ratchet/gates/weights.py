"""How much each gate weighs when several stand in the way, and what usually helps: what is said first is what is worst.

A wrong figure makes all others void, so leaks and broken data come before a harm to people, that before a model that is
worse, that before doubts, and what it costs to run it last. Weights decide no verdict: they order what is said.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import IntEnum

from ratchet.records.judgement import Decision, GateResult, Outcome

OUTCOMES = (Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.PASS, Outcome.NOT_APPLICABLE)
GUARD = "guard_"  # a guard metric's answer is called after its metric


class Weight(IntEnum):
    """What a gate is about, the gravest first."""

    LEAK = 1
    DATA = 2
    HARM = 3
    WORSE = 4
    DOUBT = 5
    COST = 6


@dataclass(frozen=True, slots=True)
class Advice:
    """How grave it is when a gate does not pass, and what usually helps; read by the person on call."""

    weight: Weight
    remedy: str


ADVICE: Mapping[str, Advice] = {
    "no_leak": Advice(
        Weight.LEAK,
        "Look at the leaks below: put a column that is not known when the model is asked under `data.ignore`, or split "
        "by time or group, as each finding says.",
    ),
    "data_check": Advice(
        Weight.DATA,
        "Look at the failed expectations below, have the delivery mended at its source, and run again.",
    ),
    "label_shift": Advice(
        Weight.DATA,
        "Ask whoever collects the label what happened on the date above. Where labels come late, set "
        "`data.label_delay`; where they were cut off, deliver them; where the definition changed, train on the rows "
        "since (`split.window`).",
    ),
    "fair": Advice(
        Weight.HARM,
        "Look at the group named above: its labels, its rows in training, and what the model takes its features for.",
    ),
    "beats_baseline": Advice(
        Weight.WORSE,
        "Where rows are too few, let more of them judge (`split.holdout`); else the features may say too little about "
        "the target: look for a changed or missing column first.",
    ),
    "beats_champion": Advice(
        Weight.WORSE,
        "The challenger is not shown to be better: nothing is broken, and the next run tries again.",
    ),
    "guard_metrics": Advice(
        Weight.WORSE,
        "Look at the guard metric that fell: what was gained in one metric may be lost in another that matters more.",
    ),
    "no_slice_worse": Advice(
        Weight.WORSE,
        "Look at the slices below: more training rows of the slice, or a feature about it, may help.",
    ),
    "weakest_slice": Advice(
        Weight.WORSE,
        "Look at the weak slices below: more training rows of such a slice, or a feature about it, may help.",
    ),
    "stable_over_time": Advice(
        Weight.WORSE,
        "Look at the periods below: where the newest is the worst, train on newer rows with `split.window`.",
    ),
    "calibrated": Advice(
        Weight.WORSE,
        "Look at the reliability diagram: more validation rows correct it better, and newer ones if the world moves.",
    ),
    "decision_cost": Advice(
        Weight.WORSE,
        "Look at the costs below: what was cheapest on validation may not be so on newer rows.",
    ),
    "no_regression": Advice(
        Weight.WORSE,
        "Look at the past holdout that got worse: rows like those may be missing from training.",
    ),
    "behaves": Advice(Weight.WORSE, "Look at the named case that failed: it is what the YAML asks of the model."),
    "robust": Advice(
        Weight.DOUBT,
        "Look at the changed rows below: a model that leans on one column breaks when that column does.",
    ),
    "holdout_fresh": Advice(
        Weight.DOUBT,
        "Wait for newer rows: these have judged so often that they flatter.",
    ),
    "feature_importance": Advice(
        Weight.DOUBT,
        "Ask whether the feature named above is known when the model is asked, and why the model rests on it.",
    ),
    "review": Advice(Weight.DOUBT, "Look at what differs from the champion's own run, and say whether it is meant."),
    "policy": Advice(Weight.COST, "Loosen the constraint of `policy:`, or add a candidate that can meet it."),
    "serving_cost": Advice(
        Weight.COST,
        "Allow more under `gates.serving_cost`, add a smaller candidate, or let `resources.seconds` tell more.",
    ),
}
OTHER = Advice(Weight.DOUBT, "Look at the reason of each other open gate: its package says what helps.")


def find_advice(gate: str) -> Advice:
    """Return the advice for a gate, or for a gate of another package."""
    return ADVICE.get("guard_metrics" if gate.startswith(GUARD) else gate, OTHER)


def rank_gates(gates: Iterable[GateResult]) -> tuple[GateResult, ...]:
    """Put answers in order: what stands in the way, then the gravest, then what is shown before what can't be told."""

    def weigh(gate: GateResult) -> tuple[bool, Weight, int]:
        return gate.consequence is Decision.PROMOTE, find_advice(gate.gate).weight, OUTCOMES.index(gate.outcome)

    return tuple(sorted(gates, key=weigh))


def list_open(gates: Iterable[GateResult]) -> tuple[GateResult, ...]:
    """Return the answers that stand in the way, the gravest first."""
    return tuple(gate for gate in rank_gates(gates) if gate.consequence is not Decision.PROMOTE)


def list_remedies(gates: Iterable[GateResult]) -> tuple[str, ...]:
    """Return what usually helps, once each, for the gravest first."""
    return tuple(dict.fromkeys(find_advice(gate.gate).remedy for gate in list_open(gates)))

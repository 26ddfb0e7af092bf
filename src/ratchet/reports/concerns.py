"""What is wrong with a model, as far as a run found out: what weighs most first, each with what to do about it."""

from collections.abc import Iterator
from dataclasses import dataclass

from ratchet.gates.weights import find_advice, rank_gates
from ratchet.records.judgement import Decision, GateResult, Outcome
from ratchet.records.leakage import Strength
from ratchet.reports.story import Story
from ratchet.reports.wording import sentence
from ratchet.reports.worst_groups import Harm, find_harmed

SHOWN = 5  # groups or leaks that a concern names; their sections have all of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """One gate that did not pass.

    Attributes:
        gate: its name.
        word: its outcome, in words.
        tone: "bad" for what was shown, "wait" for what could not be told or was waived.
        stands: whether it stands in the way; one that the YAML or the run waives does not.
        reason: what it found, one sentence.
        details: each leak or each harmed group, where the gate is about these.
        remedy: what usually helps; None where it is waived.
    """

    gate: str
    word: str
    tone: str
    stands: bool
    reason: str
    details: tuple[str, ...] = ()
    remedy: str | None = None


def concerns_of(story: Story) -> tuple[Concern, ...]:
    """Return every gate that did not pass, those that stand in the way first; none where all passed."""
    return tuple(_raise(gate, story) for gate in rank_gates(story.verdict.gates) if did_not_pass(gate))


def did_not_pass(gate: GateResult) -> bool:
    """Tell whether a gate found something, or could not tell: what is waived was still found."""
    return gate.consequence is not Decision.PROMOTE or gate.outcome in {Outcome.FAIL, Outcome.INCONCLUSIVE}


def _raise(gate: GateResult, story: Story) -> Concern:
    stands = gate.consequence is not Decision.PROMOTE
    return Concern(
        gate=gate.gate,
        word=gate.outcome.value if stands else f"{gate.outcome.value}, waived",
        tone="bad" if stands and gate.outcome is Outcome.FAIL else "wait",
        stands=stands,
        reason=sentence(gate.reason),
        details=tuple(_details(gate, story))[:SHOWN],
        remedy=find_advice(gate.gate).remedy if stands else None,
    )


def _details(gate: GateResult, story: Story) -> Iterator[str]:
    if gate.gate == "no_leak" and story.audit is not None:
        ranked = sorted(story.audit.findings, key=lambda each: each.strength is not Strength.CERTAIN)
        yield from (f"{each.strength.value}: {each.reason}" for each in ranked if each.reason not in gate.reason)
    if gate.gate == "fair":
        yield from (f"{each.label}: {each.measure} {each.text}" for each in _find_harmed(story))


def _find_harmed(story: Story) -> tuple[Harm, ...]:
    return find_harmed(story.evaluation.fairness if story.evaluation else None, story.run.config)


@dataclass(frozen=True, slots=True, kw_only=True)
class Glance:
    """One thing that an owner asks first: the answer in a few words, its colour, and what it rests on."""

    question: str
    answer: str
    tone: str
    note: str


def glance_at_groups(story: Story) -> Glance:
    """Say whether a group is harmed, as the gate judged it, and which is furthest beyond a limit."""
    gate = next((each for each in story.verdict.gates if each.gate == "fair"), None)
    if gate is None or gate.outcome is Outcome.NOT_APPLICABLE:
        return Glance(question="Groups harmed", answer="not known", tone="wait", note="no column is named as sensitive")
    words = {
        Outcome.PASS: ("none shown", "good", "all within the limits"),
        Outcome.FAIL: ("yes", "bad", "the gate says whom"),
        Outcome.INCONCLUSIVE: ("not known", "wait", "of some there is too little to tell"),
    }
    answer, tone, note = words[gate.outcome]
    harmed = _find_harmed(story)
    if gate.outcome is Outcome.FAIL and harmed:
        note = f"{harmed[0].label}, {harmed[0].measure}"
    return Glance(question="Groups harmed", answer=answer, tone=tone, note=note)


def glance_at_leaks(story: Story) -> Glance:
    """Say how many leaks were found, and in which columns."""
    audit = story.audit
    if audit is None or audit.problem or not audit.checks:
        return Glance(
            question="Leak", answer="not looked for", tone="wait", note=(audit.problem or "") if audit else ""
        )
    if not audit.findings:
        return Glance(question="Leak", answer="none found", tone="good", note=f"{len(audit.checks)} kinds looked for")
    counted = [(each, sum(found.strength is each for found in audit.findings)) for each in Strength]
    columns = list(dict.fromkeys(name for found in audit.findings for name in found.columns))
    return Glance(
        question="Leak",
        answer=", ".join(f"{rows} {strength.value}" for strength, rows in counted if rows),
        tone="bad" if any(found.strength is Strength.CERTAIN for found in audit.findings) else "wait",
        note=", ".join(columns[:SHOWN]) or "in rows",
    )

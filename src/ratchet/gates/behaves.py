"""Every case that the YAML names must come out as expected: a score, a direction, or no effect at all."""

from collections.abc import Iterator
from dataclasses import dataclass

from ratchet.gates.evidence import Finding, answer, is_number, worst_of
from ratchet.gates.gate import Asked, Expected, Findings, Gate, GateSection
from ratchet.records.behaviour import CaseFinding
from ratchet.records.judgement import GateResult, Outcome

NAME = "behaves"
OUTCOMES = {True: Outcome.PASS, False: Outcome.FAIL}


class BehavesGate(GateSection):
    """Every case that the YAML names must come out as expected."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cases:
    """What must come of each case, what came of it, and why nothing was measured; None when something was."""

    expected: tuple[Expected, ...]
    measured: tuple[CaseFinding, ...]
    problem: str | None = None


def behaves(section: BehavesGate, evidence: Cases) -> GateResult:
    """Pass when every named case was measured and is as expected."""
    return answer(NAME, *_find(evidence), section)


def _find(evidence: Cases) -> Finding:
    if not evidence.expected:
        return Outcome.NOT_APPLICABLE, "no cases in the YAML"
    if evidence.problem is not None:
        return Outcome.INCONCLUSIVE, evidence.problem
    outcome, reasons = worst_of([*_judge_all(evidence)])
    return outcome, f"all {len(evidence.expected)} as expected: {reasons}" if outcome is Outcome.PASS else reasons


def _judge_all(evidence: Cases) -> Iterator[Finding]:
    measured = {each.name: each for each in evidence.measured}
    for case in evidence.expected:
        yield _judge_case(case, measured.get(case.name))


def _judge_case(case: Expected, found: CaseFinding | None) -> Finding:
    name, reading = case.name, found or CaseFinding(name=case.name, problem="not measured")
    if reading.problem is not None:
        return Outcome.INCONCLUSIVE, f"{name} can't be judged: {reading.problem or 'not measured'}"
    if not is_number(reading.measured):
        return Outcome.INCONCLUSIVE, f"{name} can't be judged: the measured value is not a finite number"
    if case.max_share is None:
        return _judge_score(case, reading.measured)
    moved = f"{name}: {100 * reading.measured:.3g} % of {reading.rows:,} rows move too far"
    return OUTCOMES[reading.measured <= case.max_share], f"{moved}, at most {100 * case.max_share:g} % may"


def _judge_score(case: Expected, score: float) -> Finding:
    asked = []
    if case.at_least is not None:
        asked.append((score >= case.at_least, f"at least {case.at_least:g}"))
    if case.at_most is not None:
        asked.append((score <= case.at_most, f"at most {case.at_most:g}"))
    expected = " and ".join(limit for _, limit in asked)
    return OUTCOMES[all(is_met for is_met, _ in asked)], f"{case.name} scores {score:.4g}, {expected} is expected"


def _pick(asked: Asked, found: Findings) -> Cases:
    return Cases(expected=asked.cases, measured=found.behaviour.cases, problem=found.behaviour.problem)


GATE = Gate(name=NAME, section=BehavesGate, evidence=Cases, pick=_pick, judge=behaves)

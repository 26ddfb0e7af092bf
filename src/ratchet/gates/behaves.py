"""Every case that the YAML names must come out as expected: a score, a direction, or no effect at all."""

from collections.abc import Iterator

from ratchet.config.behaviour import Case, Invariant, Monotone
from ratchet.config.model import ModelConfig
from ratchet.gates.evidence import Finding, answer, is_number, worst_of
from ratchet.records.behaviour import Behaviour, CaseFinding
from ratchet.records.judgement import GateResult
from ratchet.records.outcome import Outcome

NAME = "behaves"
OUTCOMES = {True: Outcome.PASS, False: Outcome.FAIL}


def behaves(config: ModelConfig, behaviour: Behaviour) -> GateResult:
    """Pass when every named case was measured and is as expected."""
    outcome, reason = _find(config, behaviour)
    return answer(NAME, outcome, reason, config.gates.behaves)


def _find(config: ModelConfig, behaviour: Behaviour) -> Finding:
    names = config.behaviour.names
    if not names:
        return Outcome.NOT_APPLICABLE, "no cases in the YAML"
    if behaviour.problem is not None:
        return Outcome.INCONCLUSIVE, behaviour.problem
    findings = list(_judge_all(config, behaviour))
    outcome, reasons = worst_of(findings)
    return outcome, f"all {len(names)} as expected: {reasons}" if outcome is Outcome.PASS else reasons


def _judge_all(config: ModelConfig, behaviour: Behaviour) -> Iterator[Finding]:
    plan = config.behaviour
    measured = {each.name: each for each in behaviour.cases}
    rules: tuple[Case | Monotone | Invariant, ...] = (*plan.cases, *plan.monotone, *plan.invariant)
    for name, rule in zip(plan.names, rules, strict=True):
        yield judge_case(name, rule, measured.get(name))


def judge_case(name: str, rule: Case | Monotone | Invariant, found: CaseFinding | None) -> Finding:
    """Judge one case."""
    reading = found or CaseFinding(name=name, problem="not measured")
    if reading.problem is not None:
        return Outcome.INCONCLUSIVE, f"{name} can't be judged: {reading.problem or 'not measured'}"
    if not is_number(reading.measured):
        return Outcome.INCONCLUSIVE, f"{name} can't be judged: the measured value is not a finite number"
    if isinstance(rule, Case):
        return _judge_score(name, rule, reading.measured)
    moved = f"{name}: {100 * reading.measured:.3g} % of {reading.rows:,} rows move too far"
    return OUTCOMES[reading.measured <= rule.max_share], f"{moved}, at most {100 * rule.max_share:g} % may"


def _judge_score(name: str, case: Case, score: float) -> Finding:
    asked = []
    if case.at_least is not None:
        asked.append((score >= case.at_least, f"at least {case.at_least:g}"))
    if case.at_most is not None:
        asked.append((score <= case.at_most, f"at most {case.at_most:g}"))
    expected = " and ".join(limit for _, limit in asked)
    return OUTCOMES[all(is_met for is_met, _ in asked)], f"{name} scores {score:.4g}, {expected} is expected"

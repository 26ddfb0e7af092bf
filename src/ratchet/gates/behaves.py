"""Every case that the YAML names must come out as expected: a score, a direction, or no effect at all."""

import math
from collections.abc import Iterator

from ratchet.config.behaviour import Case, Invariant, Monotone
from ratchet.config.model import ModelConfig
from ratchet.gates.answer import answer
from ratchet.records.behaviour import Behaviour, CaseFinding
from ratchet.records.judgement import GateResult
from ratchet.records.outcome import Outcome

NAME = "behaves"
Finding = tuple[Outcome, str]


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
    for outcome in (Outcome.FAIL, Outcome.INCONCLUSIVE):
        if reasons := [reason for found, reason in findings if found is outcome]:
            return outcome, "; ".join(reasons)
    return Outcome.PASS, f"all {len(names)} as expected: " + "; ".join(reason for _, reason in findings)


def _judge_all(config: ModelConfig, behaviour: Behaviour) -> Iterator[Finding]:
    plan = config.behaviour
    measured = {each.name: each for each in behaviour.cases}
    rules: tuple[Case | Monotone | Invariant, ...] = (*plan.cases, *plan.monotone, *plan.invariant)
    for name, rule in zip(plan.names, rules, strict=True):
        yield judge_case(name, rule, measured.get(name))


def judge_case(name: str, rule: Case | Monotone | Invariant, found: CaseFinding | None) -> Finding:
    """Judge one case."""
    if found is None or found.problem is not None:
        return Outcome.INCONCLUSIVE, f"{name} can't be judged: {(found.problem if found else None) or 'not measured'}"
    if found.measured is None or not math.isfinite(found.measured):
        return Outcome.INCONCLUSIVE, f"{name} can't be judged: the measured value is not a finite number"
    if isinstance(rule, Case):
        return _judge_score(name, rule, found.measured)
    moved = f"{name}: {100 * found.measured:.3g} % of {found.rows:,} rows move too far"
    limit = f"at most {100 * rule.max_share:g} % may"
    return (Outcome.PASS if found.measured <= rule.max_share else Outcome.FAIL), f"{moved}, {limit}"


def _judge_score(name: str, case: Case, score: float) -> Finding:
    limits = [f"at least {case.at_least:g}"] if case.at_least is not None else []
    limits += [f"at most {case.at_most:g}"] if case.at_most is not None else []
    is_within = (case.at_least is None or score >= case.at_least) and (case.at_most is None or score <= case.at_most)
    found = f"{name} scores {score:.4g}, {' and '.join(limits)} is expected"
    return (Outcome.PASS if is_within else Outcome.FAIL), found

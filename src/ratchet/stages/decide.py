"""Decide what happens with the challenger: every gate's answer, and what they add up to."""

import logging

from ratchet.config.run import Run
from ratchet.gates.all_gates import Findings, ask_gates
from ratchet.gates.beats_baseline import NAME as BEATS_BASELINE
from ratchet.gates.beats_champion import NAME as BEATS_CHAMPION
from ratchet.gates.beats_champion import is_only_not_worse
from ratchet.records.behaviour import Behaviour
from ratchet.records.data import DataReport
from ratchet.records.judgement import Evaluation, GateResult, Verdict
from ratchet.records.leakage import Audit
from ratchet.records.outcome import Decision, Outcome
from ratchet.records.resources import Footprint

logger = logging.getLogger(__name__)
WORDS = {Decision.PROMOTE: "promote", Decision.HOLD: "held for a person", Decision.REJECT: "rejected"}


def decide(
    run: Run,
    data_report: DataReport,
    evaluation: Evaluation | None,
    audit: Audit | None,
    behaviour: Behaviour | None,
    footprint: Footprint | None,
) -> Verdict:
    """Decide: reject if any gate asks for it, else hold if any does, else promote what beats the baseline.

    Args:
        run: the run.
        data_report: the data check's.
        evaluation: what was measured; None when the data check failed and nothing was trained, as for the others.
        audit: leaks between training rows and holdout.
        behaviour: what the challenger looks at, and how it bears changed rows.
        footprint: what it takes to run it.
    """
    findings = None
    # Nothing is trained on data that failed: what is there then is left from before the run was cleared.
    if data_report.outcome is not Outcome.FAIL and evaluation and audit and behaviour and footprint:
        findings = Findings(evaluation=evaluation, audit=audit, behaviour=behaviour, footprint=footprint)
    evaluation = findings.evaluation if findings else None
    gates = ask_gates(run.config, data_report, findings)
    decision, why = _add_up(gates, evaluation)
    champion = evaluation.champion if evaluation else None
    unopposed = evaluation is not None and champion is None
    opening = WORDS[decision] + (", unopposed" if unopposed and decision is Decision.PROMOTE else "")
    verdict = Verdict(
        decision=decision,
        unopposed=unopposed,
        not_worse=evaluation is not None
        and decision is not Decision.REJECT
        and _is_only_not_worse(run, gates, evaluation),
        reason=f"{opening}: {why}",
        gates=gates,
        challenger=evaluation.challenger if evaluation else None,
        expected_champion=champion.version if champion else None,
        challenger_sha256=evaluation.challenger_sha256 if evaluation else None,
    )
    logger.info("%s %s: %s", run.model, run.run_id, verdict.reason)
    return verdict


def _is_only_not_worse(run: Run, gates: tuple[GateResult, ...], evaluation: Evaluation) -> bool:
    has_passed = any(gate.gate == BEATS_CHAMPION and gate.outcome is Outcome.PASS for gate in gates)
    return has_passed and is_only_not_worse(run.config.gates.beats_champion, evaluation.champion_gain)


def _add_up(gates: tuple[GateResult, ...], evaluation: Evaluation | None) -> tuple[Decision, str]:
    for decision in (Decision.REJECT, Decision.HOLD):
        if against := [gate for gate in gates if gate.consequence is decision]:
            return decision, _say(against[0])
    if evaluation is None:
        return Decision.REJECT, "nothing was evaluated, so nothing is known about a challenger"
    # These two must pass whatever the YAML says of an answer that is missing: without evidence nothing is promoted.
    needed = [BEATS_BASELINE] + ([BEATS_CHAMPION] if evaluation.champion else [])
    passed = {gate.gate: gate for gate in gates if gate.outcome is Outcome.PASS}
    if unproven := [name for name in needed if name not in passed]:
        return Decision.HOLD, f"nothing shows that the challenger is better: {unproven[0]} did not pass"
    return Decision.PROMOTE, _say(passed[needed[-1]])


def _say(gate: GateResult) -> str:
    return f"{gate.gate}: {gate.reason}"

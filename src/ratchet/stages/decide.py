"""Decide what happens with the challenger: every gate's answer, and what they add up to."""

import logging

from ratchet.config.run import Run
from ratchet.gates.all_gates import ask_gates
from ratchet.gates.beats_baseline import NAME as BEATS_BASELINE
from ratchet.gates.beats_champion import NAME as BEATS_CHAMPION
from ratchet.gates.beats_champion import ChampionGate, find_renewed
from ratchet.gates.beats_champion import pick as pick_gain
from ratchet.gates.data_check import DataGate, data_check
from ratchet.gates.gate import Findings
from ratchet.gates.weights import list_open
from ratchet.records.behaviour import Behaviour
from ratchet.records.data import DataReport
from ratchet.records.judgement import Decision, Evaluation, GateResult, Outcome, Verdict
from ratchet.records.leakage import Audit
from ratchet.records.serving_cost import ServingCosts

logger = logging.getLogger(__name__)
Gates = tuple[GateResult, ...]
WORDS = {Decision.PROMOTE: "promote", Decision.HOLD: "held for a person", Decision.REJECT: "rejected"}


def decide(
    run: Run,
    data_report: DataReport,
    evaluation: Evaluation | None,
    audit: Audit | None,
    behaviour: Behaviour | None,
    serving_costs: ServingCosts | None,
) -> Verdict:
    """Decide: reject if any gate asks for it, else hold if any does, else promote what beats the baseline.

    Args:
        run: the run.
        data_report: the data check's.
        evaluation: what was measured; None when the data check failed and nothing was trained, as for the others.
        audit: leaks between training rows and holdout.
        behaviour: what the challenger looks at, and what it says about changed rows.
        serving_costs: what it takes to run it.
    """
    config = run.config
    # Nothing is trained on data that failed: what is there then is left from before the run was cleared.
    if data_report.outcome is Outcome.FAIL or not (evaluation and audit and behaviour and serving_costs):
        verdict = _refuse((data_check(config.gates.of(DataGate), data_report),))
    else:
        findings = Findings(
            data_report=data_report,
            evaluation=evaluation,
            audit=audit,
            behaviour=behaviour,
            serving_costs=serving_costs,
        )
        verdict = _judge(run, ask_gates(config.gates.by_name, config.asked, findings), findings)
    logger.info("%s %s: %s", run.model, run.run_id, verdict.reason)
    return verdict


def _refuse(gates: Gates) -> Verdict:
    """Say what becomes of a run in which nothing was judged but its data."""
    decision, why = _find_objection(gates) or (Decision.REJECT, "nothing is known about a challenger")
    return Verdict(
        decision=decision,
        unopposed=False,
        reason=f"{WORDS[decision]}: {why}",
        gates=gates,
        challenger=None,
        expected_champion=None,
        challenger_sha256=None,
    )


def _judge(run: Run, gates: Gates, findings: Findings) -> Verdict:
    evaluation, champion = findings.evaluation, findings.evaluation.champion
    decision, why = _find_objection(gates) or _find_evidence(gates, opposed=champion is not None)
    rule, gain = run.config.gates.of(ChampionGate), pick_gain(run.config.asked, findings)
    return Verdict(
        decision=decision,
        unopposed=champion is None,
        reason=f"{WORDS[decision]}{', unopposed' if champion is None and decision is Decision.PROMOTE else ''}: {why}",
        gates=gates,
        challenger=evaluation.challenger,
        expected_champion=champion.version if champion else None,
        challenger_sha256=evaluation.challenger_sha256,
        renews=None if decision is Decision.REJECT else find_renewed(rule, gain),
    )


def _find_objection(gates: Gates) -> tuple[Decision, str] | None:
    """Return what the gates that stand in the way ask for, the gravest of them in full, and the names of the others."""
    standing = list_open(gates)
    if not standing:
        return None
    asked = {gate.consequence for gate in standing}
    others = dict.fromkeys(gate.gate for gate in standing[1:])
    named = f" (and {', '.join(others)})" if others else ""
    return Decision.REJECT if Decision.REJECT in asked else Decision.HOLD, _say(standing[0]) + named


def _find_evidence(gates: Gates, *, opposed: bool) -> tuple[Decision, str]:
    """Ask for what must pass whatever the YAML says of a missing answer: without evidence nothing is promoted."""
    passed = {gate.gate: gate for gate in gates if gate.outcome is Outcome.PASS}
    needed = [BEATS_BASELINE, BEATS_CHAMPION] if opposed else [BEATS_BASELINE]
    for name in needed:
        if name not in passed:
            return Decision.HOLD, f"nothing shows that the challenger is better: {name} did not pass"
    return Decision.PROMOTE, _say(passed[needed[-1]])


def _say(gate: GateResult) -> str:
    return f"{gate.gate}: {gate.reason}"

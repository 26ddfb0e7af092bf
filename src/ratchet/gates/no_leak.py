"""No leak may be found: a certain one fails, a suspected one is for a person to look at."""

from ratchet.config.model import ModelConfig
from ratchet.errors import list_names
from ratchet.gates.evidence import answer, find_worst
from ratchet.records.judgement import GateResult
from ratchet.records.leakage import Audit, Finding, Strength
from ratchet.records.outcome import Outcome

NAME = "no_leak"
SHOWN = 3
OUTCOMES = {Strength.CERTAIN: Outcome.FAIL, Strength.SUSPECTED: Outcome.INCONCLUSIVE}
OPENINGS = {Outcome.FAIL: "", Outcome.INCONCLUSIVE: "leak suspected: "}


def no_leak(config: ModelConfig, audit: Audit) -> GateResult:
    """Pass when every kind of leak was looked for and none was found that nobody has accepted."""
    outcome, reason = _find(config.gates.no_leak.accepted, audit)
    return answer(NAME, outcome, reason, config.gates.no_leak)


def _find(accepted: tuple[str, ...], audit: Audit) -> tuple[Outcome, str]:
    if audit.problem is not None:
        return Outcome.INCONCLUSIVE, f"leaks could not be looked for: {audit.problem}"
    counted = [each for each in audit.findings if not is_accepted(each, accepted)]
    if worst := find_worst([(OUTCOMES[each.strength], each.reason) for each in counted], shown=SHOWN):
        outcome, reasons = worst
        return outcome, OPENINGS[outcome] + reasons
    taken = f"; accepted by the YAML: {list_names(accepted)}" if len(counted) < len(audit.findings) else ""
    return _describe(audit, taken)


def _describe(audit: Audit, taken: str) -> tuple[Outcome, str]:
    """Say what was looked at; nothing found is a pass only where every search was made."""
    looked_at = "; ".join(each.looked_at for each in audit.checks if each.problem is None)
    if not looked_at:
        return Outcome.INCONCLUSIVE, f"no leak was looked for{_describe_gaps(audit)}"
    if gaps := _describe_gaps(audit):
        return Outcome.INCONCLUSIVE, f"no leak found{gaps}. Looked at: {looked_at}{taken}"
    return Outcome.PASS, f"no leak found. Looked at: {looked_at}{taken}"


def is_accepted(finding: Finding, accepted: tuple[str, ...]) -> bool:
    """Tell whether every column of a finding was looked at by a person; one in rows has no columns."""
    return bool(finding.columns) and set(finding.columns) <= set(accepted)


def _describe_gaps(audit: Audit) -> str:
    gaps = [f"{each.kind.value}: {each.problem}" for each in audit.checks if each.problem is not None]
    return f"; could not be looked for: {'; '.join(gaps)}" if gaps else ""

"""No leak may be found: a certain one fails, a suspected one is for a person to look at."""

from ratchet.config.model import ModelConfig
from ratchet.errors import list_names
from ratchet.gates.answer import answer
from ratchet.records.judgement import GateResult
from ratchet.records.leakage import Audit, Finding, Strength
from ratchet.records.outcome import Outcome

NAME = "no_leak"
SHOWN = 3


def no_leak(config: ModelConfig, audit: Audit) -> GateResult:
    """Pass when something was looked for and no leak was found that nobody has accepted."""
    outcome, reason = _find(config.gates.no_leak.accepted, audit)
    return answer(NAME, outcome, reason, config.gates.no_leak)


def _find(accepted: tuple[str, ...], audit: Audit) -> tuple[Outcome, str]:
    if audit.problem is not None:
        return Outcome.INCONCLUSIVE, f"leaks could not be looked for: {audit.problem}"
    open_findings = [each for each in audit.findings if not is_accepted(each, accepted)]
    for strength, outcome in ((Strength.CERTAIN, Outcome.FAIL), (Strength.SUSPECTED, Outcome.INCONCLUSIVE)):
        if found := [each for each in open_findings if each.strength is strength]:
            return outcome, _describe(found, strength)
    done = [each for each in audit.checks if each.problem is None]
    if not done:
        return Outcome.INCONCLUSIVE, f"no leak was looked for{_describe_gaps(audit)}"
    looked = "; ".join(each.looked_at for each in done)
    taken = f"; accepted by the YAML: {list_names(accepted)}" if len(open_findings) < len(audit.findings) else ""
    return Outcome.PASS, f"no leak found. Looked at: {looked}{taken}{_describe_gaps(audit)}"


def is_accepted(finding: Finding, accepted: tuple[str, ...]) -> bool:
    """Tell whether every column of a finding was looked at by a person; one in rows has no columns."""
    return bool(finding.columns) and set(finding.columns) <= set(accepted)


def _describe(found: list[Finding], strength: Strength) -> str:
    more = f"; and {len(found) - SHOWN} more" if len(found) > SHOWN else ""
    opening = "" if strength is Strength.CERTAIN else "leak suspected: "
    return opening + "; ".join(each.reason for each in found[:SHOWN]) + more


def _describe_gaps(audit: Audit) -> str:
    gaps = [f"{each.kind.value}: {each.problem}" for each in audit.checks if each.problem is not None]
    return f"; could not be looked for: {'; '.join(gaps)}" if gaps else ""

"""The data check may not warn of too much."""

from pydantic import Field

from ratchet.gates.evidence import answer
from ratchet.gates.gate import Asked, Findings, Gate, GateSection
from ratchet.records.data import DataReport
from ratchet.records.judgement import GateResult, Outcome

NAME = "few_warnings"


class WarningsGate(GateSection):
    """So many expectations may be missed that block nothing."""

    max_warnings: int = Field(default=3, ge=0, description="More of them fail the gate.")


def few_warnings(section: WarningsGate, evidence: DataReport) -> GateResult:
    """Pass when the data check warns of no more expectations than `max_warnings`."""
    count = sum(not each.blocking and each.outcome is not Outcome.PASS for each in evidence.expectations)
    outcome = Outcome.PASS if count <= section.max_warnings else Outcome.FAIL
    return answer(NAME, outcome, f"{count} warnings of the data check, at most {section.max_warnings} may be", section)


def pick(asked: Asked, found: Findings) -> DataReport:
    """Return what the rule looks at; a sentence instead says why nothing is asked."""
    return found.data_report


GATE = Gate(name=NAME, section=WarningsGate, evidence=DataReport, pick=pick, judge=few_warnings)

"""The data check must pass."""

from typing import Literal

from pydantic import Field

from ratchet.gates.evidence import Finding, answer, list_reasons
from ratchet.gates.gate import Gate, GateSection
from ratchet.records.data import DataReport, Expectation
from ratchet.records.judgement import GateResult, Outcome

NAME = "data_check"
SHOWN = 5  # reasons in the sentence; the report lists them all
WORDS = {Outcome.FAIL: "not met", Outcome.INCONCLUSIVE: "not computable"}


class DataGate(GateSection):
    """The data check must pass."""

    # nothing is trained on such data, so there is nothing to hold
    on_fail: Literal["reject"] = Field(default="reject", description="Always: nothing is trained on failed data.")


def data_check(section: DataGate, evidence: DataReport) -> GateResult:
    """Pass when expectations were checked and every blocking one holds."""
    return answer(NAME, *_find(evidence), section)


def _find(report: DataReport) -> Finding:
    blocking = tuple(each for each in report.expectations if each.blocking)
    checked = {each.outcome for each in blocking}
    # The worst counts, whichever of the two says it: a report that contradicts itself is no pass.
    for outcome in WORDS:
        if outcome in checked | {report.outcome}:
            return outcome, _describe(blocking, outcome)
    if report.outcome is not Outcome.PASS or Outcome.PASS not in checked:
        return Outcome.INCONCLUSIVE, "no blocking expectation was checked, so nothing is known about the data"
    return Outcome.PASS, f"{len(blocking)} expectations hold on {report.rows:,} rows, {_count_warnings(report)}"


def _count_warnings(report: DataReport) -> str:
    count = sum(each.outcome is not Outcome.PASS for each in report.expectations)
    return "1 warning" if count == 1 else f"{count} warnings"


def _describe(blocking: tuple[Expectation, ...], outcome: Outcome) -> str:
    reasons = [each.reason for each in blocking if each.outcome is outcome]
    said = list_reasons(reasons, shown=SHOWN)
    return f"{len(reasons)} of {len(blocking)} expectations {WORDS[outcome]}: {said}"


GATE = Gate(
    name=NAME, section=DataGate, evidence=DataReport, pick=lambda _asked, found: found.data_report, judge=data_check
)

"""The data check must pass."""

from ratchet.config.model import ModelConfig
from ratchet.gates.answer import answer
from ratchet.records.data import DataReport
from ratchet.records.judgement import GateResult
from ratchet.records.outcome import Outcome

NAME = "data_check"


def data_check(config: ModelConfig, report: DataReport) -> GateResult:
    """Pass when expectations were checked and every blocking one holds."""
    outcome, reason = _find(report)
    return answer(NAME, outcome, reason, config.gates.data_check.on_inconclusive)


def _find(report: DataReport) -> tuple[Outcome, str]:
    blocking = [each for each in report.expectations if each.blocking]
    for outcome in (Outcome.FAIL, Outcome.INCONCLUSIVE):
        reasons = [each.reason for each in blocking if each.outcome is outcome]
        if reasons or report.outcome is outcome:
            word = "not met" if outcome is Outcome.FAIL else "not computable"
            return outcome, f"{len(reasons)} of {len(blocking)} expectations {word}: {'; '.join(reasons[:3])}".strip(
                ": "
            )
    if report.outcome is not Outcome.PASS or not any(each.outcome is Outcome.PASS for each in blocking):
        return Outcome.INCONCLUSIVE, "no blocking expectation was checked, so nothing is known about the data"
    warned = sum(each.outcome is not Outcome.PASS for each in report.expectations)
    return Outcome.PASS, f"{len(blocking)} expectations hold on {report.rows:,} rows, {warned} warnings"

"""What gates ask of a figure with one-sided bounds."""

from collections.abc import Sequence
from statistics import NormalDist

from ratchet.gates.evidence import is_finite
from ratchet.records.calibration import Bounded
from ratchet.records.outcome import Outcome

Finding = tuple[Outcome, str]


def is_measured(figure: Bounded) -> bool:
    """Tell whether a figure and both of its bounds are finite numbers."""
    return is_finite(figure.estimate, figure.lower, figure.upper)


def lower_bound_among(figure: Bounded, parts: int, *, confidence: float) -> float:
    """Move a lower bound out, so that all wrong failures of several parts stay within 1 - confidence (Bonferroni)."""
    if figure.lower is None:
        return float("-inf")
    normal = NormalDist()
    further = normal.inv_cdf(1 - (1 - confidence) / parts) / normal.inv_cdf(confidence)
    return figure.estimate - (figure.estimate - figure.lower) * further


def worst_of(findings: Sequence[Finding]) -> Finding:
    """Return what several parts come to: the worst outcome with the reasons for it, or a pass with all reasons."""
    for outcome in (Outcome.FAIL, Outcome.INCONCLUSIVE):
        if reasons := [reason for each, reason in findings if each is outcome]:
            return outcome, "; ".join(reasons)
    return Outcome.PASS, "; ".join(reason for _, reason in findings)

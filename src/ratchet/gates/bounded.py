"""What gates ask of a figure with one-sided bounds."""

from ratchet.gates.evidence import is_finite
from ratchet.gates.worsening import stretch_among
from ratchet.records.calibration import Bounded


def is_measured(figure: Bounded) -> bool:
    """Tell whether a figure and both of its bounds are finite numbers."""
    return is_finite(figure.estimate, figure.lower, figure.upper)


def lower_bound_among(figure: Bounded, parts: int, *, confidence: float) -> float:
    """Move a lower bound out, so that all wrong failures of several parts stay within 1 - confidence (Bonferroni)."""
    if figure.lower is None:
        return float("-inf")
    return figure.estimate - (figure.estimate - figure.lower) * stretch_among(parts, confidence=confidence)

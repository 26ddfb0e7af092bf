"""What it takes to say that a part is worse, when several parts are looked at."""

from statistics import NormalDist

from ratchet.gates.evidence import is_above
from ratchet.gates.findings import Finding
from ratchet.records.judgement import Gain
from ratchet.records.outcome import Outcome


def allowed_loss(gain: Gain, tolerance: float) -> float:
    """Return the loss that is not called worse: a share of the champion's figure."""
    return tolerance * abs(gain.opponent_value or 0.0)


def is_shown_worse(gain: Gain, limit: float, *, looks: int) -> bool:
    """Tell whether a gain is below zero for certain, and beyond the limit as far as one can tell.

    The more parts are looked at, the likelier one looks worse by chance: the upper bound is moved out to the
    confidence shared among them, so that all wrong alarms together stay within 1 - confidence.
    """
    if gain.estimate is None or gain.upper is None:
        return False
    further = stretch_among(looks, confidence=gain.confidence)
    return gain.estimate + (gain.upper - gain.estimate) * further < 0 and gain.estimate < limit


def judge_not_worse(gain: Gain, limit: float, found: str, *, looks: int) -> Finding:
    """Pass a gain that is shown to be not worse, fail one that is shown to be worse; `found` is the gain in words."""
    if is_above(gain.lower, limit):
        return Outcome.PASS, found
    if is_shown_worse(gain, limit, looks=looks):
        return Outcome.FAIL, f"shown to be worse: {found}"
    return Outcome.INCONCLUSIVE, f"not shown to be not worse: {found}"


def stretch_among(looks: int, *, confidence: float) -> float:
    """Return how many times as far out a one-sided bound lies that holds for several looks at once (Bonferroni)."""
    normal = NormalDist()
    return normal.inv_cdf(1 - (1 - confidence) / looks) / normal.inv_cdf(confidence)

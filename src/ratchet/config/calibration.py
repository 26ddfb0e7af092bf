"""`calibration:` in the YAML and its gate: whether a predicted 20 % comes true in one case of five."""

from collections.abc import Iterable
from typing import Literal

from pydantic import Field

from ratchet.config.gate import GateSection
from ratchet.config.training import CandidateSpec
from ratchet.sections import Section

CalibrationMethod = Literal["auto", "none", "sigmoid", "isotonic"]


class CalibrationPlan(Section):
    """Whether probabilities are corrected on validation, and how calibration is measured."""

    method: CalibrationMethod = Field(
        default="auto",
        description="auto: correct candidates trained on resampled or weighted rows, leave the others as they are.",
    )
    # Ten bins of equal mass: fewer hide a bend, more measure noise (Roelofs et al. 2022, section 4).
    bins: int = Field(default=10, ge=2, le=100, description="Bins of equally many rows; fewer where rows are few.")


class CalibratedGate(GateSection):
    """Predicted probabilities must match observed rates."""

    # Measured: honest models have 0.01 to 0.06 on rows like those they learnt from (taiwan_credit), and up to 0.30
    # where the world moves on (electricity, bank_marketing by time). The limit is for what is plainly off; where a
    # probability is shown to people or multiplied by money, 0.05 is a better one.
    max_ece: float | None = Field(
        default=0.35, gt=0, le=1, description="Expected calibration error (0 to 1); null for no limit."
    )
    # The widest change between two weekly models of these data sets that is chance alone: 0.04.
    tolerance: float = Field(
        default=0.05, ge=0, le=1, description="How much more than the champion's error is not called worse."
    )
    min_rows: int = Field(default=200, ge=1, description="As for the holdout itself: the error has its interval.")
    min_positives: int = Field(default=25, ge=1, description="Rows of the rarer outcome.")


def find_calibration_mistake(task: str, plan: CalibrationPlan, candidates: Iterable[CandidateSpec]) -> str | None:
    """Return what does not fit together in one sentence, None when all does."""
    if task == "regression" and plan.method in {"sigmoid", "isotonic"}:
        return (
            f"`calibration.method: {plan.method}` corrects probabilities, which a regression has none of; leave it out"
        )
    mistakes = (_find_in_candidate(task, plan, spec) for spec in candidates)
    return next((mistake for mistake in mistakes if mistake), None)


def _find_in_candidate(task: str, plan: CalibrationPlan, spec: CandidateSpec) -> str | None:
    if spec.resample is not None and task != "binary":
        return f"candidate '{spec.name}': `resample` is for a binary task; leave it out"
    if task != "regression" and plan.method == "none" and spec.is_reweighted:
        return (
            f"candidate '{spec.name}' is trained on resampled or weighted rows, so its probabilities are off: "
            "`calibration.method: none` can't leave them as they are; use auto, sigmoid or isotonic"
        )
    return None

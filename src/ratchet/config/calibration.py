"""`calibration:` in the YAML: whether a predicted 20 % comes true in one case of five."""

from collections.abc import Iterable
from typing import Literal

from pydantic import Field

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

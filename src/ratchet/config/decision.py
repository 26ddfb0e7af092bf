"""`calibration:` and `decision:` in the YAML: whether 20 % comes true in one case of five, and what follows.

A decision is taken from a probability, at the threshold that its costs ask for.
"""

from collections.abc import Collection, Iterable
from typing import Literal, Self

from pydantic import Field, model_validator

from ratchet.config.training import CandidateSpec
from ratchet.errors import did_you_mean
from ratchet.sections import ColumnName, Section

CalibrationMethod = Literal["auto", "none", "sigmoid", "isotonic"]


class CalibrationPlan(Section):
    """Whether probabilities are corrected on validation, and how calibration is measured."""

    method: CalibrationMethod = Field(
        default="auto",
        description="auto: correct candidates trained on resampled or weighted rows, and the others where validation "
        "shows beyond chance that it helps; none: leave every candidate as it is.",
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


class Costs(Section):
    """What one decision costs, in any unit; a gain is a negative cost."""

    false_positive: float = Field(description="Decided for, though the outcome was negative.")
    false_negative: float = Field(description="Decided against, though the outcome was positive.")
    true_positive: float = Field(default=0.0, description="Decided for, rightly.")
    true_negative: float = Field(default=0.0, description="Decided against, rightly.")

    @model_validator(mode="after")
    def _mistakes_cost_more(self) -> Self:
        if self.false_positive <= self.true_negative or self.false_negative <= self.true_positive:
            raise ValueError(
                "a mistake must cost more than being right: `false_positive` above `true_negative`, and "
                "`false_negative` above `true_positive`; give a gain as a negative cost"
            )
        return self

    @property
    def break_even(self) -> float:
        """The probability at which both decisions cost the same (Elkan, The Foundations of Cost-Sensitive Learning)."""
        wrong, missed = self.false_positive - self.true_negative, self.false_negative - self.true_positive
        return wrong / (wrong + missed)


class DecisionPlan(Section):
    """How probabilities become decisions; for a binary task."""

    costs: Costs | None = Field(default=None, description="What each kind of decision costs; the unit is yours.")
    threshold: float | None = Field(
        default=None, ge=0, le=1, description="Fixed; without it the cheapest on validation, or 0.5 without costs."
    )
    by: ColumnName | None = Field(default=None, description="A threshold of its own for each value of this column.")
    # Below this many, the cheapest threshold is that of the noise: the break-even probability is used instead.
    min_rows: int = Field(default=500, ge=1, description="Validation rows that a segment's own threshold needs.")
    min_positives: int = Field(default=50, ge=1, description="Rows of the rarer class that it needs.")

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.by is not None and self.costs is None:
            raise ValueError("`by` needs `costs`: thresholds by segment are those that cost least")
        if self.by is not None and self.threshold is not None:
            raise ValueError("`by` and a fixed `threshold` exclude each other: leave one out")
        return self


def find_decision_mistake(task: str, plan: DecisionPlan, columns: Collection[str]) -> str | None:
    """Return what does not fit together in one sentence, None when all does."""
    if task != "binary" and (plan.costs, plan.threshold) != (None, None):
        return f"`decision` turns the probability of a binary task into decisions; a {task} task has no threshold"
    if plan.by is not None and plan.by not in columns:
        return f"`decision.by` names '{plan.by}', which is neither a feature nor a key{did_you_mean(plan.by, columns)}"
    return None

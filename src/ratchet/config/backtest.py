"""`backtest:` in the YAML: what a mistake and a retrain cost, and how the past is replayed."""

from typing import Literal, Self, get_args

from pydantic import Field, model_validator

from ratchet.config.training import CandidateSpec
from ratchet.sections import Section, find_repeats

PolicyName = Literal[
    "never", "weekly", "monthly", "drift", "performance", "configured", "hybrid", "newest", "rolling", "cara", "upf"
]
POLICIES: tuple[PolicyName, ...] = get_args(PolicyName)


class Prices(Section):
    """What things cost, in any one unit."""

    error: float = Field(
        default=1.0,
        gt=0,
        description="Of one wrong decision; for regression, of one unit of absolute error. With `decision.costs`, it "
        "multiplies these.",
    )
    retrain: float = Field(
        default=100.0, ge=0, description="Of one run: computing, and the people who look at its report."
    )
    compute_second: float = Field(default=0.0, ge=0, description="Of one second of fitting, beside `retrain`.")


class BacktestPlan(Section):
    """How schedules are compared on the model's own history."""

    prices: Prices = Prices()
    policies: tuple[PolicyName, ...] = Field(
        default=POLICIES, strict=False, min_length=1, description="What is compared."
    )
    first: float = Field(
        default=0.3, gt=0, lt=1, description="Share of the rows that was there when the model went live."
    )
    periods: int = Field(
        default=104,
        ge=4,
        le=2000,
        description="At most so many; each is as long as `monitoring.window`, or longer where there would be more. "
        "One model is fitted for each.",
    )
    rolling: int = Field(
        default=4, ge=1, le=2000, description="The policy `rolling` learns the rows of so many periods, the newest."
    )
    candidates: tuple[CandidateSpec, ...] = Field(
        default=(), strict=False, description="What a retrain fits; without it, the first of `candidates` with trees."
    )

    @model_validator(mode="after")
    def _names_are_clear(self) -> Self:
        for what, names in (
            ("candidate names", [candidate.name for candidate in self.candidates]),
            ("policies", list(self.policies)),
        ):
            if repeats := find_repeats(what, names):
                raise ValueError(repeats)
        return self

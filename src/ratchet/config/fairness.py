"""Fairness in the YAML: how sensitive columns are grouped, and how far groups may differ."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from ratchet.config.gate import GateSection
from ratchet.sections import ColumnName, Section

Edges = Annotated[tuple[float, ...], Field(strict=False)]
SmallGroups = Literal["inconclusive", "ignore", "pool"]


class FairnessPlan(Section):
    """How rows are grouped by the sensitive columns of `data.sensitive`."""

    bins: dict[ColumnName, Edges] = Field(
        default={}, description="Inner edges for numeric columns, such as age: [25, 40, 60]."
    )
    quantiles: int = Field(default=4, ge=2, le=20, description="Numeric columns without edges are cut in so many.")
    intersections: bool = Field(default=True, description="Look at each pair of sensitive columns as well.")

    @model_validator(mode="after")
    def _edges_rise(self) -> Self:
        for name, edges in self.bins.items():
            if not edges or list(edges) != sorted(set(edges)):
                raise ValueError(f"the edges of '{name}' must rise, each number once")
        return self


class Limit(Section):
    """How far a group may differ from everybody else."""

    at_most: float = Field(ge=0, description="The largest difference that is accepted.")
    must_show: float = Field(
        ge=0, description="A group is too small to judge unless a difference of this size would show in 4 runs of 5."
    )

    @model_validator(mode="after")
    def _shows_more_than_is_accepted(self) -> Self:
        if self.must_show <= self.at_most:
            raise ValueError("`must_show` must be above `at_most`: no holdout shows a difference that small for sure")
        return self


class Difference(Limit):
    """A limit on a difference of two rates."""

    # plus or minus 0.1 is what AI Fairness 360 (Bellamy et al. 2018) calls fair for differences of rates
    at_most: float = Field(default=0.1, ge=0, le=1, description="The largest difference that is accepted.")
    # what four groups of a holdout of two thousand rows show, all criteria at once
    must_show: float = Field(
        default=0.4,
        ge=0,
        le=1,
        description="A group is too small to judge unless a difference of this size would show in 4 runs of 5.",
    )


class ErrorDifference(Limit):
    """A limit on a difference of two errors, as a share of the mean absolute error on all rows."""

    at_most: float = Field(default=0.5, ge=0, description="The largest difference that is accepted.")
    must_show: float = Field(
        default=1.0,
        ge=0,
        description="A group is too small to judge unless a difference of this size would show in 4 runs of 5.",
    )


class Ratio(Section):
    """A limit on the ratio of two rates."""

    # 29 CFR 1607.4 D (1978), the Uniform Guidelines on Employee Selection Procedures
    at_least: float = Field(default=0.8, gt=0, lt=1, description="The smallest ratio that is accepted: four fifths.")
    must_show: float = Field(
        default=0.5, gt=0, lt=1, description="A group is too small to judge unless such a ratio would show."
    )

    @model_validator(mode="after")
    def _shows_less_than_is_accepted(self) -> Self:
        if self.must_show >= self.at_least:
            raise ValueError("`must_show` must be below `at_least`: no holdout shows a ratio that close for sure")
        return self


class FairGate(GateSection):
    """No group may be shown to be treated worse than the limits allow; a criterion set to null is not asked.

    Demographic parity and the four-fifths rule are off by default: they ask for equal rates where the truth differs.
    """

    equalised_odds: Difference | None = Field(
        default=Difference(), description="True and false positive rates are alike (Hardt, Price and Srebro 2016)."
    )
    equal_opportunity: Difference | None = Field(
        default=None, description="True positive rates are alike; equalised odds ask for it as well."
    )
    demographic_parity: Difference | None = Field(default=None, description="Selection rates are alike.")
    four_fifths: Ratio | None = Field(default=None, description="Selection rates differ by no more than a fifth.")
    calibration: Difference | None = Field(
        default=Difference(), description="Predicted minus observed rates are alike (Kleinberg et al. 2017)."
    )
    error_parity: Difference | None = Field(
        default=None, description="Shares of right decisions are alike; for binary tasks."
    )
    # a different share of right decisions is all there is to compare in a multiclass task, hence wider than a rate
    class_error_parity: Difference | None = Field(
        default=Difference(at_most=0.2, must_show=0.4), description="The same for multiclass tasks."
    )
    regression_bias: ErrorDifference | None = Field(
        default=ErrorDifference(), description="Mean errors are alike; in shares of the mean absolute error."
    )
    regression_error: ErrorDifference | None = Field(
        default=None, description="Mean absolute errors are alike; in shares of the mean absolute error of all rows."
    )
    not_worse: Difference | None = Field(
        default=Difference(at_most=0.05, must_show=0.5),
        description="No group is further from everybody else than with the champion, in what the criteria above look "
        "at (in a regression, as a share of the mean absolute error).",
    )
    min_rows: int = Field(default=100, ge=2, description="Rows below which a group is too small to judge.")
    min_positives: int = Field(
        default=25, ge=1, description="Rows that a rate is a share of (positives, negatives), below which it is not."
    )
    small_groups: SmallGroups = Field(
        default="inconclusive",
        description="Groups of one column that are too small: inconclusive, ignore, or pool them into one.",
    )
    small_intersections: Literal["inconclusive", "ignore"] = Field(
        default="ignore",
        description="The same for groups of two columns: nearly every table has some that are next to empty.",
    )

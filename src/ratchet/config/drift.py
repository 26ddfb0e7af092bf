"""`monitoring.drift:` in the YAML: when rows have moved far enough to say so."""

from pydantic import Field

from ratchet.records.drift import DriftLimits
from ratchet.sections import ColumnName, Section


class DriftPlan(Section):
    """Levels of drift; an alarm needs effect and significance."""

    look: float = Field(
        default=0.1, gt=0, description="Stability index above the seasonal baseline from which somebody looks."
    )
    act: float = Field(default=0.25, gt=0, description="From which somebody acts (Siddiqi 2006).")
    significance: float = Field(default=0.01, gt=0, lt=0.5, description="Highest p-value, over all columns together.")
    seasonal_baseline: bool = Field(
        default=True,
        description="Subtract from a column's index what windows of the reference, as long as this one, reach against "
        "the rest of it: weeks differ from one another without any drift.",
    )
    ignore: tuple[ColumnName, ...] = Field(
        default=(), strict=False, description="Features that are not watched, such as one that counts the days."
    )
    separation: bool = Field(default=True, description="Also try to tell all columns together apart.")
    sample: int = Field(
        default=5_000, ge=100, le=100_000, description="Rows of each side for that, and in Evidently's report."
    )
    evidently: bool = Field(default=True, description="Also make Evidently's report.")
    rising: int = Field(default=4, ge=3, description="Windows in a row that make a trend.")

    @property
    def limits(self) -> DriftLimits:
        """When a drift has a level."""
        return DriftLimits(look=self.look, act=self.act, significance=self.significance)


def find_drift_mistake(plan: DriftPlan) -> str | None:
    """Return what is wrong with the levels; None when nothing is."""
    return None if plan.look <= plan.act else "`monitoring.drift.act` should be at least `look`"

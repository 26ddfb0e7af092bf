"""`monitoring.drift:` in the YAML: when rows have moved far enough to say so."""

from pydantic import Field

from ratchet.config.base import Section


class DriftPlan(Section):
    """Levels of drift; an alarm needs effect and significance."""

    look: float = Field(default=0.1, gt=0, description="Stability index above chance from which somebody looks.")
    act: float = Field(default=0.25, gt=0, description="From which somebody acts (Siddiqi 2006).")
    significance: float = Field(default=0.01, gt=0, lt=0.5, description="Highest p-value, over all columns together.")
    separation: bool = Field(default=True, description="Also try to tell all columns together apart.")
    rising: int = Field(default=4, ge=3, description="Windows in a row that make a trend.")

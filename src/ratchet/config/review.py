"""`gates.review` in the YAML: which changes a person is asked to look at."""

from pydantic import Field

from ratchet.config.gate import GateSection, OnFail


class ReviewGate(GateSection):
    """What is unusual about a run is held for a person, even when the challenger is better."""

    on_fail: OnFail = Field(default="hold", description="What a trigger does: hold for a person, or reject.")
    new_features: bool = Field(default=True, description="A feature that the champion's run did not have.")
    removed_features: bool = Field(default=True, description="A feature that only the champion's run had.")
    # Twice the rows, or half of them, is no ordinary week on any schedule: a source was cut, or delivered twice.
    rows_factor: float | None = Field(
        default=2.0, gt=1, description="Training rows changed by more than this factor; null switches it off."
    )
    # Fits on a shared machine take twice as long in a busy hour; three times and half a minute is something else.
    slow_factor: float | None = Field(
        default=3.0, gt=1, description="The fit took so many times what is usual; null switches it off."
    )
    slow_seconds: float = Field(default=30.0, ge=0, description="So much longer than usual is never unusual.")
    # Beyond what earlier runs let expect AND by more than a twentieth: shown to be another, and by enough to matter.
    metric_change: float | None = Field(
        default=0.05, ge=0, description="A metric changed by more than this share; null switches it off."
    )

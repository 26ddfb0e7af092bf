"""`monitoring.labels:` in the YAML: where labels arrive, and when enough of them have."""

from typing import Annotated

from pydantic import Field

from ratchet.config.base import ColumnName, Duration, Section
from ratchet.config.data import Source


class LabelPlan(Section):
    """Labels that come after the prediction."""

    source: Source | None = Field(
        default=None,
        description="Where labels arrive: rows with the entity and the time column, or with `prediction_id`, and the "
        "target. Without it, `data.source`.",
    )
    known_at: ColumnName | None = Field(
        default=None,
        description="Column that says when a label was known; a later one revises it. Without it, the row's time plus "
        "`data.label_delay`.",
    )
    maturity: float = Field(
        default=0.95, gt=0, le=1, description="Rows count once this share of labels as old is there."
    )
    mature_after: Duration | Annotated[int, Field(ge=0)] | None = Field(
        default=None,
        description="Rows count from this age on: a duration, or a number of rows without a clock. Null to learn it "
        "from the labels that came: without a clock, labels have then stopped coming once the newest window has none.",
    )
    min_rows: int = Field(default=50, ge=10, description="Labels below which a figure is not told.")
    min_rare: int = Field(default=10, ge=2, description="Of the rarest class, for figures that need every class.")
    max_segments: int = Field(default=10, ge=1, description="Values of one column that are watched, most rows first.")

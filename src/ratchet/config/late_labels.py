"""`monitoring.labels:` in the YAML: where labels arrive, and when enough of them have."""

from pydantic import Field

from ratchet.config.base import ColumnName, Section
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

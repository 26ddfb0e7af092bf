"""`scoring:` in the YAML: which new rows the champion scores, and when."""

from typing import Annotated

from pydantic import AfterValidator, Field

from ratchet.config.cron import check_cron
from ratchet.config.data import Data, FileSource, Source
from ratchet.sections import Section


class ScoringPlan(Section):
    """Batch scoring of rows whose label nobody knows yet."""

    source: Source | None = Field(
        default=None,
        description="Rows to score, no target needed; without it, the rows of `data.source` that are newer than "
        "those the champion was made from.",
    )
    cron: Annotated[str | None, AfterValidator(check_cron)] = Field(
        default=None, description="A cron line or preset in UTC; null for by hand, or by whoever delivers the rows."
    )


def read_from(plan: ScoringPlan, data: Data, path: str) -> ScoringPlan:
    """Return the plan with another file or folder as its source, read as the usual one is."""
    usual = plan.source or data.source
    source = usual if isinstance(usual, FileSource) else FileSource(path=path)
    return plan.model_copy(update={"source": source.model_copy(update={"path": path})})

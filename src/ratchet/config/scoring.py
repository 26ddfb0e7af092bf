"""`scoring:` in the YAML: which new rows the champion scores, and when."""

from typing import Annotated

from pydantic import AfterValidator, Field

from ratchet.config.base import ColumnName, Section
from ratchet.config.cron import check_cron
from ratchet.config.data import Data, FileSource, Source


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


class RowsToScore(Data):
    """`data:` as scoring reads it: the target and most keys need not be there."""

    segment: ColumnName | None = Field(default=None, description="The column that the champion's thresholds go by.")

    @property
    def keys(self) -> tuple[str, ...]:
        """Columns kept beside the features: the entity, and the segment of the thresholds."""
        wanted = (name for name in (self.entity, self.segment) if name and name not in self.features)
        return tuple(dict.fromkeys(wanted))

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that must be in the source, each once."""
        return tuple(dict.fromkeys((*self.clock, *self.features, *self.keys)))

    @property
    def mentioned(self) -> frozenset[str]:
        """Columns that no one need be told about."""
        others = (self.target.column, *self.sensitive, *((self.group,) if self.group else ()))
        return frozenset((*self.columns, *self.ignore, *others))


def plan_rows(data: Data, plan: ScoringPlan, segment: str | None) -> RowsToScore:
    """Return what scoring reads, from where, for a champion whose thresholds go by a segment or not."""
    facts = {name: getattr(data, name) for name in Data.model_fields} | {
        "source": plan.source or data.source,
        "segment": segment,
    }
    return RowsToScore.model_construct(**facts)


def read_from(plan: ScoringPlan, data: Data, path: str) -> ScoringPlan:
    """Return the plan with another file or folder as its source, read as the usual one is."""
    usual = plan.source or data.source
    source = usual if isinstance(usual, FileSource) else FileSource(path=path)
    return plan.model_copy(update={"source": source.model_copy(update={"path": path})})

"""`data.availability` in the YAML: when a value is known."""

from collections.abc import Collection, Mapping
from typing import Self

from pydantic import Field, model_validator

from ratchet.errors import did_you_mean
from ratchet.sections import ColumnName, Duration, Section


class Availability(Section):
    """When the value of one column is known: some time after the row, or at a time that a column of its own says."""

    delay: Duration | None = Field(default=None, description="So long after the row's time; 0s for at once.")
    known_at: ColumnName | None = Field(
        default=None, description="The column of times, written like `data.time`, at which the value came in."
    )

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.delay is None) == (self.known_at is None):
            raise ValueError("give either `delay` or `known_at`")
        return self


def find_availability_mistake(
    availability: Mapping[str, Availability], columns: Collection[str], *, has_clock: bool
) -> str | None:
    """Return what does not fit together in one sentence, None when all does."""
    if unknown := [name for name in availability if name not in columns]:
        hint = did_you_mean(unknown[0], columns)
        return f"`data.availability` names '{unknown[0]}', which is neither a feature nor the target{hint}"
    if availability and not has_clock:
        return "`data.availability` needs a clock: give `time` a column, or `start` and `every`"
    return None

"""`data.availability` and `gates.no_leak` in the YAML: when a value is known, and what counts as a leak."""

from collections.abc import Collection, Mapping
from typing import Literal, Self

from pydantic import Field, model_validator

from ratchet.config.gate import GateSection
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


class LeakGate(GateSection):
    """No leak may be found: a certain one fails, a suspected one is inconclusive."""

    accepted: tuple[ColumnName, ...] = Field(
        default=(), strict=False, description="Columns that a person has looked at: findings on them alone don't count."
    )
    # A continuous column that alone ranks better than this is rarer among honest ones than among leaks; measured in
    # docs/decisions/0009. Copies of the target with errors and "is empty" are judged by the next.
    max_alone: float = Field(
        default=0.9, gt=0.5, le=1, description="roc_auc of one column, alone and beside all others."
    )
    # The hour of the day says so much of rented bicycles, a month's flights of the late ones: 0.93 and 0.94 are honest.
    max_alone_number: float = Field(
        default=0.95, gt=0.5, le=1, description="The same for a target of numbers, above or below its quarters."
    )
    # A copy of a binary target with 12 % of wrong values has 0.88; honest flags of this strength are not known to us.
    max_flag_alone: float = Field(
        default=0.8,
        gt=0.5,
        le=1,
        description="The same for columns of two values or kinds of values, and for being empty.",
    )
    # `duration` of the bank data has 0.80 to 0.82; only for names such as duration, outcome, final, closed.
    max_afterwards_alone: float = Field(
        default=0.75, gt=0.5, le=1, description="The same for columns whose name speaks of the end."
    )
    # Real tables have below 0.2 % of rows twice across a split (adult, bank, taiwan_credit).
    max_duplicate_share: float = Field(
        default=0.01, ge=0, le=1, description="Holdout rows that stand in train as well, or nearly."
    )
    entities: Literal["auto", "allow", "forbid"] = Field(
        default="auto", description="Whether train may know the holdout's entities; auto: in a split by time only."
    )
    max_entity_share: float = Field(default=0.02, ge=0, le=1, description="Holdout rows whose entity is in train.")
    max_late_share: float = Field(default=0.0, ge=0, le=1, description="Values known later than the prediction.")
    # The error that is left, halved from one run to the next: a year of honest work rarely does that.
    min_error_left: float = Field(
        default=0.5, ge=0, lt=1, description="Of the smallest error of all earlier runs; less is too good to be true."
    )
    max_shift: float = Field(
        default=0.6, gt=0.5, le=1, description="roc_auc of train against holdout, in a split that time has no part in."
    )


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

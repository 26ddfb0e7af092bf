"""Named parts of the holdout in the YAML, and the search for parts that nobody named."""

from typing import Self

from pydantic import Field, model_validator

from ratchet.config.data import Moment
from ratchet.config.expressions import columns_of, parse_expression
from ratchet.errors import did_you_mean
from ratchet.sections import ColumnName, Duration, Name, Section, find_repeats

KINDS = "`values`, `at_least` and/or `below`, `bins`, `newest`, `since` and/or `until`, or `where`"


class Slice(Section):
    """A named part of the holdout: by value, range, quantile, time, or expression. A missing value is in no slice."""

    name: Name = Field(description="What reports call it.")
    column: ColumnName | None = Field(default=None, description="For `values`, `at_least`, `below` and `bins`.")
    values: tuple[str, ...] = Field(default=(), strict=False, description="Of a categorical or boolean column.")
    at_least: float | None = Field(default=None, description="Lower end of a range, included.")
    below: float | None = Field(default=None, description="Upper end of a range, excluded.")
    bins: int | None = Field(
        default=None, ge=2, le=20, description="Cut a numeric column at its quantiles; each part is a slice of its own."
    )
    newest: Duration | None = Field(default=None, description="Rows this close to the newest one, such as 30d.")
    since: Moment | None = Field(default=None, description="Rows from this time on, included.")
    until: Moment | None = Field(default=None, description="Rows up to this time, excluded.")
    where: str | None = Field(
        default=None,
        description="An expression such as: age < 30 and plan == 'basic'. Knows comparisons, in, and, or, not, "
        "'is missing', and column('odd-name').",
    )

    @property
    def is_timed(self) -> bool:
        """Whether it is cut by time."""
        return self.newest is not None or self.since is not None or self.until is not None

    @property
    def is_range(self) -> bool:
        """Whether it is a range of numbers."""
        return self.at_least is not None or self.below is not None

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns it looks at."""
        if self.where is not None:
            return columns_of(parse_expression(self.where))
        return () if self.column is None else (self.column,)

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        is_span = self.since is not None or self.until is not None
        by_column = [bool(self.values), self.is_range, self.bins is not None]
        kinds = [*by_column, self.newest is not None, is_span, self.where is not None]
        if sum(kinds) != 1:
            raise ValueError(f"a slice has exactly one of {KINDS}")
        if any(by_column) != (self.column is not None):
            raise ValueError("`column` goes with `values`, `at_least`, `below` and `bins`, and only with them")
        return self

    @model_validator(mode="after")
    def _can_be_parsed(self) -> Self:
        if self.where is not None:
            parse_expression(self.where)
        return self


class SliceSearch(Section):
    """How the weakest slices are looked for: on validation, then measured on the holdout."""

    enabled: bool = Field(default=True, description="false: look for none.")
    depth: int = Field(default=2, ge=1, le=2, description="How many columns a slice may be made of.")
    keep: int = Field(default=3, ge=1, le=20, description="How many of the worst are measured on the holdout.")
    # SliceLine (Sagadeeva and Boehm 2021) takes at least 1 % of the rows, and no fewer than 32, for the same reason
    min_rows: int = Field(default=200, ge=2, description="Rows of validation below which a slice is not looked at.")
    min_positives: int = Field(default=25, ge=1, description="The same for rows of the rarer class; binary only.")
    columns: tuple[ColumnName, ...] = Field(
        default=(), strict=False, description="Only these; without them every feature and sensitive column."
    )


def find_slice_mistake(slices: tuple[Slice, ...], known: tuple[str, ...], *, has_clock: bool) -> str | None:
    """Return what is wrong with the slices in view of the rest of the file, one sentence; None when nothing is."""
    if repeats := find_repeats("slice names", [part.name for part in slices]):
        return repeats
    mistakes = (_find_in_slice(part, known, has_clock=has_clock) for part in slices)
    return next((mistake for mistake in mistakes if mistake), None)


def _find_in_slice(part: Slice, known: tuple[str, ...], *, has_clock: bool) -> str | None:
    if part.is_timed and not has_clock:
        return f"slice '{part.name}' is cut by time, which needs a clock: give `time` a column, or `start`, `every`"
    unknown = next((column for column in part.columns if column not in known), None)
    if unknown is None:
        return None
    return (
        f"slice '{part.name}': '{unknown}' is neither a feature nor sensitive nor a key{did_you_mean(unknown, known)}"
    )

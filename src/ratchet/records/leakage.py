"""What an audit of the split found: ways in which a model can know what it could not know when it is used."""

from dataclasses import dataclass
from enum import StrEnum


class LeakKind(StrEnum):
    """Where a leak comes from."""

    COLUMN = "column"  # one column, or its being empty, gives the target away
    PARTS = "parts"  # several columns together do
    DUPLICATES = "duplicates"  # the same rows in train and holdout
    ENTITY = "entity"  # the same person or thing in train and holdout
    TIME = "time"  # training rows or labels known later than the cut
    AVAILABILITY = "availability"  # a value known only after the prediction
    WHOLE_TABLE = "whole table"  # a feature computed over all rows, the holdout's targets among them
    TOO_GOOD = "too good"  # far better than every earlier run
    SHIFT = "shift"  # columns that tell train from holdout where nothing should


class Strength(StrEnum):
    """How sure a finding is: a certain one has no honest explanation."""

    CERTAIN = "certain"
    SUSPECTED = "suspected"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One leak.

    Attributes:
        kind: where it comes from.
        columns: the columns that it is in; empty when it is in rows.
        strength: certain, or suspected.
        measured: the figure that gave it away; None where there is none.
        limit: what that figure may be.
        reason: one sentence with both.
    """

    kind: LeakKind
    columns: tuple[str, ...]
    strength: Strength
    measured: float | None
    limit: float | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One kind of leak that was looked for.

    Attributes:
        kind: which.
        looked_at: what was looked at, in words.
        problem: why it could not be looked for; None when it was.
    """

    kind: LeakKind
    looked_at: str
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """Every leak that was looked for.

    Attributes:
        findings: the leaks, certain ones first.
        checks: what was looked for, in order.
        skill: of a quick model on validation, 0 for guessing to 1 for knowing; None when it could not be fitted.
        problem: why nothing could be looked for; None when it was.
    """

    findings: tuple[Finding, ...] = ()
    checks: tuple[Check, ...] = ()
    skill: float | None = None
    problem: str | None = None

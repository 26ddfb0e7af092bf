"""What an audit of the split found: ways in which training rows know of the holdout."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """Every leak that was looked for.

    Attributes:
        problem: why nothing could be looked for; None when it was.
    """

    problem: str | None = None

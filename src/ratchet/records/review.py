"""Facts of a run beside those of the runs before it: what a person may want to look at."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What is different from the champion's own run, and from the model's history.

    Attributes:
        problem: why nothing could be compared; None when it was.
    """

    problem: str | None = None

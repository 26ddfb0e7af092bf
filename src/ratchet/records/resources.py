"""What it takes to run a model."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Footprint:
    """Time, memory and size of challenger and champion, measured in a fresh process.

    Attributes:
        problem: why nothing could be measured; None when it was.
    """

    problem: str | None = None

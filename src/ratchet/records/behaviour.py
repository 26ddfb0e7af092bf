"""How a model behaves: what it looks at, and what it says about rows that are changed on purpose."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Behaviour:
    """Importances, stress, edge cases and past holdouts of challenger and champion.

    Attributes:
        problem: why nothing could be measured; None when it was.
    """

    problem: str | None = None

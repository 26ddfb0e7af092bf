"""`policy:` in the YAML: which candidate becomes the challenger."""

from collections.abc import Sequence
from typing import Self

from pydantic import Field, model_validator

from ratchet.errors import did_you_mean
from ratchet.sections import Section, find_repeats

RESOURCE_FIGURES = ("size_bytes", "score_ms", "fit_seconds")
FIGURE = (
    "A metric of the task on validation (the primary one on folds, where there are any), `size_bytes`, `score_ms` (of "
    "1,000 rows) or `fit_seconds`."
)


class Constraint(Section):
    """What a candidate must keep to, whatever else it is good at."""

    figure: str = Field(description=FIGURE)
    at_most: float | None = Field(default=None, description="The figure may not be above.")
    at_least: float | None = Field(default=None, description="The figure may not be below.")

    @model_validator(mode="after")
    def _has_a_limit(self) -> Self:
        if (self.at_most is None) == (self.at_least is None):
            raise ValueError("a constraint has either `at_most` or `at_least`")
        return self


class Objective(Section):
    """What a candidate should be good at."""

    figure: str = Field(description=FIGURE)
    weight: float = Field(default=1.0, gt=0, description="Beside the other objectives' weights.")


class Policy(Section):
    """How the challenger is chosen on validation: constraints, then the Pareto front, then weighted points."""

    constraints: tuple[Constraint, ...] = Field(
        default=(), strict=False, description="What every challenger must keep to."
    )
    objectives: tuple[Objective, ...] = Field(
        default=(), strict=False, description="Empty: the primary metric and nothing else."
    )

    @model_validator(mode="after")
    def _each_once(self) -> Self:
        if repeats := find_repeats("objectives", [each.figure for each in self.objectives]):
            raise ValueError(repeats)
        return self

    @property
    def figures(self) -> tuple[str, ...]:
        """Every figure that it looks at."""
        names = [each.figure for each in self.constraints] + [each.figure for each in self.objectives]
        return tuple(dict.fromkeys(names))


def find_policy_mistake(policy: Policy, metrics: Sequence[str]) -> str | None:
    """Return what is wrong with a policy for a task with these metrics, one sentence; None when nothing is."""
    known = (*metrics, *RESOURCE_FIGURES)
    for name in policy.figures:
        if name not in known:
            return f"`policy` names '{name}'{did_you_mean(name, known)}; a candidate has {', '.join(known)}"
    return None

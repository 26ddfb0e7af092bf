"""`behaviour:` in the YAML: what a model may look at, and what it must say about changed rows."""

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Literal, Self

from pydantic import Field, model_validator

from ratchet.errors import did_you_mean
from ratchet.gates.gate import Expected
from ratchet.sections import ColumnName, Name, Section

Value = str | int | float | bool | None
Direction = Literal["increasing", "decreasing"]
WORDS = {
    "numeric": "a number",
    "boolean": "true or false",
    "categorical": "text",
    "datetime": "a time in quotes such as '2024-01-31'",
    "text": "text",
}


class Case(Section):
    """A row with an expected score."""

    name: Name = Field(description="What the report calls it.")
    row: dict[ColumnName, Value] = Field(
        description="Features and their values; the others are filled with the training rows' median or commonest."
    )
    of: str | None = Field(default=None, description="Multiclass only: the class whose probability is meant.")
    at_least: float | None = Field(default=None, description="The score must reach this.")
    at_most: float | None = Field(default=None, description="The score must not be above this.")

    @model_validator(mode="after")
    def _expects_something(self) -> Self:
        limits = [limit for limit in (self.at_least, self.at_most) if limit is not None]
        if not limits:
            raise ValueError("a case needs `at_least`, `at_most` or both: the score that is expected")
        if limits[0] > limits[-1]:
            raise ValueError(f"`at_least` {limits[0]:g} is above `at_most` {limits[-1]:g}")
        return self


class Sweep(Section):
    """What changing one column may do to a score, row by row."""

    column: ColumnName = Field(description="Which feature is changed.")
    # trees are steps, which overshoot by little; a move of a twentieth of what tells rows apart is no accident
    tolerance: float = Field(
        default=0.05,
        ge=0,
        description="How far a score may move the wrong way: a share of the scores' spread (5th to 95th percentile).",
    )
    max_share: float = Field(default=0.05, ge=0, le=1, description="Share of rows that may move farther.")


class Monotone(Sweep):
    """The score only rises, or only falls, with a numeric column."""

    direction: Direction = Field(description="Where predictions may go when the column rises.")
    of: str | None = Field(default=None, description="Multiclass only: the class whose probability is meant.")


class Invariant(Sweep):
    """The score does not depend on a column."""


class StressPlan(Section):
    """Which changed copies of the holdout are scored."""

    nulls: bool = Field(default=True, description="A tenth of all values is missing.")
    unit: bool = Field(default=True, description="The most important number is 1,000 times too large.")
    category: bool = Field(default=True, description="The commonest value of the most important category is new.")
    noise: bool = Field(default=True, description="Numbers are off by a tenth of their spread.")
    drift: bool = Field(default=True, description="What moved from validation to holdout moves once more.")

    @property
    def chosen(self) -> tuple[str, ...]:
        """The names of those that are on."""
        return tuple(name for name in type(self).model_fields if getattr(self, name))


class BehaviourPlan(Section):
    """What is asked of a challenger beside its figures on the holdout."""

    importance: bool = Field(default=True, description="Whether to measure what challenger and champion look at.")
    # the champion's own and the two before it: a quarter of weekly promotions would take longer than the holdout
    past_holdouts: int = Field(
        default=3, ge=0, le=20, description="How many past champions' holdouts are scored; 0: none."
    )
    stress: StressPlan = StressPlan()
    cases: tuple[Case, ...] = Field(default=(), strict=False, description="Rows with an expected score.")
    monotone: tuple[Monotone, ...] = Field(default=(), strict=False, description="Columns with a known direction.")
    invariant: tuple[Invariant, ...] = Field(default=(), strict=False, description="Columns that may not matter.")

    @property
    def names(self) -> tuple[str, ...]:
        """What each case is called in the records."""
        swept = [f"monotone {each.column}" for each in self.monotone]
        swapped = [f"invariant {each.column}" for each in self.invariant]
        return (*(each.name for each in self.cases), *swept, *swapped)

    @property
    def expected(self) -> tuple[Expected, ...]:
        """What must come of each case, in the order of the names."""
        scores = [Expected(name=each.name, at_least=each.at_least, at_most=each.at_most) for each in self.cases]
        sweeps = zip(self.names[len(scores) :], (*self.monotone, *self.invariant), strict=True)
        return (*scores, *(Expected(name=name, max_share=each.max_share) for name, each in sweeps))


def find_behaviour_mistake(task: str, plan: BehaviourPlan, features: Mapping[str, str]) -> str | None:
    """Return what does not fit the rest of the file in one sentence, None when all does."""
    return next((mistake for mistake in _list_mistakes(task, plan, features) if mistake), None)


def _list_mistakes(task: str, plan: BehaviourPlan, features: Mapping[str, str]) -> Iterator[str | None]:
    yield _find_repeated(plan.names)
    yield from (_find_in_case(each, features) for each in plan.cases)
    yield from (_find_unknown(each, features) for each in (*plan.monotone, *plan.invariant))
    yield from (_find_unordered(each.column, features) for each in plan.monotone)
    of_class: tuple[Case | Monotone, ...] = (*plan.cases, *plan.monotone)  # in the order of the names
    yield from (_find_wrong_class(task, name, each.of) for name, each in zip(plan.names, of_class, strict=False))


def _find_repeated(names: tuple[str, ...]) -> str | None:
    repeated = sorted(name for name, times in Counter(names).items() if times > 1)
    return f"`behaviour` names '{repeated[0]}' more than once" if repeated else None


def _find_in_case(case: Case, features: Mapping[str, str]) -> str | None:
    for column, value in case.row.items():
        if column not in features:
            return f"case '{case.name}' gives '{column}', which is not a feature{did_you_mean(column, features)}"
        if not _fits(value, features[column]):
            kind = features[column]
            return f"case '{case.name}' gives '{column}' the value {value!r}; a {kind} feature takes {WORDS[kind]}"
    return None


def _fits(value: Value, kind: str) -> bool:
    if value is None:
        return True
    if kind == "numeric":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, bool if kind == "boolean" else str)


def _find_unknown(rule: Sweep, features: Mapping[str, str]) -> str | None:
    if rule.column in features:
        return None
    where = "monotone" if isinstance(rule, Monotone) else "invariant"
    return f"`behaviour.{where}` names '{rule.column}', which is not a feature{did_you_mean(rule.column, features)}"


def _find_unordered(column: str, features: Mapping[str, str]) -> str | None:
    if features.get(column, "numeric") == "numeric":
        return None
    return f"`behaviour.monotone` names '{column}', a {features[column]} feature; only numbers rise and fall"


def _find_wrong_class(task: str, name: str, of: str | None) -> str | None:
    if task == "multiclass" and of is None:
        return f"'{name}' needs `of`: the class whose probability is meant"
    if task != "multiclass" and of is not None:
        return f"'{name}' has `of`, which a {task} task does not know: it has one score a row"
    return None

"""`split:` and `candidates:` in the YAML: how rows are divided and what is fitted on them."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import timedelta
from importlib.util import find_spec
from typing import Annotated, Literal, Self, get_args

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ByteSize,
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)
from pydantic_core import PydanticKnownError

from ratchet.errors import did_you_mean, list_names
from ratchet.metrics.metric import Task
from ratchet.plugins import ESTIMATORS, find_plugins
from ratchet.records.columns import ColumnKind
from ratchet.sections import FROM_FILE, ColumnName, Duration, Name, Section, find_repeats, format_duration

Estimator = Literal[
    "prior",
    "linear",
    "elastic_net",
    "random_forest",
    "extra_trees",
    "hist_gradient_boosting",
    "xgboost",
    "lightgbm",
    "catboost",
    "blend",
]
BUILT_IN: tuple[str, ...] = get_args(Estimator)
BLEND = "blend"
OF_MEMBERS = ("parameters", "monotone", "interactions", "window", "half_life", "resample")  # what no blend has
EXTRAS = ("lightgbm", "catboost")  # each is an extra of Ratchet's, a package, and the module that it imports
# The parameters for constraints, where an estimator has them. A forest takes the first kind, but no missing values.
MONOTONE: Mapping[str, str] = {
    "hist_gradient_boosting": "monotonic_cst",
    "xgboost": "monotone_constraints",
    "lightgbm": "monotone_constraints",
    "catboost": "monotone_constraints",
}
INTERACTIONS: Mapping[str, str] = {
    "hist_gradient_boosting": "interaction_cst",
    "xgboost": "interaction_constraints",
    "lightgbm": "interaction_constraints",
}
# Which built-in estimators can start from the champion; others may, where they have `partial_fit`. Histogram boosting's
# `warm_start` is for the same rows again: it bins the new ones anew, and so misreads its own trees.
STARTS: Mapping[str, tuple[str, ...]] = {"incremental": ("xgboost", "lightgbm"), "refresh": ("xgboost",)}
Setting = str | int | float | bool | None
WEIGHTS = (
    "class_weight",
    "scale_pos_weight",
    "auto_class_weights",
)  # parameters that make one class count for more than it is
NO_WEIGHT = (None, 1)
UNPLANNED = 0.15  # of the rows, as the default
MOST_JUDGING = 0.8  # of the rows, in validation and holdout
SMALLEST_LIMIT = 1_000_000  # bytes: a number without a unit is a mistake


def find_missing_package(name: object) -> str | None:
    """Return what to install for an estimator that is an extra; None where nothing is missing."""
    if name not in EXTRAS or find_spec(str(name)) is not None:
        return None
    return f"the estimator '{name}' is an extra that is not installed: pip install 'ratchet[{name}]'"


def _is_known(value: object, info: ValidationInfo) -> object:
    """Take what is built in, or what an installed package adds; packages are asked for other names only."""
    if info.context == FROM_FILE and (missing := find_missing_package(value)):
        raise ValueError(missing)
    if value in BUILT_IN:
        return value
    known = (*BUILT_IN, *find_plugins(ESTIMATORS))
    if value in known:
        return value
    expected = ", ".join(f"'{name}'" for name in known[:-1]) + f" or '{known[-1]}'"
    raise PydanticKnownError("literal_error", {"expected": expected})


EstimatorName = Annotated[str, BeforeValidator(_is_known), WithJsonSchema({"type": "string", "enum": list(BUILT_IN)})]


class PlannedSize(Section):
    """As many of the newest rows as show a gain of this size in four runs of five, going by earlier runs."""

    detects: float = Field(gt=0, description="The smallest true gain to be shown, in the primary metric's own unit.")
    most: float = Field(default=0.5, gt=0, le=0.5, description="Never more than this share of the rows.")

    @property
    def unplanned(self) -> float:
        """The share of the rows where no earlier run tells how many it takes."""
        return min(UNPLANNED, self.most)


SIZES = "a share such as 0.15, a number of rows such as 5000, or a length of time such as 14d"
# Names with a capital: they stand in pydantic's places of errors, and are no keys of the file.
KINDS = {
    float: "Share",
    int: "Rows",
    str: "Length",
    timedelta: "Length",
    dict: "PlannedSize",
    PlannedSize: "PlannedSize",
}


def _tell_sizes(expected: str) -> Discriminator:
    """Tell the kinds of sizes apart by type, so that a mistake is explained for one of them only."""
    return Discriminator(
        lambda value: KINDS.get(type(value)), custom_error_type="size", custom_error_message=f"should be {expected}"
    )


def _is_some(length: timedelta) -> timedelta:
    if not length:
        raise ValueError("should be longer than zero")
    return length


Plain = (
    Annotated[float, Field(gt=0, lt=0.5), Tag("Share")]
    | Annotated[int, Field(gt=0), Tag("Rows")]
    | Annotated[Duration, AfterValidator(_is_some), Tag("Length")]
)
PlainSize = Annotated[Plain, _tell_sizes(SIZES)]
Size = Annotated[
    Plain | Annotated[PlannedSize, Tag("PlannedSize")], _tell_sizes(f"{SIZES}; or the gain that it `detects`")
]


class SplitBy(Section):
    """How rows are divided into train, validation and holdout."""

    method: Literal["time", "group", "random"] = Field(
        default="time", description="`random` only where rows have neither order nor groups."
    )
    validation: PlainSize = Field(
        default=0.15, description="Rows to choose the challenger on: a share, a number of rows or, by time, a length."
    )
    holdout: Size = Field(
        default=0.15,
        description="Rows to judge it on, in the same way; by time also `detects: 0.01`, as many as show such a gain.",
    )
    window: Literal["auto"] | Duration | None = Field(
        default="auto",
        description="`auto`, by time only: all rows, the newest half, quarter and eighth of them, and all with newer "
        "ones counting more, compete on forward folds (`search`). A length: the newest rows of this length only. null: "
        "all rows.",
    )
    recover: bool = Field(
        default=True,
        description="By time only: where the champion's loss is shown to have risen for good, choose and judge on rows "
        "since then, and let candidates that learnt these alone compete. There, and while an incident is open because "
        "labels show a loss, hold nothing for a person because it differs from what was before.",
    )

    @property
    def fixed_window(self) -> timedelta | None:
        """The length of the rows that are learnt, where the YAML gives one."""
        return self.window if isinstance(self.window, timedelta) else None


class SearchPlan(Section):
    """What is tried before candidates are trained, on forward folds.

    Folds are blocks of rows before the holdout, one after the other; each is predicted by recipes that learnt what was
    known before it.
    """

    folds: int = Field(
        default=5,
        ge=0,
        le=20,
        description="So many blocks, of the newest 40 % of the rows before the holdout. Candidates are ranked by their "
        "mean. 0: candidates learn all training rows, and validation alone ranks them.",
    )
    rows: int = Field(
        default=50_000,
        ge=100,
        description="At most so many rows are used, evenly thinned; the rest would say the same.",
    )
    trials: int | None = Field(
        default=None,
        ge=1,
        description="Try so many settings of the candidates' parameters on the folds: those that earlier runs found, "
        "then what Optuna asks for. What the YAML sets stays as it is. The same number gives the same trials again. "
        "null: as many as `budget` lets; without either, none.",
    )
    budget: Duration | None = Field(
        default=None,
        description="Try settings until so much time of the run is gone, or left only for the fits that follow the "
        "search, such as 2min. How many these are depends on the machine.",
    )

    @property
    def has_trials(self) -> bool:
        """Whether settings of parameters are tried at all."""
        return self.trials is not None or self.budget is not None

    @model_validator(mode="after")
    def _has_blocks_to_try_on(self) -> Self:
        if self.has_trials and not self.folds:
            raise ValueError("`trials` and `budget` need folds to try settings on: give `folds` 1 or more")
        return self


def find_size_mistake(split: SplitBy, *, has_clock: bool) -> str | None:
    """Return why the sizes of the judging parts do not fit the rest of the file; None when they do."""
    sizes = {"validation": split.validation, "holdout": split.holdout}
    for name, size in sizes.items():
        if split.method != "time" and not isinstance(size, float | int):
            # Others are other rows in each run, and a row that has taught must never judge.
            return f"`split.{name}` is a share or a number of rows where `split.method` is {split.method}"
        if isinstance(size, timedelta) and not has_clock:
            return (
                f"`split.{name}: {format_duration(size)}` needs a clock: give `time` a column, or `start` and `every`"
            )
    shares = [size for size in sizes.values() if isinstance(size, float)]
    most = [size.most for size in sizes.values() if isinstance(size, PlannedSize)]
    # Each share is at most a half on its own, so only their sum can leave nothing.
    if sum(shares + most) >= MOST_JUDGING:
        return "`split.validation` and `split.holdout` together leave less than a fifth to train on"
    return None


class Resample(Section):
    """Fit on all positives and some of the negatives only."""

    negatives_per_positive: float = Field(
        gt=0, le=1000, description="So many negative training rows are drawn for each positive one."
    )


class RefitPlan(Section):
    """What is promoted: the recipe that was judged, fitted anew on every row whose label is known."""

    on: Literal["all", "train"] = Field(
        default="all",
        description="`all` promotes the judged recipe, fitted on every known row; `train` promotes the judged model "
        "itself, which has not learnt validation and holdout.",
    )
    max_disagreement: float = Field(
        default=1.0,
        gt=0,
        description="Mean distance of the refitted model's predictions from the judged model's on old rows that is "
        "accepted, in units of how far these are from their median: from 1 on, a model that says the same of every row "
        "would be nearer. Beyond it the judged model is promoted. A world that moves makes the two differ as well.",
    )


class CandidateSpec(Section):
    """One model to train in every run."""

    name: Name = Field(description="What the leaderboard calls it.")
    estimator: EstimatorName = Field(
        description="`linear` is logistic regression, or ridge for regression; `prior` says of every row the same: the "
        "shares of the classes, or the mean; `blend` is the mean of the other candidates, without those that make "
        "it worse on the folds, where none of them alone is clearly better."
    )
    parameters: dict[str, Setting] = Field(
        default={}, description="Passed to the estimator; see its own documentation."
    )
    monotone: dict[ColumnName, Literal["increasing", "decreasing"]] = Field(
        default={}, description="Boosting only: features that may only raise, or only lower, what is predicted."
    )
    interactions: tuple[Annotated[tuple[ColumnName, ...], Field(strict=False, min_length=1)], ...] = Field(
        default=(),
        strict=False,
        description="Boosting only: groups of features that may act together; those in none are a group as well.",
    )
    window: int | None = Field(
        default=None, ge=1, description="Learn so many of the newest rows only; null: what `split.window` says."
    )
    half_life: int | None = Field(
        default=None, ge=1, description="A row that is so many rows older than another counts half as much."
    )
    refresh: Literal["full", "incremental", "refresh", "ages"] = Field(
        default="full",
        description="By time only: how it is made from the champion. `incremental`: its trees, and more of them at "
        "half the rate, which learn the rows that it has not learnt. `refresh`: its trees, with new values in their "
        "leaves. `ages`: the weighted mean of a full fit and of up to two champions before it, each as it was judged. "
        "Where the champion can't be the start, the fit is `full`.",
    )
    full_after: int = Field(
        default=5, ge=1, description="After so many increments or refreshes one after the other, the fit is full again."
    )
    resample: Resample | None = Field(
        default=None, description="Binary only. Its probabilities are corrected on validation, see `calibration`."
    )
    time_limit: Duration = Field(default=timedelta(hours=1), description="The fit is stopped after this long.")
    memory_limit: ByteSize | None = Field(
        default=None,
        description="The fit is stopped when it holds more than this, such as 2GB. Without it, and beyond it, a fit is "
        "stopped when it holds nine tenths of what would be free without it.",
    )

    @model_validator(mode="after")
    def _is_plain_blend(self) -> Self:
        own = [name for name in OF_MEMBERS if getattr(self, name)]
        if self.estimator == BLEND and own:
            raise ValueError(f"a blend has no `{own[0]}`: its members have their own")
        return self

    @model_validator(mode="after")
    def _can_be_refreshed(self) -> Self:
        able = STARTS.get(self.refresh, ())
        if self.estimator == BLEND and self.refresh != "full":
            raise ValueError("a blend has no `refresh`: its members have their own")
        if able and self.estimator in BUILT_IN and self.estimator not in able:
            raise ValueError(f"'{self.estimator}' can't be fitted by `refresh: {self.refresh}`: use {list_names(able)}")
        if self.refresh == "refresh" and (self.monotone or MONOTONE["xgboost"] in self.parameters):
            raise ValueError("`refresh: refresh` does not keep to `monotone`: use `incremental` or `ages`")
        return self

    @model_validator(mode="after")
    def _has_room(self) -> Self:
        if not self.time_limit:
            raise ValueError("`time_limit` must be longer than zero")
        if self.memory_limit is not None and self.memory_limit < SMALLEST_LIMIT:
            raise ValueError("`memory_limit` must be 1MB or more")
        return self

    @property
    def is_reweighted(self) -> bool:
        """Whether it sees classes in other shares than they come in, so that its probabilities are off."""
        return self.resample is not None or any(self.parameters.get(name) not in NO_WEIGHT for name in WEIGHTS)


def find_constraint_mistakes(
    candidates: Sequence[CandidateSpec], task: Task, features: Mapping[str, ColumnKind]
) -> Iterator[str | None]:
    """Yield what is wrong with the constraints of each candidate, in one sentence; None where nothing is."""
    for spec in candidates:
        yield _find_monotone_mistake(spec, task, features) if spec.monotone else None
        yield _find_interactions_mistake(spec, features) if spec.interactions else None


def _find_monotone_mistake(spec: CandidateSpec, task: Task, features: Mapping[str, ColumnKind]) -> str | None:
    where = f"`monotone` of candidate '{spec.name}'"
    if task == "multiclass":
        return f"{where} is for two classes or a number: of several classes, none is the one that rises"
    kinds = (ColumnKind.NUMERIC, ColumnKind.BOOLEAN)
    if unordered := [name for name in spec.monotone if name in features and features[name] not in kinds]:
        return f"{where} names {list_names(unordered)}, which is {features[unordered[0]]}: only numbers have an order"
    return _find_misplaced(where, spec, MONOTONE) or _find_foreign(where, spec.monotone, features)


def _find_interactions_mistake(spec: CandidateSpec, features: Mapping[str, ColumnKind]) -> str | None:
    where = f"`interactions` of candidate '{spec.name}'"
    repeats = (find_repeats(f"{where}: names in one group", group) for group in spec.interactions)
    named = [name for group in spec.interactions for name in group]
    found = _find_misplaced(where, spec, INTERACTIONS) or _find_foreign(where, named, features)
    return found or next(filter(None, repeats), None)


def _find_misplaced(where: str, spec: CandidateSpec, parameters: Mapping[str, str]) -> str | None:
    if spec.estimator in parameters:
        return None
    return f"{where}: '{spec.estimator}' takes none; these do: {list_names(parameters)}"


def _find_foreign(where: str, names: Iterable[str], features: Mapping[str, ColumnKind]) -> str | None:
    foreign = next((name for name in names if name not in features), None)
    return f"{where} names '{foreign}', which is no feature{did_you_mean(foreign, features)}" if foreign else None

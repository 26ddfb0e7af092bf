"""`split:` and `candidates:` in the YAML: how rows are divided and what is fitted on them."""

from datetime import timedelta
from importlib.util import find_spec
from typing import Annotated, Literal, Self, get_args

from pydantic import BeforeValidator, Field, ValidationInfo, WithJsonSchema, model_validator
from pydantic_core import PydanticKnownError

from ratchet.plugins import ESTIMATORS, find_plugins
from ratchet.sections import FROM_FILE, Duration, Name, Section

Estimator = Literal["linear", "random_forest", "hist_gradient_boosting", "xgboost", "lightgbm", "catboost"]
BUILT_IN: tuple[str, ...] = get_args(Estimator)
EXTRAS = ("lightgbm", "catboost")  # each is an extra of Ratchet's, a package, and the module that it imports
Setting = str | int | float | bool | None
WEIGHTS = (
    "class_weight",
    "scale_pos_weight",
    "auto_class_weights",
)  # parameters that make one class count for more than it is
NO_WEIGHT = (None, 1)


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


class SplitBy(Section):
    """How rows are divided into train, validation and holdout."""

    method: Literal["time", "group", "random"] = Field(
        default="time", description="`random` only where rows have neither order nor groups."
    )
    validation: float = Field(default=0.15, gt=0, lt=0.5, description="Share of rows to choose the challenger on.")
    holdout: float = Field(default=0.15, gt=0, lt=0.5, description="Share of rows to judge it on.")
    window: Duration | None = Field(default=None, description="Train on the newest rows of this length only.")
    recover: bool = Field(
        default=True,
        description="By time only: where the champion's loss is shown to have risen for good, choose and judge on rows "
        "since then, let candidates that learnt these alone compete, and hold nothing for a person because it differs "
        "from what was before.",
    )


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
    estimator: EstimatorName = Field(description="`linear` is logistic regression, or ridge for regression.")
    parameters: dict[str, Setting] = Field(
        default={}, description="Passed to the estimator; see its own documentation."
    )
    resample: Resample | None = Field(
        default=None, description="Binary only. Its probabilities are corrected on validation, see `calibration`."
    )
    time_limit: Duration = Field(default=timedelta(hours=1), description="The fit is stopped after this long.")

    @model_validator(mode="after")
    def _has_time(self) -> Self:
        if not self.time_limit:
            raise ValueError("`time_limit` must be longer than zero")
        return self

    @property
    def is_reweighted(self) -> bool:
        """Whether it sees classes in other shares than they come in, so that its probabilities are off."""
        return self.resample is not None or any(self.parameters.get(name) not in NO_WEIGHT for name in WEIGHTS)

"""Metrics, guard metrics and the gates on performance beside the gain itself, as the YAML names them."""

import math
from collections.abc import Sequence
from typing import Literal

from pydantic import Field

from ratchet.config.base import Section
from ratchet.config.gate import GateSection, OnFail
from ratchet.config.repeats import find_repeats

Metric = Literal[
    "roc_auc",
    "average_precision",
    "log_loss",
    "brier",
    "f1",
    "precision",
    "recall",
    "accuracy",
    "precision_at_k",
    "f1_macro",
    "f1_weighted",
    "precision_macro",
    "recall_macro",
    "roc_auc_macro",
    "roc_auc_weighted",
    "rmse",
    "mae",
    "mape",
    "r2",
    "pinball",
]
MetricsOf: dict[str, tuple[Metric, ...]] = {
    "binary": (
        "roc_auc",
        "average_precision",
        "log_loss",
        "brier",
        "f1",
        "precision",
        "recall",
        "accuracy",
        "precision_at_k",
    ),
    "multiclass": (
        "log_loss",
        "accuracy",
        "f1_macro",
        "f1_weighted",
        "precision_macro",
        "recall_macro",
        "roc_auc_macro",
        "roc_auc_weighted",
    ),
    "regression": ("rmse", "mae", "mape", "r2", "pinball"),
}
LOSSES: frozenset[str] = frozenset({"log_loss", "brier", "rmse", "mae", "mape", "pinball"})  # less is better
UNBOUNDED: frozenset[str] = (LOSSES - {"brier"}) | {"r2"}  # all others lie between 0 and 1
# The guard is of the other kind than the primary metric: what ranks well may say wrong probabilities and the other way
# round (on bank_marketing, 40-50 % of the rows, retraining costs 0.04 roc_auc and gains 0.02 log_loss), and a few
# large errors move rmse where they leave mae alone. One guard by default: each one more asks for more rows.
GUARD_OF: dict[str, tuple[Metric, Metric]] = {  # task -> the guard, and what guards that metric itself
    "binary": ("log_loss", "roc_auc"),
    "multiclass": ("log_loss", "accuracy"),
    "regression": ("mae", "rmse"),
}
OTHER_LOSSES = frozenset({"brier"})  # guarded like log_loss: both are losses of probabilities


class Guard(Section):
    """A metric beside the primary one that must not get worse."""

    metric: Metric = Field(description="Which one.")
    # 5 % of a log-loss of 0.35 is 0.0175: some thousand rows of models that are 0.9 alike resolve 0.008
    tolerance: float = Field(
        default=0.05, ge=0, le=1, description="As a share of the champion's figure: less is not called worse."
    )


class GuardGate(GateSection):
    """No guard metric may get worse; each gives a result of its own, named `guard_<metric>`."""


class StabilityGate(GateSection):
    """The challenger must not be worse in any period of the holdout, nor swing too much between them."""

    tolerance: float = Field(
        default=0.05,  # as for slices and guards
        ge=0,
        le=1,
        description="As a share of the champion's figure in that period: less is not called worse.",
    )
    max_spread: float | None = Field(
        default=None,
        gt=0,
        description="Best minus worst period of the challenger's own figure; null for no limit, as that is the data's.",
    )
    # a quarter of what the whole holdout needs (100 positives, 200 rows) at the default of four periods, and then half
    # as many again where they come unevenly: the claim that a period is worse has honest bounds at any size
    min_rows: int = Field(default=50, ge=1, description="Rows of a period below which it can't be judged.")
    min_positives: int = Field(default=10, ge=1, description="Rarest-class rows of a period below which it can't.")


class HoldoutGate(GateSection):
    """The same holdout must not judge again and again."""

    on_fail: OnFail = Field(default="hold", description="What a failure does: hold for a person, or reject.")
    # Each use may promote noise with the 1 % of `evaluation.confidence`: five are 5 %, what one look of a person has.
    # Measured where nothing improves: a year of weekly looks at the same holdout ends 0.012 roc_auc above the truth.
    max_uses: int = Field(default=5, ge=1, description="Runs that may judge on exactly the same holdout rows.")


def find_guard_mistake(task: str, metric: str, guards: Sequence[Guard]) -> str | None:
    """Return what is wrong with the guards of a task with this primary metric, one sentence; None when nothing is."""
    names = [guard.metric for guard in guards]
    if wrong := [name for name in names if name not in MetricsOf[task]]:
        return f"guard metrics that are not for a {task} task: {', '.join(wrong)}"
    if metric in names:
        return f"'{metric}' is the primary metric; a guard is another one"
    return find_repeats("guard metrics", names)


def default_guards(task: str, metric: str) -> tuple[Guard, ...]:
    """Return the guard that goes with a task's primary metric."""
    guard, of_guard = GUARD_OF[task]
    return (Guard(metric=of_guard if metric == guard or metric in OTHER_LOSSES else guard),)


def clip_figure(metric: str, lower: float, upper: float) -> tuple[float, float]:
    """Keep bounds of a figure where the metric can be."""
    if metric == "r2":
        return lower, min(upper, 1.0)
    return max(lower, 0.0), upper if metric in UNBOUNDED else min(upper, 1.0)


def clip_gain(metric: str, lower: float, upper: float) -> tuple[float, float]:
    """Keep bounds of a gain where the difference of two figures can be."""
    most = math.inf if metric in UNBOUNDED else 1.0
    return max(lower, -most), min(upper, most)

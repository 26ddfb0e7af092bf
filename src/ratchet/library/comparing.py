"""Compare the predictions of two models on the same rows."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ratchet.errors import DataError
from ratchet.evaluation.comparison import plan_pair
from ratchet.evaluation.gains import ClassNames, Pair, measure_gain
from ratchet.library.frames import describe, read_labels
from ratchet.metrics.metric import Task
from ratchet.metrics.registry import DEFAULT_METRIC
from ratchet.records.judgement import Gain


def compare(  # noqa: PLR0913 (each has a default that fits most comparisons)
    labels: ArrayLike,
    challenger: ArrayLike,
    champion: ArrayLike,
    *,
    task: Task,
    metric: str | None = None,
    classes: tuple[str, ...] = (),
    groups: ArrayLike | None = None,
    is_ordered: bool = False,
    confidence: float = 0.99,
    resamples: int = 2000,
    seed: int = 0,
) -> Gain:
    """Measure the gain of one model over another on the same rows, with one-sided bounds; positive is better.

    Args:
        labels: of the rows: 0 and 1, names of classes, or values.
        challenger: its predictions: the positive class's probability, a column a class, or the value.
        champion: the other model's predictions, in the same form.
        task: "binary", "multiclass" or "regression".
        metric: the YAML's name of it; roc_auc, log_loss or rmse unless given.
        classes: names of the classes in the order of the columns; the sorted labels unless given.
        groups: what each row belongs to, where rows repeat a customer or a thing: whole groups are drawn.
        is_ordered: whether neighbouring rows are alike: blocks of them are drawn.
        confidence: of each bound.
        resamples: how often the rows are drawn anew, for metrics without a standard error of their own.
        seed: of the draws.

    Raises:
        DataError: the three differ in length, or a label is none of the task's.
        pydantic.ValidationError: the metric does not fit the task, or a number is out of range.
    """
    ours, theirs = (np.asarray(each, dtype=np.float64) for each in (challenger, champion))
    _refuse_lengths(len(np.asarray(labels)), len(ours), len(theirs))
    truth = read_labels(pd.Series(np.asarray(labels), name="labels"), task, classes)
    chosen = metric or DEFAULT_METRIC[task]
    frame = pd.DataFrame({"group": np.arange(len(ours)) if groups is None else np.asarray(groups)})
    how = _choose_resampling(is_grouped=groups is not None, is_ordered=is_ordered)
    evaluation = {"metric": chosen, "confidence": confidence, "resamples": resamples, "resampling": how}
    config = describe(task, {}, data={"group": "group"}, evaluation=evaluation, schedule={"seed": seed})
    pair = Pair(
        metric=chosen,
        opponent="champion",
        labels=truth.codes,
        classes=truth.classes,
        challenger=ours,
        against=theirs,
        options=config.evaluation.options,
        names=ClassNames.of(config, truth.names),
    )
    return measure_gain(pair, plan_pair(config, frame, pair), confidence=confidence)


def _choose_resampling(*, is_grouped: bool, is_ordered: bool) -> str:
    if is_grouped:
        return "groups"
    return "blocks" if is_ordered else "rows"


def _refuse_lengths(labels: int, challenger: int, champion: int) -> None:
    if not labels == challenger == champion:
        raise DataError(
            f"{labels:,} labels, {challenger:,} predictions of the challenger and {champion:,} of the champion: all "
            "three must be about the same rows"
        )

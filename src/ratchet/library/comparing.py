"""Compare the predictions of two models on the same rows."""

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

from ratchet.errors import DataError
from ratchet.evaluation.comparison import Comparison, Scored
from ratchet.evaluation.gains import measure_gain
from ratchet.evaluation.rarest import ClassNames
from ratchet.library.frames import describe
from ratchet.metrics.metric import Task
from ratchet.metrics.registry import DEFAULT_METRIC
from ratchet.models.labels import encode_labels
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
    truth = pd.Series(np.asarray(labels), name="labels")
    ours, theirs = (np.asarray(each, dtype=np.float64) for each in (challenger, champion))
    _refuse_lengths(len(truth), len(ours), len(theirs))
    names = classes or (tuple(sorted(map(str, truth.unique()))) if task == "multiclass" else ())
    chosen = metric or DEFAULT_METRIC[task]
    how = "groups" if groups is not None else "blocks" if is_ordered else "rows"
    config = describe(
        task,
        {},
        data={"group": "group"} if groups is not None else {},
        evaluation={"metric": chosen, "confidence": confidence, "resamples": resamples, "resampling": how},
        schedule={"seed": seed},
    )
    comparison = Comparison(
        config=config,
        frame=pd.DataFrame({"group": np.zeros(len(truth)) if groups is None else np.asarray(groups)}),
        labels=encode_labels(truth.astype(str) if task == "multiclass" else truth, task, names),
        classes={"binary": 2, "regression": 0}.get(task, len(names)),
        challenger=Scored(scores=ours),
        champion=Scored(scores=theirs),
        baseline=Scored(scores=theirs),
        names=ClassNames.of(config, names),
    )
    pair = comparison.against_champion(chosen)
    assert pair is not None
    return measure_gain(pair, comparison.plan(pair), confidence=confidence)


def _refuse_lengths(labels: int, challenger: int, champion: int) -> None:
    if not labels == challenger == champion:
        raise DataError(
            f"{labels:,} labels, {challenger:,} predictions of the challenger and {champion:,} of the champion: all "
            "three must be about the same rows"
        )

"""What behaviour is measured on: rows of a holdout, and models that are asked about rows changed on purpose."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ratchet.config.model import ModelConfig
from ratchet.evaluation.comparison import Scored, read_for, with_decisions
from ratchet.evaluation.decisions import HALF
from ratchet.evaluation.gains import UNNAMED, ClassNames, Pair, influence_difference, measure_gain
from ratchet.evaluation.resampling import plan_draws
from ratchet.metrics.arrays import Floats
from ratchet.metrics.registry import find_metric
from ratchet.records.decision import Thresholds
from ratchet.records.judgement import Gain

Rows = NDArray[np.intp]
Columns = dict[str, NDArray[np.generic]]
AT_ONCE = 1 << 14  # changed rows that are scored together: a few MB, and few enough calls
# A standard error from as many draws is right within 4 %; the holdout itself is judged with more of them.
DRAWS = 300
ROWS = 1500  # of the holdout: paired differences of 0.02 are seen, and a stress that harms does more
RAREST = 200  # rows of either class in them, where there are so many


def explain_nothing(_rows: pd.DataFrame) -> Mapping[str, float]:
    """Return no contributions: the model has no account of its own."""
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A model that can be asked about any rows.

    Attributes:
        name: "challenger" or "champion".
        score: from rows with the model's features to its scores.
        features: what it was fitted on.
        thresholds: when its score counts as positive.
        explain: from rows to what each feature contributes to their scores, by the model's own account.
    """

    name: str
    score: Callable[[pd.DataFrame], Floats]
    features: tuple[str, ...]
    thresholds: Thresholds = HALF
    explain: Callable[[pd.DataFrame], Mapping[str, float]] = explain_nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """New values of one column in some of the rows."""

    column: str
    rows: Rows
    filled: NDArray[np.generic]


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """Rows of a holdout in their order.

    Attributes:
        config: the model's YAML.
        frame: the rows, with features, keys and time.
        labels: class codes from 0, or values.
        classes: how many classes there are; 0 for regression.
        names: of the classes, to tell the rarest.
    """

    config: ModelConfig
    frame: pd.DataFrame
    labels: Floats
    classes: int
    names: ClassNames = UNNAMED

    @classmethod
    def of(cls, config: ModelConfig, frame: pd.DataFrame, labels: Floats, classes: Sequence[str]) -> Self:
        """Return all rows of a frame."""
        names = ClassNames.of(config, tuple(classes))
        return cls(config=config, frame=frame, labels=labels, classes=len(classes), names=names)

    def take(self, rows: Rows) -> "Sample":
        """Return some of its rows."""
        return replace(self, frame=self.frame.iloc[rows].reset_index(drop=True), labels=self.labels[rows])

    def read(self, scores: Floats, thresholds: Thresholds) -> Scored:
        """Put scores beside the decisions that follow from them."""
        return with_decisions(self.config.task, scores, self.frame, thresholds)


def draw_sample(every: Sample, *, seed: int) -> Sample:
    """Draw the rows of a holdout that behaviour is measured on."""
    return every.take(draw_rows(every.labels, every.classes, wanted=ROWS, rarest=RAREST, seed=seed))


def draw_rows(labels: Floats, classes: int, *, wanted: int, rarest: int, seed: int) -> Rows:
    """Draw rows without replacement, in their order; of a rare class some are added.

    Args:
        labels: class codes from 0, or values.
        classes: how many classes there are; 0 for regression.
        wanted: how many rows, before any are added.
        rarest: rows of either of two classes that are wanted, as far as there are any; of more classes fewer.
        seed: the same seed draws the same rows.
    """
    generator = np.random.default_rng(seed)
    if len(labels) <= wanted:
        return np.arange(len(labels))
    order = generator.permutation(len(labels))
    drawn = [order[:wanted]]
    for code in range(classes):
        members = order[labels[order] == code]
        drawn.append(members[: 2 * rarest // max(classes, 2)])
    return np.unique(np.concatenate(drawn))


def list_columns(sample: Sample) -> Columns:
    """Return the features of a sample as arrays, whole numbers as fractions so that any number fits in."""
    known = [name for name in sample.config.data.features if name in sample.frame.columns]
    return {name: _as_array(sample.frame[name]) for name in known}


def score_changed(subject: Subject, columns: Columns, changes: Sequence[Change]) -> Iterator[Floats]:
    """Score rows with one column changed, change by change; many small calls would take longer than the rows do."""
    batch: list[Change] = []
    for change in changes:
        batch.append(change)
        if sum(len(each.rows) for each in batch) >= AT_ONCE:
            yield from _score_batch(subject, columns, batch)
            batch = []
    yield from _score_batch(subject, columns, batch)


def _score_batch(subject: Subject, columns: Columns, batch: list[Change]) -> Iterator[Floats]:
    if not batch:
        return
    parts = [each.rows for each in batch]
    rows, ends = np.concatenate(parts), np.cumsum(list(map(len, parts)))
    stacked = {name: values[rows] for name, values in columns.items()}
    for each, end in zip(batch, ends, strict=True):
        stacked[each.column][end - len(each.rows) : end] = each.filled
    yield from np.split(subject.score(pd.DataFrame(stacked)), ends[:-1])


def _as_array(column: pd.Series) -> NDArray[np.generic]:
    if pd.api.types.is_numeric_dtype(column) and not pd.api.types.is_bool_dtype(column):
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    return column.to_numpy(dtype=object)


def compare(sample: Sample, scored: Scored, against: Scored, *, opponent: str, name: str) -> Gain:
    """Measure what one set of predictions gains over another on the same rows."""
    config, metric = sample.config, sample.config.metric
    pair = Pair(
        metric=metric,
        opponent=opponent,
        labels=sample.labels,
        classes=sample.classes,
        challenger=read_for(metric, scored),
        against=read_for(metric, against),
        options=config.evaluation.options,
        names=sample.names,
    )
    plan = replace(plan_draws(config, sample.frame, _read_influence(pair)), draws=DRAWS)
    return replace(measure_gain(pair, plan, confidence=config.evaluation.confidence), slice=name)


def _read_influence(pair: Pair) -> Floats:
    """Return each row's influence on the gain; nothing where it can't be measured, as the gain then says why."""
    both = (pair.challenger, pair.against)
    is_sound = all(np.isfinite(each).all() and find_metric(pair.metric).is_defined(pair.labels, each) for each in both)
    return influence_difference(pair) if is_sound else np.zeros(len(pair.labels))

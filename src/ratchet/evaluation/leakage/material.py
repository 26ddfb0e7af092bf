"""What an audit works on: the columns of the three parts as arrays, and the target as yes-or-no questions."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from ratchet.config.data import Availability
from ratchet.config.model import ModelConfig
from ratchet.records.columns import TEXTS, ColumnKind

Floats = NDArray[np.float64]
Codes = NDArray[np.int32] | NDArray[np.int64]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Column = NDArray[np.float64] | NDArray[np.float32]  # numbers, or codes of categories: these need no more
QUARTERS = (0.25, 0.5, 0.75)  # a number is asked about as "above the lower quarter, the median, the upper quarter"
MOST_CLASSES = 10  # the most frequent ones are asked about
FEWEST_OF_EACH = 20  # rows with each answer; below that the area under a curve is a guess
FEWEST_ROWS = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """The rows of one part, or of several.

    Attributes:
        values: a column a name: numbers, categories as codes, missing as NaN.
        labels: 0 and 1, class codes, or values.
        rows: number of each row in the source.
        moments: time of each row, as `timeline` counts it; None where the data has no clock.
        known_at: the times that `data.availability` names, as numbers, NaN where there is none.
    """

    values: Mapping[str, Column]
    labels: Floats
    rows: Ints
    moments: Ints | None
    known_at: Mapping[str, Floats]

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.labels)

    def take(self, chosen: Ints) -> "Side":
        """Return some of the rows."""
        return Side(
            values={name: column[chosen] for name, column in self.values.items()},
            labels=self.labels[chosen],
            rows=self.rows[chosen],
            moments=None if self.moments is None else self.moments[chosen],
            known_at={name: times[chosen] for name, times in self.known_at.items()},
        )

    @property
    def order(self) -> Ints:
        """What rows are ordered by: their times, or where they stood."""
        return self.rows if self.moments is None else self.moments


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Everything an audit looks at.

    Attributes:
        config: the model's YAML.
        classes: how many the target has; 0 for numbers.
        train: what candidates are fitted on; of a very long part its newest rows.
        validation: what columns are judged on.
        holdout: what the challenger will be judged on.
        unreadable: columns of times that could not be read, with the reason.
        seed: every draw comes from it.
        knows: parts whose begin training rows know labels after, as the split says: the delay would leave too few.
    """

    config: ModelConfig
    classes: int
    train: Side
    validation: Side
    holdout: Side
    unreadable: Mapping[str, str]
    seed: int
    knows: tuple[str, ...] = ()

    @property
    def features(self) -> tuple[str, ...]:
        """Names of the features."""
        return tuple(self.config.data.features)

    @property
    def numbers(self) -> list[str]:
        """Names of the features that are no categories."""
        return [name for name in self.features if not self.is_category(name)]

    def others(self, *names: str) -> list[str]:
        """Return the names of all other features."""
        return [each for each in self.features if each not in names]

    @property
    def is_by_time(self) -> bool:
        """Whether the newest rows judge."""
        return self.config.split.method == "time"

    @property
    def has_order(self) -> bool:
        """Whether rows stand in time: elsewhere nobody makes windows."""
        return self.is_by_time or self.train.moments is not None

    @property
    def availability(self) -> Mapping[str, Availability]:
        """When values are known, as far as the YAML says."""
        return self.config.data.availability

    def is_category(self, name: str) -> bool:
        """Tell whether a column holds codes without an order."""
        return self.config.data.features.get(name, ColumnKind.CATEGORICAL) in TEXTS

    def joined(self, name: str) -> Floats:
        """Return one column of all rows: train, validation, holdout."""
        parts = (self.train, self.validation, self.holdout)
        return np.concatenate([part.values[name].astype(np.float64) for part in parts])

    @property
    def all_labels(self) -> Floats:
        """Labels of all rows: train, validation, holdout."""
        return np.concatenate([self.train.labels, self.validation.labels, self.holdout.labels])

    @property
    def all_order(self) -> Ints:
        """The order of all rows: train, validation, holdout."""
        return np.concatenate([self.train.order, self.validation.order, self.holdout.order])


def share_out_evenly(material: Material) -> Material:
    """Let half of the training rows judge with a small validation part: whole groups, and by time the newest ones.

    What is asked of columns needs rows that judge more than rows to learn on.
    """
    seen = _join(material.train, material.validation)
    is_judge = _draw_half(material, seen)
    train, validation = seen.take(np.flatnonzero(~is_judge)), seen.take(np.flatnonzero(is_judge))
    return replace(material, train=train, validation=validation)


def _draw_half(material: Material, seen: Side) -> Bools:
    if material.is_by_time:
        return np.asarray(np.argsort(np.argsort(seen.order, kind="stable"), kind="stable") >= len(seen) // 2)
    group = material.config.data.group
    keys = np.unique(np.nan_to_num(seen.values[group], nan=-1) if group else seen.rows, return_inverse=True)[1]
    chance = np.random.default_rng([material.seed, 3])
    return np.asarray(chance.permutation(int(keys.max(initial=0)) + 1)[keys] % 2 == 0)


def _join(one: Side, other: Side) -> Side:
    both: Sequence[Side] = (one, other)
    return Side(
        values={name: np.concatenate([side.values[name] for side in both]) for name in one.values},
        labels=np.concatenate([side.labels for side in both]),
        rows=np.concatenate([side.rows for side in both]),
        moments=_join_moments(one, other),
        known_at={name: np.concatenate([side.known_at[name] for side in both]) for name in one.known_at},
    )


def _join_moments(one: Side, other: Side) -> Ints | None:
    if one.moments is None or other.moments is None:
        return None
    return np.concatenate([one.moments, other.moments])


def ask_questions(labels: Floats, train: Floats, classes: int) -> Floats:
    """Turn labels into yes-or-no questions, one a column: of two classes one, of more one each, of numbers three.

    Args:
        labels: of the rows that are asked about.
        train: the training rows' labels: they say which classes are frequent and where the quarters are.
        classes: how many the target has; 0 for numbers.
    """
    if classes == 2:
        return labels[:, None].astype(np.float64)
    if classes:
        frequent = np.argsort(-np.bincount(train.astype(np.int64), minlength=classes))[:MOST_CLASSES]
        return np.asarray(labels[:, None] == frequent[None, :], dtype=np.float64)
    return np.asarray(labels[:, None] > np.quantile(train, QUARTERS)[None, :], dtype=np.float64)


def find_answerable(train: Floats, judged: Floats) -> Ints:
    """Return the questions that have enough rows of each answer on both sides."""
    enough = [
        np.minimum(answers.sum(axis=0), len(answers) - answers.sum(axis=0)) >= FEWEST_OF_EACH
        for answers in (train, judged)
    ]
    return np.flatnonzero(enough[0] & enough[1])


def as_codes(values: Column) -> Ints:
    """Return a category's codes from 1 on, 0 where it is missing."""
    return np.asarray(np.nan_to_num(values, nan=-1).astype(np.int64) + 1)


def draw(rows: int, most: int, seed: int) -> Ints:
    """Draw so many of the rows, in their order; all where there are no more."""
    if rows <= most:
        return np.arange(rows)
    return np.sort(np.random.default_rng(seed).choice(rows, most, replace=False))

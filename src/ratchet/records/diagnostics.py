"""What a person looks at beside the figures that gates ask for: decisions by threshold, mistakes by class, errors.

Counts and quantiles, never rows: a page that shows them gives nobody away, and is no larger for more rows.
"""

from dataclasses import dataclass
from datetime import datetime

from ratchet.records.holdout import Level


def share(part: int, whole: int) -> float | None:
    """Return a part of a whole; None of nothing."""
    return part / whole if whole else None


@dataclass(frozen=True, slots=True, kw_only=True)
class CutOff:
    """What comes of deciding every row positive whose score is at least a threshold.

    Attributes:
        threshold: the lowest score that is decided positive.
        true_positives: positive rows decided positive.
        false_positives: negative rows decided positive.
        false_negatives: positive rows decided negative.
        true_negatives: negative rows decided negative.
    """

    threshold: float
    true_positives: int
    false_positives: int
    false_negatives: int
    true_negatives: int

    @property
    def rows(self) -> int:
        """All rows."""
        return self.true_positives + self.false_positives + self.false_negatives + self.true_negatives

    @property
    def recall(self) -> float | None:
        """Share of the positive rows that are found."""
        return share(self.true_positives, self.true_positives + self.false_negatives)

    @property
    def false_positive_rate(self) -> float | None:
        """Share of the negative rows that are decided positive."""
        return share(self.false_positives, self.false_positives + self.true_negatives)

    @property
    def precision(self) -> float | None:
        """Share of the rows decided positive that are."""
        return share(self.true_positives, self.true_positives + self.false_positives)


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """One model's decisions over the threshold: the curves of ROC, of precision and recall, and of cost.

    Attributes:
        model: "challenger" or "champion".
        cut_offs: from the highest threshold to the lowest, which decides every row positive.
        chosen: at the threshold that the model is used with; None where no row reaches it.
        areas: the areas under both curves, with bounds; empty for the champion.
    """

    model: str
    cut_offs: tuple[CutOff, ...]
    chosen: CutOff | None
    areas: tuple[Level, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Confusion:
    """Which class is decided for which, by the challenger.

    Attributes:
        classes: their names; of many the ones with the most mistakes, the last line then standing for all others.
        counts: a line a true class, a column a decision.
        folded: how many classes the last line stands for; 0 where each has its own.
        folded_mistakes: rows of these decided for another of these, which stand on the diagonal.
    """

    classes: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]
    folded: int = 0
    folded_mistakes: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ErrorBin:
    """Errors of some rows, predicted minus observed: above zero is too high.

    Attributes:
        rows: how many.
        predicted: their mean prediction.
        time_from: earliest event time; None without a clock.
        time_to: latest event time.
        quantiles: of the errors at 5 %, 25 %, 50 %, 75 % and 95 %.
    """

    rows: int
    predicted: float
    time_from: datetime | None
    time_to: datetime | None
    quantiles: tuple[float, float, float, float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagnostics:
    """What was looked at on the holdout; what does not belong to the task is empty.

    Attributes:
        curves: of the challenger, then of the champion where there is one; for a binary task.
        confusion: by class; None for a regression.
        errors_by_prediction: the lowest prediction first; for a regression.
        errors_by_time: the earliest first; for a regression.
        problem: why nothing could be looked at; None when it could.
    """

    curves: tuple[Curve, ...] = ()
    confusion: Confusion | None = None
    errors_by_prediction: tuple[ErrorBin, ...] = ()
    errors_by_time: tuple[ErrorBin, ...] = ()
    problem: str | None = None

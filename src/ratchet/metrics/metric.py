"""What a metric is: its name, which way it is read, its value, and what its interval is made of.

Predictions are the probability of the positive class (binary, one number a row), the probability of every class
(multiclass, one column a class), the value itself (regression) or, for a metric that looks at decisions, the class that
a row is decided for. Labels are class codes from 0, or values.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ratchet.metrics.arrays import Floats, np

Task = Literal["binary", "multiclass", "regression"]
STEP = 1e-6  # of a mean, for the slope of a figure: halves the digits, as central differences want


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricOptions:
    """What some metrics need beside labels and predictions.

    Attributes:
        top: share of rows that precision_at_k looks at.
        quantile: what pinball is the loss of.
    """

    top: float = 0.1
    quantile: float = 0.5


DEFAULT_OPTIONS = MetricOptions()


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """A decomposable figure: a function of sums over rows, so it needs no row once the sums are there.

    A resample adds up the sums of the rows, blocks or groups that it drew.

    Attributes:
        columns: what each row adds to each sum, a line a row.
        combine: makes figures of sums, a line a resample; NaN where a resample has no figure.
    """

    columns: Floats
    combine: Callable[[Floats], Floats]

    def find_influence(self, weights: Floats | None = None) -> Floats:
        """Return each row's influence: its distance from the mean row times the figure's slope there."""
        mean = np.average(self.columns, axis=0, weights=weights)
        steps = np.diag(STEP * np.abs(self.columns).max(axis=0, initial=0))
        moved = steps.diagonal() > 0  # a sum that no row adds to moves nothing
        around = self.combine(np.concatenate([mean + steps, mean - steps]))
        rise = around[: len(mean)] - around[len(mean) :]
        slope = np.divide(rise, 2 * steps.diagonal(), out=np.zeros(len(mean)), where=moved)
        influence: Floats = (self.columns - mean) @ np.nan_to_num(slope)
        return influence


Value = Callable[[Floats, Floats, MetricOptions], float]
Decompose = Callable[[Floats, Floats, MetricOptions], Sums]
Obstacle = Callable[[Floats, Floats], str | None]
Resampled = Callable[[Floats], Floats]  # weights of (resamples, rows) -> a figure for each resample


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """How a figure that ranks rows, and so needs them all, gets its interval.

    Attributes:
        prepare: does once what does not change between resamples, such as sorting, and returns the rest.
        influence: how much each row moves the figure, given how often each row counts.
        is_area: whether it is an area under the curve, whose standard error is DeLong's.
    """

    prepare: Callable[[Floats, Floats, MetricOptions], Resampled]
    influence: Callable[[Floats, Floats, MetricOptions, Floats], Floats]
    is_area: bool = False


def explain_lost(name: str, predictions: Floats) -> str | None:
    """Return how many predictions of a model are no finite numbers, one sentence; None when all are."""
    lost = int(np.count_nonzero(~np.isfinite(predictions)))
    return f"{lost:,} predictions of the {name} are not finite numbers" if lost else None


def _find_none(_labels: Floats, _predictions: Floats) -> str | None:
    return None


def _mean(labels: Floats, _options: MetricOptions) -> float:
    return float(np.mean(labels))


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One metric.

    Attributes:
        name: what YAML, records and reports call it.
        tasks: which tasks have it.
        value: the figure, as the metric is usually read.
        interval: how the figure decomposes into sums over rows or, for one that ranks rows, its ranking.
        is_loss: whether less is better.
        lowest: the least that a figure can be.
        highest: the most that a figure can be.
        is_decided: whether it looks at decisions, not at scores.
        is_proper: whether it is a loss of probabilities, so that a ranking metric guards it and not another such loss.
        needs_every_class: whether it says little with few rows of the rarest class.
        baseline_is_positive: whether the trivial baseline decides every row for the positive class; a constant below
            one half decides none for it, and so has no precision and the worst f1 there is.
        obstacle: why there is no figure on these rows, without the metric's name; None when there is one.
        best_constant: the prediction of a baseline that knows only these labels.
    """

    name: str
    tasks: tuple[Task, ...]
    value: Value
    interval: Decompose | Ranking
    is_loss: bool = False
    lowest: float = 0.0
    highest: float = 1.0
    is_decided: bool = False
    is_proper: bool = False
    needs_every_class: bool = False
    baseline_is_positive: bool = False
    obstacle: Obstacle = _find_none
    best_constant: Callable[[Floats, MetricOptions], float] = _mean

    @property
    def is_area(self) -> bool:
        """Whether it is an area under the curve."""
        return isinstance(self.interval, Ranking) and self.interval.is_area

    def measure(self, labels: Floats, predictions: Floats, options: MetricOptions = DEFAULT_OPTIONS) -> float | None:
        """Measure one figure as the metric is usually read; None where it is not defined or not a finite number."""
        if not self.is_defined(labels, predictions) or not np.isfinite(predictions).all():
            return None
        with np.errstate(over="ignore", invalid="ignore"):  # a figure that overflows is no figure, and says so below
            value = float(self.value(labels, predictions, options))
        return value if np.isfinite(value) else None

    def is_defined(self, labels: Floats, predictions: Floats) -> bool:
        """Tell whether there is a figure on these rows."""
        return self.explain_undefined(labels, predictions) is None

    def explain_undefined(self, labels: Floats, predictions: Floats) -> str | None:
        """Return why there is no figure on these rows, one sentence; None when there is one."""
        if not len(labels):
            return "no rows in the holdout"
        if lost := int(np.count_nonzero(~np.isfinite(labels))):
            return f"{self.name} is not defined: {lost:,} labels are not finite numbers"
        why = self.obstacle(labels, predictions)
        return f"{self.name} is not defined: {why}" if why else None

    def decompose(self, labels: Floats, predictions: Floats, options: MetricOptions = DEFAULT_OPTIONS) -> Sums | None:
        """Decompose the figure into sums over rows; None for a metric that ranks rows."""
        return None if isinstance(self.interval, Ranking) else self.interval(labels, predictions, options)

    def find_influence(
        self,
        labels: Floats,
        predictions: Floats,
        options: MetricOptions = DEFAULT_OPTIONS,
        weights: Floats | None = None,
    ) -> Floats:
        """Return each row's influence on the figure: how much the row moves it, to first order.

        It has mean zero, and the variance of the figure is that of its mean, see Efron and Tibshirani, An Introduction
        to the Bootstrap (1993), chapter 21. DeLong's variance, block lengths and degrees of freedom are read from it.

        Args:
            labels: class codes from 0, or values.
            predictions: what the metric looks at.
            options: what some metrics need beside them.
            weights: how often each row counts; the influence is that of a row that counts once.
        """
        counted = np.ones(len(labels)) if weights is None else weights
        if isinstance(self.interval, Ranking):
            return self.interval.influence(labels, predictions, options, counted)
        return self.interval(labels, predictions, options).find_influence(counted)

    def prepare(self, labels: Floats, predictions: Floats, options: MetricOptions = DEFAULT_OPTIONS) -> Resampled:
        """Prepare figures of many resamples at once: rows counted as often as they were drawn.

        A resample is a row of weights, one count for each row; a figure comes back for each resample, NaN where a
        resample has no figure, as where it drew one class only.
        """
        if isinstance(self.interval, Ranking):
            return self.interval.prepare(labels, predictions, options)
        sums = self.interval(labels, predictions, options)
        return lambda weights: sums.combine(weights @ sums.columns)

    def clip_figure(self, lower: float, upper: float) -> tuple[float, float]:
        """Keep bounds of a figure where the metric can be."""
        return max(lower, self.lowest), min(upper, self.highest)

    def clip_gain(self, lower: float, upper: float) -> tuple[float, float]:
        """Keep bounds of a gain where the difference of two figures can be."""
        most = self.highest - self.lowest
        return max(lower, -most), min(upper, most)

"""The gain of a challenger over an opponent on the same rows, turned so that positive is better, with its bounds.

The area under the curve has a standard error of its own: DeLong, DeLong and Clarke-Pearson's (1988), with whole groups
that of Obuchowski (1997), and with blocks the same sums over neighbouring rows. Any other metric is resampled in pairs.

Which class has the fewest rows, of those that are waited for: it limits what the rows can show.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import chain
from typing import Self

import numpy as np
from numpy.typing import NDArray

from ratchet.config.model import ModelConfig
from ratchet.evaluation.bounds import Bounds, bound_by_error, find_bounds
from ratchet.evaluation.resampling import Resampling, draw_weights, find_shortfall, sum_draws, sum_units
from ratchet.metrics.arrays import Floats
from ratchet.metrics.metric import DEFAULT_OPTIONS, MetricOptions, Resampled, Sums, explain_lost
from ratchet.metrics.registry import find_metric
from ratchet.records.judgement import Gain

OVERALL = "overall"
Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rarest:
    """The class with the fewest rows.

    Attributes:
        rows: how many it has; None for regression.
        name: what it is called, where there are more than two classes and their names are known.
    """

    rows: int | None
    name: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassNames:
    """The classes of a task with more than two.

    Attributes:
        names: in the order of their codes; empty where they are not known, or are not needed.
        spared: those that no minimum of rows waits for, `evaluation.rare_classes` in the YAML.
    """

    names: tuple[str, ...] = ()
    spared: tuple[str, ...] = ()

    @classmethod
    def of(cls, config: ModelConfig, names: tuple[str, ...]) -> Self:
        """Take the names where there are more than two classes: of two, both are always waited for."""
        return cls(names=names, spared=config.evaluation.rare_classes) if config.task == "multiclass" else cls()

    def find_rarest(self, labels: Floats, classes: int, *, absent_count: bool) -> Rarest:
        """Find the rarest class, none for regression; a class without rows counts as 0 or not at all."""
        if not classes:
            return Rarest(rows=None)
        counts = np.bincount(labels.astype(np.intp), minlength=classes)
        spared = {self.names.index(name) for name in self.spared if name in self.names}
        counted = [code for code in range(len(counts)) if code not in spared and (absent_count or counts[code])]
        if not counted:
            return Rarest(rows=len(labels))
        code = min(counted, key=counts.__getitem__)
        return Rarest(rows=int(counts[code]), name=self.names[code] if self.names else None)


UNNAMED = ClassNames()


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """A challenger and its opponent on the rows of the holdout.

    Attributes:
        metric: what they are compared by.
        opponent: "champion" or "baseline".
        labels: class codes from 0, or values.
        classes: how many classes there are; 0 for regression.
        challenger: its predictions, see `ratchet.metrics.metric`.
        against: the opponent's predictions.
        options: what the metric needs beside these.
        names: of the classes, to tell the rarest.
    """

    metric: str
    opponent: str
    labels: Floats
    classes: int
    challenger: Floats
    against: Floats
    options: MetricOptions = DEFAULT_OPTIONS
    names: ClassNames = UNNAMED

    def on(self, rows: Rows | slice) -> "Pair":
        """Return the pair on some of its rows."""
        return replace(self, labels=self.labels[rows], challenger=self.challenger[rows], against=self.against[rows])


@dataclass(frozen=True, slots=True, kw_only=True)
class Where:
    """Some rows of the holdout.

    Attributes:
        name: the slice's.
        rows: their positions; None for all.
    """

    name: str = OVERALL
    rows: Rows | None = None

    @property
    def index(self) -> Rows | slice:
        """The rows, to take them out of an array."""
        return slice(None) if self.rows is None else self.rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A pair on some of the rows, ready to be measured.

    Attributes:
        where: which rows.
        pair: the pair on these.
        plan: how the holdout is drawn anew.
        units: how many rows, blocks or groups hold any of them; for an area under the curve, any of each class.
        challenger: the challenger's figure; None when it can't be measured.
        opponent_value: the opponent's figure.
    """

    where: Where
    pair: Pair
    plan: Resampling
    units: float
    challenger: float | None
    opponent_value: float | None


def measure_gain(
    pair: Pair, plan: Resampling, *, confidence: float, rows: Rows | None = None, slice_name: str = OVERALL
) -> Gain:
    """Measure the gain with one-sided bounds, on all rows or on those of a slice; the draws are the plan's either way.

    Raises:
        ValueError: the plan is for another number of rows.
    """
    return measure_gains(pair, plan, [Where(name=slice_name, rows=rows)], confidence=confidence)[0]


def measure_gains(pair: Pair, plan: Resampling, places: Sequence[Where], *, confidence: float) -> tuple[Gain, ...]:
    """Measure the gain on several sets of rows at once, each on the same draws.

    Raises:
        ValueError: the plan is for another number of rows.
    """
    if plan.rows != len(pair.labels):
        raise ValueError(f"the resampling is planned for {plan.rows} rows, the pair has {len(pair.labels)}")
    with np.errstate(all="ignore"):  # figures too large for a number are no figures, and their gain says so
        parts = [_prepare_part(pair, plan, where) for where in places]
        problems = list(map(_find_problem, parts))
        sound = [part for part, problem in zip(parts, problems, strict=True) if problem is None]
        resampled = iter(() if find_metric(pair.metric).is_area else _resample(sound, plan))
        return tuple(
            _describe(part, problem, resampled, confidence) for part, problem in zip(parts, problems, strict=True)
        )


def influence_difference(pair: Pair) -> Floats:
    """Return each row's influence on the difference of both figures."""
    with np.errstate(all="ignore"):  # of figures too large for a number; their gain says so
        of_challenger = find_metric(pair.metric).find_influence(pair.labels, pair.challenger, pair.options)
        return of_challenger - find_metric(pair.metric).find_influence(pair.labels, pair.against, pair.options)


def _prepare_part(pair: Pair, plan: Resampling, where: Where) -> Part:
    is_here = np.zeros(plan.rows, dtype=bool)
    is_here[where.index] = True
    units = plan.units * _share_of_units(plan, is_here)
    # ranks compare classes, so they know no more than the rarer one does
    if find_metric(pair.metric).is_area and is_here.any():
        codes = np.unique(pair.labels[is_here])
        units = min(plan.units * _share_of_units(plan, is_here & (pair.labels == code)) for code in codes)
    part = pair.on(where.index)
    return Part(
        where=where,
        pair=part,
        plan=plan,
        units=units,
        challenger=find_metric(part.metric).measure(part.labels, part.challenger, part.options),
        opponent_value=find_metric(part.metric).measure(part.labels, part.against, part.options),
    )


def _share_of_units(plan: Resampling, is_wanted: NDArray[np.bool_]) -> float:
    return float((sum_units(plan, is_wanted.astype(np.float64)) > 0).mean()) if plan.rows else 0.0


def _find_problem(part: Part) -> str | None:
    pair, rows = part.pair, len(part.pair.labels)
    if not rows:
        return "no rows in the holdout"
    sides = (("challenger", pair.challenger, part.challenger), (pair.opponent, pair.against, part.opponent_value))
    for side in sides:
        if problem := _find_problem_of(pair, *side):
            return problem
    if part.units < 2:
        of_class = " in one of the classes" if find_metric(pair.metric).is_area else ""
        return f"the {rows:,} rows make fewer than 2 {part.plan.method} to draw from{of_class}"
    return None


def _find_problem_of(pair: Pair, name: str, predictions: Floats, value: float | None) -> str | None:
    if why := explain_lost(name, predictions) or find_metric(pair.metric).explain_undefined(pair.labels, predictions):
        return why
    return f"the {pair.metric} of the {name} is not a finite number" if value is None else None


def _describe(part: Part, problem: str | None, resampled: Iterator[Floats], confidence: float) -> Gain:
    """Describe a gain; each one without a problem takes its draws, and there are none for an area."""
    pair, is_whole = part.pair, part.where.rows is None
    rarest = pair.names.find_rarest(pair.labels, pair.classes, absent_count=is_whole or pair.classes == 2)
    describe = partial(
        Gain,
        metric=pair.metric,
        opponent=pair.opponent,
        slice=part.where.name,
        rows=len(pair.labels),
        positives=rarest.rows,
        rarest=rarest.name,
        challenger=part.challenger,
        opponent_value=part.opponent_value,
        confidence=confidence,
        resampling=part.plan.method,
        interval="delong" if find_metric(pair.metric).is_area else "bootstrap",
    )
    nothing = partial(describe, estimate=None, lower=None, upper=None, detectable=None)
    if problem:
        return nothing(problem=problem)
    estimate, bounds = _find_bounds(part, next(resampled, None), confidence)
    if bounds is None:
        return nothing(problem=f"{len(pair.labels):,} rows are too few: some resamples hold no {pair.metric} at all")
    if not np.isfinite([bounds.lower, bounds.upper]).all():
        return nothing(problem=f"the bounds of the {pair.metric} gain are not finite numbers")
    return describe(estimate=estimate, lower=bounds.lower, upper=bounds.upper, detectable=bounds.detectable)


def _find_bounds(part: Part, gains: Floats | None, confidence: float) -> tuple[float, Bounds | None]:
    """Return the gain, and its bounds unless too many draws have no figure."""
    plan, sign = part.plan, -1 if find_metric(part.pair.metric).is_loss else 1
    estimate = float(sign * _measure_difference(part.pair)(np.ones((1, len(part.pair.labels))))[0])
    influence = np.zeros(plan.rows)
    influence[part.where.index] = sign * influence_difference(part.pair)
    sums, units = sum_units(plan, influence), (plan.units, part.units)
    short = find_shortfall(influence, plan.block) if plan.method == "blocks" else 1.0
    if gains is None:
        error = short * _standard_error(part, sums)
        return estimate, bound_by_error(estimate, error, sums, units=units, confidence=confidence)
    # blocks that fit no whole number of times draw more rows than there are, and so spread less than these rows do
    spread = estimate + (sign * gains - estimate) * short * np.sqrt(plan.drawn / plan.rows)
    return estimate, find_bounds(estimate, spread, sums, units=units, confidence=confidence)


def _standard_error(part: Part, sums: Floats) -> float:
    """Return the standard error of a mean of influences from what they add up to in each unit."""
    error = float(np.sqrt(part.plan.units * (sums**2).mean())) / len(part.pair.labels)
    # single rows have the n / (n - 1) of their class already
    return error if part.plan.method == "rows" else error * float(np.sqrt(part.units / (part.units - 1)))


def _resample(parts: list[Part], plan: Resampling) -> list[Floats]:
    """Return the difference of both figures for each draw, part by part."""
    sides = [_decompose(part.pair) for part in parts]
    if not any(sides):
        return [_resample_rows(part) for part in parts]
    return _combine(sides, list(chain.from_iterable(map(_spread_out, parts, sides))), plan)


def _combine(sides: list[tuple[Sums, ...]], columns: list[Floats], plan: Resampling) -> list[Floats]:
    """Draw the columns of all sides at once, and make the difference of both figures of each two sides."""
    ends = np.cumsum([each.shape[1] for each in columns])
    drawn = iter(np.split(sum_draws(plan, np.concatenate(columns, axis=1)), ends[:-1], axis=1))
    return [np.subtract(*(side.combine(next(drawn)) for side in both)) for both in sides]


def _decompose(pair: Pair) -> tuple[Sums, ...]:
    both = (
        find_metric(pair.metric).decompose(pair.labels, predictions, pair.options)
        for predictions in (pair.challenger, pair.against)
    )
    return tuple(sums for sums in both if sums is not None)


def _spread_out(part: Part, both: tuple[Sums, ...]) -> list[Floats]:
    """Put the columns of a part on all rows of the holdout, with nothing on those outside of it."""
    spread = [np.zeros((part.plan.rows, side.columns.shape[1])) for side in both]
    for columns, side in zip(spread, both, strict=True):
        columns[part.where.index] = side.columns
    return spread


def _resample_rows(part: Part) -> Floats:
    """Measure each draw from its rows: for metrics that rank them."""
    difference = _measure_difference(part.pair)
    return np.concatenate([difference(weights[:, part.where.index]) for weights in draw_weights(part.plan)])


def _measure_difference(pair: Pair) -> Resampled:
    of_challenger = find_metric(pair.metric).prepare(pair.labels, pair.challenger, pair.options)
    of_opponent = find_metric(pair.metric).prepare(pair.labels, pair.against, pair.options)
    return lambda weights: of_challenger(weights) - of_opponent(weights)

"""Appraise production: figures of everybody and of segments, beside the baseline, and what explains them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pandas as pd

from ratchet.config.model import ModelConfig
from ratchet.evaluation.production.basis import Basis, Span, find_windows
from ratchet.evaluation.production.concept import LabelledRows, measure_concept
from ratchet.evaluation.production.estimates import Confidence, judge_estimate
from ratchet.evaluation.production.figures import (
    Judged,
    Measured,
    describe,
    measure_calibration,
    measure_rows,
    measure_value,
)
from ratchet.evaluation.production.patterns import find_patterns
from ratchet.evaluation.production.rows import Codes, SegmentColumn
from ratchet.metrics.metric import MetricOptions
from ratchet.records.production import Estimate, Figure, Overdue, ProductionPerformance, Spread
from ratchet.timeline import to_number

QUARTERS = (0.25, 0.5, 0.75)
FEWEST_PERIODS = 5  # that quarters can be told of


@dataclass(frozen=True, slots=True, kw_only=True)
class Holdout:
    """The champion's figures where it was judged: the baseline of last resort.

    Attributes:
        figures: by metric.
        rows: of that holdout.
    """

    figures: dict[str, float]
    rows: int

    def stand_in(self, metric: str, now: Measured) -> Measured | None:
        """Return its figure, with bounds as wide as those of the window's, for as many rows as it has."""
        value = self.figures.get(metric)
        if value is None or not self.rows or now.value is None or now.lower is None or now.upper is None:
            return None
        scale = float(np.sqrt(now.rows / self.rows))
        lower, upper = value - scale * (now.value - now.lower), value + scale * (now.upper - now.value)
        return Measured(rows=self.rows, open_share=0.0, value=value, lower=lower, upper=upper)


NO_HOLDOUT = Holdout(figures={}, rows=0)


def metrics_of(config: ModelConfig) -> tuple[str, ...]:
    """Return the primary metric and the guards."""
    return (config.metric, *(guard.metric for guard in config.guards))


def appraise_rows(basis: Basis, features: pd.DataFrame, holdout: Holdout = NO_HOLDOUT) -> ProductionPerformance:
    """Appraise the rows of a basis.

    Args:
        basis: matured rows, windows, baseline.
        features: of `basis.wanted`, in that order.
        holdout: the champion's figures: the baseline where the history has no stable period.
    """
    maturity, config = basis.maturity, basis.material.config
    baseline, window = basis.matured.take(basis.baseline), basis.matured.between(*basis.window)
    calibration = measure_calibration(window, baseline, basis.material.plan)
    pattern_rows = basis.patterns
    now, then = (LabelledRows(judged=each, features=_pick(basis, features, each)) for each in basis.concept)
    kinds = config.data.compared or config.data.features
    concept = measure_concept(now, then, kinds, config.schedule.seed)
    return ProductionPerformance(
        as_of=basis.material.as_of,
        matured_until=None if maturity.until is None else basis.calendar.moment(basis.window[1]),
        maturity=maturity.share,
        figures=tuple(_measure_all(basis, holdout)),
        weekly=_measure_weekly(basis),
        spread=tuple(_measure_spread(basis)),
        calibration=replace(calibration, problem=maturity.problem or calibration.problem),
        patterns=find_patterns(pattern_rows, _pick(basis, features, pattern_rows), kinds),
        concept=replace(concept, problem=maturity.problem or concept.problem),
        estimates=tuple(_estimate(basis, baseline)),
        holdout=holdout.figures.get(config.metric),
        overdue=_find_overdue(basis),
        warnings=basis.warnings,
    )


def _find_overdue(basis: Basis) -> Overdue | None:
    """Look at rows that are as old today as matured ones were when the last label came."""
    maturity, rows = basis.maturity, basis.material.rows
    if not maturity.is_stalled or maturity.until is None:
        return None
    since = to_number(basis.material.as_of) - maturity.counted_from
    start, end = (tick + since for tick in basis.window)
    is_known = rows.is_known[(rows.ticks >= start) & (rows.ticks < end)]
    return Overdue(rows=len(is_known), open_share=1 - float(is_known.mean())) if len(is_known) else None


def _pick(basis: Basis, features: pd.DataFrame, judged: Judged) -> pd.DataFrame:
    return features.iloc[np.searchsorted(basis.wanted, judged.rows.places)].reset_index(drop=True)


def _options(basis: Basis) -> MetricOptions:
    return basis.material.config.evaluation.options


def _measure(basis: Basis, metric: str, judged: Judged) -> Measured:
    problem = basis.maturity.problem
    if problem is not None:
        return Measured(rows=0, open_share=None, problem=problem)
    return measure_rows(metric, judged, basis.material.plan, _options(basis))


def _measure_all(basis: Basis, holdout: Holdout) -> Iterator[Figure]:
    """Measure each metric in both windows, for everybody first and then for each segment."""
    spans = ((basis.window, basis.baseline), (basis.long_window, basis.long_baseline))
    for segment, members in _find_segments(basis):
        for metric in metrics_of(basis.material.config):
            baselines: dict[int, Measured] = {}  # both windows mostly have the same one
            for span, places in spans:
                judged = basis.matured.take(_within(basis, span, members))
                before = places if members is None else places[members[places]]
                if id(places) not in baselines:
                    baselines[id(places)] = _measure(basis, metric, basis.matured.take(before))
                yield _describe(basis, (metric, segment), span, judged, (baselines[id(places)], holdout))


def _describe(
    basis: Basis, name: tuple[str, str | None], span: Span, judged: Judged, baselines: tuple[Measured, Holdout]
) -> Figure:
    metric, segment = name
    now, (then, holdout) = _measure(basis, metric, judged), baselines
    # a holdout is everybody's: a segment may always have been worse
    against = then if then.value is not None or segment is not None else holdout.stand_in(metric, now)
    return describe(metric, segment, basis.calendar.window(*span), now, against)


def _within(basis: Basis, span: Span, members: np.ndarray | None) -> Codes:
    first, last = np.searchsorted(basis.matured.rows.ticks, span)
    places = np.arange(first, last)
    return places if members is None else places[members[first:last]]


def _find_segments(basis: Basis) -> Iterator[tuple[str | None, np.ndarray | None]]:
    """Give everybody, then each value of each column with enough labels in the long window, most rows first."""
    yield None, None
    first, last = np.searchsorted(basis.matured.rows.ticks, basis.long_window)
    is_known = basis.matured.rows.is_known[first:last]
    for column in basis.material.segments:
        codes = column.codes[: len(basis.matured.rows)]
        for code in _find_frequent(basis, column, codes[first:last][is_known]):
            yield f"{column.name} = {column.names[code]}", codes == code


def _find_frequent(basis: Basis, column: SegmentColumn, codes: Codes) -> Codes:
    plan = basis.material.plan
    counts = np.bincount(codes[codes >= 0], minlength=len(column.names))
    order = np.argsort(-counts, kind="stable")[: plan.max_segments]
    return order[counts[order] >= plan.min_rows]


def _measure_weekly(basis: Basis) -> tuple[Figure, ...]:
    metric = basis.material.config.metric
    return tuple(
        describe(metric, None, basis.calendar.window(*span), _measure(basis, metric, basis.matured.between(*span)))
        for span in find_windows(basis)
    )


def _measure_spread(basis: Basis) -> Iterator[Spread]:
    days = _cut(basis, basis.calendar.period)
    if len(days) < FEWEST_PERIODS:  # too few rows a day: by windows then
        days = _cut(basis, basis.window[1] - basis.window[0])
    for metric in metrics_of(basis.material.config):
        values = [measure_value(metric, day, basis.material.plan, _options(basis)) for day in days]
        yield from _describe_spread(metric, [value for value in values if value is not None])


def _describe_spread(metric: str, values: list[float]) -> Iterator[Spread]:
    if values:
        p25, p50, p75 = np.quantile(values, QUARTERS).tolist()
        yield Spread(metric=metric, periods=len(values), p25=p25, p50=p50, p75=p75)


def _cut(basis: Basis, period: int) -> list[Judged]:
    """Cut matured rows into periods that end with the window, without those of too few labels."""
    ticks, end = basis.matured.rows.ticks, basis.window[1]
    if not len(ticks) or period < 1:
        return []
    edges = end - period * np.arange((end - 1 - int(ticks[0])) // period + 1, -1, -1)
    known = np.concatenate(([0], np.cumsum(basis.matured.rows.is_known)))
    return [
        basis.matured.take(np.arange(first, last))
        for first, last in pairwise(np.searchsorted(ticks, edges))
        if known[last] - known[first] >= basis.material.plan.min_rows
    ]


def _estimate(basis: Basis, baseline: Judged) -> Iterator[Estimate]:
    material = basis.material
    rows = material.rows.between(*material.window.numbers)
    confidence = Confidence(baseline, material.plan)
    learnt_until = int(baseline.rows.ticks[-1]) if len(baseline.rows) else -1
    spans = [span for span in (*find_windows(basis), basis.window) if span[0] > learnt_until]
    earlier = [basis.matured.between(*span) for span in spans]
    for metric in metrics_of(material.config):
        yield judge_estimate(metric, rows, confidence, earlier, material.plan, _options(basis))

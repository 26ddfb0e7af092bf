"""Appraise production: figures of everybody and of segments, beside the baseline, and what explains them."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
import pandas as pd

from ratchet.config.model import ModelConfig
from ratchet.evaluation.production.calibration import measure_calibration
from ratchet.evaluation.production.concept import Side, measure_concept
from ratchet.evaluation.production.estimates import Confidence, judge_estimate
from ratchet.evaluation.production.figures import Judged, Measured, describe, measure_rows, measure_value
from ratchet.evaluation.production.ground import Ground, Span, find_windows
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


def appraise_rows(ground: Ground, features: pd.DataFrame, holdout: Holdout = NO_HOLDOUT) -> ProductionPerformance:
    """Appraise what the ground was laid for.

    Args:
        ground: matured rows, windows, baseline.
        features: of `ground.wanted`, in that order.
        holdout: the champion's figures: the baseline where the history has no stable period.
    """
    maturity, config = ground.maturity, ground.material.config
    baseline, window = ground.matured.take(ground.baseline), ground.matured.between(*ground.window)
    calibration = measure_calibration(window, baseline, ground.material.plan)
    pattern_rows = ground.patterns
    now, then = (Side(judged=each, features=_pick(ground, features, each)) for each in ground.concept)
    kinds = dict(config.data.features)
    concept = measure_concept(now, then, kinds, config.schedule.seed)
    return ProductionPerformance(
        as_of=ground.material.as_of,
        matured_until=None if maturity.until is None else ground.calendar.moment(ground.window[1]),
        maturity=maturity.share,
        figures=tuple(_measure_all(ground, holdout)),
        weekly=_measure_weekly(ground),
        spread=tuple(_measure_spread(ground)),
        calibration=replace(calibration, problem=maturity.problem or calibration.problem),
        patterns=find_patterns(pattern_rows, _pick(ground, features, pattern_rows), kinds),
        concept=replace(concept, problem=maturity.problem or concept.problem),
        estimates=tuple(_estimate(ground, baseline)),
        holdout=holdout.figures.get(config.metric),
        overdue=_find_overdue(ground),
        warnings=ground.warnings,
    )


def _find_overdue(ground: Ground) -> Overdue | None:
    """Look at rows that are as old today as matured ones were when the last label came."""
    maturity, rows = ground.maturity, ground.material.rows
    if not maturity.is_stalled or maturity.until is None:
        return None
    since = to_number(ground.material.as_of) - maturity.counted_from
    start, end = (tick + since for tick in ground.window)
    is_known = rows.is_known[(rows.ticks >= start) & (rows.ticks < end)]
    return Overdue(rows=len(is_known), open_share=1 - float(is_known.mean())) if len(is_known) else None


def _pick(ground: Ground, features: pd.DataFrame, judged: Judged) -> pd.DataFrame:
    return features.iloc[np.searchsorted(ground.wanted, judged.rows.places)].reset_index(drop=True)


def _options(ground: Ground) -> MetricOptions:
    return ground.material.config.evaluation.options


def _measure(ground: Ground, metric: str, judged: Judged) -> Measured:
    problem = ground.maturity.problem
    if problem is not None:
        return Measured(rows=0, open_share=None, problem=problem)
    return measure_rows(metric, judged, ground.material.plan, _options(ground))


def _measure_all(ground: Ground, holdout: Holdout) -> Iterator[Figure]:
    """Measure each metric in both windows, for everybody first and then for each segment."""
    spans = ((ground.window, ground.baseline), (ground.long_window, ground.long_baseline))
    for segment, members in _find_segments(ground):
        for metric in metrics_of(ground.material.config):
            baselines: dict[int, Measured] = {}  # both windows mostly have the same one
            for span, places in spans:
                judged = ground.matured.take(_within(ground, span, members))
                before = places if members is None else places[members[places]]
                if id(places) not in baselines:
                    baselines[id(places)] = _measure(ground, metric, ground.matured.take(before))
                yield _describe(ground, (metric, segment), span, judged, (baselines[id(places)], holdout))


def _describe(
    ground: Ground, name: tuple[str, str | None], span: Span, judged: Judged, baselines: tuple[Measured, Holdout]
) -> Figure:
    metric, segment = name
    now, (then, holdout) = _measure(ground, metric, judged), baselines
    # a holdout is everybody's: a segment may always have been worse
    against = then if then.value is not None or segment is not None else holdout.stand_in(metric, now)
    return describe(metric, segment, ground.calendar.window(*span), now, against)


def _within(ground: Ground, span: Span, members: np.ndarray | None) -> Codes:
    first, last = np.searchsorted(ground.matured.rows.ticks, span)
    places = np.arange(first, last)
    return places if members is None else places[members[first:last]]


def _find_segments(ground: Ground) -> Iterator[tuple[str | None, np.ndarray | None]]:
    """Give everybody, then each value of each column with enough labels in the long window, most rows first."""
    yield None, None
    first, last = np.searchsorted(ground.matured.rows.ticks, ground.long_window)
    is_known = ground.matured.rows.is_known[first:last]
    for column in ground.material.segments:
        codes = column.codes[: len(ground.matured.rows)]
        for code in _find_frequent(ground, column, codes[first:last][is_known]):
            yield f"{column.name} = {column.names[code]}", codes == code


def _find_frequent(ground: Ground, column: SegmentColumn, codes: Codes) -> Codes:
    plan = ground.material.plan
    counts = np.bincount(codes[codes >= 0], minlength=len(column.names))
    order = np.argsort(-counts, kind="stable")[: plan.max_segments]
    return order[counts[order] >= plan.min_rows]


def _measure_weekly(ground: Ground) -> tuple[Figure, ...]:
    metric = ground.material.config.metric
    return tuple(
        describe(metric, None, ground.calendar.window(*span), _measure(ground, metric, ground.matured.between(*span)))
        for span in find_windows(ground)
    )


def _measure_spread(ground: Ground) -> Iterator[Spread]:
    days = _cut(ground, ground.calendar.period)
    if len(days) < FEWEST_PERIODS:  # too few rows a day: by windows then
        days = _cut(ground, ground.window[1] - ground.window[0])
    for metric in metrics_of(ground.material.config):
        values = [measure_value(metric, day, ground.material.plan, _options(ground)) for day in days]
        yield from _describe_spread(metric, [value for value in values if value is not None])


def _describe_spread(metric: str, values: list[float]) -> Iterator[Spread]:
    if values:
        p25, p50, p75 = np.quantile(values, QUARTERS).tolist()
        yield Spread(metric=metric, periods=len(values), p25=p25, p50=p50, p75=p75)


def _cut(ground: Ground, period: int) -> list[Judged]:
    """Cut matured rows into periods that end with the window, without those of too few labels."""
    ticks, end = ground.matured.rows.ticks, ground.window[1]
    if not len(ticks) or period < 1:
        return []
    edges = end - period * np.arange((end - 1 - int(ticks[0])) // period + 1, -1, -1)
    known = np.concatenate(([0], np.cumsum(ground.matured.rows.is_known)))
    return [
        ground.matured.take(np.arange(first, last))
        for first, last in pairwise(np.searchsorted(ticks, edges))
        if known[last] - known[first] >= ground.material.plan.min_rows
    ]


def _estimate(ground: Ground, baseline: Judged) -> Iterator[Estimate]:
    material = ground.material
    rows = material.rows.between(*material.window.numbers)
    confidence = Confidence(baseline, material.plan)
    learnt_until = int(baseline.rows.ticks[-1]) if len(baseline.rows) else -1
    spans = [span for span in (*find_windows(ground), ground.window) if span[0] > learnt_until]
    earlier = [ground.matured.between(*span) for span in spans]
    for metric in metrics_of(material.config):
        yield judge_estimate(metric, rows, confidence, earlier, material.plan, _options(ground))

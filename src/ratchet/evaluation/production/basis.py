"""What performance is measured on: rows that have matured, what their labels stand for, windows and the baseline."""

from dataclasses import dataclass

import numpy as np

from ratchet.config.model import ModelConfig
from ratchet.config.monitoring import LabelPlan
from ratchet.evaluation.production.concept import LEAST_ROWS, choose_rows
from ratchet.evaluation.production.figures import Judged, Units
from ratchet.evaluation.production.maturity import Maturity, find_surprise, learn_maturity, weigh_labels
from ratchet.evaluation.production.rows import BLOCKS, Calendar, Codes, Production, SegmentColumn
from ratchet.timeline import DAY, Moment, Window, to_length, to_number

PATTERN_ROWS = 1_000  # labels of the window that show where errors gather; with fewer the long window is looked at
MOST_PATTERN_ROWS = 100_000
Span = tuple[int, int]  # from one tick to before another


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """What performance is measured from.

    Attributes:
        config: the model's YAML.
        rows: the history's predictions, in the order of time, with the labels that were known.
        segments: columns whose values are watched, of the same rows.
        as_of: what counts as known.
        window: the latest rows, whose length every window has.
        long_window: the longer one.
        red: windows that are no baseline, as the model was red.
        warnings: one sentence for each remark on the rows.
    """

    config: ModelConfig
    rows: Production
    segments: tuple[SegmentColumn, ...]
    as_of: Moment
    window: Window
    long_window: Window
    red: tuple[Window, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def plan(self) -> LabelPlan:
        """How labels are waited for."""
        return self.config.monitoring.labels


@dataclass(frozen=True, slots=True, kw_only=True)
class Basis:
    """What performance is measured on.

    Attributes:
        material: what it was made of.
        calendar: turns ticks into moments.
        maturity: until when rows have matured.
        matured: these rows, all of the history's.
        window: the newest matured rows, as long as the window.
        long_window: as long as the long one.
        baseline: rows that the window is compared with, as places among the matured ones.
        long_baseline: the same for the long window.
        patterns: rows that show where errors gather.
        concept: rows of the window and of the baseline that tell whether outcomes changed.
        warnings: one sentence for each remark.
    """

    material: Material
    calendar: Calendar
    maturity: Maturity
    matured: Judged
    window: Span
    long_window: Span
    baseline: Codes
    long_baseline: Codes
    patterns: Judged
    concept: tuple[Judged, Judged]
    warnings: tuple[str, ...]

    @property
    def wanted(self) -> Codes:
        """Places in the file of the rows whose features are needed, ascending."""
        parts = (self.patterns, *self.concept)
        return np.unique(np.concatenate([each.rows.places for each in parts]))


def make_basis(material: Material) -> Basis:
    """Find the rows that have matured, weight their labels, and choose what they are compared with."""
    rows, plan = material.rows, material.plan
    start, end = material.window.numbers
    block = max((end - start) // BLOCKS, 1)
    calendar = Calendar(has_clock=rows.has_clock, period=min(DAY, block) if rows.has_clock else block)
    after, warnings = _read_age(plan, has_clock=rows.has_clock)
    maturity = learn_maturity(rows, material.as_of, share=plan.maturity, after=after, calendar=calendar)
    until = end if maturity.until is None else min(maturity.until, end)
    matured = _judge(material, maturity, until, calendar)
    window, long_window = (until - (end - start), until), (until - material.long_window.length, until)
    baseline, long_baseline, remarks = _choose_baselines(material, matured, window, long_window)
    of_window, of_long = matured.between(*window), matured.between(*long_window)
    seed = material.config.schedule.seed
    enough = of_window if of_window.rows.is_known.sum() >= LEAST_ROWS else of_long
    surprise = find_surprise(of_window.rows, maturity)
    return Basis(
        material=material,
        calendar=calendar,
        maturity=maturity,
        matured=matured,
        window=window,
        long_window=long_window,
        baseline=baseline,
        long_baseline=long_baseline,
        patterns=_choose_evenly(of_window if of_window.rows.is_known.sum() >= PATTERN_ROWS else of_long),
        concept=(choose_rows(enough, seed), choose_rows(_of_version(matured.take(baseline), enough), seed)),
        warnings=(*material.warnings, *warnings, *maturity.warnings, *remarks, *((surprise,) if surprise else ())),
    )


def _read_age(plan: LabelPlan, *, has_clock: bool) -> tuple[int | None, tuple[str, ...]]:
    """Return the age that somebody said, in ticks, and a remark if it is not of the data's kind."""
    after = plan.mature_after
    if after is None:
        return None, ()
    if isinstance(after, int) is has_clock:
        kind = "a duration such as 30d" if has_clock else "a number of rows, as the data has no clock"
        return None, (f"`monitoring.labels.mature_after` should be {kind}: it is learnt from the labels instead",)
    return to_length(after), ()


def _judge(material: Material, maturity: Maturity, until: int, calendar: Calendar) -> Judged:
    rows, config = material.rows, material.config
    resampling, method = config.evaluation.resampling, config.split.method
    count = 0 if maturity.until is None else int(np.searchsorted(rows.ticks, until))
    matured = rows.take(slice(0, count))
    weights = weigh_labels(rows, maturity, material.segments)[:count] if count else np.empty(0)
    is_ordered = resampling == "blocks" or (resampling in {"auto", "groups"} and method != "random")
    units = Units(
        days=((until - 1 - matured.ticks) // calendar.period).astype(np.intp),
        entities=matured.entities if resampling in {"auto", "groups"} else None,
        is_ordered=is_ordered,
    )
    return Judged(rows=matured, weights=weights, units=units)


def _choose_baselines(
    material: Material, matured: Judged, window: Span, long_window: Span
) -> tuple[Codes, Codes, tuple[str, ...]]:
    """Choose rows before the long window or, where these are few, for the window the rows before it."""
    before_long, before_window = (_find_before(material, matured, start) for start in (long_window[0], window[0]))
    length = window[1] - window[0]
    none = np.empty(0, np.intp)
    if _is_enough(material, matured, before_long, (long_window[0], length)):
        return before_long, before_long, ()
    if _is_enough(material, matured, before_window, (window[0], length)):
        remark = (
            "matured rows before the long window are few: the window is compared with what is before it, the long "
            "window with the champion's holdout"
        )
        return before_window, none, (remark,)
    return none, none, ()


def _find_before(material: Material, matured: Judged, start: int) -> Codes:
    ticks = matured.rows.ticks
    chosen = ticks < start
    for red in material.red:
        chosen &= (ticks < to_number(red.start)) | (ticks >= to_number(red.end))
    return np.flatnonzero(chosen)


def _is_enough(material: Material, matured: Judged, places: Codes, before: Span) -> bool:
    """Tell whether rows are enough and reach as far back as a window is long."""
    end, length = before
    if not len(places):
        return False
    known = int(matured.rows.is_known[places].sum())
    return known >= material.plan.min_rows and end - int(matured.rows.ticks[places[0]]) >= length


def _choose_evenly(judged: Judged) -> Judged:
    judged = judged.take(judged.rows.has_features)
    rows = len(judged.rows)
    if rows <= MOST_PATTERN_ROWS:
        return judged
    return judged.take(np.linspace(0, rows - 1, MOST_PATTERN_ROWS).astype(np.intp))


def _of_version(judged: Judged, window: Judged) -> Judged:
    """Return the rows that the window's own version predicted: another model has other errors on the same inputs."""
    if not len(window.rows):
        return judged
    versions, counts = np.unique(window.rows.versions, return_counts=True)
    return judged.take(judged.rows.versions == versions[np.argmax(counts)])


def find_windows(basis: Basis) -> tuple[Span, ...]:
    """Return the whole windows before the window that are as long, the oldest first."""
    start, length = basis.window[0], basis.window[1] - basis.window[0]
    rows = basis.matured.rows
    if not len(rows) or length < 1:
        return ()
    # a window that the history does not begin before is not whole, but for the rest of its first day
    count = (start - int(rows.ticks[0]) + basis.calendar.period - 1) // length
    return tuple((start - back * length, start - (back - 1) * length) for back in range(count, 0, -1))

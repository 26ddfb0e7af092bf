"""Which rows are old enough to be judged: learnt from how labels of older rows came.

How many rows each known label stands for, so that open labels are made up for by those like them.

A label that came by an age by which only 80 % of its kind had come stands for 1 / 0.8 rows: inverse probability
weights (Horvitz and Thompson 1952). The kind is what delays hang on: the class or, of a number, its quarter, and the
decision and segment where rows suffice.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ratchet.evaluation.production.delays import Curve, find_oldest, measure_arrival, measure_arrival_of_known
from ratchet.evaluation.production.rows import BLOCKS, Calendar, Codes, Production, SegmentColumn
from ratchet.metrics.arrays import Floats
from ratchet.timeline import DAY, Moment, to_number

STALLED = 20.0  # labels that should have come since the last one: without a stall that happens less than once in 1e8
LATE_PART = 0.8  # of the oldest age: what comes after it tells whether labels still come
STILL_COMING = 0.25  # of the share that may be open: so few may come in that last part
OF_EACH_CLASS = 0.5  # of its labels: no label stands for more than two rows, however rare and late its class is
# Labels for the delays of a class to be learnt: rough then, but those of all labels are not the class's own at all.
ENOUGH_OF_CLASS = 20
NEVER = 0.01  # of the labels, open for ever, that somebody should know of
SURPRISE = 4.0  # standard errors
ENOUGH = 200  # labels of a decision or segment; of fewer the share is not known to a few per cent
LEAST_SHARE = 0.05  # no label stands for more than twenty rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Maturity:
    """Until when rows have matured.

    Attributes:
        until: rows before this tick have; None when that can't be told.
        share: of their labels that has come by that age.
        counted_from: the tick that ages count back from: the as-of or, when labels stopped coming, the last one;
            without a clock, the last row that has one.
        arrival: how labels of all rows arrive; None without a clock.
        is_stalled: whether labels that were due stopped coming, by more than batches are apart; without a clock,
            whether a whole window of the newest rows has none.
        problem: why it can't be told; None when it can.
        warnings: one sentence for each remark.
    """

    until: int | None
    share: float | None
    counted_from: int
    arrival: Curve | None = None
    is_stalled: bool = False
    problem: str | None = None
    warnings: tuple[str, ...] = ()

    def ages(self, rows: Production) -> Floats:
        """Return how old each row is."""
        return (self.counted_from - rows.ticks).astype(np.float64)


def learn_maturity(rows: Production, as_of: Moment, *, share: float, after: int | None, calendar: Calendar) -> Maturity:
    """Learn from the rows of the history until when they have matured.

    Args:
        rows: all of them, with the labels that were known at the as-of.
        as_of: what counts as known.
        share: of the labels that must be there.
        after: the age in ticks, if somebody has said it.
        calendar: to write ages in words.
    """
    now = to_number(as_of)
    if not rows.is_known.any():
        many = f"none of {len(rows):,} predictions has a label yet" if len(rows) else "there are no predictions"
        return Maturity(until=None, share=None, counted_from=now, problem=many)
    if after is not None:
        return _mature_as_told(rows, now, after)
    if rows.delays is None:
        return _mature_by_order(rows, now, share, calendar)
    start, warning = _find_start(rows, rows.delays, now, calendar)
    found = _mature_by_age(rows, rows.delays, start, share, calendar)
    return replace(found, is_stalled=bool(warning), warnings=(*warning, *found.warnings))


def _mature_as_told(rows: Production, now: int, after: int) -> Maturity:
    arrival = None if rows.delays is None else _measure(rows, rows.delays, now)
    reached = None if arrival is None else float(arrival.at(np.array([float(after)]))[0])
    return Maturity(until=now - after, share=reached, counted_from=now, arrival=arrival)


def _measure(rows: Production, delays: Floats, start: int) -> Curve:
    is_there = rows.ticks <= start
    return measure_arrival(delays[is_there], (start - rows.ticks[is_there]).astype(np.float64))


def _find_start(rows: Production, delays: Floats, now: int, calendar: Calendar) -> tuple[int, tuple[str, ...]]:
    """Return from when ages count back: a feed of labels that stands still makes all rows as young as at its end."""
    came = np.sort((rows.ticks + np.where(rows.is_known, delays, 0))[rows.is_known].astype(np.int64))
    last = int(came[-1])
    curve = _measure(rows, delays, last)
    waiting = rows.ticks[~rows.is_known]
    before, today = (curve.at((moment - waiting).astype(np.float64)) for moment in (last, now))
    due = float(np.divide(today - before, 1 - before, out=np.zeros_like(today), where=before < 1).sum())
    if due < STALLED:
        return now, ()
    longest = int(np.diff(came[len(came) // 2 :]).max(initial=0))
    if now - last <= max(DAY, 2 * longest):
        return last, ()  # labels that come in batches: none has come since the last batch, and none was to
    return last, (
        f"no label has come for {calendar.tell(now - last)}, and {due:,.0f} were due: the ages of rows count from "
        f"{calendar.tell_moment(last)}",
    )


def _mature_by_age(rows: Production, delays: Floats, start: int, share: float, calendar: Calendar) -> Maturity:
    curve = _measure(rows, delays, start)
    oldest = find_oldest((start - rows.ticks).astype(np.float64))
    age, never = curve.reach(share), 1 - curve.most
    late = curve.most - float(curve.at(np.array([LATE_PART * oldest]))[0])
    is_closed = late <= STILL_COMING * (1 - share) * curve.most
    if age is None and is_closed and curve.most > 0:
        age = curve.reach(share * curve.most)
    if age is None:
        return Maturity(
            until=None,
            share=curve.most,
            counted_from=start,
            arrival=curve,
            problem=f"labels still come at {calendar.tell(int(oldest))}, the oldest age in the history, when "
            f"{curve.most:.0%} are there: how old rows must be is not known before `monitoring.history` is longer, or "
            "`monitoring.labels.mature_after` says it",
        )
    age = max(age, _find_age_of_classes(rows, delays, start))
    warnings = () if never < NEVER else (_tell_never(never, calendar.tell(int(oldest)), is_closed=is_closed),)
    reached = float(curve.at(np.array([age]))[0])
    return Maturity(until=start - int(age), share=reached, counted_from=start, arrival=curve, warnings=warnings)


def _find_age_of_classes(rows: Production, delays: Floats, start: int) -> float:
    """Return the age by which enough labels of every class have come: a rare one may be late as a whole."""
    ages = (start - rows.ticks).astype(np.float64)
    classes = np.where(delays <= ages, rows.classes, -1)
    oldest = 0.0
    for code in np.flatnonzero(np.bincount(classes[classes >= 0]) >= ENOUGH_OF_CLASS):
        members = classes == code
        oldest = max(oldest, measure_arrival_of_known(delays[members], ages[members]).reach(OF_EACH_CLASS) or 0.0)
    return oldest


def _tell_never(never: float, oldest: str, *, is_closed: bool) -> str:
    if is_closed:
        return (
            f"{never:.1%} of the labels have not come at the age of {oldest} and none comes at that age any more: "
            "they are not made up for, and no figure speaks for them"
        )
    return f"{never:.1%} of the labels are open at the age of {oldest}, the oldest in the history, and still come"


def _mature_by_order(rows: Production, now: int, share: float, calendar: Calendar) -> Maturity:
    """Without times of arrival: the last block in which about as many labels are there as in the older half."""
    is_known = rows.is_known
    blocks = (now - 1 - rows.ticks) // calendar.period
    count = int(blocks.max()) + 1
    known, every = (np.bincount(blocks, weights=each, minlength=count) for each in (is_known, np.ones(len(rows))))
    shares = np.divide(known, every, out=np.zeros(count), where=every > 0)
    settled = known[count // 2 :].sum() / max(every[count // 2 :].sum(), 1)
    ripe = (every > 0) & (shares >= share * settled) & (known > 0)
    last_known = int(rows.ticks[is_known][-1]) + 1
    newest = int(np.argmax(ripe)) if ripe.any() else count
    until = min(now - newest * calendar.period, last_known)
    never = (f"{1 - settled:.1%} of the older labels have not come",) if 1 - settled >= NEVER else ()
    stall = _find_stall(rows, (last_known, now), settled, calendar)
    return Maturity(
        until=until,
        share=float(is_known[rows.ticks < until].mean()),
        counted_from=last_known if stall else now,
        is_stalled=bool(stall),
        warnings=(*stall, *never),
    )


def _find_stall(rows: Production, newest: tuple[int, int], settled: float, calendar: Calendar) -> tuple[str, ...]:
    """Say that a whole window of the newest rows has no label: order alone can't tell late labels from lost ones."""
    last, now = newest
    due = settled * float((rows.ticks >= last).sum())
    longest = int(np.diff(rows.ticks[rows.is_known]).max(initial=0))
    if due < STALLED or now - last < max(BLOCKS * calendar.period, 2 * longest):
        return ()
    return (
        f"none of the newest {calendar.tell(now - last)} has a label, and {due:,.0f} would have one if none were late: "
        "where labels always take as long, say so in `monitoring.labels.mature_after`",
    )


def find_surprise(rows: Production, maturity: Maturity) -> str | None:
    """Return that more labels of some rows are open than rows as old had open before; None when not."""
    if maturity.arrival is None or not len(rows):
        return None
    expected = 1 - maturity.arrival.at(maturity.ages(rows))
    is_open = ~rows.is_known
    error = np.sqrt(max(float((expected * (1 - expected)).sum()), 1.0))
    if is_open.sum() <= expected.sum() + max(SURPRISE * error, NEVER * len(rows)):
        return None
    return (
        f"{is_open.mean():.1%} of the labels of the window are open, where {expected.mean():.1%} were expected at "
        "this age: labels come later than they used to, and what is made up for them is a guess"
    )


def weigh_labels(rows: Production, maturity: Maturity, segments: Sequence[SegmentColumn] = ()) -> Floats:
    """Return for each row how many its label stands for; 0 while it is open.

    Args:
        rows: of the whole history.
        maturity: how old they are.
        segments: columns that delays may hang on, of the same rows.
    """
    is_known = rows.is_known
    weights = is_known.astype(np.float64)
    if rows.delays is None:
        return weights
    ages = maturity.ages(rows)
    is_learnt = is_known & (rows.delays <= ages)
    kinds = find_kinds(rows, segments)
    for kind in np.unique(kinds[is_learnt]):
        members = kinds == kind
        learnt = members & is_learnt
        curve = measure_arrival_of_known(rows.delays[learnt], ages[learnt])
        share = curve.at(ages[members])
        weights[members] = np.where(share > 0, 1 / np.maximum(share, LEAST_SHARE), 1.0) * is_known[members]
    return weights


def find_kinds(rows: Production, segments: Sequence[SegmentColumn] = ()) -> Codes:
    """Return which labels are alike, as codes; -1 while open.

    Labels of one class are, and of these those of one decision and then of one segment, where they are enough.
    """
    fine = rows.classes
    kinds = _keep_frequent(fine, np.zeros_like(fine), ENOUGH_OF_CLASS)
    decided = () if rows.decisions is None else (rows.decisions.astype(np.intp),)
    for codes in (*decided, *(column.codes + 1 for column in segments)):
        fine = np.where(fine < 0, -1, fine * (int(codes.max(initial=0)) + 1) + codes)
        fine = np.where(fine < 0, -1, np.unique(fine, return_inverse=True)[1]).astype(np.intp)  # keeps codes small
        kinds = _keep_frequent(fine, kinds, ENOUGH)
    return kinds


def _keep_frequent(fine: Codes, coarse: Codes, enough: int) -> Codes:
    """Return the finer kind, made different from every coarser one, where it has enough labels."""
    counts = np.bincount(np.maximum(fine, 0), weights=fine >= 0)
    is_frequent = (fine >= 0) & (counts[np.maximum(fine, 0)] >= enough)
    return np.where(fine < 0, -1, np.where(is_frequent, fine + coarse.max(initial=0) + 1, coarse)).astype(np.intp)

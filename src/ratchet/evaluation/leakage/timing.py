"""Time: rows and labels known later than the cut, rows that tell of their neighbours, values known too late."""

from collections.abc import Iterator
from datetime import timedelta

import numpy as np

from ratchet.config.data import Availability
from ratchet.evaluation.leakage.material import (
    Bools,
    Floats,
    Ints,
    Material,
    Side,
    ask_questions,
    draw,
    find_answerable,
)
from ratchet.evaluation.leakage.memory import MEMORY, SURE, find_memory, is_sorted_by_target
from ratchet.evaluation.leakage.questions import area
from ratchet.evaluation.leakage.quick_model import FIT_ROWS, fit_and_score
from ratchet.gates.no_leak import LeakGate
from ratchet.records.leakage import Finding, LeakKind, Strength
from ratchet.sections import format_duration
from ratchet.timeline import to_length

SPANS = 12  # of time: months of a year
APART = 0.03  # of roc_auc
APART_ROWS = 6_000  # each is scored twice, by four models each time
FOLDS = 4
SURE_SPANS = 3.5  # standard errors over twelve spans: one table in four hundred by chance
FEWEST_APART = 500  # rows


def find_late_rows(material: Material) -> list[Finding]:
    """Find training rows, or their labels, that are later than the first row that is judged."""
    if not material.is_by_time:
        return []
    sides = (("train", material.train), ("validation", material.validation))
    shares = [(name, _share_after(material, side)) for name, side in sides]
    return [_report_late_rows(name, share) for name, share in shares if share > 0]


def _share_after(material: Material, side: Side) -> float:
    """Return the share of rows whose label is known only after the holdout begins; by their order without a clock."""
    begin = material.holdout.order.min()
    if side.moments is None:
        return _share(side.rows >= begin)
    delay = 0 if "holdout" in material.knows else to_length(material.config.data.label_delay)
    return _share(side.moments + delay > begin)


def _report_late_rows(name: str, share: float) -> Finding:
    reason = f"{share:.1%} of the {name} rows or their labels are known only after the holdout begins; none may be"
    return _finding(LeakKind.TIME, (), Strength.CERTAIN, share, 0.0, reason)


def find_memory_across(material: Material) -> list[Finding]:
    """Find that rows which were divided by chance tell of one another because they stand side by side in time."""
    if material.config.split.method != "random" or is_sorted_by_target(material):
        return []
    fitted = draw(len(material.train), FIT_ROWS, material.seed)
    every = np.arange(len(material.validation))
    (scores,) = fit_and_score(material, material.features, fitted, [(material.validation, every)])
    memory, error = find_memory(material, scores[:, 0])
    if memory <= max(MEMORY, SURE * error):
        return []
    reason = (
        f"rows are divided by chance, and a row's target goes with those of the training rows just before and after it "
        f"(correlation {memory:.2f} beyond all columns, at most {MEMORY:g}): split by time"
    )
    strength = Strength.CERTAIN if material.train.moments is not None else Strength.SUSPECTED
    return [_finding(LeakKind.TIME, (), strength, memory, MEMORY, reason)]


def find_time_apart(material: Material) -> list[Finding]:
    """Find that training rows are told far better than rows of other times are: chance puts times on both sides.

    Each row is scored by a model that learnt from all times, and by one that did not learn from its own.
    """
    if material.config.split.method != "random" or material.train.moments is None or is_sorted_by_target(material):
        return []
    rows = draw(len(material.train), APART_ROWS, material.seed)
    answers = ask_questions(material.train.labels[rows], material.train.labels, material.classes)
    usable = find_answerable(answers, answers)
    is_enough = len(rows) >= FEWEST_APART and len(usable) > 0
    return _compare_times(material, rows, answers, usable) if is_enough else []


def _compare_times(material: Material, rows: Ints, answers: Floats, usable: Ints) -> list[Finding]:
    spans = _cut_time(material.train.order[rows])
    mixed = np.random.default_rng([material.seed, 4]).permutation(spans)
    scored = [_cross_score(material, rows, parts) for parts in (mixed, spans)]
    by_chance, by_time = (_mean_area(each[:, usable], answers[:, usable]) for each in scored)
    losses = [((each - answers) ** 2).sum(axis=1) for each in scored]
    if by_chance - by_time <= APART or not _is_sure(losses[1] - losses[0], spans):
        return []
    return [_report_apart(by_chance, by_time)]


def _mean_area(scores: Floats, answers: Floats) -> float:
    return float(np.mean([area(said, truth) for said, truth in zip(scores.T, answers.T, strict=True)]))


def _report_apart(by_chance: float, by_time: float) -> Finding:
    reason = (
        f"rows are divided by chance, and a quick model tells training rows of times it has learnt from with roc_auc "
        f"{by_chance:.2f}, those of other times with {by_time:.2f}; at most {APART:g} may be between: split by time"
    )
    return _finding(LeakKind.TIME, (), Strength.SUSPECTED, by_chance - by_time, APART, reason)


def _cut_time(moments: Ints) -> Ints:
    edges = np.unique(np.quantile(moments, np.linspace(0, 1, SPANS + 1)[1:-1], method="nearest"))
    return np.searchsorted(edges, moments, side="right")


def _cross_score(material: Material, rows: Ints, parts: Ints) -> Floats:
    """Score rows by models that learnt from other parts: every fourth part is left out at a time."""
    scores = np.empty((len(rows), 0))
    for fold in range(FOLDS):
        is_out = parts % FOLDS == fold
        (told,) = fit_and_score(material, material.features, rows[~is_out], [(material.train, rows[is_out])])
        scores = scores if scores.shape[1] else np.zeros((len(rows), told.shape[1]))
        scores[is_out] = told
    return scores


def _is_sure(gains: Floats, spans: Ints) -> bool:
    """Tell whether spans agree that something is gained: rows of one span are not independent, spans nearly are."""
    counts = np.bincount(spans)
    means = np.bincount(spans, weights=gains)[counts > 0] / counts[counts > 0]
    return bool(len(means) > FOLDS and means.mean() > SURE_SPANS * means.std(ddof=1) / np.sqrt(len(means)))


def find_late_values(material: Material) -> list[Finding]:
    """Find values that are known only after the prediction, as `data.availability` says."""
    return [*_find_unreadable(material), *_find_late_columns(material), *_find_late_labels(material)]


def _find_unreadable(material: Material) -> Iterator[Finding]:
    """What the YAML asks about and nobody can answer is no pass."""
    for name, when in material.availability.items():
        if when.known_at is not None and when.known_at in material.unreadable:
            reason = f"when '{name}' was known can't be read: {material.unreadable[when.known_at]}"
            yield _finding(LeakKind.AVAILABILITY, (name,), Strength.SUSPECTED, None, None, reason)


def _find_late_columns(material: Material) -> Iterator[Finding]:
    for name, when in material.availability.items():
        finding = _judge_column(material, name, when) if name in material.features else None
        if finding is not None:
            yield finding


def _judge_column(material: Material, name: str, when: Availability) -> Finding | None:
    if when.delay is not None:
        return _judge_delay(material, name, when.delay)
    if when.known_at is not None and when.known_at not in material.unreadable:
        return _judge_times(material, name, when.known_at)
    return None


def _judge_delay(material: Material, name: str, delay: timedelta) -> Finding | None:
    ready = material.config.data.predicted_after
    if delay <= ready:
        return None
    reason = (
        f"'{name}' is known {format_duration(delay)} after its row, and predictions are made "
        f"{format_duration(ready)} after it"
    )
    seconds, limit = delay.total_seconds(), ready.total_seconds()
    return _finding(LeakKind.AVAILABILITY, (name,), Strength.CERTAIN, seconds, limit, reason)


def _judge_times(material: Material, name: str, known_at: str) -> Finding | None:
    share, limit = _share_late(material, name, known_at), material.config.gates.of(LeakGate).max_late_share
    if share <= limit:
        return None
    reason = (
        f"{share:.1%} of the values of '{name}' came in ('{known_at}') after the prediction was made; "
        f"at most {limit:.1%} may"
    )
    return _finding(LeakKind.AVAILABILITY, (name,), Strength.CERTAIN, share, limit, reason)


def _share_late(material: Material, name: str, known_at: str) -> float:
    """A value without a time of its own may be as late as any: only times that are there can show it is not."""
    ready = to_length(material.config.data.predicted_after)
    late = present = 0
    for side in (material.train, material.validation, material.holdout):
        if side.moments is None:
            continue
        has_value = np.isfinite(side.values[name])
        late += int(np.count_nonzero(has_value & (side.known_at[known_at] > side.moments + ready)))
        present += int(np.count_nonzero(has_value))
    return late / present if present else 0.0


def _find_late_labels(material: Material) -> Iterator[Finding]:
    target = material.config.data.target.column
    when = material.availability.get(target) if material.is_by_time else None
    if when is None or when.known_at in material.unreadable:
        return
    parts = (
        ("training", material.train, "validation", material.validation),
        ("validation", material.validation, "holdout", material.holdout),
    )
    for name, side, later, following in parts:
        if later in material.knows:
            continue
        share = _share_known_after(side, following, when)
        if share > 0:
            reason = (
                f"{share:.1%} of the {name} labels are known only after the next part begins; none may be: raise "
                "`data.label_delay`"
            )
            yield _finding(LeakKind.TIME, (target,), Strength.CERTAIN, share, 0.0, reason)


def _share_known_after(side: Side, following: Side, when: Availability) -> float:
    if side.moments is None or following.moments is None:
        return 0.0
    return _share(_labels_known(side, side.moments, when) > following.moments.min())


def _share(is_so: Bools) -> float:
    return int(np.count_nonzero(is_so)) / max(len(is_so), 1)


def _labels_known(side: Side, moments: Ints, when: Availability) -> Floats:
    if when.known_at is not None:
        return side.known_at[when.known_at]
    return np.asarray(moments + to_length(when.delay or timedelta(0)), dtype=np.float64)


def _finding(
    kind: LeakKind,
    columns: tuple[str, ...],
    strength: Strength,
    measured: float | None,
    limit: float | None,
    reason: str,
) -> Finding:
    return Finding(kind=kind, columns=columns, strength=strength, measured=measured, limit=limit, reason=reason)

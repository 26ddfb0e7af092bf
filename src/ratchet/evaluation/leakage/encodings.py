"""Features computed over all rows: rates of the target by category that know the holdout's targets, and ranks."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ratchet.evaluation.leakage.material import Codes, Floats, Ints, Material, ask_questions
from ratchet.records.leakage import Finding, LeakKind, Strength

SMOOTHING = (0.0, 1.0, 2.0, 5.0, 10.0, 20.0, 30.0, 50.0, 100.0, 200.0, 300.0, 500.0, 1000.0)
MOST_EXACT = 50  # values that are each compared with the rate of their own rows
SAME = 1e-9  # the digits of a double, and a little
SCREENED, SCREEN = (0.0, 10.0, 100.0), 0.1  # of the smoothing that is tried first, and what it may leave
FEWEST_VALUES = 8  # of a category: with fewer any rates look like any other
FEWEST_IN_EFFECT = 4  # one over the chance that two rows share it: one value in nearly all rows decides every fit
SAMPLE_ROWS = 4_000
CONSTANT = 0.995  # of the neighbours among them with one category that have one value: there may be a few outliers
EXACT = 1e-6  # share of the variance left by the formula
CLOSE = 0.05
OTHERS_LEAVE = 0.3  # of what the best formula without the holdout leaves
GRID = 1e-6  # by how much steps between ranks may differ


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    """All rows of all parts: columns that rates may be made of, the target's questions, and rows to look at first."""

    material: Material
    keys: Sequence[Codes]
    questions: Floats
    sample: Ints


def find_encodings(material: Material) -> list[Finding]:
    """Find columns that are rates of the target over all rows, smoothed or not, of themselves left out or not."""
    numbers = material.numbers
    if not numbers:
        return []
    table = _make_table(material)
    findings = [_find_encoding(table, name) for name in numbers]
    return [each for each in findings if each is not None]


def _make_table(material: Material) -> _Table:
    keys = [_as_codes(material, name) for name in material.train.values]
    return _Table(
        material=material,
        keys=[codes for codes in keys if codes is not None],
        questions=_ask(material),
        sample=np.linspace(0, len(material.all_order) - 1, SAMPLE_ROWS).astype(np.int64),
    )


def _find_encoding(table: _Table, name: str) -> Finding | None:
    values = table.material.joined(name)
    if not np.isfinite(values).all():
        return None
    if finding := _judge(name, _fit_likely(table, values)):
        return finding
    if _is_exact(table.material, values, table.questions):
        return _report_exact(name)
    return _report_rank(name, len(values)) if _is_rank(values, table.material.all_order) else None


def _fit_likely(table: _Table, values: Floats) -> list[tuple[float, float]]:
    """Try every formula only with the columns that a quick look leaves."""
    material, questions, sample = table.material, table.questions, table.sample
    likely = [codes for codes in table.keys if _depends(material, values, codes, sample)]
    near = [codes for codes in likely if _is_alike(values, codes, questions, sample)]
    return [_fit(material, values, codes, questions) for codes in near]


def _ask(material: Material) -> Floats:
    labels = material.all_labels
    return labels[:, None] if not material.classes else ask_questions(labels, material.train.labels, material.classes)


def _as_codes(material: Material, name: str) -> Codes | None:
    """Return a column's values as codes, where they repeat."""
    values = material.joined(name)
    if not material.is_category(name):
        sample = values[:: max(1, len(values) // SAMPLE_ROWS)]
        if len(np.unique(sample)) > 0.9 * len(sample):
            return None
        values = np.unique(values, return_inverse=True)[1].astype(np.float64)
    codes = np.nan_to_num(values, nan=-1).astype(np.int32) + 1  # half the memory of numpy's own: there are many keys
    counts = np.bincount(codes)[1:]
    if not FEWEST_VALUES <= np.count_nonzero(counts) <= len(codes) / 2:
        return None
    return codes if ((counts / counts.sum()) ** 2).sum() <= 1 / FEWEST_IN_EFFECT else None


def _depends(material: Material, values: Floats, codes: Codes, sample: Ints) -> bool:
    """Tell whether rows of one category, and one target where there are two, have one value: a quick look at some."""
    sample = sample[codes[sample] > 0]
    chosen = codes[sample]
    if material.classes:
        chosen = chosen.astype(np.int64) * material.classes + material.all_labels[sample].astype(np.int64)
    if len(np.unique(values[sample])) < FEWEST_VALUES:
        return False
    order = np.argsort(chosen, kind="stable")
    is_same = np.diff(chosen[order]) == 0
    spread = np.ptp(values[sample])
    alike = np.abs(np.diff(values[sample][order])) <= 1e-9 * spread
    return bool(is_same.sum() >= FEWEST_VALUES and alike[is_same].mean() >= CONSTANT)


def _is_alike(values: Floats, codes: Codes, questions: Floats, sample: Ints) -> bool:
    """Tell whether some rate over all rows comes near at all, before every formula is tried."""
    whole = slice(0, len(values))
    return any(_left(values, codes, answers, whole, SCREENED, sample) < SCREEN for answers in questions.T)


def _fit(material: Material, values: Floats, codes: Codes, questions: Floats) -> tuple[float, float]:
    """Return what the best formula over all rows leaves of the variance, and the best one without the holdout."""
    train, seen = len(material.train), len(material.train) + len(material.validation)
    pools = (slice(0, len(values)), slice(0, train), slice(0, seen))
    left = [min(_left(values, codes, answers, pool) for answers in questions.T) for pool in pools]
    return left[0], min(left[1:])


def _left(
    values: Floats,
    codes: Codes,
    answers: Floats,
    pool: slice,
    smoothing: Sequence[float] = SMOOTHING,
    sample: Ints | slice = slice(None),
) -> float:
    """Return the share of a column's variance that rates of the target among some rows do not explain, at best."""
    size = int(codes.max()) + 1
    counts = np.bincount(codes[pool], minlength=size).astype(np.float64)
    sums = np.bincount(codes[pool], weights=answers[pool], minlength=size)
    average = float(answers[pool].mean())
    known = codes[sample] > 0  # rows without a category may have any rate
    shown, places = values[sample][known], codes[sample][known]
    own: Floats = answers[sample][known]
    return min(
        _unexplained(shown, rates)
        for weight in smoothing
        for rates in _rates(
            counts + weight, np.asarray(sums + weight * average, dtype=np.float64), average, places, own
        )
    )


def _rates(totals: Floats, sums: Floats, average: float, codes: Codes, own: Floats) -> Iterator[Floats]:
    """Give a rate by category, its log-odds, and the rate that leaves out the row itself."""
    rates = np.where(totals > 0, sums / np.where(totals > 0, totals, 1.0), average)
    yield rates[codes]
    if 0 < average < 1:
        share = np.clip(rates, 1e-4, 1 - 1e-4)
        yield np.log(share / (1 - share))[codes]
    others = totals[codes] - 1
    yield np.where(others > 0, (sums[codes] - own) / np.where(others > 0, others, 1.0), average)


def _unexplained(values: Floats, rates: Floats) -> float:
    one, other = values - values.mean(), rates - rates.mean()
    scale = float((one**2).sum() * (other**2).sum())
    return 1 - float((one * other).sum()) ** 2 / scale if scale > 0 else 1.0


def _judge(name: str, fits: Sequence[tuple[float, float]]) -> Finding | None:
    if not fits:
        return None
    whole, without = min(fits, key=lambda fit: fit[0] / max(fit[1], 1e-12))
    if whole > CLOSE or whole > OTHERS_LEAVE * without:
        return None
    reason = (
        f"'{name}' is a rate of the target over all rows, the holdout's among them: this leaves {whole:.2g} of its "
        f"variance, a rate without the holdout {without:.2g}; at least {OTHERS_LEAVE:g} times that must be left"
    )
    return Finding(
        kind=LeakKind.WHOLE_TABLE,
        columns=(name,),
        strength=Strength.CERTAIN if whole <= EXACT else Strength.SUSPECTED,
        measured=whole,
        limit=OTHERS_LEAVE * without,
        reason=reason,
    )


def _is_exact(material: Material, values: Floats, questions: Floats) -> bool:
    """Tell whether each value is the rate of its own rows among all rows, to the digit, and not without the holdout.

    That needs no category to be known, and holds for two categories as well.
    """
    distinct, codes = np.unique(values, return_inverse=True)
    if not 2 <= len(distinct) <= MOST_EXACT:
        return False
    train, seen = len(material.train), len(material.train) + len(material.validation)
    return any(
        _meets(distinct, codes, answers)
        and not any(_meets(distinct, codes[:rows], answers[:rows]) for rows in (train, seen))
        for answers in questions.T
    )


def _meets(distinct: Floats, codes: Codes, answers: Floats) -> bool:
    counts = np.bincount(codes, minlength=len(distinct)).astype(np.float64)
    sums = np.bincount(codes, weights=answers, minlength=len(distinct))
    reach = SAME * float(np.abs(distinct).max())
    for weight in SMOOTHING:
        rates = (sums + weight * answers.mean()) / np.maximum(counts + weight, 1.0)
        if (np.abs(rates - distinct) <= reach).all():
            return True
    return False


def _report_exact(name: str) -> Finding:
    reason = (
        f"each value of '{name}' is the rate of the target among its own rows, the holdout's among them, to within "
        f"{SAME:g}; without the holdout it is not"
    )
    return Finding(
        kind=LeakKind.WHOLE_TABLE, columns=(name,), strength=Strength.CERTAIN, measured=0.0, limit=SAME, reason=reason
    )


def _is_rank(values: Floats, order: Ints) -> bool:
    """Tell whether a column numbers all rows without a gap, in another order than their own."""
    ordered = np.sort(values)
    steps = np.diff(ordered)
    if not len(steps) or steps[0] <= 0 or np.ptp(steps) > GRID * steps.mean():
        return False
    moves = np.diff(values[np.argsort(order, kind="stable")])
    return bool(max((moves > 0).mean(), (moves < 0).mean()) < 0.9)


def _report_rank(name: str, rows: int) -> Finding:
    reason = (
        f"'{name}' ranks all {rows:,} rows without a gap, the holdout's among them: it was computed over all of them"
    )
    return Finding(
        kind=LeakKind.WHOLE_TABLE, columns=(name,), strength=Strength.SUSPECTED, measured=0.0, limit=GRID, reason=reason
    )

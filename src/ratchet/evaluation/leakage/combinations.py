"""Rates of the target by two or three columns together, over all rows: compared by rank, whatever was made of them."""

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np
from scipy.stats import rankdata

from ratchet.errors import list_names
from ratchet.evaluation.leakage.material import Codes, Floats, Material, ask_questions
from ratchet.records.leakage import Finding, LeakKind, Strength

MOST_KEYS = 6  # that go best with a column: 35 twos and threes
SAMPLE_ROWS = 4_000
SIZES = (1, 2, 3)
FEWEST_ALIKE = 40  # neighbours of one combination among the rows looked at
CONSTANT = 0.995  # of them have one value: there may be a few outliers
REPEATED = 0.7  # of the rows have a value that comes again; a number that never does is no rate
FEWEST_VALUES = 8  # of a column: with fewer, ranks of any rates agree
PRIORS = (0.0, 1.0, 2.0, 10.0, 50.0, 200.0)  # rows of smoothing: they move ranks between small and large groups
CLOSE = 0.05  # of the variance of ranks
OTHERS_LEAVE = 0.3  # of what the best rate without the holdout leaves


def find_combined_rates(material: Material) -> list[Finding]:
    """Find columns whose order is that of the target's rates over all rows, by up to three categories."""
    names = [name for name in material.numbers if _is_like_a_rate(material.train.values[name].astype(np.float64))]
    if not names:  # most tables: the codes of all categories take room
        return []
    keys = {name: codes for name in material.train.values if (codes := _encode(material, name)) is not None}
    return list(filter(None, (_find_rate(material, name, keys) for name in names)))


def _is_like_a_rate(values: Floats) -> bool:
    some = values[:: max(1, len(values) // SAMPLE_ROWS)]
    if not np.isfinite(some).all() or (some == np.floor(some)).all():
        return False
    counts = np.unique(some, return_counts=True)[1]
    return len(counts) >= FEWEST_VALUES and float(counts[counts > 1].sum()) >= REPEATED * len(some)


def _encode(material: Material, name: str) -> Codes | None:
    """Return the codes of a category, where they come again."""
    if not material.is_category(name):
        return None
    codes = np.asarray(np.nan_to_num(material.joined(name), nan=-1).astype(np.int32) + 1)
    return codes if 1 < len(np.unique(codes)) <= len(codes) / 2 else None


def _find_rate(material: Material, name: str, keys: dict[str, Codes]) -> Finding | None:
    values = material.joined(name)
    if not np.isfinite(values).all():
        return None
    for chosen in _list_likely(values, keys):
        codes = _combine([keys[each] for each in chosen])
        whole, without = _measure(material, values, codes)
        if whole <= CLOSE and whole < OTHERS_LEAVE * without:
            return _report(name, chosen, whole, without)
    return None


def _list_likely(values: Floats, keys: dict[str, Codes]) -> Iterator[tuple[str, ...]]:
    """Give the columns whose combination settles a column's value, as far as a quick look at some rows can tell."""
    # In any order but the file's: a value that moves slowly is that of the row before, whatever the category.
    sample = np.random.default_rng(len(values)).permutation(len(values))[:SAMPLE_ROWS]
    told = {name: _share_told(values[sample], codes[sample]) for name, codes in keys.items()}
    best = sorted(told, key=lambda each: -told[each])[:MOST_KEYS]
    for size in SIZES:
        for chosen in combinations(best, size):
            if _settles(_combine([keys[each][sample] for each in chosen]), values[sample]):
                yield chosen


def _share_told(values: Floats, codes: Codes) -> float:
    counts = np.bincount(codes)
    means = np.bincount(codes, weights=values) / np.maximum(counts, 1)
    return float(means[codes].var() / (values.var() or 1.0)) - np.count_nonzero(counts) / len(codes)


def _combine(codes: Sequence[Codes]) -> Codes:
    combined: Codes = codes[0].astype(np.int64)
    for each in codes[1:]:
        combined = np.unique(combined * (int(each.max()) + 1) + each, return_inverse=True)[1]
    return combined


def _settles(codes: Codes, values: Floats) -> bool:
    order = np.argsort(codes, kind="stable")
    is_same = np.diff(codes[order]) == 0
    alike = np.abs(np.diff(values[order])) <= 1e-9 * np.ptp(values)
    return bool(is_same.sum() >= FEWEST_ALIKE and alike[is_same].mean() >= CONSTANT)


def _measure(material: Material, values: Floats, codes: Codes) -> tuple[float, float]:
    """Return what rates over all rows leave of a column's ranks, and rates without the holdout, each at best."""
    labels = material.all_labels
    questions = ask_questions(labels, material.train.labels, material.classes) if material.classes else labels[:, None]
    train, seen = len(material.train), len(material.train) + len(material.validation)
    groups = np.unique(codes, return_index=True)[1]
    ranks, weights = rankdata(values[groups]), np.bincount(codes)[codes[groups]].astype(np.float64)
    left = [
        min(_left(ranks, weights, codes[:rows], answers[:rows], codes[groups]) for answers in questions.T)
        for rows in (len(labels), train, seen)
    ]
    return left[0], min(left[1:])


def _left(ranks: Floats, weights: Floats, codes: Codes, answers: Floats, groups: Codes) -> float:
    size = int(max(codes.max(initial=0), groups.max(initial=0))) + 1
    counts, sums = np.bincount(codes, minlength=size), np.bincount(codes, weights=answers, minlength=size)
    middles = (float(answers.mean()), 0.5)
    made = [
        (sums + prior * middle) / np.maximum(counts + prior, 1e-9) + (counts + prior == 0) * middle
        for prior in PRIORS
        for middle in middles
    ]
    return min(_unexplained(ranks, rankdata(np.round(rates[groups], 9)), weights) for rates in made)


def _unexplained(one: Floats, other: Floats, weights: Floats) -> float:
    ours, theirs = (each - np.average(each, weights=weights) for each in (one, other))
    scale = float((weights * ours**2).sum() * (weights * theirs**2).sum())
    return max(0.0, 1 - float((weights * ours * theirs).sum()) ** 2 / scale) if scale > 0 else 1.0


def _report(name: str, keys: Sequence[str], whole: float, without: float) -> Finding:
    reason = (
        f"'{name}' stands in the order of the target's rates over all rows by {list_names(keys)}, the holdout's among "
        f"them: this leaves {whole:.2g} of its ranks, rates without the holdout {without:.2g}; at least "
        f"{OTHERS_LEAVE:g} times that must be left"
    )
    return Finding(
        kind=LeakKind.WHOLE_TABLE,
        columns=(name,),
        strength=Strength.SUSPECTED,
        measured=whole,
        limit=OTHERS_LEAVE * without,
        reason=reason,
    )

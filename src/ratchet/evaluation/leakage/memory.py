"""The target's past and future, as far as rows have an order: what honest lags know, and what windows must not."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from ratchet.evaluation.leakage.material import Floats, Ints, Material, as_codes
from ratchet.records.leakage import Finding, LeakKind, Strength

# Hours, days and weeks, and what lies between: a window of another length is a difference of two of these.
WINDOWS = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 30, 36, 48, 60, 64, 72, 90, 96, 120, 168, 256, 365)
ROWS_USED = 12_000  # the newest ones that stand side by side
FEWEST_ROWS = 300  # six for each of the windows
TOLD = 0.1  # of a lag's variance, what the past may leave unexplained
FAR = 10.0  # standard deviations: a huge value must not be all that is explained
EXACT = 0.99  # of the variance: a column that was computed of just these rows, but for rounding
FUTURE_SHARE = 0.4  # of what past and present leave unexplained
FUTURE_GAIN = 0.2  # of the variance
MOST_THINGS = 3  # features that may say which thing a row is about
ROWS_A_THING = 4  # or it has no past to speak of
MEMORY = 0.1  # correlation of a row's error with its neighbours' targets, from which neighbours tell each other
SURE = 5.0  # standard errors
RUNS_A_CLASS = 10  # fewer runs of equal labels: the file is sorted by its target, and its order says nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fit:
    """Shares of one column's variance that targets explain: the row's own, earlier ones beside it, later ones too."""

    name: str
    present: float
    past: float
    whole: float

    @property
    def is_told_by_the_past(self) -> bool:
        is_the_target = self.present >= EXACT  # of what is left of it, earlier rows explain any share
        return not is_the_target and 1 - self.past < TOLD and 1 - self.past < 0.5 * (1 - self.present)

    @property
    def knows_the_future(self) -> bool:
        gain = self.whole - self.past
        if self.whole >= EXACT and 1 - self.whole < 0.2 * (1 - self.past) and gain > 0.02:
            return True
        return gain >= FUTURE_GAIN and gain >= FUTURE_SHARE * (1 - self.past)


def is_told_by_the_past(material: Material, name: str) -> bool:
    """Tell whether a column is made of earlier targets: a lag or a moving mean, which honest models live on."""
    if material.is_category(name):
        return False
    return any(fit.is_told_by_the_past for fit in _fit_all(material, [name]))


def find_future_windows(material: Material) -> list[Finding]:
    """Find columns that know targets of later rows beyond what earlier rows and their own can tell."""
    names = [name for name in material.numbers if np.isfinite(material.train.values[name]).any()]
    found: dict[str, Finding] = {}
    for fit in _fit_all(material, names) if names else ():
        if fit.knows_the_future:
            found.setdefault(fit.name, _report(fit))
    return list(found.values())


def _report(fit: _Fit) -> Finding:
    gain = fit.whole - fit.past
    reason = (
        f"'{fit.name}' follows targets of later rows: these explain {gain:.0%} of it beside the {fit.past:.0%} that "
        f"earlier rows and its own explain; at most {FUTURE_GAIN:.0%} may come from later ones"
    )
    strength = Strength.CERTAIN if fit.whole >= EXACT else Strength.SUSPECTED
    return Finding(
        kind=LeakKind.WHOLE_TABLE,
        columns=(fit.name,),
        strength=strength,
        measured=gain,
        limit=FUTURE_GAIN,
        reason=reason,
    )


def list_things(material: Material, rows: Ints, *, rows_a_thing: int) -> list[Ints]:
    """Give codes of what rows are about: the declared entity or group, and the categories that have most values."""
    data = material.config.data
    declared = list(dict.fromkeys(filter(None, (data.entity, data.group))))
    others = filter(material.is_category, data.features) if material.has_order else ()
    codes = {name: as_codes(material.joined(name))[rows] for name in dict.fromkeys((*declared, *others))}
    counts = {name: len(np.unique(each)) for name, each in codes.items()}
    likely = [name for name, count in counts.items() if 1 < count <= len(rows) / rows_a_thing]
    ordered = sorted(likely, key=lambda name: (name not in declared, -counts[name]))
    return [codes[name] for name in ordered[:MOST_THINGS]]


def _orders(material: Material) -> Iterator[tuple[Ints, Ints]]:
    """Give positions in time order, and a code that changes where neighbours have nothing to do with each other."""
    moments = material.all_order
    yield np.argsort(moments, kind="stable"), np.zeros(len(moments), dtype=np.int64)
    for codes in list_things(material, np.arange(len(moments)), rows_a_thing=ROWS_A_THING):
        order = np.lexsort((moments, codes))
        yield order, codes[order]


def _fit_all(material: Material, names: list[str]) -> Iterator[_Fit]:
    """Give what explains each column, in every order that there is and that has rows enough."""
    for positions, blocks in _orders(material):
        used, beside = positions[-ROWS_USED:], blocks[-ROWS_USED:]
        if len(used) >= FEWEST_ROWS:
            explained = _explain(material, names, used, beside)
            for name, present, past, whole in zip(names, *explained, strict=True):
                yield _Fit(name=name, present=present, past=past, whole=whole)


def _explain(material: Material, names: list[str], positions: Ints, blocks: Ints) -> tuple[Floats, Floats, Floats]:
    """Return how much of each column the present target explains; past and present; past, present and future."""
    labels = _as_number(material)[positions]
    windows = sum(_is_short(length, len(labels)) for length in WINDOWS)
    by = np.empty((len(labels), 1 + 2 * windows))
    by[:, 0] = labels
    _fill_means_before(by[:, 1 : 1 + windows], labels, blocks)
    _fill_means_before(by[::-1, 1 + windows :], labels[::-1], blocks[::-1])
    _standardise(by)
    wanted = np.column_stack([_standardise(material.joined(name)[positions]) for name in names])
    # Products of all columns once: a fit by some of them is a small system.
    among, across, total = by.T @ by, by.T @ wanted, (wanted**2).sum(axis=0)

    def explain(columns: int) -> Floats:
        weights = np.linalg.lstsq(among[:columns, :columns], across[:columns], rcond=1e-9)[0]
        explained = np.where(total > 0, (weights * across[:columns]).sum(axis=0) / np.where(total > 0, total, 1.0), 0.0)
        return np.asarray(1 - (1 - explained) * (len(by) - 1) / (len(by) - 1 - columns))

    return explain(1), explain(1 + windows), explain(by.shape[1])


def _standardise(values: Floats) -> Floats:
    """Give values mean 0 and deviation 1 in place; what is missing, constant or far out does not count."""
    known = np.isfinite(values)
    with np.errstate(all="ignore"):
        values -= values.sum(axis=0, where=known) / np.maximum(known.sum(axis=0), 1)
        values[~known] = 0.0
        values /= values.std(axis=0)
    np.nan_to_num(values, copy=False, nan=0.0, posinf=0.0, neginf=0.0)
    np.clip(values, -FAR, FAR, out=values)
    values -= values.mean(axis=0)
    return values


def _as_number(material: Material) -> Floats:
    labels = material.all_labels
    if material.classes <= 2:
        return labels
    return np.asarray(labels == np.bincount(labels.astype(np.int64)).argmax(), dtype=np.float64)


def _is_short(length: int, rows: int) -> bool:
    return length * 4 < rows


def _fill_means_before(columns: Floats, labels: Floats, blocks: Ints) -> None:
    """Fill in the mean target of the rows just before, in windows of each length, cut at the block's beginning."""
    rows = len(labels)
    sums = np.concatenate([[0.0], np.cumsum(labels - labels.mean())])
    starts = np.concatenate([[0], np.flatnonzero(np.diff(blocks)) + 1])
    begin = starts[np.searchsorted(starts, np.arange(rows), side="right") - 1]
    for at, length in enumerate(each for each in WINDOWS if _is_short(each, rows)):
        first = np.maximum(np.arange(rows) - length, begin)
        count = np.arange(rows) - first
        columns[:, at] = (sums[:rows] - sums[first]) / np.maximum(count, 1)


def find_memory(material: Material, scores: Floats) -> tuple[float, float]:
    """Return how a validation row's error goes with the targets of the two training rows beside it, and its error."""
    order, own = material.train.order, material.validation.order
    sorted_at = np.argsort(order, kind="stable")
    labels = _ranked(material.train.labels, material)[sorted_at]
    place = np.clip(np.searchsorted(order[sorted_at], own), 1, len(order) - 1)
    beside = (labels[place - 1] + labels[place]) / 2
    error = _ranked(material.validation.labels, material) - scores
    if not beside.std() or not error.std():
        return 0.0, 1.0
    return float(np.corrcoef(beside, error)[0, 1]), 1 / np.sqrt(len(own))


def _ranked(labels: Floats, material: Material) -> Floats:
    if material.classes == 2:
        return labels
    if material.classes:
        return np.asarray(labels == np.bincount(material.train.labels.astype(np.int64)).argmax(), dtype=np.float64)
    return np.searchsorted(np.sort(material.train.labels), labels) / max(len(material.train), 1)


def is_sorted_by_target(material: Material) -> bool:
    """Tell whether the file stands in the order of its target, so that neighbours are alike for no other reason."""
    labels = material.all_labels[np.argsort(material.all_order, kind="stable")]
    runs = 1 + int(np.count_nonzero(np.diff(labels)))
    if material.classes:
        return runs <= RUNS_A_CLASS * material.classes
    steps = np.sign(np.diff(labels))
    return bool(max((steps >= 0).mean(), (steps <= 0).mean()) > EXACT)

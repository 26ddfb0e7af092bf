"""Figures that rank rows: areas under the curve, average precision and the precision of the best rows.

Each has two functions. One prepares the figures of many resamples at once. The other finds the influence of each row:
for the area under the curve these are the placement values of DeLong, DeLong and Clarke-Pearson (1988), each class's
with the n / (n - 1) that their variance has.
"""

from collections.abc import Callable

from ratchet.metrics.arrays import Floats, np, sklearn_metrics
from ratchet.metrics.decomposed import divide
from ratchet.metrics.metric import DEFAULT_OPTIONS, MetricOptions, Ranking, Resampled


def share_top(scores: Floats, labels: Floats, top: float) -> float:
    """Return the share of positives among the `top` share of rows with the best scores; rows level at the cut share."""
    order = np.argsort(-scores, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(scores[order]) != 0, True)) + 1
    positives = np.cumsum(labels[order] == 1)[ends - 1]
    wanted = top * len(labels)
    return float(np.interp(wanted, np.append(0, ends), np.append(0, positives)) / wanted)


def mean_area(labels: Floats, predictions: Floats, *, by_rows: bool) -> float:
    """Average the area of each class against all others; classes without rows have no area and no part."""
    present, counts = np.unique(labels.astype(np.intp), return_counts=True)
    areas = [sklearn_metrics.roc_auc_score(labels == code, predictions[:, code]) for code in present]
    return float(np.average(areas, weights=counts if by_rows else None))


def _prepare_roc_auc(labels: Floats, predictions: Floats, _options: MetricOptions = DEFAULT_OPTIONS) -> Resampled:
    """Count, for each positive, the negatives drawn below it and half of those level with it."""
    negatives, positives = (np.flatnonzero(labels == code) for code in (0, 1))
    negatives = negatives[np.argsort(predictions[negatives], kind="stable")]
    positives = positives[np.argsort(predictions[positives], kind="stable")]
    below = np.searchsorted(predictions[negatives], predictions[positives], side="left")
    up_to = np.searchsorted(predictions[negatives], predictions[positives], side="right")
    has_ties = bool((below != up_to).any())

    def measure(weights: Floats) -> Floats:
        counted = _running_total(weights[:, negatives])
        drawn = weights[:, positives]
        beaten = counted[:, below]
        if has_ties:
            beaten = (beaten + counted[:, up_to]) / 2
        pairs = drawn.sum(axis=1) * counted[:, -1]
        return divide(np.einsum("ij,ij->i", drawn, beaten), pairs)

    return measure


def _prepare_mean_area(labels: Floats, predictions: Floats, *, by_rows: bool) -> Resampled:
    """Take each class against all others; a class that a resample did not draw has no part in it."""
    members = [(labels == code).astype(np.float64) for code in np.unique(labels)]
    areas = [_prepare_roc_auc(each, predictions[:, int(labels[each == 1][0])]) for each in members]

    def measure(weights: Floats) -> Floats:
        figures = np.column_stack([area(weights) for area in areas])
        drawn = np.column_stack([weights @ each for each in members])
        parts = np.where(np.isnan(figures), 0.0, drawn if by_rows else np.ones_like(drawn))
        return divide((np.nan_to_num(figures) * parts).sum(axis=1), parts.sum(axis=1))

    return measure


def _prepare_average_precision(labels: Floats, predictions: Floats, _options: MetricOptions) -> Resampled:
    """Take precision at each distinct score, weighted by the positives that it adds."""
    count = _prepare_counts(labels, predictions)

    def measure(weights: Floats) -> Floats:
        everyone, positives = count(weights)
        precision = np.divide(positives, everyone, out=np.zeros_like(positives), where=everyone > 0)
        added = np.diff(positives, axis=1, prepend=0)
        figures = divide(np.einsum("ij,ij->i", added, precision), positives[:, -1])
        figures[positives[:, -1] == everyone[:, -1]] = np.nan  # one class only
        return figures

    return measure


def _prepare_precision_at_k(labels: Floats, predictions: Floats, options: MetricOptions) -> Resampled:
    """Take the positives among the best share of the rows that were drawn; rows level at the cut share what is left."""
    count = _prepare_counts(labels, predictions)

    def measure(weights: Floats) -> Floats:
        everyone, positives = count(weights)
        wanted = options.top * everyone[:, -1]
        last = (everyone < wanted[:, None]).sum(axis=1)  # the level that the cut falls into
        line, before = np.arange(len(weights)), np.maximum(last - 1, 0)
        has_before = last > 0
        rows_before = np.where(has_before, everyone[line, before], 0.0)
        hits_before = np.where(has_before, positives[line, before], 0.0)
        share = divide(positives[line, last] - hits_before, everyone[line, last] - rows_before)
        return divide(hits_before + share * (wanted - rows_before), wanted)

    return measure


def _prepare_counts(labels: Floats, predictions: Floats) -> Callable[[Floats], tuple[Floats, Floats]]:
    """Count the rows drawn down to each distinct score, best first, and the positives among them."""
    order = np.argsort(-predictions, kind="stable")
    ends = np.flatnonzero(np.append(np.diff(predictions[order]) != 0, True)) + 1
    is_positive = labels[order] == 1

    def count(weights: Floats) -> tuple[Floats, Floats]:
        drawn = weights[:, order]
        return _running_total(drawn)[:, ends], _running_total(drawn * is_positive)[:, ends]

    return count


def _running_total(values: Floats) -> Floats:
    totals = np.zeros((values.shape[0], values.shape[1] + 1))
    np.cumsum(values, axis=1, out=totals[:, 1:])
    return totals


def _placements(labels: Floats, predictions: Floats, _options: MetricOptions, weights: Floats) -> Floats:
    influence = np.zeros(len(labels))
    is_positive = labels == 1
    for mine, others, sign in ((is_positive, ~is_positive, 1), (~is_positive, is_positive, -1)):
        rows = int(mine.sum())
        placement = _place(predictions[mine], predictions[others], weights[others])
        honest = np.sqrt(rows / max(rows - 1, 1))
        share = weights[mine].sum() / weights.sum()
        influence[mine] = sign * honest * (placement - np.average(placement, weights=weights[mine])) / share
    return influence


def _place(scores: Floats, among: Floats, weights: Floats) -> Floats:
    """Return the share of others below each score, and half of those level with it."""
    order = np.argsort(among, kind="stable")
    counted = np.concatenate(([0.0], np.cumsum(weights[order])))
    below, up_to = (counted[np.searchsorted(among[order], scores, side=side)] for side in ("left", "right"))
    place: Floats = (below + up_to) / (2 * counted[-1])
    return place


def _mean_placements(labels: Floats, predictions: Floats, weights: Floats, *, by_rows: bool) -> Floats:
    """Average over the classes that there are, each against all others; weights of rows move the shares, too."""
    present = np.unique(labels)
    influence = np.zeros(len(labels))
    for code in present:
        member, scores = (labels == code).astype(np.float64), predictions[:, int(code)]
        share = np.average(member, weights=weights) if by_rows else 1 / len(present)
        placed = _placements(member, scores, DEFAULT_OPTIONS, weights)
        influence += share * placed
        if by_rows:
            influence += (member - share) * _area(member, scores, weights)
    centred: Floats = influence - np.average(influence, weights=weights)
    return centred


def _area(labels: Floats, predictions: Floats, weights: Floats) -> float:
    """Return the area under the curve: the mean place of a positive among the negatives."""
    mine, others = labels == 1, labels == 0
    place = _place(predictions[mine], predictions[others], weights[others])
    return float(np.average(place, weights=weights[mine]))


def _average_precision_influence(
    labels: Floats, predictions: Floats, _options: MetricOptions, weights: Floats
) -> Floats:
    """Differentiate the mean precision at the positives: through the row itself and through every cut below it."""
    levels, level = np.unique(-predictions, return_inverse=True)  # best first
    is_positive = (labels == 1).astype(np.float64)
    rows, positives = (
        np.bincount(level, weights=each, minlength=len(levels)) for each in (weights, weights * is_positive)
    )
    total = weights.sum()
    reached = np.cumsum(rows) / total
    precision = np.cumsum(positives) / np.cumsum(rows)
    figure = (positives * precision).sum() / positives.sum()
    cuts, cuts_precision = (
        np.cumsum((positives * each / reached)[::-1])[::-1] / total for each in (np.ones(len(levels)), precision)
    )
    through_cuts = is_positive * cuts[level] - cuts_precision[level]
    influence: Floats = (is_positive * (precision[level] - figure) + through_cuts) * total / positives.sum()
    return influence


def _precision_at_k_influence(labels: Floats, predictions: Floats, options: MetricOptions, weights: Floats) -> Floats:
    """Count a row above the cut for what it is; each moves the cut, past rows as positive as those around it."""
    rows, top = len(labels), options.top
    order = np.argsort(-predictions, kind="stable")
    counted = np.cumsum(weights[order])
    place, reach = int(np.searchsorted(counted, top * counted[-1], side="right")), max(int(np.sqrt(rows)), 1)
    is_positive = (labels == 1).astype(np.float64)
    near = order[max(place - reach, 0) : place + reach]
    around = np.average(is_positive[near], weights=weights[near])
    is_above = np.zeros(rows)
    is_above[order[: max(place, 1)]] = 1
    influence: Floats = is_above * (is_positive - around) / top
    centred: Floats = influence - np.average(influence, weights=weights)
    return centred


AREA = Ranking(prepare=_prepare_roc_auc, influence=_placements, is_area=True)
AVERAGE_PRECISION = Ranking(prepare=_prepare_average_precision, influence=_average_precision_influence)
PRECISION_AT_K = Ranking(prepare=_prepare_precision_at_k, influence=_precision_at_k_influence)


def rank_mean_area(*, by_rows: bool) -> Ranking:
    """Rank by the mean area of each class against all others, each class alike or by its rows."""
    return Ranking(
        prepare=lambda labels, predictions, _options: _prepare_mean_area(labels, predictions, by_rows=by_rows),
        influence=lambda labels, predictions, _options, weights: _mean_placements(
            labels, predictions, weights, by_rows=by_rows
        ),
        is_area=True,
    )

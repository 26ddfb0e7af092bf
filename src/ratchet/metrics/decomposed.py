"""Figures that decompose into sums over rows: means, ratios of counts, and what is made of these."""

from collections.abc import Callable

from ratchet.metrics.arrays import Codes, Floats, np
from ratchet.metrics.metric import STEP, Decompose, MetricOptions, Sums


def mean_over_rows(of_rows: Callable[[Floats, Floats, MetricOptions], Floats], *, is_rooted: bool = False) -> Decompose:
    """Decompose the mean of a figure of each row, or the root of that mean."""

    def decompose(labels: Floats, predictions: Floats, options: MetricOptions) -> Sums:
        each = of_rows(labels, predictions, options)
        columns = np.column_stack([each, np.ones(len(each))])
        finish = np.sqrt if is_rooted else np.asarray
        return Sums(columns=columns, combine=lambda sums: finish(divide(sums[:, 0], sums[:, 1])))

    return decompose


def ratio_of_counts(*, of_class: float, of_decided: float) -> Decompose:
    """Decompose hits over how often rows of the positive class, and rows decided for it, count."""

    def decompose(labels: Floats, predictions: Floats, _options: MetricOptions) -> Sums:
        is_positive, is_decided = labels == 1, choose_classes(predictions) == 1
        below = of_class * is_positive + of_decided * is_decided
        columns = np.column_stack([is_positive & is_decided, below])
        return Sums(columns=columns, combine=lambda sums: divide(sums[:, 0], sums[:, 1]))

    return decompose


ByClass = Callable[[Floats, Floats, Floats], Floats]  # hits, rows decided for and rows of each class -> the figure


def counts_by_class(average: ByClass) -> Decompose:
    """Decompose a figure that is made of each class's hits, rows decided for it and rows."""

    def decompose(labels: Floats, predictions: Floats, _options: MetricOptions) -> Sums:
        codes, decided = labels.astype(np.intp), choose_classes(predictions)
        classes = np.union1d(codes, decided)
        is_class, is_decided = codes[:, None] == classes, decided[:, None] == classes
        columns = np.concatenate([is_class & is_decided, is_decided, is_class], axis=1).astype(np.float64)
        return Sums(columns=columns, combine=lambda sums: average(*np.split(sums, 3, axis=1)))

    return decompose


def share_of_variance(labels: Floats, predictions: Floats, _options: MetricOptions) -> Sums:
    """Decompose 1 minus the squared errors over the labels' own variance."""
    centred = labels - labels.mean()
    columns = np.column_stack([(predictions - labels) ** 2, centred**2, centred, np.ones(len(labels))])

    def combine(sums: Floats) -> Floats:
        variance = sums[:, 1] - divide(sums[:, 2] ** 2, sums[:, 3])
        is_constant = variance <= STEP**2 * sums[:, 1]  # a resample of one label, give or take rounding
        return 1 - divide(sums[:, 0], np.where(is_constant, 0.0, variance))

    return Sums(columns=columns, combine=combine)


def log_loss_of_rows(labels: Floats, predictions: Floats, _options: MetricOptions) -> Floats:
    """Return minus the logarithm of the probability of each row's own class."""
    tiny = np.finfo(predictions.dtype).eps  # the clipping of sklearn.metrics.log_loss
    if predictions.ndim == 1:
        of_truth = np.where(labels == 1, predictions, 1 - predictions)
    else:
        of_truth = predictions[np.arange(len(labels)), labels.astype(np.intp)]
    loss: Floats = -np.log(np.clip(of_truth, tiny, 1 - tiny))
    return loss


def squared_errors(labels: Floats, predictions: Floats, _options: MetricOptions) -> Floats:
    """Return each row's squared error."""
    square: Floats = (predictions - labels) ** 2
    return square


def pinball_of_rows(labels: Floats, predictions: Floats, options: MetricOptions) -> Floats:
    """Return each row's loss of the quantile."""
    missed = labels - predictions
    return np.maximum(options.quantile * missed, (options.quantile - 1) * missed)


def is_right(labels: Floats, predictions: Floats, _options: MetricOptions) -> Floats:
    """Return 1 where a row is decided for its own class."""
    return np.asarray(choose_classes(predictions) == labels, dtype=np.float64)


def _f1_by_class(hits: Floats, decided: Floats, rows: Floats) -> Floats:
    return divide(2 * hits, decided + rows)


def f1_weighted(hits: Floats, decided: Floats, rows: Floats) -> Floats:
    """Average the f1 of each class, by its rows."""
    return divide((np.nan_to_num(_f1_by_class(hits, decided, rows)) * rows).sum(axis=1), rows.sum(axis=1))


def _precision_by_class(hits: Floats, decided: Floats, rows: Floats) -> Floats:
    """A class that nothing is decided for has precision 0, as scikit-learn has it; one that is not there has none."""
    found = np.nan_to_num(divide(hits, decided))
    return np.where(decided + rows > 0, found, np.nan)


def _mean_over_classes(by_class: Floats) -> Floats:
    is_there = ~np.isnan(by_class)
    return divide(np.nan_to_num(by_class).sum(axis=1), is_there.sum(axis=1).astype(np.float64))


def f1_macro(hits: Floats, decided: Floats, rows: Floats) -> Floats:
    """Average the f1 of each class."""
    return _mean_over_classes(_f1_by_class(hits, decided, rows))


def precision_macro(hits: Floats, decided: Floats, rows: Floats) -> Floats:
    """Average the precision of each class."""
    return _mean_over_classes(_precision_by_class(hits, decided, rows))


def recall_macro(hits: Floats, _decided: Floats, rows: Floats) -> Floats:
    """Average the recall of each class."""
    return _mean_over_classes(divide(hits, rows))


def divide(above: Floats, below: Floats) -> Floats:
    """Divide, with NaN where there is nothing to divide by."""
    return np.divide(above, below, out=np.full_like(above, np.nan), where=below > 0)


def choose_classes(predictions: Floats) -> Codes:
    """Return the most probable class of each row; at one half the negative one, as scikit-learn's `predict` does.

    Classes that were chosen before, as codes, stay as they are.
    """
    best = np.ceil(predictions - 0.5) if predictions.ndim == 1 else np.argmax(predictions, axis=1)
    return np.asarray(best, dtype=np.intp)

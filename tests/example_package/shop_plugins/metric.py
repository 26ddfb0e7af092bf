"""Deviance of counts."""

from ratchet.metrics.arrays import Floats, np, sklearn_metrics
from ratchet.metrics.decomposed import mean_over_rows
from ratchet.metrics.metric import Metric, MetricOptions


def _deviance(labels: Floats, predictions: Floats, _options: MetricOptions) -> float:
    return float(sklearn_metrics.mean_poisson_deviance(labels, predictions))


def _deviance_of_rows(labels: Floats, predictions: Floats, _options: MetricOptions) -> Floats:
    logs = labels * np.log(np.where(labels > 0, labels, 1.0) / predictions)
    deviance: Floats = 2 * (logs - labels + predictions)
    return deviance


def _find_nothing_to_count(labels: Floats, predictions: Floats) -> str | None:
    return "labels must be 0 or more and predictions above 0" if labels.min() < 0 or predictions.min() <= 0 else None


POISSON_DEVIANCE = Metric(
    name="poisson_deviance",
    tasks=("regression",),
    value=_deviance,
    interval=mean_over_rows(_deviance_of_rows),
    is_loss=True,
    highest=float("inf"),
    obstacle=_find_nothing_to_count,
)

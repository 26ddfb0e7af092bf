"""Every metric: add one here, as one entry, and config, gates, intervals, monitoring and reports know it.

A package adds metrics of its own by entry points of the group `ratchet.metrics`, each of which names a `Metric` of its
own name. They are imported with the first YAML that is read, so their modules should load nothing heavy.
"""

from functools import cache

from ratchet.errors import ConfigError, did_you_mean
from ratchet.metrics import ranked
from ratchet.metrics.arrays import Floats, np, sklearn_metrics
from ratchet.metrics.decomposed import (
    choose_classes,
    counts_by_class,
    f1_macro,
    f1_weighted,
    is_right,
    log_loss_of_rows,
    mean_over_rows,
    pinball_of_rows,
    precision_macro,
    ratio_of_counts,
    recall_macro,
    share_of_variance,
    squared_errors,
)
from ratchet.metrics.metric import Metric, MetricOptions, Value
from ratchet.plugins import METRICS, find_plugins, load_plugin

INFINITE = float("inf")


def _find_one_class(labels: Floats, _predictions: Floats) -> str | None:
    return f"all {len(labels):,} rows are of one class" if (labels == labels[0]).all() else None


def _find_no_positive(labels: Floats, _predictions: Floats) -> str | None:
    return None if (labels == 1).any() else f"none of {len(labels):,} rows is positive"


def _find_no_decided(labels: Floats, predictions: Floats) -> str | None:
    return None if (predictions > 0.5).any() else f"none of {len(labels):,} rows is decided for the positive class"


def _find_neither(labels: Floats, predictions: Floats) -> str | None:
    return _find_no_positive(labels, predictions) and _find_no_decided(labels, predictions)


def _find_lone_column(_labels: Floats, predictions: Floats) -> str | None:
    return "there is one class only" if predictions.ndim > 1 and predictions.shape[1] < 2 else None


def _find_zeros(labels: Floats, _predictions: Floats) -> str | None:
    zeros = int(np.count_nonzero(labels == 0))
    return f"{zeros:,} of {len(labels):,} labels are zero" if zeros else None


def _find_constant(labels: Floats, _predictions: Floats) -> str | None:
    return f"all {len(labels):,} labels are the same" if (labels == labels[0]).all() else None


def _median(labels: Floats, _options: MetricOptions) -> float:
    return float(np.median(labels))


def _log_loss(labels: Floats, predictions: Floats, _options: MetricOptions) -> float:
    classes = 2 if predictions.ndim == 1 else predictions.shape[1]
    return float(sklearn_metrics.log_loss(labels, predictions, labels=list(range(classes))))


def _of_scores(score: str, **settings: object) -> Value:
    """Read a figure of scikit-learn's by its name: the library is loaded when the figure is measured."""
    return lambda labels, predictions, _options: getattr(sklearn_metrics, score)(labels, predictions, **settings)


def _of_decisions(score: str, **settings: object) -> Value:
    return lambda labels, predictions, _options: getattr(sklearn_metrics, score)(
        labels, choose_classes(predictions), **settings
    )


def _recall_macro(labels: Floats, predictions: Floats, _options: MetricOptions) -> float:
    """Average over the classes that there are: balanced accuracy."""
    present = np.unique(labels)
    return float(sklearn_metrics.recall_score(labels, choose_classes(predictions), labels=present, average="macro"))


BUILT_IN = (
    Metric(
        name="roc_auc",
        tasks=("binary",),
        value=_of_scores("roc_auc_score"),
        interval=ranked.AREA,
        needs_every_class=True,
        obstacle=_find_one_class,
    ),
    Metric(
        name="average_precision",
        tasks=("binary",),
        value=_of_scores("average_precision_score"),
        interval=ranked.AVERAGE_PRECISION,
        needs_every_class=True,
        obstacle=_find_one_class,
    ),
    Metric(
        name="log_loss",
        tasks=("binary", "multiclass"),
        value=_log_loss,
        interval=mean_over_rows(log_loss_of_rows),
        is_loss=True,
        highest=INFINITE,
        is_proper=True,
        obstacle=_find_lone_column,
    ),
    Metric(
        name="brier",
        tasks=("binary",),
        value=_of_scores("brier_score_loss", labels=[0, 1]),
        interval=mean_over_rows(squared_errors),
        is_loss=True,
        is_proper=True,
    ),
    Metric(
        name="f1",
        tasks=("binary",),
        value=_of_decisions("f1_score"),
        interval=ratio_of_counts(of_class=0.5, of_decided=0.5),
        is_decided=True,
        needs_every_class=True,
        baseline_is_positive=True,
        obstacle=_find_neither,
    ),
    Metric(
        name="precision",
        tasks=("binary",),
        value=_of_decisions("precision_score"),
        interval=ratio_of_counts(of_class=0.0, of_decided=1.0),
        is_decided=True,
        baseline_is_positive=True,
        obstacle=_find_no_decided,
    ),
    Metric(
        name="recall",
        tasks=("binary",),
        value=_of_decisions("recall_score"),
        interval=ratio_of_counts(of_class=1.0, of_decided=0.0),
        is_decided=True,
        needs_every_class=True,
        obstacle=_find_no_positive,
    ),
    Metric(
        name="accuracy",
        tasks=("binary", "multiclass"),
        value=_of_decisions("accuracy_score"),
        interval=mean_over_rows(is_right),
        is_decided=True,
    ),
    Metric(
        name="precision_at_k",
        tasks=("binary",),
        value=lambda labels, predictions, options: ranked.share_top(predictions, labels, options.top),
        interval=ranked.PRECISION_AT_K,
        needs_every_class=True,
    ),
    Metric(
        name="f1_macro",
        tasks=("multiclass",),
        value=_of_decisions("f1_score", average="macro", zero_division=0.0),
        interval=counts_by_class(f1_macro),
        is_decided=True,
    ),
    Metric(
        name="f1_weighted",
        tasks=("multiclass",),
        value=_of_decisions("f1_score", average="weighted", zero_division=0.0),
        interval=counts_by_class(f1_weighted),
        is_decided=True,
    ),
    Metric(
        name="precision_macro",
        tasks=("multiclass",),
        value=_of_decisions("precision_score", average="macro", zero_division=0.0),
        interval=counts_by_class(precision_macro),
        is_decided=True,
    ),
    Metric(
        name="recall_macro",
        tasks=("multiclass",),
        value=_recall_macro,
        interval=counts_by_class(recall_macro),
        is_decided=True,
    ),
    Metric(
        name="roc_auc_macro",
        tasks=("multiclass",),
        value=lambda labels, predictions, _options: ranked.mean_area(labels, predictions, by_rows=False),
        interval=ranked.rank_mean_area(by_rows=False),
        obstacle=_find_one_class,
    ),
    Metric(
        name="roc_auc_weighted",
        tasks=("multiclass",),
        value=lambda labels, predictions, _options: ranked.mean_area(labels, predictions, by_rows=True),
        interval=ranked.rank_mean_area(by_rows=True),
        obstacle=_find_one_class,
    ),
    Metric(
        name="rmse",
        tasks=("regression",),
        value=_of_scores("root_mean_squared_error"),
        interval=mean_over_rows(squared_errors, is_rooted=True),
        is_loss=True,
        highest=INFINITE,
    ),
    Metric(
        name="mae",
        tasks=("regression",),
        value=_of_scores("mean_absolute_error"),
        interval=mean_over_rows(lambda labels, predictions, _options: np.abs(predictions - labels)),
        is_loss=True,
        highest=INFINITE,
        best_constant=_median,
    ),
    Metric(
        name="mape",
        tasks=("regression",),
        value=_of_scores("mean_absolute_percentage_error"),
        interval=mean_over_rows(lambda labels, predictions, _options: np.abs(predictions - labels) / np.abs(labels)),
        is_loss=True,
        highest=INFINITE,
        obstacle=_find_zeros,
        best_constant=_median,  # nearly so
    ),
    Metric(
        name="r2",
        tasks=("regression",),
        value=_of_scores("r2_score"),
        interval=share_of_variance,
        lowest=-INFINITE,
        obstacle=_find_constant,
    ),
    Metric(
        name="pinball",
        tasks=("regression",),
        value=lambda labels, predictions, options: sklearn_metrics.mean_pinball_loss(
            labels, predictions, alpha=options.quantile
        ),
        interval=mean_over_rows(pinball_of_rows),
        is_loss=True,
        highest=INFINITE,
        best_constant=lambda labels, options: float(np.quantile(labels, options.quantile)),
    ),
)
DEFAULT_METRIC = {"binary": "roc_auc", "multiclass": "log_loss", "regression": "rmse"}
# The guard is of the other kind than the primary metric: what ranks well may say wrong probabilities and the other way
# round (on bank_marketing, 40-50 % of the rows, retraining costs 0.04 roc_auc and gains 0.02 log_loss), and a few
# large errors move rmse where they leave mae alone. One guard by default: each one more asks for more rows.
DEFAULT_GUARD = {  # task -> the guard, and what guards that metric itself
    "binary": ("log_loss", "roc_auc"),
    "multiclass": ("log_loss", "accuracy"),
    "regression": ("mae", "rmse"),
}


@cache
def read_metrics() -> dict[str, Metric]:
    """Return every metric by its name: those built in, then those of other packages.

    Raises:
        ConfigError: a plug-in can't be loaded, is no metric, or has another metric's name.
    """
    known = {metric.name: metric for metric in BUILT_IN}
    for name in find_plugins(METRICS):
        metric = load_plugin(METRICS, name, Metric)
        if metric.name != name or name in known:
            raise ConfigError(
                f"the plug-in '{name}' of {METRICS} calls its metric '{metric.name}'; give both a name no other has"
            )
        known[name] = metric
    return known


def find_metric(name: str) -> Metric:
    """Return a metric by its name.

    Raises:
        ConfigError: there is no such metric.
    """
    known = read_metrics()
    if name not in known:
        near = did_you_mean(name, known)
        raise ConfigError(f"there is no metric '{name}'{near}; there are {', '.join(known)}")
    return known[name]


def metrics_of(task: str) -> tuple[str, ...]:
    """Return the names of the metrics that a task has."""
    return tuple(metric.name for metric in read_metrics().values() if task in metric.tasks)

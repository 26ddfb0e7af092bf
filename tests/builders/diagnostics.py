"""Builders of what pages show beside the figures of the gates."""

from dataclasses import replace
from datetime import UTC, datetime

from ratchet.records.behaviour import Dependence, DependencePoint
from ratchet.records.columns import ColumnKind
from ratchet.records.diagnostics import Confusion, Curve, CutOff, Diagnostics, ErrorBin
from ratchet.records.drift import MovedBin, Spread
from ratchet.records.holdout import Level


def make_cut_off(threshold: float, true_positives: int, false_positives: int) -> CutOff:
    """Of ten positive and thirty negative rows."""
    return CutOff(
        threshold=threshold,
        true_positives=true_positives,
        false_positives=false_positives,
        false_negatives=10 - true_positives,
        true_negatives=30 - false_positives,
    )


def make_area(metric: str = "roc_auc", **changes: object) -> Level:
    """An area with bounds."""
    level = Level(
        metric=metric,
        slice="overall",
        rows=40,
        positives=10,
        value=0.8,
        lower=0.7,
        upper=0.9,
        everywhere=0.8,
        confidence=0.99,
    )
    return replace(level, **changes)  # type: ignore[arg-type]


def make_curve(model: str = "challenger", **changes: object) -> Curve:
    """Three thresholds: nothing wrong at 0.8, half of the positives lost; all found at 0.4; everybody at 0.1."""
    curve = Curve(
        model=model,
        cut_offs=(make_cut_off(0.8, 5, 0), make_cut_off(0.4, 10, 6), make_cut_off(0.1, 10, 30)),
        chosen=make_cut_off(0.5, 5, 0),
        areas=(make_area(), make_area("average_precision")) if model == "challenger" else (),
    )
    return replace(curve, **changes)  # type: ignore[arg-type]


def make_confusion(**changes: object) -> Confusion:
    """Of ten positive rows five are found; of thirty negative ones three are taken for positive."""
    return replace(Confusion(classes=("no", "yes"), counts=((27, 3), (5, 5))), **changes)  # type: ignore[arg-type]


def make_error_bin(predicted: float = 10.0, middle: float = 0.0, **changes: object) -> ErrorBin:
    """Errors of plus and minus four."""
    spread = (middle - 4, middle - 1, middle, middle + 1, middle + 4)
    found = ErrorBin(rows=50, predicted=predicted, time_from=None, time_to=None, quantiles=spread)
    return replace(found, **changes)  # type: ignore[arg-type]


def make_diagnostics(task: str = "binary", **changes: object) -> Diagnostics:
    """What belongs to a task."""
    first, last = datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 9, tzinfo=UTC)
    found = {
        "binary": Diagnostics(curves=(make_curve(), make_curve("champion")), confusion=make_confusion()),
        "multiclass": Diagnostics(
            confusion=make_confusion(classes=("a", "b", "c"), counts=((8, 2, 0), (0, 9, 1), (0, 0, 0)))
        ),
        "regression": Diagnostics(
            errors_by_prediction=(make_error_bin(), make_error_bin(20.0, -6.0)),
            errors_by_time=(
                make_error_bin(time_from=first, time_to=last),
                make_error_bin(time_from=last, time_to=last),
            ),
        ),
    }[task]
    return replace(found, **changes)  # type: ignore[arg-type]


def make_dependence(feature: str = "age", **changes: object) -> Dependence:
    """A number with which the score rises."""
    points = tuple(
        DependencePoint(number=float(at), label="", mean=0.2 + at / 100, lower=0.1 + at / 100, upper=0.3 + at / 100)
        for at in (20, 40, 60)
    )
    found = Dependence(
        feature=feature, kind=ColumnKind.NUMERIC, of_class=None, rows=200, points=points, direction="rises"
    )
    return replace(found, **changes)  # type: ignore[arg-type]


def make_categories(feature: str = "city", **names: float) -> Dependence:
    """Categories with a mean score each."""
    means = names or {"Oslo": 0.2, "Bern": 0.6}
    points = tuple(
        DependencePoint(number=None, label=label, mean=mean, lower=mean - 0.1, upper=mean + 0.1)
        for label, mean in means.items()
    )
    return make_dependence(feature, kind=ColumnKind.CATEGORICAL, points=points, direction=None)


def make_spread(column: str = "age", **changes: object) -> Spread:
    """Two bins that change places."""
    bins = (MovedBin(label="18 to 30", then=0.25, now=0.75), MovedBin(label="above 30 to 65", then=0.75, now=0.25))
    return replace(Spread(column=column, kind=ColumnKind.NUMERIC, bins=bins), **changes)  # type: ignore[arg-type]

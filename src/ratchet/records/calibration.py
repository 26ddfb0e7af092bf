"""How far predicted probabilities are from observed rates."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounded:
    """A figure with its one-sided bounds.

    Attributes:
        estimate: the figure itself.
        lower: one-sided lower bound; None when too many draws had no figure.
        upper: one-sided upper bound.
    """

    estimate: float
    lower: float | None
    upper: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationBin:
    """Rows of about the same prediction.

    Attributes:
        rows: how many.
        predicted: their mean prediction.
        observed: the share of them that came true.
        lower: lower bound of that share.
        upper: upper bound of that share.
    """

    rows: int
    predicted: float
    observed: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True, kw_only=True)
class InTheLarge:
    """Mean prediction against mean outcome, on all rows or on some of them.

    Attributes:
        group: "overall", a slice's name, "column = value" of a sensitive column, or "class = value".
        rows: how many.
        predicted: mean prediction; None when there is no row.
        observed: mean outcome, for classes the observed rate.
        difference: predicted minus observed; None when it can't be measured.
        problem: why it can't be measured; None when it was.
    """

    group: str
    rows: int
    predicted: float | None
    observed: float | None
    difference: Bounded | None
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelCalibration:
    """One model's calibration; all but `in_the_large` is empty for regression.

    Attributes:
        in_the_large: mean prediction against mean outcome: overall first, then slices, sensitive groups, classes.
        error: expected calibration error (ECE): the mean distance of predicted from observed rate over bins.
        by_chance: the error that a perfectly calibrated model would show on so many rows.
        brier: mean squared error of the probability: reliability minus resolution plus uncertainty.
        reliability: its part that comes from wrong rates; 0 is best.
        resolution: its part that comes from telling rows apart, within bins as well; more is better.
        uncertainty: its part that no model can change.
        bins: the reliability diagram, lowest prediction first.
    """

    in_the_large: tuple[InTheLarge, ...]
    error: Bounded | None = None
    by_chance: float | None = None
    brier: Bounded | None = None
    reliability: Bounded | None = None
    resolution: Bounded | None = None
    uncertainty: Bounded | None = None
    bins: tuple[CalibrationBin, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """Calibration of challenger and champion on the holdout.

    Attributes:
        problem: why nothing could be measured; None when it was.
        prediction: what is compared with what came true: "probability" of the positive class, "confidence" in the
            class decided for (several classes), or the "value".
        rows: rows it was measured on.
        positives: rows of the rarer outcome among them; None for regression.
        confidence: of each bound.
        challenger: the challenger's.
        champion: the champion's; None when there is none or it could not score.
        change: the challenger's error minus the champion's: positive is worse; None without a champion.
        rarest: the name of the rarest class, where there are more than two.
    """

    problem: str | None = None
    prediction: str = "probability"
    rows: int = 0
    positives: int | None = None
    confidence: float = 0.99
    challenger: ModelCalibration | None = None
    champion: ModelCalibration | None = None
    change: Bounded | None = None
    rarest: str | None = None

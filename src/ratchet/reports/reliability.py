"""Where the marks of a reliability diagram go: predicted rate to the right, observed rate upwards, in percent."""

from dataclasses import dataclass

from ratchet.records.calibration import Calibration, CalibrationBin, ModelCalibration
from ratchet.records.decision import Thresholds
from ratchet.reports.scale import Scale
from ratchet.reports.wording import figure

MARGIN = 1.05  # of the largest rate, so that no mark sits on the edge


@dataclass(frozen=True, slots=True, kw_only=True)
class RatePoint:
    """One bin: positions in percent of the diagram, from its left and from its top.

    Attributes:
        bin: what it shows.
        x: of the mean prediction.
        y: of the observed rate.
        top: of the rate's upper bound.
        bottom: of its lower bound.
    """

    bin: CalibrationBin
    x: float
    y: float
    top: float
    bottom: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Diagram:
    """A reliability diagram: the diagonal is perfect calibration.

    Attributes:
        challenger: its bins.
        champion: its bins; empty when there is none.
        ticks: round rates and where they are, in percent of the width.
    """

    challenger: tuple[RatePoint, ...]
    champion: tuple[RatePoint, ...]
    ticks: tuple[tuple[float, float], ...]


def draw_reliability(calibration: Calibration | None) -> Diagram | None:
    """Lay both models' bins out on one scale from zero; None when there are no bins."""
    if calibration is None or calibration.challenger is None or not calibration.challenger.bins:
        return None
    both = calibration.challenger, calibration.champion
    scale = Scale(low=0.0, high=min(MARGIN * max(map(_find_largest, both)), 1.0) or 1.0)  # zeros still get a scale
    challenger, champion = (_place(model, scale) for model in both)
    ticks = tuple((tick.value, tick.at) for tick in scale.list_ticks())
    return Diagram(challenger=challenger, champion=champion, ticks=ticks)


def _find_largest(model: ModelCalibration | None) -> float:
    return max((max(each.predicted, each.upper, each.observed) for each in _bins_of(model)), default=0.0)


def _bins_of(model: ModelCalibration | None) -> tuple[CalibrationBin, ...]:
    return () if model is None else model.bins


def explain_threshold(thresholds: Thresholds | None) -> str | None:
    """Say in one sentence what the overall threshold means for a row; None without one."""
    if thresholds is None:
        return None
    if thresholds.overall > 1:
        return "No row is decided positive: on validation every positive decision cost more than it saved."
    if thresholds.overall <= 0:
        return "Every row is decided positive: on validation no negative decision was worth its misses."
    return f"A row is decided positive when its predicted probability is at least {figure(thresholds.overall)}."


def _place(model: ModelCalibration | None, scale: Scale) -> tuple[RatePoint, ...]:
    def down(rate: float) -> float:
        return round(100 - 100 * min(max(rate, 0.0), scale.high) / scale.high, 2)

    return tuple(
        RatePoint(
            bin=each,
            x=scale.locate(each.predicted),
            y=down(each.observed),
            top=down(each.upper),
            bottom=down(each.lower),
        )
        for each in _bins_of(model)
    )

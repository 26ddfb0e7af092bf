"""Where the marks of a reliability diagram go: predicted rate to the right, observed rate upwards, in percent."""

from dataclasses import dataclass

from ratchet.records.calibration import Calibration, CalibrationBin, ModelCalibration
from ratchet.records.decision import Thresholds
from ratchet.reports.forest import round_values
from ratchet.reports.wording import figure

MARGIN = 1.05  # of the largest rate, so that no mark sits on the edge


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
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

    challenger: tuple[Point, ...]
    champion: tuple[Point, ...]
    ticks: tuple[tuple[float, float], ...]


def draw_reliability(calibration: Calibration | None) -> Diagram | None:
    """Lay both models' bins out on one scale from zero; None when there are no bins."""
    if calibration is None or calibration.challenger is None or not calibration.challenger.bins:
        return None
    models = [each for each in (calibration.challenger, calibration.champion) if each is not None]
    largest = MARGIN * max(max(each.predicted, each.upper, each.observed) for model in models for each in model.bins)
    scale = min(largest, 1.0) or 1.0  # nothing but zeros still gets a scale
    challenger, champion = (_place(model, scale) for model in (calibration.challenger, calibration.champion))
    ticks = tuple((value, round(100 * value / scale, 2)) for value in round_values(0.0, scale))
    return Diagram(challenger=challenger, champion=champion, ticks=ticks)


def explain_threshold(thresholds: Thresholds | None) -> str | None:
    """Say in one sentence what the overall threshold means for a row; None without one."""
    if thresholds is None:
        return None
    if thresholds.overall > 1:
        return "No row is decided positive: on validation every positive decision cost more than it saved."
    if thresholds.overall <= 0:
        return "Every row is decided positive: on validation no negative decision was worth its misses."
    return f"A row is decided positive when its predicted probability is at least {figure(thresholds.overall)}."


def _place(model: ModelCalibration | None, scale: float) -> tuple[Point, ...]:
    def right(rate: float) -> float:
        return round(100 * rate / scale, 2)

    def down(rate: float) -> float:
        return round(100 - 100 * min(max(rate, 0.0), scale) / scale, 2)

    return tuple(
        Point(bin=each, x=right(each.predicted), y=down(each.observed), top=down(each.upper), bottom=down(each.lower))
        for each in (model.bins if model else ())
    )

"""Charts of lines over two scales: where each point goes, in percent of the width and from the top of the height."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ratchet.reports.scale import Scale
from ratchet.reports.wording import number

Point = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """Points to be joined, in the figures' own units.

    Attributes:
        name: what the legend calls it; empty for what needs no name.
        style: a class of the style sheet: "own", "other", "base" or "limit".
        points: from left to right; one without a figure is left out.
    """

    name: str
    style: str
    points: tuple[tuple[float, float | None], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A text on an axis or beside a line, and its position in percent."""

    text: str
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """A line or the outline of a band, as an SVG takes it."""

    name: str
    style: str
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Axis:
    """One side of a chart.

    Attributes:
        name: what it shows.
        scale: from figures to positions.
        labels: its round figures, or texts of its own.
    """

    name: str
    scale: Scale
    labels: tuple[Label, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """A chart, ready to be drawn.

    Attributes:
        title: what it shows, for those who can't see it too.
        about: what can be seen in it, in words.
        x: to the right.
        y: upwards.
        lines: drawn above the bands.
        bands: areas between two lines.
        rules: upright lines with their names.
        zero_at: where zero is, from the top; None where the scale has no zero to show.
    """

    title: str
    about: str
    x: Axis
    y: Axis
    lines: tuple[Trace, ...]
    bands: tuple[Trace, ...] = ()
    rules: tuple[Label, ...] = ()
    zero_at: float | None = None


def make_axis(name: str, scale: Scale, write: Callable[[float], str] = number) -> Axis:
    """Make an axis with round figures."""
    labels = tuple(Label(text=write(tick.value), at=tick.at) for tick in scale.list_ticks())
    return Axis(name=name, scale=scale, labels=labels)


def trace_line(series: Series, x: Axis, y: Axis) -> Trace:
    """Lay a line out; what has no figure is left out."""
    points = [_locate(x, y, left, up) for left, up in series.points if up is not None]
    return Trace(name=series.name, style=series.style, path=" ".join(points))


def trace_band(style: str, bounds: Sequence[tuple[float, float, float]], x: Axis, y: Axis) -> Trace:
    """Lay an area out between two lines, given as position, lower and upper figure."""
    there = [_locate(x, y, left, upper) for left, _, upper in bounds]
    back = [_locate(x, y, left, lower) for left, lower, _ in reversed(bounds)]
    return Trace(name="", style=style, path=" ".join([*there, *back]))


def _locate(x: Axis, y: Axis, left: float, up: float) -> str:
    """Return a point as an SVG takes it; beyond a scale it ends at its edge."""
    across, down = x.scale.locate(left), 100 - y.scale.locate(up)
    return f"{min(max(across, 0.0), 100.0):g},{round(min(max(down, 0.0), 100.0), 2):g}"

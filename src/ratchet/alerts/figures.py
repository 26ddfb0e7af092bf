"""Which of the figures of production is which."""

from collections.abc import Sequence

from ratchet.records.appraisal import Appraisal, Figure
from ratchet.records.monitoring import Window


def find_primary(appraisal: Appraisal) -> str | None:
    """Return the primary metric's name: figures begin with it."""
    return appraisal.figures[0].metric if appraisal.figures else None


def find_latest(appraisal: Appraisal) -> Figure | None:
    """Return the primary metric of everybody in the latest matured window."""
    primary = find_primary(appraisal)
    mine = (each for each in appraisal.figures if each.metric == primary and each.segment is None)
    return next((each for each in mine if not is_long(each, appraisal.figures)), None)


def is_long(figure: Figure, figures: Sequence[Figure]) -> bool:
    """Tell the long window from the window: both end when labels matured, and the long one begins earlier."""
    alike = (each for each in figures if (each.metric, each.segment) == (figure.metric, figure.segment))
    return any(_is_earlier(figure.window, each.window) for each in alike)


def is_before(figure: Figure, other: Figure) -> bool:
    """Tell whether a figure's window ends before another's begins."""
    return figure.window.end <= other.window.start  # type: ignore[operator]  # both times, or both rows


def _is_earlier(window: Window, other: Window) -> bool:
    return window.start < other.start  # type: ignore[operator]  # both times, or both rows

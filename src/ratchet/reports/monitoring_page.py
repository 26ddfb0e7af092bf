"""The page of a monitoring run: whether anybody has to do anything, and the evidence.

Of the metric over time it shows a point a window, its bounds, the baseline and the holdout.
"""

import math
import posixpath
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from urllib.parse import quote

from ratchet.config.run import Run
from ratchet.gates.evidence import is_number
from ratchet.metrics.registry import find_metric
from ratchet.records.alerts import RAISED, Alert, AlertLevel, AlertReport, gather
from ratchet.records.drift import DriftLevel
from ratchet.records.monitoring import Observation, Queue, Shift
from ratchet.records.production import ConceptShift, Figure, ProductionPerformance
from ratchet.reports.drift_section import place_movement
from ratchet.reports.rendering import render
from ratchet.reports.scale import Scale, Tick, fit_scale
from ratchet.reports.wording import plural
from ratchet.timeline import Moment

ASKED = "a retrain is asked for where this is the latest window, and starts when the throttle admits it"
MOST_STEPS = 5
MOST_NAMED = 3  # in front of a step
TONES = {AlertLevel.GREEN: "good", AlertLevel.YELLOW: "wait", AlertLevel.RED: "bad", AlertLevel.UNKNOWN: "calm"}
MOST_SEGMENTS = 30  # rows of the table; a page is read by people
LEFT, RIGHT = 10.0, 96.0  # percent: the scale's values stand on the left
MOST_DATES = 3  # that stay apart on a telephone


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidentlyLink:
    """The page of Evidently, beside our own.

    Attributes:
        file: its name in the same folder; None when there is none.
        rows_then: rows of the reference in it.
        rows_now: rows of the window in it.
        remarks: why there is none, or which columns it leaves out.
    """

    file: str | None
    rows_then: int = 0
    rows_now: int = 0
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitoringStory:
    """Every record of a monitoring run."""

    run: Run
    observation: Observation
    shift: Shift
    performance: ProductionPerformance
    alert_report: AlertReport
    queue: Queue
    evidently: EvidentlyLink

    @property
    def raised(self) -> tuple[tuple[Alert, ...], ...]:
        """The alerts that somebody should see, those of one subject together."""
        return gather(alert for alert in self.alert_report.alerts if alert.level in RAISED)

    @property
    def unknown(self) -> tuple[Alert, ...]:
        """What could not be told."""
        return tuple(alert for alert in self.alert_report.alerts if alert.level is AlertLevel.UNKNOWN)

    @property
    def main_figure(self) -> Figure | None:
        """The primary metric of everybody, in the shorter window."""
        every = (each for each in self.performance.figures if each.segment is None)
        return next((each for each in every if each.metric == self.run.config.metric), None)

    @property
    def moved(self) -> tuple[str, ...]:
        """Columns that have drifted so that somebody should look."""
        levels = (DriftLevel.LOOK, DriftLevel.ACT)
        return tuple(each.column for each in self.shift.drift.columns if each.level in levels)

    @property
    def steps(self) -> tuple[str, ...]:
        """What to do, the most urgent first, each once."""
        asked = (ASKED,) if self.alert_report.asks_for else ()
        return (*asked, *self._list_advice())[:MOST_STEPS]

    def _list_advice(self) -> Iterator[str]:
        """Give each advice once, with the subjects that it is about."""
        is_unknown = self.alert_report.level is AlertLevel.UNKNOWN
        alerts = [each[0] for each in self.raised] or (self.unknown if is_unknown else ())
        subjects: dict[str, list[str]] = {}
        for alert in alerts:
            subjects.setdefault(alert.advice, []).append(alert.signal.subject[1])
        for advice, every in subjects.items():
            names = list(dict.fromkeys(every))
            more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
            yield f"{', '.join(names[:MOST_NAMED])}{more}: {advice}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitoringHeadline:
    """The badge, the title and the sentence below it."""

    word: str
    tone: str
    title: str
    sentence: str


def headline_of(story: MonitoringStory) -> MonitoringHeadline:
    """Say in one line whether anybody has to do anything."""
    alert_report = story.alert_report
    return MonitoringHeadline(
        word=alert_report.level.value,
        tone=TONES[alert_report.level],
        title=_find_title(story),
        sentence=alert_report.sentence.removeprefix(f"{alert_report.level.value}: "),
    )


def _find_title(story: MonitoringStory) -> str:
    model = story.run.model
    titles = {
        AlertLevel.GREEN: f"{model} is as it was",
        AlertLevel.YELLOW: f"{model}: worth a look",
        AlertLevel.RED: f"{model} needs somebody now",
        AlertLevel.UNKNOWN: f"{model} can't be judged yet",
    }
    moved = story.raised
    counted = f": {plural(len(moved), 'alert')}" if moved and story.alert_report.level is AlertLevel.RED else ""
    return titles[story.alert_report.level] + counted


def monitoring_html(story: MonitoringStory, folder: str) -> str:
    """Return the page; `folder` is where it will be, relative to the home."""
    queue = story.queue.file
    return render(
        "monitoring.html.jinja",
        story=story,
        headline=headline_of(story),
        tones={level.value: tone for level, tone in TONES.items()},
        weeks=place_weeks(story.performance, story.main_figure),
        everybody=_select(story, lambda each: each.segment is None),
        segments=list_segments(story),
        movement=place_movement(story.shift),
        concept=explain_concept(story.performance.concept, story.moved),
        queue_link=quote(posixpath.relpath(queue.path, folder)) if queue else None,
        evidently_link=quote(story.evidently.file) if story.evidently.file else None,
    )


def list_segments(story: MonitoringStory) -> tuple[tuple[str, tuple[Figure, ...]], ...]:
    """Return the figures of each segment, the largest loss first; a segment without a figure comes last."""
    figures = _select(story, lambda each: each.segment is not None and each.metric == story.run.config.metric)
    ordered = sorted(figures, key=lambda each: each.segment or "")
    grouped = [(name or "", tuple(found)) for name, found in groupby(ordered, key=lambda each: each.segment)]
    return tuple(sorted(grouped, key=lambda pair: -_worst(pair[1])))[:MOST_SEGMENTS]


def explain_concept(concept: ConceptShift, moved: Sequence[str]) -> str:
    """Say in one sentence what changed: the rows, where columns moved, or what becomes of rows that are alike."""
    if concept.problem or concept.concept_part is None:
        return f"It can't be told apart: {concept.problem or 'nothing was measured'}"
    if concept.shifted:
        return "The same inputs have other outcomes than before: what the model learnt no longer holds."
    if moved and (concept.data_part or 0) > max(concept.concept_part, 0):
        return "Other rows come than before; rows that are alike still have the outcomes they had."
    return "Rows that are alike have the outcomes they had, as far as these labels show."


def _select(story: MonitoringStory, is_wanted: Callable[[Figure], bool]) -> tuple[Figure, ...]:
    return tuple(each for each in story.performance.figures if is_wanted(each))


def _worst(figures: tuple[Figure, ...]) -> float:
    return max((each.loss for each in figures if each.loss is not None), default=float("-inf"))


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekMark:
    """One window: positions in percent from the left and from the top.

    Attributes:
        figure: what it shows.
        x: of the window.
        y: of the metric.
        top: of its upper bound.
        bottom: of its lower bound.
        tone: whether it is shown to be worse than the baseline, or may be as good.
    """

    figure: Figure
    x: float
    y: float
    top: float | None
    bottom: float | None
    tone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekPlot:
    """The plot.

    Attributes:
        marks: the windows that have a figure, the oldest first.
        ticks: the scale of the metric.
        dates: ends of some windows, and where they are.
        baseline: the latest baseline.
        baseline_at: where it is.
        holdout_at: where the figure of the champion's holdout is.
        gaps: windows in between that have none.
    """

    marks: tuple[WeekMark, ...]
    ticks: tuple[Tick, ...]
    dates: tuple[tuple[Moment, float], ...]
    baseline: float | None
    baseline_at: float | None
    holdout_at: float | None
    gaps: int


def place_weeks(performance: ProductionPerformance, last: Figure | None) -> WeekPlot | None:
    """Lay the metric of all windows out on one scale; None when fewer than two have a figure."""
    every = [*performance.weekly, *([last] if last and last not in performance.weekly else [])]
    known = [each for each in every if is_number(each.value)]
    if len(known) < 2:
        return None
    baseline = next((each.baseline for each in reversed(every) if is_number(each.baseline)), None)
    scale = fit_scale(_list_values(known, baseline, performance.holdout), padding=0.12, is_turned=True)
    step = (RIGHT - LEFT) / (len(every) - 1)
    marks = tuple(
        _mark(each, round(LEFT + at * step, 2), scale, baseline)
        for at, each in enumerate(every)
        if is_number(each.value)
    )
    return WeekPlot(
        marks=marks,
        ticks=scale.list_ticks(),
        dates=_choose_dates(marks),
        baseline=baseline,
        baseline_at=scale.place(baseline),
        holdout_at=scale.place(performance.holdout),
        gaps=len(every) - len(known),
    )


def _list_values(figures: Iterable[Figure], *beside: float | None) -> list[float]:
    every = [value for each in figures for value in (each.value, each.lower, each.upper)]
    return [value for value in (*every, *beside) if value is not None and math.isfinite(value)]


def _mark(figure: Figure, x: float, scale: Scale, baseline: float | None) -> WeekMark:
    y = scale.place(figure.value)
    return WeekMark(
        figure=figure,
        x=x,
        y=0.0 if y is None else y,
        top=scale.place(figure.upper),
        bottom=scale.place(figure.lower),
        tone="worse" if _is_worse(figure, baseline) else "own",
    )


def _is_worse(figure: Figure, baseline: float | None) -> bool:
    """Tell whether a window is shown to be worse; an earlier one brings no loss, and its bounds are beside the line."""
    if figure.loss_lower is not None:
        return figure.loss_lower > 0
    best = figure.lower if find_metric(figure.metric).is_loss else figure.upper
    if best is None or baseline is None:
        return False
    return best > baseline if find_metric(figure.metric).is_loss else best < baseline


def _choose_dates(marks: tuple[WeekMark, ...]) -> tuple[tuple[Moment, float], ...]:
    last = len(marks) - 1
    places = {round(last * part / (MOST_DATES - 1)) for part in range(MOST_DATES)}
    return tuple((marks[place].figure.window.end, marks[place].x) for place in sorted(places))

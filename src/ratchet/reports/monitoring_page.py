"""The page of a monitoring run: whether anybody has to do anything, and the evidence."""

import posixpath
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from urllib.parse import quote

from ratchet.config.run import Run
from ratchet.records.alerts import Alert, AlertLevel, AlertReport, gather
from ratchet.records.drift import DriftLevel
from ratchet.records.monitoring import Observation, Queue, Shift
from ratchet.records.production import ConceptShift, Figure, ProductionPerformance
from ratchet.reports.drift_section import place_movement
from ratchet.reports.rendering import render
from ratchet.reports.weekly import place_weeks
from ratchet.reports.wording import plural

RAISED = (AlertLevel.RED, AlertLevel.YELLOW)
ASKED = "a retrain is asked for where this is the latest window, and starts when the throttle admits it"
MOST_STEPS = 5
MOST_NAMED = 3  # in front of a step
TONES = {AlertLevel.GREEN: "good", AlertLevel.YELLOW: "wait", AlertLevel.RED: "bad", AlertLevel.UNKNOWN: "calm"}
MOST_SEGMENTS = 30  # rows of the table; a page is read by people


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

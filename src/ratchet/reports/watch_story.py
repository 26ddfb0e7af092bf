"""What a monitoring run found, gathered for its page."""

from collections.abc import Iterator
from dataclasses import dataclass

from ratchet.config.run import Run
from ratchet.records.alerts import Alert, AlertLevel, Watch, gather
from ratchet.records.drift import DriftLevel
from ratchet.records.monitoring import Observation, Queue, Shift
from ratchet.records.production import Figure, ProductionPerformance

RAISED = (AlertLevel.RED, AlertLevel.YELLOW)
ASKED = "a retrain is asked for where this is the latest window, and starts when the throttle admits it"
MOST_STEPS = 5
MOST_NAMED = 3  # in front of a step


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
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
class WatchStory:
    """Every record of a monitoring run."""

    run: Run
    observation: Observation
    shift: Shift
    performance: ProductionPerformance
    watch: Watch
    queue: Queue
    beside: Beside

    @property
    def raised(self) -> tuple[tuple[Alert, ...], ...]:
        """The alerts that somebody should see, those of one subject together."""
        return gather(alert for alert in self.watch.alerts if alert.level in RAISED)

    @property
    def unknown(self) -> tuple[Alert, ...]:
        """What could not be told."""
        return tuple(alert for alert in self.watch.alerts if alert.level is AlertLevel.UNKNOWN)

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
        asked = (ASKED,) if self.watch.asks_for else ()
        return (*asked, *self._list_advice())[:MOST_STEPS]

    def _list_advice(self) -> Iterator[str]:
        """Give each advice once, with the subjects that it is about."""
        is_unknown = self.watch.level is AlertLevel.UNKNOWN
        alerts = [each[0] for each in self.raised] or (self.unknown if is_unknown else ())
        subjects: dict[str, list[str]] = {}
        for alert in alerts:
            subjects.setdefault(alert.advice, []).append(alert.signal.subject[1])
        for advice, every in subjects.items():
            names = list(dict.fromkeys(every))
            more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
            yield f"{', '.join(names[:MOST_NAMED])}{more}: {advice}"

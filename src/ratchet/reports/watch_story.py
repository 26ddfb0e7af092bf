"""What a monitoring run found, gathered for its page."""

from dataclasses import dataclass

from ratchet.config.run import Run
from ratchet.records.alerts import Alert, AlertLevel, Watch
from ratchet.records.appraisal import Appraisal, Figure
from ratchet.records.drift import DriftLevel
from ratchet.records.monitoring import Observation, Queue, Shift

RAISED = (AlertLevel.RED, AlertLevel.YELLOW)
MOST_STEPS = 5


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
    appraisal: Appraisal
    watch: Watch
    queue: Queue
    beside: Beside

    @property
    def raised(self) -> tuple[Alert, ...]:
        """The alerts that somebody should see."""
        return tuple(alert for alert in self.watch.alerts if alert.level in RAISED)

    @property
    def unknown(self) -> tuple[Alert, ...]:
        """What could not be told."""
        return tuple(alert for alert in self.watch.alerts if alert.level is AlertLevel.UNKNOWN)

    @property
    def main_figure(self) -> Figure | None:
        """The primary metric of everybody, in the shorter window."""
        every = (each for each in self.appraisal.figures if each.segment is None)
        return next((each for each in every if each.metric == self.run.config.metric), None)

    @property
    def moved(self) -> tuple[str, ...]:
        """Columns that have drifted so that somebody should look."""
        levels = (DriftLevel.LOOK, DriftLevel.ACT)
        return tuple(each.column for each in self.shift.drift.columns if each.level in levels)

    @property
    def steps(self) -> tuple[str, ...]:
        """What to do, the most urgent first, each once."""
        asked = [self.watch.asks_for] if self.watch.asks_for else []
        advice = [each.advice for each in self.raised if each.advice]
        return tuple(dict.fromkeys([*asked, *advice]))[:MOST_STEPS]

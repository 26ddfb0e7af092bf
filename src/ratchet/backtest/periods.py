"""The time of a replay: periods, and when a cron line fires. Where there is no clock, rows stand for time."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import numpy as np
from croniter import croniter
from numpy.typing import NDArray

from ratchet.config.model import ModelConfig
from ratchet.errors import DataError
from ratchet.timeline import to_length, to_time

Moments = NDArray[np.int64]  # as `ratchet.timeline` counts them
WEEK = timedelta(days=7)
FIRST_MONDAY = datetime(2001, 1, 1, tzinfo=UTC)  # where made-up time begins
LEAST_PERIODS = 4  # fewer show nothing about a schedule
# Airflow's words, of which croniter knows only some.
CRON = {"@quarterly": "0 0 1 */3 *", "@once": None, "@yearly": "0 0 1 1 *"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeline:
    """The periods of a replay.

    Attributes:
        edges: their starts, and the end of the last; a period holds the moments after its start, up to its end.
        delay: from a row to its label, in the unit of the moments.
        window: what monitoring looks at, or a period where that is longer.
        rows_a_week: how many rows stand for a week; None where there is a clock.
    """

    edges: tuple[int, ...]
    delay: int
    window: int
    rows_a_week: int | None = None

    @property
    def periods(self) -> int:
        """How many there are."""
        return len(self.edges) - 1

    def time_of(self, moment: int) -> datetime:
        """Return a moment as a time, made up where there is no clock."""
        if self.rows_a_week is not None:
            return FIRST_MONDAY + WEEK * (moment / self.rows_a_week)
        return to_time(moment)

    def start_of(self, period: int) -> datetime:
        """Return when a period begins: what is known then makes its model."""
        return self.time_of(self.edges[period])

    def list_fires(self, cron: str | None, period: int) -> tuple[datetime, ...]:
        """Return when a cron line fires in the period before this one, its end included."""
        line = CRON.get(cron, cron) if cron else None
        if line is None or period == 0:
            return ()
        fires, end = [], self.start_of(period)
        times = croniter(line, self.start_of(period - 1))
        while (fire := times.get_next(datetime)) <= end:
            fires.append(fire)
        return tuple(fires)

    def is_known(self, moments: Moments, period: int) -> NDArray[np.bool_]:
        """Mark the rows whose label is known when a period begins."""
        known: NDArray[np.bool_] = moments + self.delay <= self.edges[period]
        return known

    def is_settled(self, past: int, period: int) -> bool:
        """Tell whether every label of one period is known when another begins."""
        return self.edges[past + 1] + self.delay <= self.edges[period]

    def place(self, moments: Moments) -> NDArray[np.intp]:
        """Return the period of each moment; -1 before the first."""
        places: NDArray[np.intp] = np.searchsorted(np.array(self.edges), moments, side="left") - 1
        return places


def lay_out(config: ModelConfig, moments: Moments) -> Timeline:
    """Cut the history after the first rows into periods.

    Raises:
        DataError: the history is too short.
    """
    plan, has_clock = config.backtest, config.data.has_clock
    ordered = np.sort(moments)
    start, end = int(ordered[int(plan.first * (len(ordered) - 1))]), int(ordered[-1])
    span = config.monitoring.spans(has_clock=has_clock)[0]
    window = to_length(span)
    # rounded up, so that the last period is not one of a few rows too many
    length = max(window, -(-(end - start) // plan.periods))
    count = -(-(end - start) // length)
    if count < LEAST_PERIODS:
        raise DataError(
            f"{config.model}: the rows after the first {plan.first:.0%} make {count} periods as long as "
            f"`monitoring.window`, and {LEAST_PERIODS} are needed to compare schedules; deliver a longer history, or "
            "set a shorter window or a smaller `backtest.first`"
        )
    return Timeline(
        edges=tuple(start + length * place for place in range(count + 1)),
        delay=to_length(config.data.label_delay),
        window=max(window, length),
        rows_a_week=None if has_clock else window,
    )

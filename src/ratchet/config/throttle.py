"""`schedule.throttle:` in the YAML: how often a model may be retrained, whoever asks; and cron lines and zones."""

from datetime import UTC, datetime, time, timedelta
from typing import Annotated, Literal, Self
from zoneinfo import ZoneInfo, available_timezones

from croniter import CroniterBadDateError, croniter
from pydantic import BeforeValidator, Field, model_validator

from ratchet.config.data import Moment
from ratchet.sections import Duration, Section

# Airflow's own words, of which croniter knows only some.
PRESETS = ("@once", "@hourly", "@daily", "@weekly", "@monthly", "@quarterly", "@yearly")
SOME_DAY = datetime(2024, 1, 1, tzinfo=UTC)  # from which the next tick is looked for, up to 50 years on
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
DAYS: tuple[Day, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


def check_cron(cron: str | None) -> str | None:
    """Return a cron line or preset as it is; None stands for no times of its own.

    Raises:
        ValueError: it is neither, or it names no moment that ever comes, as 30 February.
    """
    if cron is None or cron in PRESETS:
        return cron
    if not croniter.is_valid(cron):
        raise ValueError(f"`cron` is neither a cron line nor one of {', '.join(PRESETS)}; found '{cron}'")
    try:
        croniter(cron, SOME_DAY).get_next()
    except CroniterBadDateError as error:
        raise ValueError(f"`cron` names no moment that ever comes; found '{cron}'") from error
    return cron


def check_zone(zone: str) -> str:
    """Return a zone as it is.

    Raises:
        ValueError: nobody knows it.
    """
    if zone not in available_timezones():
        raise ValueError(f"`zone` '{zone}' is not an IANA zone such as Europe/Berlin")
    return zone


def read_time_of_day(value: object) -> object:
    """Turn "22:30" into a time of day; leave anything else for pydantic to judge.

    Raises:
        ValueError: the text is no such time.
    """
    if not isinstance(value, str):
        return value
    try:
        return time.fromisoformat(value)
    except ValueError as error:
        raise ValueError('should be a time of day such as "22:30", in quotes') from error


TimeOfDay = Annotated[time, BeforeValidator(read_time_of_day)]


class Blackout(Section):
    """A time in which no run starts: every week on some days, or once between two moments."""

    days: tuple[Day, ...] = Field(default=DAYS, strict=False, description="On which days it begins.")
    start: TimeOfDay | None = Field(default=None, description='Time of day, in quotes: "22:00".')
    end: TimeOfDay | None = Field(default=None, description="Time of day; before `start` means on the next day.")
    zone: str = Field(default="UTC", description="IANA zone of `start` and `end`.")
    since: Moment | None = Field(default=None, description="Once: from this moment, with its zone.")
    until: Moment | None = Field(default=None, description="Once: up to this moment.")

    @model_validator(mode="after")
    def _is_weekly_or_once(self) -> Self:
        weekly, once = (self.start, self.end), (self.since, self.until)
        if None not in weekly and once == (None, None):
            return self
        if weekly == (None, None) and self.since and self.until and self.since < self.until:
            return self
        raise ValueError("a blackout has `start` and `end` (every week), or `since` before `until` (once)")

    @model_validator(mode="after")
    def _zone_is_known(self) -> Self:
        check_zone(self.zone)
        return self

    def end_of(self, moment: datetime) -> datetime | None:
        """Return when the blackout that holds a moment ends, UTC; None when none holds it."""
        if self.since is not None and self.until is not None:
            return self.until if self.since <= moment < self.until else None
        return self._end_of_week(moment)

    def _end_of_week(self, moment: datetime) -> datetime | None:
        zone = ZoneInfo(self.zone)
        today = moment.astimezone(zone).date()
        for day in (today - timedelta(days=1), today):
            if DAYS[day.weekday()] not in self.days or self.start is None or self.end is None:
                continue
            last = day + timedelta(days=1) if self.end <= self.start else day
            # compared in UTC: on the day a clock changes, local times do not tell how long something lasts
            first = datetime.combine(day, self.start, zone).astimezone(UTC)
            end = datetime.combine(last, self.end, zone).astimezone(UTC)
            if first <= moment < end:
                return end
        return None


class Throttle(Section):
    """How often a model may be retrained, whoever asks; a person may overrule it with a reason."""

    min_interval: Duration = Field(default=timedelta(days=1), description="From one attempt to the next.")
    min_interval_after_success: Duration = Field(
        default=timedelta(days=1), description="From the last run that reached a verdict to the next attempt."
    )
    max_runs: int = Field(default=10, ge=1, description="Attempts in any `window`.")
    window: Duration = Field(default=timedelta(days=30), description="Of `max_runs`.")
    pause_after_failure: Duration = Field(
        default=timedelta(hours=1), description="After a broken run; doubled for each further one in a row."
    )
    longest_pause: Duration = Field(default=timedelta(days=1), description="What the pause grows to.")
    blackouts: tuple[Blackout, ...] = Field(default=(), strict=False, description="Times in which no run starts.")
    daily_seconds: int | None = Field(
        default=None, ge=1, description="Compute budget: seconds of runs that started in the last 24 hours."
    )

"""What a schedule may say."""

from datetime import UTC, datetime
from zoneinfo import available_timezones

from croniter import CroniterBadDateError, croniter

# Airflow's own words, of which croniter knows only some.
PRESETS = ("@once", "@hourly", "@daily", "@weekly", "@monthly", "@quarterly", "@yearly")
SOME_DAY = datetime(2024, 1, 1, tzinfo=UTC)  # from which the next tick is looked for, up to 50 years on


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

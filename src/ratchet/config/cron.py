"""What a schedule may say."""

from zoneinfo import available_timezones

from croniter import croniter

# Airflow's own words, of which croniter knows only some.
PRESETS = ("@once", "@hourly", "@daily", "@weekly", "@monthly", "@quarterly", "@yearly")


def check_cron(cron: str | None) -> str | None:
    """Return a cron line or preset as it is; None stands for no times of its own.

    Raises:
        ValueError: it is neither.
    """
    if cron is not None and cron not in PRESETS and not croniter.is_valid(cron):
        raise ValueError(f"`cron` is neither a cron line nor one of {', '.join(PRESETS)}; found '{cron}'")
    return cron


def check_zone(zone: str) -> str:
    """Return a zone as it is.

    Raises:
        ValueError: nobody knows it.
    """
    if zone not in available_timezones():
        raise ValueError(f"`zone` '{zone}' is not an IANA zone such as Europe/Berlin")
    return zone

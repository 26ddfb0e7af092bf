"""The schedules that are compared, and the settings among which a hybrid one is chosen."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import product

import yaml

from ratchet.config.backtest import PolicyName
from ratchet.config.model import ModelConfig
from ratchet.config.throttle import Throttle
from ratchet.sections import format_duration

WEEK, MONTH, QUARTER, YEAR = (timedelta(days=days) for days in (7, 28, 91, 364))
# A hybrid's baseline, and how long a run at least keeps the next one away. The interval is shorter than what the cron
# line leaves between two runs (February has 28 days), or the throttle would skip what the cron line asks for.
PAIRS: tuple[tuple[str | None, timedelta], ...] = (
    (None, WEEK), (None, MONTH), (None, QUARTER), (None, YEAR),
    ("@quarterly", WEEK), ("@quarterly", MONTH),
    ("@monthly", WEEK),
    ("@weekly", WEEK),
)  # fmt: skip
BASELINES = (None, "@quarterly", "@monthly", "@weekly")  # the most frequent last
OPEN = Throttle(min_interval=timedelta(0), min_interval_after_success=timedelta(0), max_runs=10_000)
WORDS = {"@weekly": "weekly and", "@monthly": "monthly and", "@quarterly": "quarterly and", None: "only"}

DESCRIPTIONS: Mapping[str, str] = {
    "never": "the first model for ever",
    "weekly": "every Sunday",
    "monthly": "on the first of the month",
    "drift": "when features and predictions have moved",
    "performance": "when matured labels show a loss",
    "configured": "the YAML's own cron line, alerts and throttle",
    "newest": "in every period the newest model, fitted on all known rows; no gate is asked",
    "rolling": "in every period a model of the newest rows alone (`backtest.rolling`); no gate is asked",
    "cara": "the newest model when the mistakes of the old one pass a limit learnt from the past; no gate is asked",
    "upf": "the newest model when forecasts of mistakes say that it pays; no gate is asked",
    "hybrid": "baseline, alarms and throttle, chosen again and again from what was known by then",
}


UNGATED: tuple[PolicyName, ...] = ("newest", "rolling")  # no schedule of ours: what is to be had without a gate


@dataclass(frozen=True, slots=True, kw_only=True)
class RetrainingSchedule:
    """A schedule; everything in it can be written into the YAML.

    Attributes:
        name: what it is called.
        throttle: when a run may start.
        cron: when it retrains whatever happens; None for never.
        on_drift: whether drift asks for a run.
        on_loss: whether matured performance does.
    """

    name: str
    throttle: Throttle
    cron: str | None = None
    on_drift: bool = False
    on_loss: bool = False


def fixed_schedules(config: ModelConfig) -> dict[PolicyName, RetrainingSchedule]:
    """Return the schedules that know no prices, by name: nothing but a cron line, or one kind of trigger."""
    asks = config.monitoring.alerts.retrain_on
    return {
        "never": RetrainingSchedule(name="never", throttle=OPEN),
        "weekly": RetrainingSchedule(name="weekly", cron="@weekly", throttle=OPEN),
        "monthly": RetrainingSchedule(name="monthly", cron="@monthly", throttle=OPEN),
        "drift": RetrainingSchedule(name="drift", on_drift=True, throttle=Throttle()),
        "performance": RetrainingSchedule(name="performance", on_loss=True, throttle=Throttle()),
        "configured": RetrainingSchedule(
            name="configured",
            cron=config.schedule.cron,
            on_drift="drift" in asks,
            on_loss="performance" in asks,
            throttle=config.schedule.throttle,
        ),
    }


def hybrid_settings() -> tuple[RetrainingSchedule, ...]:
    """Return what a hybrid schedule may be: a baseline or none, always an alarm on performance, and a throttle."""
    settings = [_make_setting(*pair, on_drift=on_drift) for pair, on_drift in product(PAIRS, (False, True))]
    return tuple(settings)


def _make_setting(cron: str | None, interval: timedelta, *, on_drift: bool) -> RetrainingSchedule:
    alarms = "on a loss or a drift" if on_drift else "on a loss"
    throttle = Throttle(min_interval=timedelta(days=1), min_interval_after_success=interval - timedelta(days=1))
    return RetrainingSchedule(
        # the throttle's own figure: the name stands beside the YAML
        name=f"{WORDS[cron]} {alarms}, at least {format_duration(throttle.min_interval_after_success)} apart",
        cron=cron,
        on_drift=on_drift,
        on_loss=True,
        throttle=throttle,
    )


def busiest(schedule: RetrainingSchedule) -> float:
    """Return how many runs a week a setting allows at most."""
    return WEEK / max(schedule.throttle.min_interval, schedule.throttle.min_interval_after_success)


def write_schedule(schedule: RetrainingSchedule) -> str:
    """Return the YAML of a setting, to be pasted into a model's file."""
    throttle = schedule.throttle
    asks = ["performance", "concept", *(["drift", "prediction"] if schedule.on_drift else [])]
    block = {
        "schedule": {
            "cron": schedule.cron,
            "throttle": {
                "min_interval": format_duration(throttle.min_interval),
                "min_interval_after_success": format_duration(throttle.min_interval_after_success),
                "max_runs": throttle.max_runs,
                "window": format_duration(throttle.window),
            },
        },
        "monitoring": {"alerts": {"retrain_on": asks}},
    }
    return yaml.safe_dump(block, sort_keys=False)

"""Builders of histories to replay, and of what a schedule may know."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from builders.runs import make_config, make_run
from ratchet.backtest.periods import Timeline
from ratchet.config.model import ModelConfig
from ratchet.config.run import Run
from ratchet.records.admission import TriggerKind
from ratchet.records.backtest import (
    Backtest,
    Choice,
    Faceoff,
    Loss,
    Moved,
    PastModel,
    PolicyCost,
    ReplayPeriod,
    Retrain,
    Track,
)
from ratchet.timeline import to_length

BEGIN = datetime(2025, 1, 6, tzinfo=UTC)  # a Monday
WEEK = timedelta(days=7)
DAY = timedelta(days=1)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
ROWS_A_DAY = 12
PERIODS = 6  # of a backtest that is told


def make_timeline(periods: int = 12, *, length: timedelta = WEEK, delay: timedelta = timedelta(0)) -> Timeline:
    """Periods of a week from a Monday on."""
    edges = tuple(to_length(BEGIN - EPOCH + length * place) for place in range(periods + 1))
    return Timeline(edges=edges, delay=to_length(delay), window=to_length(length))


@dataclass(frozen=True, kw_only=True)
class Table:
    """What a schedule may know, written down."""

    periods: int
    errors: Mapping[int, float] = field(default_factory=dict)  # mistakes a period of each model; 10 unless given
    broken: frozenset[int] = frozenset()
    worse: frozenset[int] = frozenset()  # challengers that are not promoted
    renewals: frozenset[int] = frozenset()  # challengers that are promoted as not worse only
    losses: frozenset[int] = frozenset()  # when the model in service is shown to be worse
    movements: frozenset[int] = frozenset()

    def model(self, period: int) -> PastModel:
        each = self.errors.get(period, 10.0)
        return PastModel(
            period=period,
            problem="no rows" if period in self.broken else None,
            seconds=2.0,
            errors=(0.0,) * period + (each,) * (self.periods - period),
            quality=(None,) * period + (1 - each / 100,) * (self.periods - period),
        )

    def face_off(self, champion: int, challenger: int, proven: int | None = None) -> Faceoff:
        promoted = challenger not in self.broken | self.worse
        last = "" if proven is None else f" after {proven}"
        return Faceoff(
            promoted=promoted, reason=f"{challenger} against {champion}{last}", renewal=challenger in self.renewals
        )

    def lost(self, model: int, period: int) -> Loss:
        return Loss(rows=100, value=0.2, lower=0.1) if period in self.losses else Loss(rows=100, value=0.0, lower=-0.1)

    def moved(self, model: int, period: int) -> Moved:
        seen = period in self.movements
        return Moved(measured=4, moved=int(seen), prediction=seen)


def make_replayed(task: str = "binary", **changes: object) -> ModelConfig:
    """A small model with a history of its own."""
    target = {"column": "y"} | ({"positive": "1"} if task == "binary" else {})
    data = {
        "source": {"path": "history.csv"},
        "time": {"column": "when"},
        "target": target,
        "features": {"x": "numeric", "kind": "categorical"},
        "checks": {"min_rows": 50},
    }
    data |= dict(changes.pop("data", {}))  # type: ignore[call-overload]
    settings = {
        "candidates": [{"name": "linear", "estimator": "linear"}],
        "evaluation": {"resamples": 200, "min_rows": 30, "min_positives": 5},
        "schedule": {"cron": None},
        "split": {"validation": 0.1, "holdout": 0.1, "window": "21d"},
    }
    return make_config(task=task, data=data, **settings | changes)


def write_history(
    folder: Path, task: str = "binary", *, days: int = 120, turn: int = 55, seed: int = 1
) -> pd.DataFrame:
    """Rows every two hours; after some days the feature means the opposite of what it did."""
    random = np.random.default_rng(seed)
    rows = days * ROWS_A_DAY
    x = random.normal(size=rows)
    meaning = np.where(np.arange(rows) < turn * ROWS_A_DAY, 1.0, -1.0) * 2 * x
    if task == "regression":
        y = meaning + random.normal(size=rows)
    elif task == "multiclass":
        y = np.select([meaning < -0.7, meaning < 0.7], ["low", "middle"], "high")
    else:
        y = (random.random(rows) < 1 / (1 + np.exp(-meaning))).astype(int)
    when = [(BEGIN + timedelta(hours=2) * row).isoformat() for row in range(rows)]
    frame = pd.DataFrame({"when": when, "x": x, "kind": random.choice(["a", "b"], size=rows), "y": y})
    frame.to_csv(folder / "history.csv", index=False)
    return frame


def make_replay_run(home: Path, config: ModelConfig | None = None) -> Run:
    """A run of the model, in a folder that holds its history."""
    return make_run(home, config or make_replayed())


def no_watch(_what: str, _parts: int) -> "object":
    """Nobody looks."""
    return lambda: None


def make_cost(policy: str, *, runs: int = 0, errors: float = 60.0) -> PolicyCost:
    """What a schedule would have cost."""
    return PolicyCost(
        policy=policy,
        description=f"what {policy} does",
        runs=runs,
        promotions=min(runs, 1),
        seconds=2.0 * runs,
        quality=0.8,
        error_cost=errors,
        retrain_cost=5.0 * runs,
        total=errors + 5.0 * runs,
    )


def make_track(policy: str, *, runs: int = 0, errors: float = 10.0) -> Track:
    """What it would have done; a period without a figure is among them."""
    retrains = tuple(
        Retrain(
            period=at + 1, why=(TriggerKind.DRIFT,), runs=1, seconds=2.0, promoted=at == 0, reason="gain <b>+0.1</b>"
        )
        for at in range(runs)
    )
    quality = (0.8, None, *[0.8 + 0.01 * place for place in range(PERIODS - 2)])
    return Track(policy=policy, serving=(0,) * PERIODS, retrains=retrains, errors=(errors,) * PERIODS, quality=quality)


def make_backtest(**changes: object) -> Backtest:
    """A replayed history of six weeks under three schedules."""
    facts = {
        "model": "sales",
        "metric": "roc_auc",
        "is_loss": False,
        "unit": "wrong decisions",
        "prices": (1.0, 5.0, 0.0),
        "has_clock": True,
        "first_rows": 300,
        "periods": tuple(
            ReplayPeriod(start=BEGIN + WEEK * at, end=BEGIN + WEEK * (at + 1), rows=100) for at in range(PERIODS)
        ),
        "costs": (make_cost("never"), make_cost("drift", runs=3), make_cost("hybrid", runs=1, errors=48.0)),
        "tracks": (
            make_track("never"),
            make_track("drift", runs=3),
            make_track("hybrid", runs=1, errors=8.0),
        ),
        "choices": (Choice(period=0, setting="only on a loss"), Choice(period=PERIODS, setting="monthly")),
        "recommended": "monthly and on a loss",
        "in_hindsight": make_cost("recommended"),
        "schedule": "schedule:\n  cron: '@monthly'\n",
        "notes": ("something to know",),
    }
    return Backtest(**(facts | changes))

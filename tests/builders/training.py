"""Builders for training: mixed rows of every task, and a split of them in the run folder."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd

from builders.runs import make_config
from ratchet.artifacts.frames import write_frame
from ratchet.artifacts.run_store import folder_of
from ratchet.config.model import ModelConfig
from ratchet.config.run import Run
from ratchet.config.training import CandidateSpec, Estimator, Setting
from ratchet.metrics.metric import Task
from ratchet.records.columns import TIME
from ratchet.records.data import Part, Split
from ratchet.records.modelling import Search

TASKS: tuple[Task, ...] = ("binary", "multiclass", "regression")
ESTIMATORS: tuple[Estimator, ...] = (
    *("linear", "elastic_net"),
    *("random_forest", "extra_trees", "hist_gradient_boosting", "xgboost"),
)
CLASSES: Mapping[Task, tuple[str, ...]] = {"binary": ("no", "yes"), "multiclass": ("a", "b", "c"), "regression": ()}
MIXED = {
    "amount": "numeric",
    "age": "numeric",
    "empty": "numeric",
    "constant": "numeric",
    "city": "categorical",
    "code": "categorical",
    "blank": "categorical",
    "member": "boolean",
    "seen": "datetime",
    "note": "text",
}
UNSEARCHED = Search(trials=(), chosen=(), reason="nothing was to be chosen")
QUICK: Mapping[Estimator, dict[str, Setting]] = {
    "prior": {},
    "linear": {},
    "elastic_net": {},
    "random_forest": {"n_estimators": 10},
    "extra_trees": {"n_estimators": 20, "min_samples_leaf": 3},
    "hist_gradient_boosting": {"max_iter": 10},
    "xgboost": {"n_estimators": 10},
    "lightgbm": {"n_estimators": 10},
    "catboost": {"n_estimators": 10},
}
TARGETS: Mapping[Task, Callable[[np.ndarray], object]] = {
    "binary": lambda signal: (signal > 0).astype(np.int8),
    "multiclass": lambda signal: np.array(["a", "b", "c"], dtype=object)[np.digitize(signal, [-0.7, 0.7])],
    "regression": lambda signal: signal * 10,
}


def make_task_config(task: Task, **changes: object) -> ModelConfig:
    """A model of one task on the mixed features."""
    target = {"column": "bought"} | ({"positive": "yes"} if task == "binary" else {})
    return make_config(task=task, data={"target": target, "features": MIXED}, **changes)


def make_mixed_rows(task: Task, rows: int = 600, seed: int = 3) -> pd.DataFrame:
    """Rows with every type of column, nulls in most, one column without a value and one with a single value."""
    chance = np.random.default_rng(seed)
    amount, age = chance.normal(size=rows), chance.normal(45, 12, rows)
    member = chance.random(rows) < 0.4
    signal = amount + (age - 45) / 12 + member - 0.4 + chance.normal(size=rows)
    frame = pd.DataFrame(
        {
            "amount": np.where(chance.random(rows) < 0.1, np.nan, amount),
            "age": age,
            "empty": np.nan,
            "constant": 1.0,
            "city": chance.choice(np.array(["Oslo", "Bern", "Rome", None], dtype=object), rows),
            "code": np.array([f"k{each}" for each in chance.integers(0, 400, rows)], dtype=object),
            "blank": None,
            "member": pd.Series(member).astype(object).where(chance.random(rows) > 0.1, None),
        }
    )
    # drawn after the target, so that it stays what it was
    frame = frame.assign(bought=TARGETS[task](signal), secret=signal, _row=np.arange(rows))
    seen, notes = 19_000 + chance.integers(0, 9000, rows) / 24, ["good and cheap", "very bad", "late", None]
    return frame.assign(
        seen=np.where(chance.random(rows) < 0.1, np.nan, seen),
        note=chance.choice(np.array(notes, dtype=object), rows),
    )


def make_spec(estimator: Estimator = "linear", name: str = "one", **changes: object) -> CandidateSpec:
    """A candidate with small settings, so that it is fitted at once."""
    quick = {"parameters": QUICK[estimator]} if QUICK.get(estimator) else {}
    return CandidateSpec.model_validate({"name": name, "estimator": estimator} | quick | changes)


def write_split(run: Run, frame: pd.DataFrame) -> Split:
    """Write a frame as the parts of a run's split, 70 to 15 to 15 in the order of its rows, which are hourly."""
    if TIME not in frame:
        frame = frame.assign(**{TIME: pd.date_range("2026-01-01", periods=len(frame), freq="h", tz="UTC")})
    first, second = int(len(frame) * 0.7), int(len(frame) * 0.85)
    return Split(
        method="random",
        train=_write_part(run, "train", frame[:first]),
        validation=_write_part(run, "validation", frame[first:second]),
        holdout=_write_part(run, "holdout", frame[second:]),
        embargoed_rows=0,
        classes=CLASSES[run.config.task],
    )


def _write_part(run: Run, name: str, frame: pd.DataFrame) -> Part:
    file = write_frame(frame, folder_of(run).file(f"{name}.parquet"), run.home)
    return Part(file=file, rows=len(frame), positives=None, time_from=None, time_to=None)

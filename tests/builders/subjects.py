"""Builders of what is probed: rows with a known signal, and models that are plain functions of a frame."""

from collections.abc import Callable

import numpy as np
import pandas as pd

from builders.runs import make_config
from ratchet.config.model import ModelConfig
from ratchet.evaluation.behaviour.samples import Sample, Subject
from ratchet.metrics.arrays import Floats

FEATURES = {"strong": "numeric", "weak": "numeric", "idle": "numeric", "city": "categorical", "member": "boolean"}
TASKS = {
    "binary": {"task": "binary", "data": {"features": FEATURES}},
    "multiclass": {"task": "multiclass", "data": {"features": FEATURES, "target": {"column": "level"}}},
    "regression": {"task": "regression", "data": {"features": FEATURES, "target": {"column": "spent"}}},
}
CLASSES = {"binary": 2, "multiclass": 3, "regression": 0}


def make_probe_config(task: str = "binary", **changes: object) -> ModelConfig:
    """A model of one task on rows without order."""
    return make_config(**(TASKS[task] | {"split": {"method": "random"}} | changes))


def make_sample(task: str = "binary", rows: int = 600, *, seed: int = 1, **changes: object) -> Sample:
    """Rows whose label hangs on `strong` most, on `weak` a little, and on nothing else."""
    chance = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "strong": chance.normal(size=rows),
            "weak": chance.normal(size=rows),
            "idle": chance.normal(size=rows),
            "city": chance.choice(np.array(["Oslo", "Bern", None], dtype=object), rows),
            "member": pd.Series(chance.random(rows) < 0.5).astype(object),
        }
    )
    signal = tell_signal(frame) + chance.normal(size=rows)
    labels = {"binary": signal > 0, "multiclass": np.digitize(signal, [-0.7, 0.7]), "regression": signal}[task]
    return Sample(
        config=make_probe_config(task, **changes),
        frame=frame,
        labels=np.asarray(labels, dtype=np.float64),
        classes=CLASSES[task],
    )


def tell_signal(frame: pd.DataFrame) -> Floats:
    """What the label hangs on; a missing number is zero."""
    numbers = frame[["strong", "weak"]].apply(pd.to_numeric).astype("float64").fillna(0.0)
    return np.asarray(2 * numbers["strong"] + 0.7 * numbers["weak"], dtype=np.float64)


def make_subject(
    task: str = "binary",
    signal: Callable[[pd.DataFrame], Floats] = tell_signal,
    *,
    name: str = "challenger",
    features: tuple[str, ...] = tuple(FEATURES),
) -> Subject:
    """A model that says what the signal says."""

    def score(frame: pd.DataFrame) -> Floats:
        told = np.clip(signal(frame), -30, 30)
        if task == "binary":
            return 1 / (1 + np.exp(-told))
        if task == "regression":
            return told
        odds = np.exp(np.column_stack([-told, np.zeros_like(told), told]))
        return odds / odds.sum(axis=1, keepdims=True)

    return Subject(name=name, score=score, features=features)

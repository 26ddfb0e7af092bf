"""Builders of what an audit looks at: a table of unrelated rows, its parts, and the audit of both."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from builders.runs import make_run
from builders.snapshots import START, write_snapshot
from ratchet.artifacts.run_store import keep_record
from ratchet.config.model import ModelConfig
from ratchet.config.run import Run
from ratchet.evaluation.leakage.material import Material, Side
from ratchet.records.columns import ROW, TIME
from ratchet.records.leakage import Audit, Finding, LeakKind
from ratchet.stages.audit import audit
from ratchet.stages.split import split
from ratchet.timeline import HOUR

ORDER = {"order": "rows"}
HOURS = {"order": "rows", "start": "2025-01-01T00:00:00Z", "every": "1h"}


def make_table(rows: int = 2000, *, task: str = "binary", seed: int = 1) -> pd.DataFrame:
    """Rows that have nothing to do with one another: four numbers, two categories, a flag and a target `y`."""
    chance = np.random.default_rng(seed)
    frame = pd.DataFrame(chance.normal(size=(rows, 4)), columns=["a", "b", "c", "d"])
    frame["city"] = chance.choice(["Oslo", "Bern", "Rome"], rows).astype(object)
    frame["shop"] = [f"s{at}" for at in chance.integers(0, 40, rows)]
    frame["member"] = pd.Series(chance.random(rows) < 0.4).astype(object)
    signal = frame["a"] - 0.7 * frame["b"] + 0.8 * (frame["city"] == "Oslo") + chance.logistic(size=rows)
    values = {
        "binary": (signal > 0.5).astype(np.int8),
        "multiclass": pd.cut(signal, [-np.inf, -0.5, 1.5, np.inf], labels=["low", "mid", "high"]).astype(str),
        "regression": signal.astype(float),
    }
    return frame.assign(y=values[task])


def make_model(
    frame: pd.DataFrame, *, task: str = "binary", method: str = "random", time: object = None, **data: object
) -> ModelConfig:
    """The YAML of a table: every column that has no other use is a feature."""
    gate = data.pop("gate", {})
    keys = {data.get("group"), data.get("entity"), "y", TIME, ROW}
    keys |= {each.get("known_at") for each in data.get("availability", {}).values()}  # type: ignore[attr-defined]
    kinds = {name: _kind(frame[name]) for name in frame if name not in keys}
    target = {"column": "y"} | ({"positive": "1", "negative": "0"} if task == "binary" else {})
    about = {"source": {"path": "data.csv"}, "time": time or ORDER, "target": target, "features": kinds, **data}
    return ModelConfig.model_validate(
        {"model": "shop", "task": task, "data": about, "split": {"method": method}, "gates": {"no_leak": gate}}
    )


def _kind(column: pd.Series) -> str:
    known = column.dropna()
    if len(known) and known.map(type).eq(bool).all():
        return "boolean"
    return "numeric" if pd.api.types.is_numeric_dtype(column) else "categorical"


def audit_table(home: Path, frame: pd.DataFrame, config: ModelConfig | None = None, **changes: object) -> Audit:
    """Split and audit a table; `config`, or the changes that `make_model` takes."""
    config = config or make_model(frame, **changes)  # type: ignore[arg-type]
    run = make_run(home, config)
    return audit(run, split(run, write_snapshot(run, as_snapshot(frame, config))))


def as_snapshot(frame: pd.DataFrame, config: ModelConfig) -> pd.DataFrame:
    """Give rows their numbers and, where the data has a clock, their times, as ingest does."""
    numbers = np.arange(len(frame), dtype=np.int64)
    times = {TIME: START + pd.to_timedelta(numbers, unit="h")} if config.data.has_clock else {}
    typed = {name: frame[name].astype(float) for name, kind in config.data.features.items() if kind == "numeric"}
    return frame.assign(**typed, **{ROW: numbers}, **times)


def keep_audit(run: Run, found: Audit) -> None:
    """Keep an audit where the next runs look for it."""
    keep_record(run, "run", run)
    keep_record(run, "audit", found)


def find_kind(found: Audit, kind: LeakKind) -> list[Finding]:
    """The findings of one kind."""
    return [each for each in found.findings if each.kind is kind]


def make_material(
    frame: pd.DataFrame,
    *,
    config: ModelConfig | None = None,
    parts: Sequence[Sequence[int]] | None = None,
    unreadable: Mapping[str, str] | None = None,
    **changes: object,
) -> Material:
    """What an audit works on, without files; seven tenths are train unless `parts` says where each part's rows are."""
    config = config or make_model(frame, **changes)  # type: ignore[arg-type]
    places = parts or divide(len(frame), config.split.method)
    train, validation, holdout = (make_side(frame, np.asarray(at, dtype=np.int64), config) for at in places)
    return Material(
        config=config,
        classes=0 if config.task == "regression" else max(2, frame["y"].nunique()),
        train=train,
        validation=validation,
        holdout=holdout,
        unreadable=unreadable or {},
        seed=config.schedule.seed,
    )


def divide(rows: int, method: str) -> list[np.ndarray]:
    """Places of train, validation and holdout: side by side in a split by time, else drawn."""
    order = np.arange(rows) if method == "time" else np.random.default_rng(8).permutation(rows)
    return [np.sort(each) for each in np.split(order, [int(0.7 * rows), int(0.85 * rows)])]


def make_side(frame: pd.DataFrame, at: np.ndarray, config: ModelConfig) -> Side:
    """Some rows of a table as arrays: texts as codes, missing values as NaN, times as numbers."""
    data = config.data
    times = {each.known_at for each in data.availability.values() if each.known_at}
    names = [name for name in (*data.features, *data.keys) if name not in times]
    values = {name: _as_array(frame[name], data.features.get(name, "categorical"))[at] for name in names}
    labels = frame["y"] if config.task != "multiclass" else pd.factorize(frame["y"], sort=True)[0]
    moments = (START.value // 1000 + np.arange(len(frame)) * HOUR)[at] if data.has_clock else None
    return Side(
        values=values,
        labels=np.asarray(labels, dtype=np.float64)[at],
        rows=at,
        moments=moments,
        known_at={name: _as_moments(frame[name])[at] for name in times},
    )


def _as_array(column: pd.Series, kind: str) -> np.ndarray:
    if kind != "categorical":
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    codes = pd.factorize(column, sort=True)[0].astype(np.float32)
    return np.where(codes < 0, np.float32(np.nan), codes)


def _as_moments(column: pd.Series) -> np.ndarray:
    known = column.notna().to_numpy()
    moments = column.to_numpy(dtype="datetime64[us]").astype(np.int64).astype(np.float64)
    return np.where(known, moments, np.nan)

"""Tables for `benchmarks.leaks`: the real sets and scikit-learn's, generated ones, and how a table becomes a run."""

import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn import datasets

from ratchet.artifacts.frames import write_frame
from ratchet.artifacts.run_store import folder_of, keep_record
from ratchet.config.model import ModelConfig
from ratchet.config.run import Run
from ratchet.gates.no_leak import LeakGate, no_leak
from ratchet.records.columns import ROW, TIME
from ratchet.records.data import Table
from ratchet.records.judgement import GateResult
from ratchet.records.leakage import Audit
from ratchet.stages.audit import audit
from ratchet.stages.split import split

DATA = Path(__file__).resolve().parents[2] / "shared" / "data"
START = pd.Timestamp("2024-01-01", tz="UTC")


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """A table and what its YAML says of it.

    Attributes:
        frame: the rows in their order; texts are categories, numbers are numbers, booleans are booleans.
        target: its column; 0 and 1 for a binary task, texts for classes.
        task: binary, multiclass or regression.
        method: how it is split.
        data: further keys of `data:`, such as group, entity, ignore, availability.
        every: time between two rows; None where rows have an order only.
        times: column of the rows' times; None for `every`.
    """

    frame: pd.DataFrame
    target: str = "y"
    task: str = "binary"
    method: str = "random"
    data: Mapping[str, object] = ()  # type: ignore[assignment]
    every: str | None = "1h"
    times: str | None = None

    def with_columns(self, **columns: object) -> "World":
        """Add or replace columns."""
        return replace(self, frame=self.frame.assign(**columns))

    def without(self, *names: str) -> "World":
        """Leave columns out."""
        return replace(self, frame=self.frame.drop(columns=list(names)))

    def split_by(self, method: str) -> "World":
        """Divide rows in another way."""
        return replace(self, method=method)

    def saying(self, **keys: object) -> "World":
        """Say more of the data."""
        return replace(self, data={**dict(self.data), **keys})


@dataclass(frozen=True, slots=True, kw_only=True)
class Audited:
    """What came of one table."""

    audit: Audit
    gate: GateResult
    seconds: float


def audit_worlds(*worlds: World) -> Audited:
    """Send tables of one model through split, audit and gate, one run each; the last one is what is answered for."""
    with tempfile.TemporaryDirectory(prefix="ratchet-leaks-") as folder:
        for number, world in enumerate(worlds):
            config = configure(world)
            run = Run(
                config=config,
                project=folder,
                home=folder,
                run_id=f"run-{number}",
                started=datetime(2026, 1, 1 + number, tzinfo=UTC),
            )
            parts = split(run, write_snapshot(run, world))
            began = time.process_time()
            found = audit(run, parts)
            seconds = time.process_time() - began
            keep_record(run, "audit", found)
        return Audited(audit=found, gate=no_leak(config.gates.of(LeakGate), found), seconds=seconds)


def configure(world: World) -> ModelConfig:
    """Make the YAML of a table: every column that has no other use is a feature."""
    said = dict(world.data)
    named = {world.target, world.times, said.get("group"), said.get("entity"), *said.pop("keep", ())}  # type: ignore[misc]
    named |= {each.get("known_at") for each in said.get("availability", {}).values()}  # type: ignore[attr-defined]
    features = {name: kind_of(world.frame[name]) for name in world.frame if name not in named}
    clock = {"start": START.isoformat(), "every": world.every} if world.every else {}
    target = {"column": world.target} | ({"positive": "1", "negative": "0"} if world.task == "binary" else {})
    return ModelConfig.model_validate({
        "model": "bench",
        "task": world.task,
        "data": {
            "source": {"path": "data.csv"},
            "time": {"column": world.times} if world.times else {"order": "rows", **clock},
            "target": target,
            "features": features,
            **said,
        },
        "split": {"method": world.method},
    })  # fmt: skip


def kind_of(column: pd.Series) -> str:
    """Tell a feature's type from its values."""
    known = column.dropna()
    if known.map(type).eq(bool).all() and len(known):
        return "boolean"
    return "numeric" if pd.api.types.is_numeric_dtype(column) else "categorical"


def write_snapshot(run: Run, world: World) -> Table:
    """Write a table as ingest leaves it."""
    data = run.config.data
    frame = world.frame.reset_index(drop=True)
    columns: dict[str, object] = {}
    if data.has_clock:
        step = pd.Timedelta(world.every or "1h")
        columns[TIME] = (
            pd.to_datetime(frame[world.times], utc=True) if world.times else START + step * np.arange(len(frame))
        )
    columns[ROW] = np.arange(len(frame), dtype=np.int64)
    types = {"numeric": "float64", "boolean": object, "categorical": object}
    columns |= {name: _typed(frame[name], types[kind]) for name, kind in data.features.items()}
    columns[world.target] = frame[world.target].astype(
        {"binary": "int8", "regression": "float64"}.get(world.task, object)
    )
    columns |= {name: _typed(frame[name], object) for name in data.keys if name != world.target}
    ready = pd.DataFrame(columns)
    if data.has_clock:
        ready = ready.sort_values([TIME, ROW], kind="stable", ignore_index=True)
    ref = write_frame(ready, folder_of(run).file("snapshot.parquet"), run.home)
    keep_record(run, "run", run)
    return Table(
        file=ref,
        rows=len(ready),
        fingerprint="",
        columns=tuple(ready.columns),
        time_from=None,
        time_to=None,
        source="data.csv",
    )


def _typed(column: pd.Series, kind: object) -> pd.Series:
    if kind == "float64":
        return column.astype("float64")
    known = column.dropna()
    if known.map(type).eq(bool).all():
        return column.astype(object).where(column.notna(), None)
    return column.astype(object).map(_as_text, na_action="ignore").where(column.notna(), None)


def _as_text(value: object) -> str:
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


# --- real tables --------------------------------------------------------------------------------


def bank(method: str = "time") -> World:
    """Calls of a bank, without what is known only after the call."""
    frame = pd.read_csv(DATA / "bank_marketing" / "bank-additional-full.csv.gz", sep=";")
    frame = frame.assign(y=(frame["y"] == "yes").astype(int)).drop(columns="duration")
    frame.columns = [name.replace(".", "_") for name in frame.columns]
    return World(frame=frame, method=method, every=None)


def bank_durations() -> pd.Series:
    """The column that is known only after the call."""
    return pd.read_csv(DATA / "bank_marketing" / "bank-additional-full.csv.gz", sep=";")["duration"]


def bikes(*kept: str) -> World:
    """Hours of bicycles, without row number and parts of the target."""
    frame = pd.read_csv(DATA / "bike_sharing" / "hour.csv")
    left_out = {"instant", "casual", "registered", "yr", "mnth"} - set(kept)
    return World(
        frame=frame.drop(columns=list(left_out)),
        target="cnt",
        task="regression",
        method="time",
        times="dteday",
        every=None,
    )


def beijing(*kept: str) -> World:
    """Hours of dust in Beijing."""
    frame = pd.read_csv(DATA / "beijing_pm25" / "pollution.csv").dropna(subset="pm2.5").rename(columns={"pm2.5": "y"})
    return World(frame=frame.drop(columns=[] if kept else ["No"]), task="regression", method="time")


def diabetes(*kept: str) -> World:
    """Patients who may come back; groups are patients."""
    frame = pd.read_csv(
        DATA / "diabetes130" / "diabetic_data.csv.gz", na_values="?", keep_default_na=False, low_memory=False
    )
    frame["y"] = (frame["readmitted"] == "<30").astype(int)
    left_out = {"readmitted", "encounter_id", "weight", "discharge_disposition_id"} - set(kept)
    codes = [name for name in frame if name.endswith("_id")]
    frame[codes] = frame[codes].astype(str)
    return World(frame=frame.drop(columns=list(left_out)), method="group", data={"group": "patient_nbr"}, every=None)


def flights(*, is_share: bool) -> World:
    """Late flights by month, airport and carrier, without what is known only afterwards."""
    frame = pd.read_csv(DATA / "flight_delays_2018" / "flight_delays_2018.csv.gz")
    frame.columns = frame.columns.str.strip()
    frame = frame.dropna(subset=["arr_del15", "arr_flights"])
    late = frame["arr_del15"] / frame["arr_flights"] if is_share else frame["arr_del15"]
    names = ["month", "carrier", "airport", "arr_flights"]
    return World(frame=frame[names].assign(y=late).reset_index(drop=True), task="regression", method="time", every=None)


def flight_parts() -> pd.DataFrame:
    """The five counts of late flights by cause, which add up to all late ones."""
    frame = pd.read_csv(DATA / "flight_delays_2018" / "flight_delays_2018.csv.gz")
    frame.columns = frame.columns.str.strip()
    frame = frame.dropna(subset=["arr_del15", "arr_flights"]).reset_index(drop=True)
    return frame[[name for name in frame if name.endswith("_ct")]]


def electricity() -> World:
    """Half hours of a market."""
    frame = pd.read_csv(DATA / "electricity" / "elec.csv.gz").rename(columns={"class": "y"})
    frame["y"] = pd.factorize(frame["y"], sort=True)[0]
    return World(frame=frame, method="time", every="30min")


def weather() -> World:
    """Days with or without rain."""
    frame = pd.read_csv(DATA / "noaa_weather" / "weather.csv").rename(columns={"target": "y"})
    return World(frame=frame.assign(y=pd.factorize(frame["y"], sort=True)[0]), method="time", every="1d")


def adult() -> World:
    """Incomes."""
    words = (
        "age workclass fnlwgt education education_num marital occupation relationship race sex gain loss hours country"
    )
    names = [*words.split(), "y"]
    frame = pd.read_csv(DATA / "adult" / "adult-train.csv.gz", header=None, names=names, skipinitialspace=True)
    return World(frame=frame.assign(y=frame["y"].str.startswith(">50K").astype(int)), every=None)


def credit() -> World:
    """Card holders who default."""
    frame = pd.read_csv(DATA / "taiwan_credit" / "credit-card-clients.csv")
    return World(frame=frame.rename(columns={frame.columns[-1]: "y"}), every=None)


def bundled(name: str) -> World:
    """One of scikit-learn's own tables."""
    table = getattr(datasets, f"load_{name}")(as_frame=True)
    frame = table.frame.rename(columns=lambda column: str(column).replace("(", "").replace(")", "").replace("/", "_"))
    classes = table.frame["target"].nunique()
    task = "binary" if classes == 2 else "multiclass" if classes <= 10 else "regression"
    target = frame["target"].map("class {}".format) if task == "multiclass" else frame["target"]
    return World(frame=frame.drop(columns="target").assign(y=target), task=task, every=None)


# --- generated tables ---------------------------------------------------------------------------


def table(rows: int = 4000, *, task: str = "binary", seed: int = 1, strength: float = 1.0) -> World:
    """Rows that have nothing to do with one another: six numbers, two categories, a flag, a target with noise."""
    chance = np.random.default_rng(seed)
    frame = pd.DataFrame(chance.normal(size=(rows, 6)), columns=[f"x{at}" for at in range(6)])
    frame["city"] = chance.choice(["Oslo", "Bern", "Rome", "Bonn"], rows)
    frame["shop"] = [f"s{at}" for at in chance.integers(0, 60, rows)]
    frame["member"] = pd.Series(chance.random(rows) < 0.4).astype(object)
    signal = frame["x0"] - 0.7 * frame["x1"] + 0.5 * frame["x2"] * frame["x3"] + 0.6 * (frame["city"] == "Oslo")
    signal = strength * (signal + 0.4 * frame["member"].astype(float))
    if task == "regression":
        return World(frame=frame.assign(y=10 + 3 * signal + 3 * chance.normal(size=rows)), task=task, every=None)
    if task == "multiclass":
        level = pd.cut(signal + chance.normal(size=rows), [-np.inf, -0.5, 1.0, np.inf], labels=["low", "mid", "high"])
        return World(frame=frame.assign(y=level.astype(str)), task=task, every=None)
    likely = 1 / (1 + np.exp(-(signal - 1)))
    return World(frame=frame.assign(y=(chance.random(rows) < likely).astype(int)), every=None)


def series(rows: int = 4000, *, task: str = "binary", seed: int = 1, memory: float = 0.9) -> World:
    """Hours of one thing with memory; features are of earlier hours."""
    chance = np.random.default_rng(seed)
    hidden = np.zeros(rows)
    for at in range(1, rows):
        hidden[at] = memory * hidden[at - 1] + np.sqrt(1 - memory**2) * chance.normal()
    frame = pd.DataFrame(chance.normal(size=(rows, 4)), columns=[f"x{at}" for at in range(4)])
    frame["hour"] = np.arange(rows) % 24
    signal = hidden + 0.6 * frame["x0"] + 0.5 * np.sin(frame["hour"] * np.pi / 12)
    if task == "regression":
        frame["y"] = 20 + 5 * signal + 2 * chance.normal(size=rows)
    else:
        frame["y"] = (signal + 0.5 * chance.normal(size=rows) > 0).astype(int)
    frame["last"] = frame["y"].shift(1).fillna(0)
    return World(frame=frame, task=task, method="time")


def customers(people: int = 600, visits: int = 8, *, seed: int = 1, alike: float = 2.0) -> World:
    """Visits of customers, each of whom has a leaning of its own."""
    chance = np.random.default_rng(seed)
    who = chance.permutation(np.repeat(np.arange(people), visits))
    leaning = alike * chance.normal(size=people)
    frame = pd.DataFrame(chance.normal(size=(len(who), 4)), columns=[f"x{at}" for at in range(4)])
    frame["customer"] = [f"c{at}" for at in who]
    likely = 1 / (1 + np.exp(-(leaning[who] + frame["x0"] - 0.5 * frame["x1"])))
    return World(frame=frame.assign(y=(chance.random(len(who)) < likely).astype(int)), every=None)

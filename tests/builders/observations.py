"""Observations of production: predictions in the order of time, with labels that come late."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from builders.runs import make_config
from ratchet.artifacts.frames import write_frame
from ratchet.config.model import ModelConfig
from ratchet.records.columns import ROW, TIME
from ratchet.records.files import FileRef
from ratchet.records.monitoring import Observation
from ratchet.timeline import Moment, Window

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
CITIES = np.array(["Oslo", "Bern", "Rome"])
KNOWN_AT = "label_known_at"
CLASSES = ("cat", "cow", "dog")
NO_FILE = FileRef(path="none", sha256="0" * 64, size_bytes=0)
Days = tuple[float, float]  # shortest and longest delay


def draw_stream(
    *, days: int = 90, per_day: int = 100, seed: int = 0, delays: tuple[Days, Days] = ((1, 1), (1, 1)), flip: int = 0
) -> pd.DataFrame:
    """A binary stream for `make_config()`, whose scores are right until, from day `flip` on, age works backwards.

    Args:
        days: how many.
        per_day: rows of each, evenly over the day.
        seed: of everything.
        delays: in days, of "no" and of "yes"; labels come evenly between the shortest and the longest.
        flip: the day from which the same inputs have other outcomes; 0 for never.
    """
    chance, rows = np.random.default_rng(seed), days * per_day
    day = np.arange(rows) / per_day
    age, city = chance.normal(50, 10, rows), chance.integers(0, 3, rows)
    score = _squash((age - 50) / 6 - 1.2 + (city == 2))
    truth = np.where((day >= flip) & (flip > 0), _squash((50 - age) / 6 - 1.2 + (city == 2)), score)
    bought = chance.random(rows) < truth
    frame = _with_keys(day, score)
    frame = frame.assign(age=age, city=CITIES[city], member=chance.random(rows) < 0.5)
    frame["decision"] = np.where(score >= 0.5, "yes", "no")
    frame["label"] = np.where(bought, "yes", "no")
    shortest, longest = np.array(delays).T[:, bought.astype(int)]
    return _with_delay(frame, shortest + (longest - shortest) * chance.random(rows))


def draw_multiclass(*, days: int = 90, per_day: int = 100, seed: int = 0) -> pd.DataFrame:
    """A stream of three classes whose scores are right; labels come after a day."""
    chance, rows = np.random.default_rng(seed), days * per_day
    age = chance.normal(50, 10, rows)
    logits = np.column_stack([(age - 50) / 8, np.zeros(rows), (50 - age) / 8])
    scores = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True)
    codes = (chance.random(rows)[:, None] > np.cumsum(scores, axis=1)).sum(axis=1).clip(max=2)
    frame = _with_keys(np.arange(rows) / per_day, scores.max(axis=1)).assign(scores=list(scores))
    frame = frame.assign(age=age, city=CITIES[chance.integers(0, 3, rows)], member=True)
    names = np.array(CLASSES)
    return _with_delay(frame.assign(decision=names[scores.argmax(axis=1)], label=names[codes]), np.ones(rows))


def draw_regression(*, days: int = 90, per_day: int = 100, seed: int = 0) -> pd.DataFrame:
    """A stream of numbers predicted with an error of 1; labels come after a day."""
    chance, rows = np.random.default_rng(seed), days * per_day
    age = chance.normal(50, 10, rows)
    frame = _with_keys(np.arange(rows) / per_day, age / 2)
    frame = frame.assign(age=age, city=CITIES[chance.integers(0, 3, rows)], member=True, decision=None)
    return _with_delay(frame.assign(label=age / 2 + chance.normal(size=rows)), np.ones(rows))


def make_observation(
    home: Path, stream: pd.DataFrame, config: ModelConfig | None = None, as_of: Moment | None = None, **changes: object
) -> Observation:
    """What is known of a stream at the as-of (its end, if there is none); any attribute can be replaced."""
    config = config or make_config()
    spans = config.monitoring.spans(has_clock=TIME in stream.columns)
    as_of = end_of(stream) if as_of is None else as_of
    window, long_window, history = (Window(start=as_of - span, end=as_of) for span in spans)  # type: ignore[operator]
    rows = know(stream, as_of)
    place = TIME if TIME in stream.columns else ROW
    rows = rows[rows[place] >= history.start].reset_index(drop=True)
    inside = rows[rows[place] >= window.start]
    facts = {
        "model": config.model, "run_id": "monitor-1", "version": 1, "as_of": as_of,
        "window": window, "long_window": long_window, "history": history,
        "observed": write_frame(rows, home / "observed.parquet", home),
        "rows": len(inside), "labelled": int(inside["label"].notna().sum()),
        "reference": NO_FILE, "reference_profile": NO_FILE, "reference_rows": NO_FILE, "profiles": (), "earlier": (),
    }  # fmt: skip
    return Observation(**(facts | changes))  # type: ignore[arg-type]


def know(stream: pd.DataFrame, as_of: Moment) -> pd.DataFrame:
    """The rows before a moment, with the labels that were known by then."""
    place = TIME if TIME in stream.columns else ROW
    rows = stream[stream[place] < as_of].copy()
    if KNOWN_AT in rows.columns:
        is_open = ~(rows[KNOWN_AT] <= pd.Timestamp(as_of))  # type: ignore[operator]
        rows["label"] = rows["label"].astype(object).where(~is_open, None)
        if pd.api.types.is_float_dtype(stream["label"]):
            rows["label"] = rows["label"].astype("float64")
        rows.loc[is_open, KNOWN_AT] = pd.NaT
    return rows


def without_clock(stream: pd.DataFrame) -> pd.DataFrame:
    """The same rows in the same order, without times."""
    return stream.drop(columns=[TIME, KNOWN_AT])


def end_of(stream: pd.DataFrame) -> Moment:
    """The moment after the last row: the next midnight, or one row more."""
    if TIME not in stream.columns:
        return int(stream[ROW].max()) + 1
    latest: datetime = stream[TIME].max().ceil("D").to_pydatetime().astimezone(UTC)
    return latest


def after(days: float) -> datetime:
    """So many days from the begin of a stream."""
    return BEGIN + timedelta(days=days)


def _with_keys(day: np.ndarray, score: np.ndarray) -> pd.DataFrame:
    rows = np.arange(len(day))
    times = pd.Timestamp(BEGIN) + pd.to_timedelta((day * 86_400).round(), unit="s")
    return pd.DataFrame(
        {
            TIME: times.astype("datetime64[us, UTC]"),
            ROW: rows,
            "prediction_id": [f"{row:032x}" for row in rows],
            "entity": [f"person {row % 5000}" for row in rows],
            "model_version": np.int32(1),
            "score": score,
        }
    )


def _with_delay(frame: pd.DataFrame, days: np.ndarray) -> pd.DataFrame:
    delay = pd.to_timedelta((days * 86_400).round(), unit="s")
    return frame.assign(**{KNOWN_AT: (frame[TIME] + delay).astype("datetime64[us, UTC]")})


def _squash(values: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-values))

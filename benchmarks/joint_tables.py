"""Tables for `benchmarks.joint_leaks`: honest ones of seven trades in six languages, and parts of the real sets."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from zlib import crc32

import numpy as np
import pandas as pd
from scipy.signal import lfilter

from benchmarks.leak_tables import START, World

Draw = tuple[str, *tuple[float | str, ...]]
HIDDEN = "_cause"  # the honest cause of the target, which no table shows as it is
WORDS = pd.read_csv(Path(__file__).with_name("joint_words.csv"))


def spoken(world: World, tongue: str) -> World:
    """Drop what is hidden, put columns in an order that tells nothing, and name them in a language, or c1 to cn."""
    frame = world.frame.drop(columns=HIDDEN)
    frame = frame[sorted(frame, key=lambda name: crc32(f"{name}{len(frame)}".encode()))]
    if tongue == "c":
        names = {name: f"c{at}" for at, name in enumerate(frame, 1)}
    else:
        names = dict(zip(WORDS["en"], WORDS[tongue], strict=True))
    data = {key: names.get(str(value), value) for key, value in dict(world.data).items()}
    target, times = names.get(world.target, world.target), names.get(world.times or "", world.times)
    return replace(world, frame=frame.rename(columns=names), target=target, times=times, data=data)


# --- tables without leaks -------------------------------------------------------------------------


def chance(*about: object) -> np.random.Generator:
    """Start a generator from what it is for."""
    return np.random.default_rng(crc32(repr(about).encode()))


DRAWS: Mapping[str, Callable[..., np.ndarray]] = {
    "money": lambda rng, rows, mean, width: np.exp(rng.normal(mean, width, rows)).round(2),
    "whole": lambda rng, rows, low, high: rng.integers(low, high, rows).astype(float),
    "steps": lambda rng, rows, low, high, step: rng.choice(np.arange(low, high + 1, step), rows).astype(float),
    "bell": lambda rng, rows, mean, width, digits: rng.normal(mean, width, rows).round(int(digits)),
    "count": lambda rng, rows, mean: 1.0 + rng.poisson(mean, rows),
    "one": lambda rng, rows, *words: rng.choice(np.array(words, dtype=object), rows),
    "code": lambda rng, rows, count: np.array([f"{at:02d}x" for at in rng.integers(0, count, rows)], dtype=object),
    "flag": lambda rng, rows, share: (rng.random(rows) < share).astype(object),
}


def drawn(rng: np.random.Generator, rows: int, draw: Draw) -> np.ndarray:
    """Draw a column."""
    return DRAWS[draw[0]](rng, rows, *draw[1:])


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """What tables of one kind are made of.

    Attributes:
        columns: honest columns and how each is drawn.
        answers: names of the binary target, the classes and the number.
        classes: three classes.
        scale: middle and relative width of the number.
        by: column that the number grows with, and its power.
        owner: who has several rows, where rows are grouped.
    """

    columns: Mapping[str, Draw]
    answers: tuple[str, str, str]
    classes: tuple[str, str, str] = ("A", "B", "C")
    scale: tuple[float, float]
    by: tuple[str, float] | None = None
    owner: str = "customer"


LOANS = Domain(
    columns={
        "amount": ("money", 9, 0.6), "term": ("steps", 12, 84, 12), "rate": ("bell", 7, 1.1, 2),
        "age": ("whole", 19, 80), "income": ("money", 8, 0.35), "region": ("code", 12),
        "purpose": ("one", "car", "home", "study", "trip"), "newcomer": ("flag", 0.2),
    },
    answers=("default", "grade", "loss"), scale=(2000, 0.5),
)  # fmt: skip
ORDERS = Domain(
    columns={
        "pieces": ("count", 5), "parcel_weight": ("money", 1, 0.7), "shipping": ("steps", 3, 12, 1.5),
        "channel": ("one", "web", "shop", "phone"), "weekday": ("whole", 0, 7), "region": ("code", 30),
        "age": ("whole", 18, 80),
    },
    answers=("returned", "service", "revenue"), classes=("express", "normal", "pickup"), scale=(180, 0.5),
    by=("pieces", 1),
)  # fmt: skip
PATIENTS = Domain(
    columns={
        "age": ("whole", 18, 95), "height": ("bell", 171, 9, 0), "pressure": ("bell", 125, 15, 0),
        "pulse": ("bell", 75, 11, 0), "ward": ("one", "surgery", "heart", "eyes", "skin"), "smoker": ("flag", 0.3),
    },
    answers=("readmitted", "outcome", "weight"), classes=("home", "transfer", "ward"), scale=(78, 0.16),
    by=("height", 2), owner="clinic",
)  # fmt: skip
TICKETS = Domain(
    columns={
        "size": ("money", 3, 0.8), "people": ("whole", 1, 9), "urgency": ("one", "low", "middle", "high"),
        "team": ("code", 15), "product": ("one", "mail", "shop", "print"), "hour": ("whole", 0, 24),
    },
    answers=("escalated", "resolution", "hours"), classes=("fixed", "later", "none"), scale=(20, 0.6),
)  # fmt: skip
METERS = Domain(
    columns={
        "temperature": ("bell", 12, 8, 1), "capacity": ("money", 5, 0.4), "wind": ("money", 1, 0.6),
        "hour": ("whole", 0, 24), "tariff": ("one", "day", "night", "flat"), "weekday": ("whole", 0, 7),
    },
    answers=("overload", "state", "energy"), classes=("high", "low", "medium"), scale=(90, 0.4), by=("capacity", 1),
)  # fmt: skip
MEMBERS = Domain(
    columns={
        "usage": ("money", 2, 0.7), "price": ("steps", 10, 50, 10), "age": ("whole", 18, 90),
        "plan": ("one", "S", "M", "L"), "region": ("code", 16), "newcomer": ("flag", 0.3),
    },
    answers=("churn", "tier", "spend"), classes=("basic", "extra", "plus"), scale=(60, 0.5),
)  # fmt: skip
PUPILS = Domain(
    columns={
        "homework": ("money", 1.5, 0.5), "absences": ("count", 4), "age": ("whole", 11, 19), "hours": ("whole", 10, 36),
        "region": ("code", 10), "language": ("one", "en", "fr", "la", "es"), "newcomer": ("flag", 0.15),
    },
    answers=("passed", "degree", "points"), scale=(55, 0.3), owner="school",
)  # fmt: skip
RATES = replace(
    LOANS, columns={k: v for k, v in LOANS.columns.items() if k != "rate"}, answers=("", "", "rate"), scale=(7, 0.2)
)
GRANTS = replace(
    LOANS,
    columns={k: v for k, v in LOANS.columns.items() if k != "amount"},
    answers=("", "", "amount"),
    scale=(12_000, 0.45),
)
TASKS = ("binary", "multiclass", "regression")


def made(domain: Domain, task: str, rows: int, method: str = "random", *, yes: float = 0.3) -> World:
    """Make a table: weak columns, and a strong cause that is hidden; panel is rows of owners, month after month."""
    rng = chance(domain.answers, task, rows, method)
    owners = rows // 12 if method == "panel" else rows // 40
    months, who = np.divmod(np.arange(rows), owners) if method == "panel" else (None, rng.integers(0, owners, rows))
    noise = rng.normal(size=rows)
    hidden = lfilter([0.8], [1, -0.6], noise) if method == "time" else noise
    if method in {"panel", "group"}:
        hidden = 0.85 * rng.normal(size=owners)[who] + 0.5 * noise
    frame = pd.DataFrame({name: drawn(rng, rows, draw) for name, draw in domain.columns.items()})
    if months is not None:
        frame["moment"] = [(START + pd.DateOffset(months=int(at))).strftime("%Y-%m-%dT%H:%M:%SZ") for at in months]
        frame["month"] = months.astype(float)
    if method in {"panel", "group"}:
        frame[domain.owner] = [f"{at:04d}" for at in who]
    at = TASKS.index(task)
    frame = frame.assign(**{HIDDEN: hidden, domain.answers[at]: answered(domain, task, frame, hidden, yes)})
    key = {"panel": {"entity": domain.owner}, "group": {"group": domain.owner}}.get(method, {})
    times = {"panel": {"times": "moment", "every": None}, "time": {"every": "1h"}}.get(method, {"every": None})
    split = "time" if method == "panel" else method
    return World(frame=frame, target=domain.answers[at], task=task, method=split, data=key, **times)  # type: ignore[arg-type]


def answered(domain: Domain, task: str, frame: pd.DataFrame, hidden: np.ndarray, yes: float) -> pd.Series:
    """Let the hidden cause, the weak columns and luck decide the answer."""
    rng = chance(domain.answers, task, len(frame), "answer")
    numbers = frame[[name for name, draw in domain.columns.items() if draw[0] not in {"one", "code", "flag"}]]
    weights = rng.choice([-1, 1], numbers.shape[1]) * rng.uniform(0.5, 1, numbers.shape[1])
    weak = ((numbers - numbers.mean()) / numbers.std()).clip(-2.5, 2.5).to_numpy() @ weights
    weak /= weak.std()
    if task == "regression":
        middle, width = domain.scale
        size = np.ones(len(frame)) * middle
        if domain.by is not None:
            size *= (frame[domain.by[0]] / frame[domain.by[0]].mean()) ** domain.by[1]
        return pd.Series(size * np.exp(width * (hidden + 0.25 * weak + 0.18 * rng.normal(size=len(frame))))).round(2)
    words = frame[next(name for name, draw in domain.columns.items() if draw[0] == "one")]
    total = (
        (5 if task == "multiclass" else 4) * hidden
        + 1.4 * weak
        + 0.8 * (words == words[0])
        + rng.logistic(size=len(frame))
    )
    if task == "binary":
        return pd.Series(total > total.quantile(1 - yes)).astype(int)
    return pd.Series(pd.qcut(total, [0, 0.4, 0.75, 1], labels=list(domain.classes))).astype(str)


# --- real tables ----------------------------------------------------------------------------------


@lru_cache(maxsize=2)
def loaded(load: Callable[[], World]) -> World:
    """Read a real set once for a pair."""
    return load()


def real(load: Callable[[], World], rows: slice) -> World:
    """Take a part of a real set in its order, with a hidden cause: what an honest forecast would go by."""
    world = loaded(load)
    frame = world.frame.iloc[rows].reset_index(drop=True)
    answer, rng = frame[world.target].astype(float), chance("real", len(frame))
    spread = 0.5 if world.task == "binary" else 0.3 * answer.std()
    hidden = (answer + rng.normal(0, spread, len(frame)) - answer.mean()) / np.hypot(answer.std(), spread)
    return replace(world, frame=frame.assign(**{HIDDEN: hidden}))

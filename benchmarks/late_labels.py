"""Performance with late labels: the truth, a naive join and ours, in one run.

    python -m benchmarks.late_labels [--part labels|history|concept|bounds|speed] [--seeds 5]

Everything is drawn from a seed. Delays are 1 to 45 days and depend on the class: negatives come within 1 to 15 days,
positives after 10 to 45. The truth is what every label of the same window says once all have come.
"""

import argparse
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
from rich.console import Console
from rich.table import Table
from sklearn.metrics import accuracy_score, average_precision_score, f1_score, log_loss, roc_auc_score

from ratchet.artifacts.frames import write_frame
from ratchet.config.model import ModelConfig
from ratchet.config.run import Run
from ratchet.records.columns import DECISION, ENTITY, LABEL, LABEL_KNOWN_AT, ROW, SCORE, TIME, VERSION
from ratchet.records.files import FileRef
from ratchet.records.monitoring import Observation
from ratchet.records.production import ProductionPerformance
from ratchet.stages.measure_performance import measure_performance
from ratchet.timeline import Window

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
DAYS = 100
NO_FILE = FileRef(path="none", sha256="0" * 64, size_bytes=0)
DELAYS = ((1.0, 15.0), (10.0, 45.0))  # days, of negatives and of positives
METRICS = ("accuracy", "f1", "log_loss", "average_precision", "roc_auc")
Change = Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]  # day, inputs -> inputs, sign of outcomes


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """Rows with all their labels, and how they are observed.

    Attributes:
        rows: as `observed` has them, every label known.
        features: how many numeric features they have.
    """

    rows: pd.DataFrame
    features: int


def draw(seed: int, per_day: int, *, features: int = 4, change: Change | None = None, days: int = DAYS) -> Stream:
    """Draw a stream whose model is right, until `change` moves inputs or turns outcomes around."""
    chance, count = np.random.default_rng([20260101, seed]), days * per_day
    day = np.arange(count) / per_day
    inputs, sign = chance.normal(size=(count, features)), np.ones(count)
    if change:
        inputs, sign = change(day, inputs)
    logit = 1.2 * inputs[:, 0] + 0.8 * inputs[:, 1] - 1.6
    score = 1 / (1 + np.exp(-logit))
    truth = 1 / (1 + np.exp(-(sign * 1.2 * inputs[:, 0] + 0.8 * inputs[:, 1] - 1.6)))
    label = (chance.random(count) < truth).astype(int)
    shortest, longest = np.array(DELAYS).T[:, label]
    delay = shortest + (longest - shortest) * chance.random(count)
    rows = pd.DataFrame({f"x{place}": inputs[:, place] for place in range(features)})
    rows[TIME] = as_times(day)
    rows[ROW] = np.arange(count)
    rows[ENTITY] = None
    rows[VERSION] = np.int32(1)
    rows[SCORE] = score
    rows[DECISION] = np.where(score >= 0.5, "yes", "no")
    rows[LABEL] = np.where(label == 1, "yes", "no")
    rows[LABEL_KNOWN_AT] = as_times(day + delay)
    return Stream(rows=rows, features=features)


def as_times(days: np.ndarray) -> pd.Series:
    """Return the moments so many days after the begin."""
    return pd.Series(pd.Timestamp(BEGIN) + pd.to_timedelta((days * 86_400).round(), unit="s")).astype(
        "datetime64[us, UTC]"
    )


def configure(
    stream: Stream, metric: str = "roc_auc", maturity: float = 0.95, others: tuple[str, ...] = ()
) -> ModelConfig:
    """Describe the stream's model."""
    return ModelConfig.model_validate(
        {
            "model": "late",
            "task": "binary",
            "data": {
                "source": {"path": "data.csv"},
                "time": {"column": "when"},
                "target": {"column": "bought", "positive": "yes"},
                "features": {f"x{place}": "numeric" for place in range(stream.features)},
            },
            "evaluation": {"metric": metric, "guards": [{"metric": name} for name in others]},
            "monitoring": {"labels": {"maturity": maturity}},
        }
    )


def look(home: Path, stream: Stream, config: ModelConfig, as_of: datetime) -> ProductionPerformance:
    """Appraise what was known at a moment."""
    rows = know(stream.rows, as_of)
    window, long_window, history = (
        Window(start=as_of - span, end=as_of) for span in config.monitoring.spans(has_clock=True)
    )
    rows = rows[rows[TIME] >= pd.Timestamp(history.start)].reset_index(drop=True)
    observation = Observation(
        model="late", run_id="look", version=1, as_of=as_of, window=window, long_window=long_window, history=history,
        observed=write_frame(rows, home / "observed.parquet", home), rows=0, labelled=0, reference=NO_FILE,
        reference_profile=NO_FILE, reference_rows=NO_FILE, profiles=(), earlier=(),
    )  # fmt: skip
    facts = {"run_id": "look", "started": as_of, "project": home, "home": home}
    return measure_performance(Run.model_validate({"config": config} | facts), observation)


def know(rows: pd.DataFrame, as_of: datetime) -> pd.DataFrame:
    """Return the rows before a moment, with the labels that were known by then."""
    known = rows[rows[TIME] < pd.Timestamp(as_of)].copy()
    is_open = known[LABEL_KNOWN_AT] > pd.Timestamp(as_of)
    known[LABEL] = known[LABEL].mask(is_open)
    known[LABEL_KNOWN_AT] = known[LABEL_KNOWN_AT].mask(is_open)
    return known


def measure(rows: pd.DataFrame) -> dict[str, float]:
    """Measure every figure on the rows that have a label, each counted once."""
    known = rows[rows[LABEL].notna()]
    label, decision = (known[name] == "yes" for name in (LABEL, DECISION))
    return {
        "positives": float(label.mean()),
        "accuracy": float(accuracy_score(label, decision)),
        "f1": float(f1_score(label, decision)),
        "log_loss": float(log_loss(label, known[SCORE])),
        "average_precision": float(average_precision_score(label, known[SCORE])),
        "roc_auc": float(roc_auc_score(label, known[SCORE])),
    }


def inside(rows: pd.DataFrame, window: Window) -> pd.DataFrame:
    """Return the rows of a window."""
    return rows[(rows[TIME] >= pd.Timestamp(window.start)) & (rows[TIME] < pd.Timestamp(window.end))]


def show_labels(console: Console, home: Path, seeds: int) -> None:
    """Print how far the naive join, matured rows alone, and ours are from the truth."""
    table = Table("rows a day", "maturity", "age", "open", *(f"{name}, points" for name in ("positives", *METRICS)))
    for per_day, maturity in ((300, 0.95), (2000, 0.95), (2000, 0.9), (2000, 0.8), (2000, 0.99)):
        found = [measure_errors(home, seed, per_day, maturity) for seed in range(seeds)]
        cells = [_join(found, name) for name in ("positives", *METRICS)]
        age, open_share = (np.mean([getattr(each, name) for each in found]) for name in ("age", "open_share"))
        table.add_row(f"{per_day:,}", f"{maturity:.0%}", f"{age:.1f} d", f"{open_share:.1%}", *cells)
    console.print(
        table,
        "each cell: largest distance from the truth over the seeds, of a naive join / of matured rows alone / of ours\n"
        "naive: the last 30 days, on the labels that are there; ours: the 7 newest days that have matured\n"
        "aim: naive > 5 points, ours <= 1 point at 95 %",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Errors:
    """How far figures are from the truth, in points, by name."""

    naive: dict[str, float]
    matured: dict[str, float]
    ours: dict[str, float]
    age: float
    open_share: float


def _join(found: list[Errors], name: str) -> str:
    worst = [max(abs(getattr(each, way)[name]) for each in found) for way in ("naive", "matured", "ours")]
    return " / ".join(f"{value:.1f}" for value in worst)


def measure_errors(home: Path, seed: int, per_day: int, maturity: float) -> Errors:
    """Compare with the truth what is said of one stream."""
    stream, as_of = draw(seed, per_day), BEGIN + timedelta(days=90)
    config = configure(stream, METRICS[0], maturity, METRICS[1:])
    performance = look(home, stream, config, as_of)
    first = performance.figures[0]
    known, recent = know(stream.rows, as_of), Window(start=as_of - timedelta(days=30), end=as_of)
    truth = measure(inside(stream.rows, first.window))
    ours = {each.metric: each.value for each in performance.figures if each.window == first.window}
    ours |= {"positives": performance.calibration.observed}
    matured, naive = measure(inside(known, first.window)), measure(inside(known, recent))
    of_recent = measure(inside(stream.rows, recent))
    return Errors(
        naive={name: 100 * (naive[name] - of_recent[name]) for name in truth},
        matured={name: 100 * (matured[name] - truth[name]) for name in truth},
        ours={name: 100 * ((ours[name] or 0.0) - truth[name]) for name in truth},
        age=(as_of - first.window.end) / timedelta(days=1),
        open_share=first.open_share or 0.0,
    )


def show_history(console: Console, home: Path) -> None:
    """Print that a past day is told as it was known, and that a revised label revises the figure."""
    stream = draw(1, 500)
    config, past = configure(stream), BEGIN + timedelta(days=80)
    then = look(home, Stream(rows=stream.rows[stream.rows[TIME] < pd.Timestamp(past)], features=4), config, past)
    again = look(home, stream, config, past)
    revised = stream.rows.copy()
    at = BEGIN + timedelta(days=85)
    chosen = revised.index[(revised[LABEL_KNOWN_AT] <= pd.Timestamp(past)) & (revised[ROW] % 20 == 0)]
    revised.loc[chosen, LABEL] = np.where(revised.loc[chosen, LABEL] == "yes", "no", "yes")
    revised.loc[chosen, LABEL_KNOWN_AT] = pd.Timestamp(at)
    before, after = (
        look(home, Stream(rows=rows, features=4), config, BEGIN + timedelta(days=90)).figures[0]
        for rows in (stream.rows, revised)
    )
    console.print(
        f"day 80 told on day 80 and again on day 100: {'the same' if then == again else 'NOT THE SAME'}; "
        f"5 % of the labels revised on day 85: {before.metric} goes from {before.value:.4f} to {after.value:.4f}"
    )


def flip(day: np.ndarray, inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Turn the meaning of the first input around for the last 60 days, which is what matured windows see."""
    return inputs, np.where(day >= 45, -1.0, 1.0)


def weaken(day: np.ndarray, inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Let the first input mean half of what it did."""
    return inputs, np.where(day >= 45, 0.5, 1.0)


def move(sd: float) -> Change:
    """Move the first two inputs, and leave what they mean."""

    def change(day: np.ndarray, inputs: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        moved = inputs.copy()
        moved[:, :2] += sd * (day >= 45)[:, None]
        return moved, np.ones(len(day))

    return change


CHANGES: dict[str, Change | None] = {
    "nothing": None,
    "inputs by 0.5 sd": move(0.5),
    "inputs by 1 sd": move(1.0),
    "inputs by 1.5 sd": move(1.5),
    "half the meaning of an input": weaken,
    "the sign of an input": flip,
    "the sign, and inputs by 0.5 sd": lambda day, inputs: (move(0.5)(day, inputs)[0], flip(day, inputs)[1]),
}


def show_concept(console: Console, home: Path, seeds: int) -> None:
    """Print how often other outcomes are seen, where inputs or outcomes change, and whether estimates are confirmed."""
    table = Table(
        "what changes on day 45", "rows a day", "concept shifted", "other inputs / outcomes explain",
        "roc_auc: realised", "estimated", "confirmed",
    )  # fmt: skip
    for name, change in CHANGES.items():
        for per_day in (100, 1000):
            found = [_look_quickly(home, seed, per_day, change) for seed in range(seeds)]
            parts = [[each.concept.data_part or 0.0, each.concept.concept_part or 0.0] for each in found]
            figures = [[each.figures[0].value, each.estimates[0].value] for each in found]
            (data, concept), (realised, told) = np.mean(parts, axis=0), np.mean(figures, axis=0)
            shifted = np.mean([bool(each.concept.shifted) for each in found])
            borne = np.mean([bool(each.estimates[0].confirmed) for each in found])
            table.add_row(
                name,
                f"{per_day:,}",
                f"{shifted:.0%}",
                f"{data:+.3f} / {concept:+.3f}",
                f"{realised:.3f}",
                f"{told:.3f}",
                f"{borne:.0%}",
            )
    console.print(
        table, f"{seeds} streams a line; error: Brier's score; the estimate is of the newest week, without labels"
    )


def _look_quickly(home: Path, seed: int, per_day: int, change: Change | None) -> ProductionPerformance:
    """Appraise with labels that come after a day: what is shown is the change, not the wait."""
    stream = draw(seed, per_day, change=change, days=60)
    rows = stream.rows.assign(**{LABEL_KNOWN_AT: stream.rows[TIME] + pd.Timedelta(days=1)})
    stream = replace(stream, rows=rows.astype({LABEL_KNOWN_AT: "datetime64[us, UTC]"}))
    return look(home, stream, configure(stream), BEGIN + timedelta(days=53))


def show_bounds(console: Console, home: Path, seeds: int) -> None:
    """Print how often a loss is claimed where there is none, and where there is one."""
    table = Table("stream", "rows a day", *(f"loss claimed, {name}" for name in ("window", "long window")))
    for name, per_day, change in (
        ("as ever", 50, None),
        ("as ever", 300, None),
        ("half the meaning of an input", 300, weaken),
    ):
        streams = range(100, 100 + 10 * seeds)
        claims = np.array([_claim(_look_quickly(home, seed, per_day, change)) for seed in streams])
        table.add_row(name, f"{per_day:,}", *(f"{share:.0%}" for share in claims.mean(axis=0)))
    console.print(table, f"{10 * seeds} streams a line; at 95 % one in twenty may be claimed by chance")


def _claim(performance: ProductionPerformance) -> list[bool]:
    return [(each.loss_lower or 0.0) > 0 for each in performance.figures[:2]]


def show_speed(console: Console, home: Path) -> None:
    """Print what a window of 100,000 rows and a history of 300,000 cost."""
    stream = draw(1, 14_300, features=20, days=28)
    rows = stream.rows.assign(**{LABEL_KNOWN_AT: stream.rows[TIME] + pd.Timedelta(days=1)})
    stream = replace(stream, rows=rows.astype({LABEL_KNOWN_AT: "datetime64[us, UTC]"}))
    config = configure(stream, others=("log_loss",))
    look(home, draw(1, 50, features=20, days=28), config, BEGIN + timedelta(days=28))  # loads what is used
    began, worked = time.perf_counter(), time.process_time()
    found = look(home, stream, config, BEGIN + timedelta(days=28))
    console.print(
        f"{len(stream.rows):,} rows x 20 features, {found.figures[0].rows:,} in the window: "
        f"{time.perf_counter() - began:.1f} s, {time.process_time() - worked:.1f} s of them on a processor, "
        "with the writing of the rows"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", choices=("labels", "history", "concept", "bounds", "speed"))
    parser.add_argument("--seeds", type=int, default=5)
    options = parser.parse_args()
    console = Console(width=170)
    with tempfile.TemporaryDirectory(prefix="ratchet-late-") as folder:
        home = Path(folder)
        parts: dict[str, Callable[[], None]] = {
            "labels": lambda: show_labels(console, home, options.seeds),
            "history": lambda: show_history(console, home),
            "concept": lambda: show_concept(console, home, options.seeds),
            "bounds": lambda: show_bounds(console, home, options.seeds),
            "speed": lambda: show_speed(console, home),
        }
        for name, show in parts.items():
            if options.part in (None, name):
                began = time.perf_counter()
                show()
                console.print(f"({name}: {time.perf_counter() - began:.0f} s)\n")


if __name__ == "__main__":
    main()

"""Batch scoring beside bare XGBoost on the same rows, from Parquet to Parquet, and its memory as rows grow.

    python -m benchmarks.scoring [--rows 1000000 10000000]

Twenty columns, one row a second. The peer is what anybody would write first: it reads the features in batches, calls
`predict_proba` with every thread, and writes one column: no checks, no keys, no decisions. It has the very same model:
of numbers alone the bare XGBoost estimator, of numbers, categories and booleans the same pipeline, as XGBoost itself
takes no texts. Each measurement is a process of its own; imports, and loading the model once, come before the clock
starts. Pieces of 500,000 rows differ in nothing but their times, which no model sees.
"""

import argparse
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

from benchmarks.champions import promote_pipeline
from ratchet.artifacts.estimators import read_pipeline
from ratchet.artifacts.files import refer_to
from ratchet.artifacts.predictions import predictions_of
from ratchet.config.model import ModelConfig
from ratchet.config.run import Run
from ratchet.config.settings import read_threads
from ratchet.config.training import CandidateSpec
from ratchet.models.fitting import fit_candidate
from ratchet.registry.champion import require_champion
from ratchet.stages.score import score

NUMBERS = tuple(f"number_{place}" for place in range(20))
MIXED = (*NUMBERS[:14], "shop", "product", "region", "member", "returned", "mobile")
KINDS = {"shop": "categorical", "product": "categorical", "region": "categorical"}
KINDS |= dict.fromkeys(("member", "returned", "mobile"), "boolean")
VALUES = {"shop": 12, "product": 300, "region": 40, "member": 2, "returned": 2, "mobile": 2}
BEGIN = datetime(2025, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 1, 1, tzinfo=UTC)
PIECE = 500_000
BATCH = 1 << 17
REPEATS = 3  # of the small measurements, one side after the other
MODEL = "bench"
SEED = 20240501


def make_run(home: Path, columns: tuple[str, ...], run_id: str = "fit") -> Run:
    config = ModelConfig.model_validate(
        {
            "model": MODEL,
            "task": "binary",
            "data": {
                "source": {"path": "none"},
                "time": {"column": "at"},
                "target": {"column": "label", "positive": "yes", "negative": "no"},
                "features": {name: KINDS.get(name, "numeric") for name in columns},
            },
            "scoring": {"source": {"path": "rows"}},
        }
    )
    return Run(config=config, project=home, home=home, run_id=run_id, started=NOW)


def draw(columns: tuple[str, ...], rows: int) -> pd.DataFrame:
    """Draw rows with five of a hundred numbers missing."""
    chance = np.random.default_rng(SEED)
    drawn: dict[str, object] = {}
    for name in columns:
        if name in VALUES:
            texts = np.array([f"{name}-{place}" for place in range(VALUES[name])], dtype=object)
            places = chance.integers(0, VALUES[name], rows)
            drawn[name] = places.astype(bool) if VALUES[name] == 2 else texts[places]
        else:
            drawn[name] = np.where(chance.random(rows) < 0.05, np.nan, chance.normal(size=rows))
    seconds = np.arange(rows, dtype="timedelta64[s]")
    at = pd.Series(np.datetime64(BEGIN.replace(tzinfo=None), "us") + seconds).dt.tz_localize(UTC)
    return pd.DataFrame({"at": at, **drawn})


def build(home: Path, columns: tuple[str, ...], rows: int) -> None:
    """Make a champion and the rows to score."""
    run = make_run(home, columns)
    frame = draw(columns, 100_000)
    signal = frame["number_0"].fillna(0) + frame["number_1"].fillna(0)
    frame["label"] = (signal + np.random.default_rng(SEED + 1).normal(size=len(frame)) > 0).astype(np.int8)
    spec = CandidateSpec(name="xgboost", estimator="xgboost")
    pipeline = fit_candidate(spec, frame, run.config, classes=("no", "yes"), seed=SEED, threads=2)
    promote_pipeline(run, pipeline)
    (home / "rows").mkdir()
    piece = draw(columns, min(PIECE, rows))
    for start in range(0, rows, PIECE):
        moved = piece.assign(at=piece["at"] + pd.Timedelta(seconds=start))[: rows - start]
        moved.to_parquet(home / "rows" / f"{start:09d}.parquet", index=False)


def prepare_ours(home: Path, columns: tuple[str, ...]) -> Callable[[], object]:
    run = make_run(home, columns, "score")
    require_champion(run)  # MLflow imports its database when it is first asked
    return lambda: score(run)


def prepare_bare(home: Path, columns: tuple[str, ...]) -> Callable[[], object]:
    pipeline = read_pipeline(refer_to(home / "model.skops", home), home)
    model = pipeline.named_steps["model"]
    model.get_booster().set_param({"nthread": read_threads()})  # it was fitted to use one
    return lambda: predict_bare(home, columns, model.predict_proba if columns == NUMBERS else pipeline.predict_proba)


def predict_bare(home: Path, columns: tuple[str, ...], predict: Callable[[pd.DataFrame], np.ndarray]) -> None:
    """Read, predict, write, in batches so that memory stays the same."""
    schema = pa.schema([("score", pa.float32())])
    with pq.ParquetWriter(home / "bare.parquet", schema) as writer:
        for path in sorted((home / "rows").iterdir()):
            for batch in pq.ParquetFile(path).iter_batches(BATCH, columns=list(columns)):
                scores = predict(batch.to_pandas())[:, 1]
                writer.write_batch(pa.RecordBatch.from_arrays([pa.array(scores)], schema=schema))


PREPARATIONS = {"ours": prepare_ours, "bare": prepare_bare}


def measure(who: str, home: Path, columns: tuple[str, ...]) -> None:
    """Print seconds and peak memory of this process as JSON."""
    warm = draw(columns, 1000)  # pandas and NumPy are as loaded as they will be
    assert len(warm)
    work = PREPARATIONS[who](home, columns)
    began, cpu_began = time.perf_counter(), time.process_time()
    work()
    seconds, cpu_seconds = time.perf_counter() - began, time.process_time() - cpu_began
    # not `ru_maxrss`: a child begins with its parent's
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    print(json.dumps({"seconds": seconds, "cpu_seconds": cpu_seconds, "peak_mib": int(peak.split()[1]) / 1024}))


def run_child(who: str, home: Path, kind: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.scoring", "--child", who, "--home", str(home), "--columns", kind]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answer: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return answer


def least(tries: Sequence[dict[str, float]]) -> dict[str, float]:
    """Return the best time of several tries: whatever else the machine does only adds to it."""
    return {name: min(each[name] for each in tries) for name in tries[0]}


def compare(sizes: list[int]) -> Table:
    titles = ("columns", "rows", "ours", "bare", "ours / bare", "by CPU time", "our memory", "bare memory")
    table = Table(*titles, title="scoring")
    for kind, columns in (("numbers", NUMBERS), ("mixed", MIXED)):
        for rows in sizes if kind == "numbers" else sizes[:1]:
            with TemporaryDirectory(prefix="ratchet-bench-") as folder:
                build(Path(folder), columns, rows)
                tries = [(run_child("bare", Path(folder), kind), run_child("ours", Path(folder), kind))]
                while len(tries) < REPEATS and rows <= PIECE * 2:
                    shutil.rmtree(predictions_of(Path(folder), MODEL))
                    tries.append((run_child("bare", Path(folder), kind), run_child("ours", Path(folder), kind)))
            bare, ours = (least(each) for each in zip(*tries, strict=True))
            table.add_row(
                kind,
                f"{rows:,}",
                f"{rows / ours['seconds']:,.0f}/s",
                f"{rows / bare['seconds']:,.0f}/s",
                f"{bare['seconds'] / ours['seconds']:.2f}",
                f"{bare['cpu_seconds'] / ours['cpu_seconds']:.2f}",
                f"{ours['peak_mib']:.0f} MiB",
                f"{bare['peak_mib']:.0f} MiB",
            )
    return table


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, nargs="+", default=[1_000_000, 10_000_000])
    parser.add_argument("--child", choices=["ours", "bare"])
    parser.add_argument("--home", type=Path)
    parser.add_argument("--columns", choices=["numbers", "mixed"], default="numbers")
    asked = parser.parse_args()
    if asked.child:
        measure(asked.child, asked.home, {"numbers": NUMBERS, "mixed": MIXED}[asked.columns])
        return
    Console(width=110).print(compare(asked.rows))


if __name__ == "__main__":
    main()

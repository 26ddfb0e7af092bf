"""Batch scoring beside bare XGBoost on the same rows, from Parquet to Parquet, and its memory as rows grow.

    python -m benchmarks.scoring [--rows 1000000 10000000]

Twenty columns, one row a second. The peer reads the numbers, calls `predict_proba` of the very same model with every
thread, and writes one column: no checks, no keys, no decisions. With categories, it gets them as numbers already.
Each measurement is a process of its own; its imports and the load of the model are not counted.
"""

import argparse
import json
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from rich.console import Console
from rich.table import Table

from ratchet.artifacts.estimators import write_pipeline
from ratchet.config.model import ModelConfig
from ratchet.config.run import Run
from ratchet.config.training import CandidateSpec
from ratchet.models.fitting import fit_candidate
from ratchet.models.preprocessing import as_features
from ratchet.records.judgement import Verdict
from ratchet.records.modelling import Challenger
from ratchet.records.outcome import Decision
from ratchet.stages.promote import promote
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
    return Run(config=config, project=str(home), home=str(home), run_id=run_id, started=NOW)


def draw(columns: tuple[str, ...], rows: int, start: int) -> pd.DataFrame:
    """Draw rows with five of a hundred numbers missing; the same for the same start."""
    chance = np.random.default_rng([SEED, start])
    drawn: dict[str, object] = {}
    for name in columns:
        if name in VALUES:
            texts = np.array([f"{name}-{place}" for place in range(VALUES[name])], dtype=object)
            places = chance.integers(0, VALUES[name], rows)
            drawn[name] = places.astype(bool) if VALUES[name] == 2 else texts[places]
        else:
            drawn[name] = np.where(chance.random(rows) < 0.05, np.nan, chance.normal(size=rows))
    seconds = np.arange(start, start + rows, dtype="timedelta64[s]")
    at = pd.Series(np.datetime64(BEGIN.replace(tzinfo=None), "us") + seconds).dt.tz_localize(UTC)
    return pd.DataFrame({"at": at, **drawn})


def build(home: Path, columns: tuple[str, ...], rows: int) -> None:
    """Make a champion, the rows to score, and the same rows as the champion's estimator takes them."""
    run = make_run(home, columns)
    frame = draw(columns, 100_000, 0)
    signal = frame["number_0"].fillna(0) + frame["number_1"].fillna(0)
    frame["label"] = (signal + np.random.default_rng(SEED).normal(size=len(frame)) > 0).astype(np.int8)
    spec = CandidateSpec(name="xgboost", estimator="xgboost")
    pipeline = fit_candidate(spec, frame, run.config, classes=("no", "yes"), seed=SEED, threads=2)
    model = write_pipeline(pipeline, home / "model.skops", home)
    challenger = Challenger(name="xgboost", estimator="xgboost", model=model, leaderboard=(), reason="the only one")
    verdict = Verdict(
        decision=Decision.PROMOTE,
        unopposed=True,
        not_worse=False,
        reason="a benchmark needs a champion",
        gates=(),
        challenger="xgboost",
        expected_champion=None,
        challenger_sha256=model.sha256,
    )
    promote(run, challenger, verdict)
    (home / "rows").mkdir()
    (home / "numbers").mkdir()
    for start in range(0, rows, PIECE):
        piece = draw(columns, min(PIECE, rows - start), start)
        piece.to_parquet(home / "rows" / f"{start:09d}.parquet", index=False)
        numbers = pipeline[:-1].transform(as_features(piece, run.config.data.features))
        table = pa.Table.from_arrays([pa.array(column) for column in numbers.T], list(columns))
        pq.write_table(table, home / "numbers" / f"{start:09d}.parquet")


def measure_ours(home: Path, columns: tuple[str, ...]) -> float:
    began = time.perf_counter()
    score(make_run(home, columns, "score"))
    return time.perf_counter() - began


def measure_bare(home: Path) -> float:
    """Read, predict, write: what anybody would write first, in batches so that memory stays the same."""
    import skops.io  # noqa: PLC0415

    from ratchet.artifacts.estimators import ALLOWED_TYPES  # noqa: PLC0415

    model = skops.io.load(home / "model.skops", trusted=list(ALLOWED_TYPES)).named_steps["model"]
    model.set_params(n_jobs=None)
    schema = pa.schema([("score", pa.float32())])
    began = time.perf_counter()
    with pq.ParquetWriter(home / "bare.parquet", schema) as writer:
        for path in sorted((home / "numbers").iterdir()):
            for batch in pq.ParquetFile(path).iter_batches(BATCH):
                scores = model.predict_proba(batch.to_pandas().to_numpy())[:, 1]
                writer.write_batch(pa.RecordBatch.from_arrays([pa.array(scores)], schema=schema))
    return time.perf_counter() - began


def measure(who: str, home: Path, columns: tuple[str, ...]) -> None:
    """Print seconds and peak memory of this process as JSON."""
    warm = draw(columns, 1000, 0)  # pandas and NumPy are as loaded as they will be
    assert len(warm)
    began = time.process_time()
    seconds = measure_ours(home, columns) if who == "ours" else measure_bare(home)
    cpu_seconds = time.process_time() - began
    # not `ru_maxrss`: a child begins with its parent's
    peak = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    print(json.dumps({"seconds": seconds, "cpu_seconds": cpu_seconds, "peak_mib": int(peak.split()[1]) / 1024}))


def run_child(who: str, home: Path, kind: str) -> dict[str, float]:
    command = [sys.executable, "-m", "benchmarks.scoring", "--child", who, "--home", str(home), "--columns", kind]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answer: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return answer


def compare(sizes: list[int]) -> Table:
    titles = ("columns", "rows", "ours", "bare", "ours / bare", "by CPU time", "our memory", "bare memory")
    table = Table(*titles, title="scoring")
    for kind, columns in (("numbers", NUMBERS), ("mixed", MIXED)):
        for rows in sizes if kind == "numbers" else sizes[:1]:
            with TemporaryDirectory(prefix="ratchet-bench-") as folder:
                build(Path(folder), columns, rows)
                bare, ours = (run_child(who, Path(folder), kind) for who in ("bare", "ours"))
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
    Console().print(compare(asked.rows))


if __name__ == "__main__":
    main()

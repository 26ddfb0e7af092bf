"""Builders of snapshots: the Parquet file that ingest leaves in the run folder, and its record."""

from hashlib import sha256

import numpy as np
import pandas as pd

from ratchet.artifacts.frames import write_frame
from ratchet.artifacts.run_store import folder_of, keep_record
from ratchet.config.run import Run
from ratchet.records.columns import ROW, TIME
from ratchet.records.data import DataReport, Table

START = pd.Timestamp("2025-01-01", tz="UTC")


def make_rows(rows: int = 400, *, start: int = 0, seed: int = 7) -> pd.DataFrame:
    """Hourly rows of the builders' default model: age, city, member and a target that follows age."""
    chance = np.random.default_rng([seed, start])
    age = chance.normal(45, 12, rows).round(1)
    likely = 1 / (1 + np.exp(-(age - 50) / 8))
    return pd.DataFrame(
        {
            TIME: START + pd.to_timedelta(np.arange(start, start + rows), unit="h"),
            ROW: np.arange(start, start + rows, dtype=np.int64),
            "age": age,
            "city": chance.choice(["Oslo", "Bern", "Rome"], rows, p=[0.5, 0.3, 0.2]).astype(object),
            "member": pd.Series(chance.random(rows) < 0.4).astype(object),
            "bought": (chance.random(rows) < likely).astype(np.int8),
        }
    )


def write_snapshot(run: Run, frame: pd.DataFrame) -> Table:
    """Write a frame as a run's snapshot and keep the records of the run and of its ingest."""
    folder = folder_of(run)
    ref = write_frame(frame, folder.file("snapshot.parquet"), run.home)
    times = frame[TIME] if TIME in frame and len(frame) else None
    table = Table(
        file=ref,
        rows=len(frame),
        fingerprint=sha256(pd.util.hash_pandas_object(frame.astype(str)).to_numpy().tobytes()).hexdigest(),
        columns=tuple(frame.columns),
        time_from=times.min().to_pydatetime() if times is not None else None,
        time_to=times.max().to_pydatetime() if times is not None else None,
        source="data.csv",
    )
    keep_record(run, "run", run)
    keep_record(run, "ingest", table)
    return table


def accept(run: Run, report: DataReport) -> DataReport:
    """Keep a run's data report, as its caller does, so that later runs can find it."""
    keep_record(run, "check", report)
    return report

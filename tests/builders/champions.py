"""Homes with a fitted champion, and rows for it to score."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq

from builders.records import make_challenger
from builders.registry import make_home, make_order
from builders.tables import make_csv, make_rows
from builders.training import make_spec
from ratchet.artifacts.estimators import write_pipeline
from ratchet.artifacts.frames import read_frame
from ratchet.artifacts.run_store import keep_record
from ratchet.config.model import ModelConfig
from ratchet.config.run import Run
from ratchet.config.training import Estimator
from ratchet.models.fitting import fit_candidate
from ratchet.records.data import Split
from ratchet.records.monitoring import Scoring
from ratchet.registry.client import connect
from ratchet.registry.versions import read_alias
from ratchet.stages.ingest import ingest
from ratchet.stages.promote import promote
from ratchet.stages.split import split


def make_champion_home(folder: Path) -> Path:
    """A home with an empty registry, and a source of 240 rows."""
    home = make_home(folder)
    (home / "data.csv").write_text(make_csv())
    return home


def make_champion(run: Run, estimator: Estimator = "hist_gradient_boosting") -> Split:
    """Ingest, split, fit and promote, with the stages that do so in a run; return the split."""
    table = ingest(run)
    parts = split(run, table)
    home = run.home
    frame = read_frame(parts.train.file, home)
    spec = make_spec(estimator)
    pipeline = fit_candidate(spec, frame, run.config, classes=parts.classes, seed=1, threads=1)
    model = write_pipeline(pipeline, home / "runs" / run.model / run.run_id / "one.skops", home)
    challenger = make_challenger(model=model)
    for name, record in (("ingest", table), ("split", parts)):
        keep_record(run, name, record)
    promote(run, challenger, make_order(read_alias(connect(home), run.model), challenger))
    return parts


def write_new_rows(home: Path, rows: int, *, name: str = "new.csv", first: int = 0) -> None:
    """Rows that continue the source, without a target."""
    wanted = [row[:-1] for row in make_rows(first + rows)[first:]]
    (home / name).write_text(make_csv(wanted, header=("when", "age", "city", "member")))


def with_source(config: ModelConfig, path: str = "new.csv") -> ModelConfig:
    """The config with a source of its own for scoring."""
    return ModelConfig.model_validate(config.model_dump(mode="json") | {"scoring": {"source": {"path": path}}})


def again(run: Run, run_id: str, **changes: object) -> Run:
    """Another run of the same model."""
    return Run.model_validate(run.model_dump(mode="json") | {"run_id": run_id} | changes)


def read_predictions(home: Path, model: str = "sales") -> pd.DataFrame:
    """The whole dataset as any reader sees it, in the order of time."""
    frame = pq.read_table(home / "predictions" / model).to_pandas()
    return frame.sort_values(["event_time", "row"] if "event_time" in frame else ["row"], ignore_index=True)


def without_times(scoring: Scoring) -> Scoring:
    """The record without what differs from one try to the next."""
    return replace(scoring, seconds=0.0, predict_seconds=0.0, partitions=())

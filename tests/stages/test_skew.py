"""Training-serving skew: the same rows through snapshot and split, and through scoring, give the very same numbers."""

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from builders.champions import again, make_champion, read_predictions
from builders.registry import make_home
from builders.runs import make_run
from builders.training import ESTIMATORS, make_mixed_rows, make_task_config
from ratchet.artifacts.estimators import read_pipeline
from ratchet.artifacts.files import refer_to
from ratchet.artifacts.frames import read_frame
from ratchet.config.load import load_model
from ratchet.config.run import Run
from ratchet.models.scoring import score_rows
from ratchet.records.columns import ROW
from ratchet.records.data import Split
from ratchet.stages.score import score

LIMITS = {"electricity": 20_000, "bike_sharing": 17_000, "diabetes130": 30_000}


def trained_scores(run: Run, parts: Split) -> pd.DataFrame:
    """What the training path says of every row of every part, by the row's number."""
    home = run.home
    pipeline = read_pipeline(refer_to(home / "runs" / run.model / run.run_id / "one.skops", home), home)
    frames = [read_frame(part.file, home) for part in (parts.train, parts.validation, parts.holdout)]
    numbers = np.concatenate([frame[ROW].to_numpy() for frame in frames])
    scores = np.concatenate([score_rows(pipeline, frame, run.config) for frame in frames])
    return pd.DataFrame(scores.reshape(len(numbers), -1), index=numbers).sort_index()


def served_scores(run: Run, path: str) -> pd.DataFrame:
    """What the scoring path says, by the row's number."""
    score(again(run, "served").reading(path))
    found = read_predictions(run.home, run.model).set_index("row").sort_index()
    values = np.stack(found["scores"]) if "scores" in found else found["score"].to_numpy()[:, None]
    return pd.DataFrame(values, index=found.index)


def assert_alike(run: Run, path: str, make: Callable[[Run], Split]) -> None:
    trained = trained_scores(run, make(run))
    served = served_scores(run, path).loc[trained.index]
    assert len(trained) > 100
    assert np.array_equal(trained.to_numpy(), served.to_numpy())


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(LIMITS))
def test_real_data_scores_alike(name, tmp_path, repository, shared_data, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    text = (repository / "tests" / "models" / f"{name}.yaml").read_text()
    source = next(line.split(": ", 1)[1].strip() for line in text.splitlines() if line.strip().startswith("path:"))
    # the first rows are enough; a compressed file is read by pandas and written again as it stands
    rows = pd.read_csv(shared_data / source.removeprefix("data/"), dtype=str, keep_default_na=False, nrows=LIMITS[name])
    home = make_home(tmp_path)
    rows.to_csv(home / "rows.csv", index=False)
    file = tmp_path / f"{name}.yaml"
    file.write_text(text.replace(source, "rows.csv"))
    run = make_run(home, load_model(file))
    assert_alike(run, "rows.csv", lambda each: make_champion(each, "xgboost"))


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_drawn_rows_of_every_type_score_alike(task, estimator, kind, tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    home = make_home(tmp_path)
    seed = [*["binary", "multiclass", "regression"]].index(task) * 10 + ESTIMATORS.index(estimator)
    rows = make_mixed_rows(task, rows=500, seed=seed).drop(columns=["secret", ROW])
    rows.loc[:2, "amount"] = [-0.0, 1e300, 5e-324]  # beyond single precision, below it, and a zero with a sign
    rows["seen"] = pd.to_datetime(rows["seen"], unit="D").dt.round("s")  # in a source, days are times
    rows["when"] = pd.date_range("2025-01-01", periods=len(rows), freq="37min", tz="UTC")
    if task == "binary":
        rows["bought"] = np.where(rows["bought"] == 1, "yes", "no")
    path = f"rows.{kind}"
    rows.to_csv(home / path, index=False) if kind == "csv" else rows.to_parquet(home / path, index=False)
    config = make_task_config(task).model_dump(mode="json")
    config["data"]["source"] = {"path": path}
    run = again(make_run(home), "run-1", config=config)
    assert_alike(run, path, lambda each: make_champion(each, estimator))

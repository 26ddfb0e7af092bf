import gzip
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from builders.runs import make_config
from builders.training import CLASSES, ESTIMATORS, MIXED, TASKS, make_mixed_rows, make_spec, make_task_config
from ratchet.artifacts.estimators import read_pipeline, write_pipeline
from ratchet.config.training import Estimator
from ratchet.errors import ArtifactError, DataError, TrainingError
from ratchet.metrics.metric import Task
from ratchet.models import scoring
from ratchet.models.fitting import fit_candidate
from ratchet.models.scoring import score_old_model, score_rows

EVERY = pytest.mark.parametrize(("estimator", "task"), [(each, task) for each in ESTIMATORS for task in TASKS])


def make_odd_rows(task: Task) -> pd.DataFrame:
    """Rows as production sends them: unseen categories, nulls where training had none, values in empty columns."""
    rows = make_mixed_rows(task, 200, seed=8).drop(columns="bought")
    rows.loc[:9, ["city", "code", "blank"]] = "never seen"
    rows.loc[5:30, "member"] = None
    rows.loc[20:40, ["age", "amount"]] = np.nan
    rows.loc[50:60, ["city", "code"]] = None
    rows.loc[70, "amount"] = np.inf
    rows.loc[71, "age"] = 1e300
    return rows.assign(empty=3.0)


@EVERY
def test_a_model_answers_the_same_after_the_disk_and_in_chunks(
    estimator: Estimator, task: Task, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    config, rows = make_task_config(task), make_odd_rows(task)
    frame = make_mixed_rows(task)
    pipeline = fit_candidate(make_spec(estimator), frame, config, classes=CLASSES[task], seed=5, threads=2)
    before = score_rows(pipeline, rows, config)
    loaded = read_pipeline(write_pipeline(pipeline, tmp_path / "model.skops", tmp_path), tmp_path)
    monkeypatch.setattr(scoring, "LARGEST_CHUNK", 33)
    assert np.array_equal(score_rows(loaded, rows, config), before)
    assert before.dtype == np.float64
    assert before.shape == ((200, 3) if task == "multiclass" else (200,))
    assert np.isfinite(before).all()


@EVERY
def test_no_rows_give_no_predictions(estimator: Estimator, task: Task) -> None:
    config, frame = make_task_config(task), make_mixed_rows(task, 200)
    pipeline = fit_candidate(make_spec(estimator), frame, config, classes=CLASSES[task], seed=5, threads=1)
    assert score_rows(pipeline, frame[:0], config).shape == ((0, 3) if task == "multiclass" else (0,))


@pytest.mark.parametrize("task", TASKS)
def test_probabilities_are_probabilities(task: Task) -> None:
    config, frame = make_task_config(task), make_mixed_rows(task)
    pipeline = fit_candidate(make_spec("xgboost"), frame, config, classes=CLASSES[task], seed=5, threads=1)
    predictions = score_rows(pipeline, frame, config)
    if task == "multiclass":
        assert np.allclose(predictions.sum(axis=1), 1, rtol=0, atol=1e-12)
    if task != "regression":
        assert ((predictions >= 0) & (predictions <= 1)).all()


def test_columns_may_come_in_any_order_and_with_others() -> None:
    config, frame = make_task_config("binary"), make_mixed_rows("binary")
    pipeline = fit_candidate(make_spec(), frame, config, classes=("no", "yes"), seed=5, threads=1)
    turned = frame[frame.columns[::-1]].assign(extra="?")
    assert np.array_equal(score_rows(pipeline, frame, config), score_rows(pipeline, turned, config))


def test_a_missing_feature_is_named_even_when_it_had_no_value_in_training() -> None:
    config, frame = make_task_config("binary"), make_mixed_rows("binary")
    pipeline = fit_candidate(make_spec(), frame, config, classes=("no", "yes"), seed=5, threads=1)
    with pytest.raises(DataError, match="lack age, empty"):
        score_rows(pipeline, frame.drop(columns=["age", "empty"]), config)


def test_a_model_of_other_features_is_refused() -> None:
    config, frame = make_task_config("binary"), make_mixed_rows("binary")
    pipeline = fit_candidate(make_spec(), frame, config, classes=("no", "yes"), seed=5, threads=1)
    fewer = {name: kind for name, kind in MIXED.items() if name != "age"}
    with pytest.raises(DataError, match="fitted on age, which the config does not name"):
        score_rows(pipeline, frame, make_config(data={"features": fewer}))


def test_an_old_model_that_does_not_fit_is_told_in_a_sentence() -> None:
    config, frame = make_task_config("regression"), make_mixed_rows("regression")
    pipeline = fit_candidate(make_spec(), frame, config, classes=(), seed=5, threads=1)
    assert np.array_equal(score_old_model(pipeline, frame, config), score_rows(pipeline, frame, config))
    with pytest.raises(ArtifactError, match=r"it does not fit these columns: .* no attribute 'predict_proba'"):
        score_old_model(pipeline, frame, make_task_config("binary"))


@pytest.mark.slow
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_ten_thousand_hospital_stays_go_through_every_estimator(
    estimator: Estimator, shared_data: Path, tmp_path: Path
) -> None:
    frame, config = read_stays(shared_data, 10_000)
    pipeline = fit_candidate(make_spec(estimator), frame[:7000], config, classes=("no", "yes"), seed=5, threads=2)
    before = score_rows(pipeline, frame[7000:], config)
    loaded = read_pipeline(write_pipeline(pipeline, tmp_path / "model.skops", tmp_path), tmp_path)
    assert np.array_equal(score_rows(loaded, frame[7000:], config), before)
    late = frame["bought"][7000:].to_numpy() == 1
    assert before[late].mean() > before[~late].mean()


def read_stays(folder: Path, rows: int) -> tuple[pd.DataFrame, object]:
    with gzip.open(folder / "diabetes130" / "diabetic_data.csv.gz", "rt") as file:
        frame = pd.read_csv(file, na_values=["?"], keep_default_na=False, nrows=rows, low_memory=False)
    target = (frame.pop("readmitted") == "<30").astype(np.int8)
    frame = frame.drop(columns=["encounter_id", "patient_nbr"])
    kinds = {name: "numeric" if pd.api.types.is_integer_dtype(frame[name]) else "categorical" for name in frame}
    return frame.assign(bought=target), make_config(data={"features": kinds})


@pytest.mark.parametrize(
    "error", [ValueError("columns\nare missing"), KeyError("age"), TypeError("no"), AttributeError(), RuntimeError("?")]
)
def test_whatever_a_model_raises_is_one_sentence_of_its_own(monkeypatch, error):
    config, frame = make_task_config("binary"), make_mixed_rows("binary", 200)
    pipeline = fit_candidate(make_spec("linear"), frame, config, classes=CLASSES["binary"], seed=5, threads=1)

    def fail(*_arguments):
        raise error

    monkeypatch.setattr(pipeline, "predict_proba", fail, raising=False)
    with pytest.raises(TrainingError, match=type(error).__name__) as caught:
        scoring.score_rows(pipeline, frame, config)
    assert "\n" not in str(caught.value)
    with pytest.raises(ArtifactError, match="it does not fit these columns"):
        scoring.score_old_model(pipeline, frame, config)

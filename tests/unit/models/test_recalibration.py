from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV

from builders.runs import make_config, make_run
from builders.training import CLASSES, ESTIMATORS, QUICK, make_mixed_rows, make_spec, make_task_config
from ratchet.artifacts.estimators import read_pipeline, write_pipeline
from ratchet.config.decision import CalibrationMethod
from ratchet.config.training import CandidateSpec, Estimator
from ratchet.errors import DataError
from ratchet.metrics.metric import Task
from ratchet.models.catalogue import CATALOGUE
from ratchet.models.fitting import fit_candidate
from ratchet.models.labels import encode_labels
from ratchet.models.recalibration import bare_estimator, choose_method, divide_validation, recalibrate
from ratchet.models.scoring import score_rows

WEIGHTED = {"parameters": {"class_weight": "balanced"}}
DRAWN = {"resample": {"negatives_per_positive": 1}}


def fit(spec: CandidateSpec, rows: pd.DataFrame, task: Task = "binary") -> object:
    return fit_candidate(spec, rows, make_task_config(task), classes=CLASSES[task], seed=1, threads=1)


def make_rare(rows: int, seed: int) -> pd.DataFrame:
    """Mixed rows of which about one in nine is positive."""
    frame = make_mixed_rows("binary", rows, seed)
    return frame[(frame["bought"] == 0) | (np.arange(rows) % 8 == 0)].reset_index(drop=True)


@pytest.mark.parametrize("task", ["binary", "multiclass"])
@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
def test_a_corrected_model_is_read_back_and_predicts_the_same(
    method: str, estimator: Estimator, task: Task, tmp_path: Path
) -> None:
    rows, config = make_mixed_rows(task, 900), make_task_config(task)
    fitted = fit(make_spec(estimator), rows[:600], task)
    labels = encode_labels(rows["bought"][600:], task, CLASSES[task])
    corrected = recalibrate(fitted, rows[600:], labels, config, method=method)
    loaded = read_pipeline(write_pipeline(corrected, tmp_path / "model.skops", tmp_path), tmp_path)
    assert isinstance(loaded[-1], CalibratedClassifierCV)
    before, after = score_rows(corrected, rows, config), score_rows(loaded, rows, config)
    assert np.array_equal(before, after)
    assert not np.array_equal(before, score_rows(fitted, rows, config))
    if task == "multiclass":
        assert np.allclose(after.sum(axis=1), 1)
    kind = CATALOGUE[estimator].classifier
    assert type(bare_estimator(loaded)) is type(bare_estimator(fitted)) is kind
    assert list(loaded.feature_names_in_) == list(fitted.feature_names_in_)


def test_the_fitted_model_is_kept_once(tmp_path: Path) -> None:
    rows, config = make_mixed_rows("binary", 900), make_task_config("binary")
    fitted = fit(make_spec("random_forest", parameters={"n_estimators": 60}), rows[:600])
    plain = write_pipeline(fitted, tmp_path / "plain.skops", tmp_path)
    corrected = recalibrate(fitted, rows[600:], rows["bought"][600:].to_numpy(float), config, method="sigmoid")
    assert write_pipeline(corrected, tmp_path / "one.skops", tmp_path).size_bytes < 1.5 * plain.size_bytes


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("is_drawn", [True, False], ids=["drawn", "weighted"])
def test_resampled_training_is_far_off_without_correction_and_right_with_it(
    is_drawn: bool, estimator: Estimator
) -> None:
    weight = {"scale_pos_weight": 8} if estimator == "xgboost" else {"class_weight": "balanced"}
    changes = DRAWN if is_drawn else {"parameters": QUICK[estimator] | weight}
    spec, config = make_spec(estimator, **changes), make_task_config("binary")
    train, teach, fresh = (make_rare(rows, seed) for rows, seed in ((4000, 1), (4000, 2), (4000, 3)))
    fitted = fit(spec, train)
    method = choose_method(config, spec)
    corrected = recalibrate(fitted, teach, teach["bought"].to_numpy(float), config, method=method)
    off, right = (score_rows(model, fresh, config).mean() - fresh["bought"].mean() for model in (fitted, corrected))
    assert off > 0.1
    assert abs(right) < 0.02


def test_a_smooth_correction_leaves_the_ranking_alone() -> None:
    rows, config = make_mixed_rows("binary", 900), make_task_config("binary")
    fitted = fit(make_spec("linear"), rows[:600])
    corrected = recalibrate(fitted, rows[600:], rows["bought"][600:].to_numpy(float), config, method="sigmoid")
    before, after = score_rows(fitted, rows, config), score_rows(corrected, rows, config)
    assert np.array_equal(np.argsort(before, kind="stable"), np.argsort(after, kind="stable"))


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_an_isotonic_correction_is_never_surer_than_its_rows(task: Task, tmp_path: Path) -> None:
    rows, config = make_mixed_rows(task, 1200), make_task_config(task)
    labels = encode_labels(rows["bought"][600:800], task, CLASSES[task])
    corrected = recalibrate(fit(make_spec(), rows[:600], task), rows[600:800], labels, config, method="isotonic")
    read = read_pipeline(write_pipeline(corrected, tmp_path / "model.skops", tmp_path), tmp_path)
    curves = read[-1].calibrated_classifiers_[0].calibrators
    for code, curve in zip(range(len(CLASSES[task]))[-len(curves) :], curves, strict=True):
        positives = np.count_nonzero(labels == code)
        least, most = curve.predict([-1e9, 1e9])
        assert least >= 1 / (len(labels) - positives + 2)
        assert most <= (positives + 1) / (positives + 2)
    assert 0 < score_rows(read, rows, config).min() < score_rows(read, rows, config).max() < 1


@pytest.mark.parametrize(
    ("task", "asked", "changes", "method"),
    [
        ("binary", "auto", {}, "none"),
        ("binary", "auto", DRAWN, "sigmoid"),
        ("binary", "auto", WEIGHTED, "sigmoid"),
        ("binary", "isotonic", {}, "isotonic"),
        ("binary", "sigmoid", DRAWN, "sigmoid"),
        ("binary", "none", {}, "none"),
        ("multiclass", "auto", WEIGHTED, "sigmoid"),
        ("regression", "auto", {"parameters": {"scale_pos_weight": 3}}, "none"),
    ],
)
def test_the_yaml_and_the_training_decide_on_a_correction(
    task: Task, asked: str, changes: dict[str, object], method: CalibrationMethod
) -> None:
    assert choose_method(make_task_config(task, calibration={"method": asked}), make_spec(**changes)) == method


def divide(rows: int, **changes: object) -> tuple[pd.DataFrame, pd.DataFrame]:
    frame = pd.DataFrame({"place": range(rows)})
    config = make_task_config("binary", **({"calibration": {"method": "sigmoid"}} | changes))
    return divide_validation(make_run(Path("home"), config), frame)


def test_rows_in_time_order_are_cut_in_the_middle() -> None:
    teaching, judging = divide(101)
    assert (teaching["place"].max(), judging["place"].min()) == (49, 50)


def test_single_rows_are_drawn_and_none_is_on_both_sides() -> None:
    teaching, judging = divide(100, split={"method": "random"})
    assert (len(teaching), len(judging)) == (50, 50)
    assert set(teaching["place"]).isdisjoint(judging["place"])
    assert 15 < teaching["place"].lt(50).sum() < 35
    assert teaching.equals(divide(100, split={"method": "random"})[0])


def test_without_a_correction_every_row_judges() -> None:
    teaching, judging = divide(100, calibration={"method": "auto"})
    assert (len(teaching), len(judging)) == (0, 100)


def test_one_corrected_candidate_is_enough_to_rank_all_on_the_same_half() -> None:
    candidates = [
        {"name": "plain", "estimator": "linear"},
        {"name": "drawn", "estimator": "linear", "resample": {"negatives_per_positive": 1}},
    ]
    teaching, judging = divide(100, calibration={"method": "auto"}, candidates=candidates)
    assert (len(teaching), len(judging)) == (50, 50)


def test_groups_stand_on_one_side() -> None:
    config = make_config(data={"group": "customer"}, calibration={"method": "sigmoid"}, split={"method": "group"})
    frame = pd.DataFrame({"customer": [f"c{place % 20}" for place in range(200)]})
    teaching, judging = divide_validation(make_run(Path("home"), config), frame)
    assert (teaching["customer"].nunique(), judging["customer"].nunique()) == (10, 10)
    assert set(teaching["customer"]).isdisjoint(judging["customer"])


@pytest.mark.parametrize("counts", [(9, 50), (50, 9), (0, 50)])
def test_a_class_with_too_few_rows_is_named(counts: tuple[int, int]) -> None:
    rows, config = make_mixed_rows("binary", 900), make_task_config("binary")
    fitted = fit(make_spec(), rows[:600])
    labels = np.repeat([0.0, 1.0], counts)
    scarce = int(counts[1] < 10)
    with pytest.raises(DataError, match=rf"fewer than 10 rows of class {scarce} \({counts[scarce]}\)"):
        recalibrate(fitted, rows[: sum(counts)], labels, config, method="sigmoid")


def test_a_model_without_a_correction_is_bare_already() -> None:
    fitted = fit(make_spec(), make_mixed_rows("binary", 600))
    assert bare_estimator(fitted) is fitted[-1]

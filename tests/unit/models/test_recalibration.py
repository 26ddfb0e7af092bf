from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sklearn.calibration import CalibratedClassifierCV
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import FunctionTransformer

from builders.runs import make_config, make_run
from builders.training import CLASSES, ESTIMATORS, QUICK, make_mixed_rows, make_spec, make_task_config
from ratchet.artifacts.estimators import read_pipeline, write_pipeline
from ratchet.config.decision import CalibrationMethod
from ratchet.config.model import ModelConfig
from ratchet.config.training import CandidateSpec, Estimator
from ratchet.errors import DataError
from ratchet.metrics.metric import Task
from ratchet.models.catalogue import CATALOGUE
from ratchet.models.fitting import FitRows, fit_and_validate, fit_candidate
from ratchet.models.labels import encode_labels
from ratchet.models.recalibration import (
    bare_estimator,
    choose_method,
    correct_where_it_helps,
    divide_validation,
    recalibrate,
    without_correction,
)
from ratchet.models.scoring import score_rows

WEIGHTED = {"parameters": {"class_weight": "balanced"}}
PLAIN = make_spec()
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


def know(slope: float) -> Pipeline:
    """A model that knows the world where its slope is 1; above, it is surer than it may be, below, less sure."""
    model = LogisticRegression()
    model.classes_, model.coef_, model.intercept_ = np.array([0.0, 1.0]), np.array([[slope]]), np.array([0.0])
    model.n_features_in_, model.feature_names_in_ = 1, np.array(["amount"], dtype=object)
    return Pipeline([("prepare", FunctionTransformer().fit(pd.DataFrame({"amount": [0.0]}))), ("model", model)])


def draw_world(rows: int, seed: int) -> pd.DataFrame:
    chance = np.random.default_rng(seed)
    amount = chance.normal(size=rows) * 1.5
    bought = (chance.random(rows) < 1 / (1 + np.exp(-amount))).astype(np.int8)
    return pd.DataFrame({"amount": amount, "bought": bought, "shop": np.arange(rows) // 4, "_row": np.arange(rows)})


def make_world(method: str = "random", **changes: object) -> ModelConfig:
    data = {"target": {"column": "bought", "positive": "yes"}, "features": {"amount": "numeric"}}
    group = {"group": "shop"} if method == "group" else {}
    return make_config(data=data | group, split={"method": method}, **changes)


def correct(config: ModelConfig, slope: float, rows: int, seed: int, spec: CandidateSpec = PLAIN) -> object:
    frame = draw_world(rows, seed)
    return correct_where_it_helps(spec, know(slope), frame, config, classes=("no", "yes"), threads=1)


@pytest.mark.parametrize("method", ["random", "time", "group"])
def test_probabilities_that_are_right_are_left_alone(method: str) -> None:
    """By chance a correction seems to help in one case of a hundred, at most."""
    config = make_world(method)
    assert sum(correct(config, 1.0, 400, seed) is not None for seed in range(60)) <= 2


@pytest.mark.parametrize("method", ["random", "time", "group"])
@pytest.mark.parametrize("slope", [0.2, 4.0])
def test_probabilities_that_are_off_are_corrected_without_being_asked(method: str, slope: float) -> None:
    config, fresh = make_world(method), draw_world(20_000, 99)
    found = correct(config, slope, 1_000, 1)
    assert found is not None
    corrected, known = found
    assert known.shape == (1_000,)
    right = 1 / (1 + np.exp(-fresh["amount"]))
    off, left = (np.abs(score_rows(model, fresh, config) - right).mean() for model in (know(slope), corrected))
    assert left < 0.03 < off


@pytest.mark.parametrize("slope", [-0.3, -1.0, -4.0])
def test_no_correction_turns_round_what_a_model_says(slope: float) -> None:
    """It has learnt another world: to say the opposite of it is no better calibration."""
    assert correct(make_world("time"), slope, 1_000, 1) is None


def test_no_row_has_taught_what_is_said_of_it() -> None:
    frame, config = draw_world(1_000, 1), make_world("time")
    turned = frame.assign(bought=frame["bought"].where(frame["_row"] % 10 > 0, 1 - frame["bought"]))
    scored = []
    for rows in (frame, pd.concat([turned[:200], frame[200:]])):
        found = correct_where_it_helps(PLAIN, know(4.0), rows, config, classes=("no", "yes"), threads=1)
        assert found is not None
        scored.append(found[1])
    assert np.array_equal(scored[0][:200], scored[1][:200])
    assert (scored[0][200:] != scored[1][200:]).all()


@pytest.mark.parametrize(
    ("changes", "spec"),
    [({"calibration": {"method": "none"}}, PLAIN), ({}, make_spec(**WEIGHTED)), ({}, make_spec(**DRAWN))],
)
def test_what_the_yaml_or_the_training_decided_is_not_decided_again(
    changes: dict[str, object], spec: CandidateSpec
) -> None:
    assert correct(make_world(**changes), 4.0, 1_000, 1, spec) is None


@pytest.mark.parametrize("rows", [4, 10, 24])
def test_few_rows_teach_no_correction(rows: int) -> None:
    assert correct(make_world(), 4.0, rows, 1) is None


@pytest.mark.parametrize("seed", range(3))
def test_a_forest_of_several_classes_keeps_order_and_gains_rates(seed: int, tmp_path: Path) -> None:
    rows, config = make_mixed_rows("multiclass", 3_000, seed), make_task_config("multiclass")
    spec = make_spec("random_forest", parameters={"n_estimators": 30, "min_samples_leaf": 60})
    parts = FitRows(train=rows[:1000], teaching=rows[:0], judging=rows[1000:2000], classes=CLASSES["multiclass"])
    fitted = fit_and_validate(config, spec, parts, threads=1)
    plain = without_correction(fitted.pipeline)
    assert isinstance(fitted.pipeline[-1], CalibratedClassifierCV)
    loaded = read_pipeline(write_pipeline(fitted.pipeline, tmp_path / "model.skops", tmp_path), tmp_path)
    fresh = rows[2000:]
    before, after = score_rows(plain, fresh, config), score_rows(loaded, fresh, config)
    assert np.array_equal(before.argmax(axis=1), after.argmax(axis=1))
    right = encode_labels(fresh["bought"], "multiclass", CLASSES["multiclass"]) == after.argmax(axis=1)
    assert abs(after.max(axis=1).mean() - right.mean()) < abs(before.max(axis=1).mean() - right.mean())
    for few in (fresh[:1], fresh[:9]):
        assert score_rows(loaded, few, config) == pytest.approx(after[: len(few)])


def test_a_regression_has_no_probabilities_to_correct() -> None:
    rows, config = make_mixed_rows("regression", 600), make_task_config("regression")
    fitted = fit(make_spec(), rows[:400], "regression")
    assert correct_where_it_helps(make_spec(), fitted, rows[400:], config, classes=(), threads=1) is None


@pytest.mark.parametrize("few", [0, 1, 3])
@pytest.mark.parametrize("estimator", ["linear", "xgboost", "random_forest"])
def test_a_class_that_validation_hardly_has_loses_no_candidate(estimator: Estimator, few: int) -> None:
    rows, config, rare = make_mixed_rows("multiclass", 2_000), make_task_config("multiclass"), CLASSES["multiclass"][0]
    judging = rows[1000:]
    judging = judging[(judging["bought"] != rare) | ((judging["bought"] == rare).cumsum() <= few)]
    parts = FitRows(train=rows[:1000], teaching=rows[:0], judging=judging, classes=CLASSES["multiclass"])
    done = fit_and_validate(config, make_spec(estimator), parts, threads=1)
    assert score_rows(done.pipeline, rows[:9], config).shape == (9, len(CLASSES["multiclass"]))

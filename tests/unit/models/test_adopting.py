"""A model from elsewhere is matched and converted, or refused in a sentence that says why."""

import numpy as np
import pytest
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import LinearSVC
from sklearn.tree import DecisionTreeClassifier

from builders.adopted import (
    NUMBERS,
    as_lightgbm,
    as_pickle,
    as_skops,
    as_xgboost,
    fit_booster,
    fit_forest,
    fit_histogram,
    fit_lightgbm,
    fit_linear,
    fit_values,
    fit_xgboost,
    make_arrival,
    make_pickle_that_runs,
)
from builders.training import make_mixed_rows
from ratchet.artifacts.estimators import read_pipeline
from ratchet.artifacts.files import adapter_of, refer_to
from ratchet.artifacts.frames import read_frame
from ratchet.models.adopting import Arrival, Converted, read_and_convert
from ratchet.models.preprocessing import as_features
from ratchet.models.scoring import score_rows


def convert(arrival: Arrival, *, is_shut: bool = True) -> Converted:
    text = adapter_of(Arrival).dump_json(arrival).decode()
    return adapter_of(Converted).validate_json(read_and_convert(text, arrival.run.home, is_shut=is_shut))


def score_kept(arrival: Arrival) -> np.ndarray:
    home = arrival.run.home
    pipeline = read_pipeline(refer_to(home / "model.skops", home), home)
    return score_rows(pipeline, read_frame(arrival.rows, home), arrival.run.config)


@pytest.mark.parametrize(
    ("fit", "write", "found", "kind"),
    [
        (fit_linear, as_pickle, "pickle", "sklearn.pipeline.Pipeline"),
        (fit_linear, as_skops, "skops", "sklearn.pipeline.Pipeline"),
        (fit_forest, as_pickle, "pickle", "sklearn.ensemble._forest.RandomForestClassifier"),
        (
            fit_histogram,
            as_pickle,
            "pickle",
            "sklearn.ensemble._hist_gradient_boosting.gradient_boosting.HistGradientBoostingClassifier",
        ),
        (fit_xgboost, as_pickle, "pickle", "xgboost.sklearn.XGBClassifier"),
        (fit_xgboost, as_xgboost("json"), "xgboost", "xgboost.sklearn.XGBClassifier"),
        (fit_booster, as_xgboost("ubj"), "xgboost", "xgboost.core.Booster"),
        (fit_lightgbm, as_pickle, "pickle", "lightgbm.sklearn.LGBMClassifier"),
        (fit_lightgbm, as_lightgbm, "lightgbm", "lightgbm.basic.Booster"),
    ],
)
def test_a_models_predictions_stay_what_they_were(fit, write, found, kind, tmp_path):
    arrival = make_arrival(tmp_path, fit, write)
    converted = convert(arrival)
    assert (converted.problem, converted.format, converted.kind) == (None, found, kind)
    assert (converted.rows, converted.remarks) == (90, ())
    assert converted.apart <= 1e-6
    assert 0 <= score_kept(arrival).min() < score_kept(arrival).max() <= 1
    assert "constant" in converted.unused


def test_a_classifier_that_knows_the_classes_by_name_is_put_in_the_yamls_order(tmp_path):
    def fit_names(frame, target):
        return fit_forest(frame, target.map({0: "zzz", 1: "yes"}))

    arrival = make_arrival(tmp_path, fit_names)
    assert convert(arrival).problem is None
    rows = make_mixed_rows("binary")
    frame = as_features(rows, arrival.run.config.data.features)
    model = fit_names(frame, rows["bought"])
    assert [*model.classes_] == ["yes", "zzz"]
    np.testing.assert_allclose(score_kept(arrival), model.predict_proba(frame[NUMBERS])[510:, 0])


def test_a_regressors_values_are_kept(tmp_path):
    arrival = make_arrival(tmp_path, fit_values, task="regression")
    assert convert(arrival).problem is None
    assert len(score_kept(arrival)) == 90


def test_codes_of_many_classes_are_taken_when_a_person_names_them(tmp_path):
    told = "the rows have a, b, c: it can't be told which is which; name the YAML's in the model's order with --class"
    assert told in convert(make_arrival(tmp_path, fit_lightgbm, as_lightgbm, task="multiclass")).problem
    named = make_arrival(tmp_path, fit_lightgbm, as_lightgbm, task="multiclass", classes=("a", "b", "c"))
    assert convert(named).problem is None
    plain = score_kept(named)
    convert(make_arrival(tmp_path, fit_lightgbm, as_lightgbm, task="multiclass", classes=("c", "b", "a")))
    np.testing.assert_allclose(score_kept(named), plain[:, ::-1])


def fit_renamed(frame, target):
    return DecisionTreeClassifier(max_depth=2).fit(frame[["age"]].rename(columns={"age": "years"}), target)


@pytest.mark.parametrize(
    ("fit", "problem"),
    [
        (fit_renamed, "takes years, which the YAML does not name as features; of these it does not take amount, age,"),
        (lambda frame, target: fit_values(frame, target), "is a RandomForestRegressor that predicts values, and the "),
        (lambda frame, target: LinearSVC().fit(frame[["age"]], target), "without probabilities (`predict_proba`)"),
        (
            lambda frame, target: KNeighborsClassifier().fit(frame[["age"]].to_numpy(), target),
            "needs sklearn.neighbors._kd_tree.newObj, which is none of the types that a model file may hold",
        ),
        (
            lambda frame, target: fit_renamed(frame, target).fit(frame[["age"]].to_numpy(), target),
            "is a DecisionTreeClassifier without names of columns, so nothing can be matched: fit it on a data frame",
        ),
        (lambda *_: DecisionTreeClassifier(), "is a DecisionTreeClassifier that was never fitted"),
        (
            lambda frame, target: fit_xgboost(frame.assign(city=(frame["age"] > 40) * 1), target),
            "takes city as numbers, and the YAML names categories there",
        ),
        (
            lambda frame, target: fit_lightgbm(frame.assign(city=frame["age"] > 40), target),
            "takes city as numbers, and the YAML names categories there",
        ),
        (lambda *_: {"weights": [1, 2]}, "holds a builtins.dict, which is neither a classifier nor a regressor"),
    ],
)
def test_a_model_that_does_not_fit_the_yaml_is_refused(fit, problem, tmp_path):
    assert problem in convert(make_arrival(tmp_path, fit)).problem
    assert not (tmp_path / "model.skops").exists()


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"", "is empty"),
        (b"rubbish", "can't be read as a pickle, nor is it a skops file, XGBoost's JSON or LightGBM's text: "),
        (b"{rubbish", "can't be read as XGBoost's JSON: XGBoostError: "),
        (b"tree rubbish", "can't be read as LightGBM's text: LightGBMError: "),
        (b"PK\x03\x04rubbish", "is not a model file that Ratchet wrote: File is not a zip file"),
        (make_pickle_that_runs("posix", "system", "true"), "needs posix.system, which is none of the types "),
    ],
)
def test_a_file_that_is_no_model_is_refused(content, problem, tmp_path):
    assert convert(make_arrival(tmp_path, content=content)).problem.startswith(problem)


def test_a_pickle_is_read_without_network_or_on_a_persons_word(tmp_path):
    arrival = make_arrival(tmp_path, fit_forest)
    assert "is a pickle, which is read only in a process without network" in convert(arrival, is_shut=False).problem
    assert convert(make_arrival(tmp_path, fit_forest, is_trusted=True), is_shut=False).problem is None
    assert convert(make_arrival(tmp_path, fit_forest, as_skops), is_shut=False).problem is None


def test_an_adopted_model_is_asked_for_one_row_without_a_category(tmp_path):
    for number, (fit, write) in enumerate(
        [(fit_xgboost, as_pickle), (fit_lightgbm, as_lightgbm), (fit_histogram, as_pickle), (fit_linear, as_pickle)]
    ):
        home = tmp_path / str(number)
        home.mkdir()
        arrival = make_arrival(home, fit, write)
        assert convert(arrival).problem is None
        row = make_mixed_rows("binary")[:1].assign(city=None)
        pipeline = read_pipeline(refer_to(home / "model.skops", home), home)
        unseen = score_rows(pipeline, row.assign(city="Nowhere"), arrival.run.config)
        assert np.isfinite([*score_rows(pipeline, row, arrival.run.config), *unseen]).all()

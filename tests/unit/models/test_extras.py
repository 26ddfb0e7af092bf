"""LightGBM and CatBoost: estimators whose packages come with an extra."""

import importlib.util
import json
import re
from pathlib import Path

import numpy as np
import pytest

from builders.runs import DATA
from builders.training import CLASSES, TASKS, make_mixed_rows, make_spec, make_task_config
from ratchet.artifacts.estimators import read_pipeline, write_pipeline
from ratchet.config.load import load_model
from ratchet.config.training import EXTRAS, CandidateSpec, Estimator
from ratchet.errors import ArtifactError, ConfigError
from ratchet.metrics.metric import Task
from ratchet.models.catalogue import build_estimator, find_entry
from ratchet.models.fitting import fit_candidate
from ratchet.models.scoring import score_rows


@pytest.fixture(params=EXTRAS)
def estimator(request: pytest.FixtureRequest) -> Estimator:
    pytest.importorskip(request.param, reason=f"pip install 'ratchet[{request.param}]'")
    return request.param


def fit(estimator: Estimator, task: Task = "binary", threads: int = 1, **changes: object):
    rows, config = make_mixed_rows(task), make_task_config(task)
    spec = make_spec(estimator, **changes)
    return fit_candidate(spec, rows, config, classes=CLASSES[task], seed=4, threads=threads), rows, config


@pytest.mark.parametrize("task", TASKS)
def test_it_is_fitted_written_read_and_scores_the_same(estimator: Estimator, task: Task, tmp_path: Path) -> None:
    fitted, rows, config = fit(estimator, task)
    ref = write_pipeline(fitted, tmp_path / "model.skops", tmp_path)
    scores = score_rows(fitted, rows, config)
    assert score_rows(read_pipeline(ref, tmp_path), rows, config).tolist() == scores.tolist()
    assert scores.shape == ((len(rows), 3) if task == "multiclass" else (len(rows),))
    assert np.std(scores[..., 0] if task == "multiclass" else scores) > 0


def test_a_changed_file_is_refused(estimator: Estimator, tmp_path: Path) -> None:
    ref = write_pipeline(fit(estimator)[0], tmp_path / "model.skops", tmp_path)
    content = bytearray((tmp_path / "model.skops").read_bytes())
    content[len(content) // 2] ^= 1
    (tmp_path / "model.skops").write_bytes(content)
    with pytest.raises(ArtifactError, match="was changed after it was written"):
        read_pipeline(ref, tmp_path)


def test_threads_change_nothing(estimator: Estimator) -> None:
    one, rows, config = fit(estimator)
    assert score_rows(one, rows, config).tolist() == score_rows(fit(estimator, threads=3)[0], rows, config).tolist()


def test_categories_are_told_from_numbers_and_unseen_ones_are_scored(estimator: Estimator) -> None:
    fitted, rows, config = fit(estimator)
    model = fitted[-1]
    told = {
        "lightgbm": lambda: re.search(r"\[categorical_feature: (.*)\]", model.booster_.model_to_string())[1],
        "catboost": lambda: ",".join(map(str, model.get_cat_feature_indices())),
    }
    # after four numbers, four parts of a time, 16 of a text; LightGBM has the many codes as their targets
    assert told[estimator]() == {"lightgbm": "25", "catboost": "24,25"}[estimator]
    strange = rows.assign(city="Atlantis", code=None)
    assert np.isfinite(score_rows(fitted, strange, config)).all()


@pytest.mark.parametrize(
    ("parameter", "sentence"),
    [
        ("n_estimator", "has no parameter 'n_estimator' .did you mean 'n_estimators'"),
        ("random_state", "'random_state' is set by Ratchet; leave it out"),
    ],
)
def test_a_wrong_parameter_is_named(estimator: Estimator, parameter: str, sentence: str) -> None:
    spec = make_spec(estimator, parameters={parameter: 1})
    with pytest.raises(ConfigError, match=sentence):
        build_estimator(spec, "binary", is_category=[False], seed=1, threads=1)


def test_catboost_takes_either_name_of_a_setting() -> None:
    pytest.importorskip("catboost", reason="pip install 'ratchet[catboost]'")
    for name in ("iterations", "n_estimators"):
        spec = make_spec("catboost", parameters={name: 7})
        built = build_estimator(spec, "binary", is_category=[False], seed=1, threads=2)
        assert built.get_params()["iterations"] == 7
        assert built.get_params()["thread_count"] == 2


def test_balanced_classes_ask_for_a_correction() -> None:
    assert make_spec("catboost", parameters={"auto_class_weights": "Balanced"}).is_reweighted
    assert not make_spec("catboost").is_reweighted


@pytest.fixture
def without_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr("ratchet.config.training.find_spec", lambda name: None if name in EXTRAS else found(name))


@pytest.mark.parametrize("name", EXTRAS)
def test_without_its_package_a_yaml_is_told_what_to_install(
    name: Estimator, without_packages: None, tmp_path: Path
) -> None:
    path = tmp_path / "sales.yaml"
    asked = {"model": "sales", "task": "binary", "data": DATA, "candidates": [{"name": "one", "estimator": name}]}
    path.write_text(json.dumps(asked))
    with pytest.raises(ConfigError, match=rf"'{name}' is an extra that is not .*: pip install 'ratchet\[{name}\]'"):
        load_model(path)
    with pytest.raises(ConfigError, match=rf"pip install 'ratchet\[{name}\]'"):
        find_entry(name)


def test_without_its_package_records_of_earlier_runs_are_read(without_packages: None) -> None:
    assert CandidateSpec(name="one", estimator="catboost").estimator == "catboost"

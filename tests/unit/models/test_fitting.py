import logging

import numpy as np
import pandas as pd
import pytest
from sklearn.pipeline import Pipeline

from builders.training import CLASSES, ESTIMATORS, TASKS, make_mixed_rows, make_spec, make_task_config
from ratchet.config.training import CandidateSpec, Estimator
from ratchet.errors import DataError
from ratchet.metrics.metric import Task
from ratchet.models.fitting import draw_rows, fit_candidate
from ratchet.models.scoring import score_rows

FRAME = pd.DataFrame({"place": range(100)})
LABELS = (np.arange(100) % 10 == 0).astype(float)


def fit(spec: CandidateSpec, frame: pd.DataFrame, task: Task = "binary", seed: int = 5) -> Pipeline:
    return fit_candidate(spec, frame, make_task_config(task), classes=CLASSES[task], seed=seed, threads=2)


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_every_estimator_learns_every_task_from_mixed_columns(estimator: Estimator, task: Task) -> None:
    frame = make_mixed_rows(task)
    pipeline = fit(make_spec(estimator), frame, task)
    predictions = score_rows(pipeline, frame, make_task_config(task))
    signal = predictions[:, 2] - predictions[:, 0] if task == "multiclass" else predictions
    assert np.corrcoef(signal, frame["secret"])[0, 1] > 0.6


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_the_same_seed_gives_the_same_model_and_leaves_the_global_one_alone(estimator: Estimator) -> None:
    frame, config = make_mixed_rows("binary"), make_task_config("binary")
    before = np.random.get_state()[1].tolist()  # noqa: NPY002
    first = score_rows(fit(make_spec(estimator), frame), frame, config)
    again = score_rows(fit(make_spec(estimator), frame), frame, config)
    assert np.array_equal(first, again)
    assert np.random.get_state()[1].tolist() == before  # noqa: NPY002


def test_another_seed_gives_another_forest() -> None:
    frame, config = make_mixed_rows("binary"), make_task_config("binary")
    first, other = (fit(make_spec("random_forest"), frame, seed=seed) for seed in (1, 2))
    assert not np.array_equal(score_rows(first, frame, config), score_rows(other, frame, config))


def test_columns_that_are_no_features_are_not_looked_at() -> None:
    frame, config = make_mixed_rows("binary"), make_task_config("binary")
    pipeline = fit(make_spec(), frame)
    assert set(pipeline.feature_names_in_) == set(config.data.features)
    assert np.array_equal(
        score_rows(pipeline, frame, config), score_rows(fit(make_spec(), frame.assign(secret=0)), frame, config)
    )


@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_a_class_without_a_training_row_is_named(task: Task) -> None:
    frame = make_mixed_rows(task)
    last = frame[frame["bought"] != (1 if task == "binary" else "c")]
    with pytest.raises(DataError, match=f"no training row is of class {CLASSES[task][-1]}"):
        fit(make_spec(), last, task)


def test_classes_keep_the_order_of_the_split() -> None:
    frame, config = make_mixed_rows("multiclass"), make_task_config("multiclass")
    turned = fit_candidate(make_spec(), frame, config, classes=("c", "b", "a"), seed=1, threads=1)
    assert np.corrcoef(score_rows(turned, frame, config)[:, 0], frame["secret"])[0, 1] > 0.5


def test_histogram_boosting_with_few_bins_gets_as_few_codes() -> None:
    spec = make_spec("hist_gradient_boosting", parameters={"max_bins": 16, "max_iter": 3})
    assert fit(spec, make_mixed_rows("binary")).named_steps["model"].n_iter_ == 3


def test_a_model_that_did_not_converge_is_kept_and_says_so(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        fit(make_spec("linear", name="hasty", parameters={"max_iter": 1}), make_mixed_rows("binary"))
    assert "candidate hasty: lbfgs failed to converge" in caplog.text


def test_the_seed_decides_the_folds_of_a_target_encoding() -> None:
    rows = make_mixed_rows("binary").assign(city=[f"c{place % 150}" for place in range(600)])
    one, same, other = (fit(make_spec(), rows, seed=seed)[-1].coef_.tolist() for seed in (1, 1, 2))
    assert one == same != other


def test_a_fitted_forest_sums_its_trees_in_one_order() -> None:
    assert fit(make_spec("random_forest"), make_mixed_rows("binary")).named_steps["model"].n_jobs == 1


@pytest.mark.parametrize(("ratio", "negatives"), [(1, 10), (2.5, 25), (9, 90), (50, 90), (0.01, 1)])
def test_every_positive_and_some_negatives_are_kept_in_their_order(ratio: float, negatives: int) -> None:
    spec = make_spec(resample={"negatives_per_positive": ratio})
    kept = draw_rows(spec, LABELS, seed=1)
    assert (LABELS[kept].sum(), len(kept) - LABELS[kept].sum()) == (10, negatives)
    assert (np.diff(kept) > 0).all()


def test_the_seed_decides_which() -> None:
    spec = make_spec(resample={"negatives_per_positive": 2})
    one, same, other = (draw_rows(spec, LABELS, seed=seed).tolist() for seed in (1, 1, 2))
    assert one == same != other


def test_without_resampling_everything_is_kept() -> None:
    assert draw_rows(make_spec(), LABELS, seed=1).tolist() == list(range(len(LABELS)))


def test_resampling_moves_the_mean_prediction() -> None:
    rows, config = make_mixed_rows("binary", 3000), make_task_config("binary")
    rows = rows[(rows["bought"] == 0) | (np.arange(3000) % 8 == 0)]
    means = []
    for changes in ({}, {"resample": {"negatives_per_positive": 1}}, {"parameters": {"class_weight": "balanced"}}):
        fitted = fit_candidate(make_spec(**changes), rows, config, classes=("no", "yes"), seed=1, threads=1)
        means.append(score_rows(fitted, rows, config).mean())
    assert means[0] == pytest.approx(rows["bought"].mean(), abs=0.01)
    assert min(means[1:]) > means[0] + 0.1

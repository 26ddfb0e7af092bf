"""A blend: its weights, and one model made of several."""

import numpy as np
import pytest

from builders.training import CLASSES, QUICK, TASKS, make_mixed_rows, make_spec, make_task_config
from ratchet.artifacts.estimators import read_pipeline, write_pipeline
from ratchet.errors import TrainingError
from ratchet.models.blending import choose_weights, weigh
from ratchet.models.fitting import fit_candidate
from ratchet.models.scoring import score_rows

LABELS = [np.arange(40.0), np.arange(40.0) ** 1.5 / 6]


def measure(fold, predicted):
    return -float(np.sqrt(np.mean((LABELS[fold] - predicted) ** 2)))


def test_two_that_err_in_opposite_ways_share_the_weight():
    predictions = {"high": [each + 4 for each in LABELS], "low": [each - 6 for each in LABELS]}
    blended = weigh(predictions, measure)
    assert blended.weights == pytest.approx({"high": 0.6, "low": 0.4})
    assert blended.scores == pytest.approx((0, 0), abs=1e-9)


def test_one_that_is_better_than_any_mix_stands_alone():
    predictions = {"right": list(LABELS), "wrong": [each + 9 for each in LABELS]}
    assert choose_weights(predictions, [0, 1], measure) == {"right": 1.0}
    assert weigh(predictions, measure) is None


def test_a_fold_is_measured_with_the_weights_of_the_others():
    """What is high on one fold is low on the other: a blend that looked at its own fold would be right on both."""
    predictions = {"one": [LABELS[0] + 4, LABELS[1] + 1], "two": [LABELS[0] - 4, LABELS[1] - 9]}
    scores = weigh(predictions, measure).scores
    assert scores[0] == pytest.approx(-3.2)  # nine tenths of `one`, as the second fold asks
    assert scores[1] == pytest.approx(-4.0)  # half of each, as the first asks


def test_one_fold_is_too_few_to_measure_what_is_weighed_on_it():
    assert weigh({"high": [LABELS[0] + 4], "low": [LABELS[0] - 6]}, measure) is None


@pytest.mark.parametrize("task", TASKS)
def test_a_blend_says_the_weighted_mean_and_survives_its_file(task, tmp_path):
    names = ("linear", "xgboost")
    members = [make_spec(name, name, parameters=QUICK[name]) for name in names]
    config = make_task_config(task, candidates=[*members, make_spec("blend", "blend")])
    rows, classes = make_mixed_rows(task), CLASSES[task]
    spec = make_spec("blend", "blend").model_copy(update={"parameters": {"linear": 0.3, "xgboost": 0.7}})
    blend = fit_candidate(spec, rows, config, classes=classes, seed=1, threads=1)
    one, other = (
        score_rows(fit_candidate(each, rows, config, classes=classes, seed=1, threads=1), rows, config)
        for each in members
    )
    wanted = 0.3 * one + 0.7 * other
    assert score_rows(blend, rows, config) == pytest.approx(wanted, abs=1e-6)
    again = read_pipeline(write_pipeline(blend, tmp_path / "blend.skops", tmp_path), tmp_path)
    assert np.array_equal(score_rows(again, rows, config), score_rows(blend, rows, config))


def test_a_blend_without_weights_says_what_it_needs():
    config = make_task_config("binary")
    with pytest.raises(TrainingError, match="weighed on folds"):
        fit_candidate(
            make_spec("blend"), make_mixed_rows("binary"), config, classes=CLASSES["binary"], seed=1, threads=1
        )

"""A blend: its weights, and one model made of several."""

import numpy as np
import pytest

from builders.training import CLASSES, QUICK, TASKS, make_mixed_rows, make_spec, make_task_config
from ratchet.artifacts.estimators import read_pipeline, write_pipeline
from ratchet.errors import TrainingError
from ratchet.models.blending import choose_members, name_ages, weigh_ages
from ratchet.models.fitting import fit_candidate
from ratchet.models.scoring import score_rows

LABELS = [np.arange(40.0), np.arange(40.0) ** 1.5 / 6]


def measure(fold, predicted):
    return -float(np.sqrt(np.mean((LABELS[fold] - predicted) ** 2)))


def is_close(scores, best, within=0.5):
    return np.mean(best) - np.mean(scores) <= within


def off_by(*distances):
    return [each + distance for each, distance in zip(LABELS, distances, strict=True)]


def test_members_that_err_in_opposite_ways_weigh_the_same():
    blended = choose_members({"high": off_by(4, 4), "low": off_by(-6, -6)}, measure, is_close)
    assert blended.weights == {"high": 0.5, "low": 0.5}
    assert blended.scores == pytest.approx((-1, -1))


@pytest.mark.parametrize(
    ("predictions", "members"),
    [
        ({"right": (0, 0), "wrong": (9, 9)}, ("right",)),
        ({"right": (0, 0), "wrong": (0.9, 0.9)}, ("right", "wrong")),  # the mean is off by 0.45
        ({"right": (0, 0), "wrong": (1.1, 1.1)}, ("right",)),
        ({"high": (2, 2), "far": (50, 50), "low": (-2, -2), "farther": (90, 90)}, ("high", "low")),
        ({"only": (3, 3)}, ("only",)),
    ],
)
def test_a_member_is_left_out_where_the_others_are_clearly_better_without_it(predictions, members):
    predictions = {name: off_by(*distances) for name, distances in predictions.items()}
    assert choose_members(predictions, measure, is_close).members == members


def test_each_fold_is_measured_on_its_own_predictions():
    blended = choose_members({"one": off_by(1, 4), "two": off_by(3, 4)}, measure, lambda *_: True)
    assert blended.scores == pytest.approx((-2, -4))


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
    with pytest.raises(TrainingError, match="chosen on folds"):
        fit_candidate(
            make_spec("blend"), make_mixed_rows("binary"), config, classes=CLASSES["binary"], seed=1, threads=1
        )


@pytest.mark.parametrize(
    ("losses", "weights"),
    [
        ([0.3, 0.3], [0.5, 0.5]),
        ([0.2, 0.4, 0.4], [4 / 6, 1 / 6, 1 / 6]),
        ([0.2, 0.2, 0.6], [0.5, 0.5]),  # 1 of 19
        ([0.299, 0.1], [0.1006, 0.8994]),
        ([0.31, 0.1], [None, 1.0]),
        ([0.0, 0.1], [1.0]),
    ],
)
def test_ages_are_weighed_by_recent_loss_and_who_hardly_counts_is_retired(losses, weights):
    names = name_ages(len(losses))
    found = weigh_ages(dict(zip(names, losses, strict=True)))
    expected = {name: each for name, each in zip(names, weights, strict=False) if each is not None}
    assert found == pytest.approx(expected, abs=1e-4)

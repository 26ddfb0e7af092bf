"""A refitted model: what it learns, what it keeps of its twin, and when it may not stand for it."""

import re
from dataclasses import replace

import numpy as np
import pytest
from sklearn.pipeline import Pipeline

from builders.records import make_gain
from builders.training import CLASSES, TASKS, make_mixed_rows, make_spec, make_task_config
from ratchet.errors import TrainingError
from ratchet.models.fitting import FitRows, fit_and_validate, fit_candidate
from ratchet.models.labels import encode_labels
from ratchet.models.recalibration import recalibrate
from ratchet.models.refitting import (
    Likeness,
    TwinRows,
    compare_with_twin,
    correct_like,
    find_refit_problem,
    measure_distance,
)
from ratchet.models.scoring import score_rows

ALIKE = Likeness(disagreement=0.1, gain=make_gain(estimate=0.01, lower=-0.01, upper=0.03))


def make_case(task="binary"):
    """A config, a recipe, the twin that was fitted on the oldest 70 % of the rows, and rows to compare it on."""
    config, frame, spec = make_task_config(task), make_mixed_rows(task), make_spec("xgboost")
    parts = TwinRows(old=frame[:420], new=frame[510:], classes=CLASSES[task])
    twin = fit_candidate(spec, parts.old, config, classes=parts.classes, seed=config.schedule.seed, threads=1)
    return config, spec, twin, parts


def refit(config, spec, twin, rows=None):
    """The recipe on all rows, unless some are given."""
    every = make_mixed_rows(config.task) if rows is None else rows
    classes, seed = CLASSES[config.task], config.schedule.seed
    return correct_like(fit_candidate(spec, every, config, classes=classes, seed=seed, threads=1), twin)


@pytest.mark.parametrize("task", TASKS)
def test_a_recipe_is_fitted_as_it_was_on_other_rows(task):
    config, spec, twin, rows = make_case(task)
    same = refit(config, spec, twin, rows.old)
    assert np.array_equal(score_rows(same, rows.new, config), score_rows(twin, rows.new, config))
    found = compare_with_twin(config, refit(config, spec, twin), twin, rows)
    assert found.gain.estimate > 0  # it has learnt them
    assert 0 < found.disagreement < 1
    assert find_refit_problem(config, found, growth=1.4) is None


def test_the_twin_s_correction_is_kept_and_the_twin_stays_as_it_is():
    config, spec, twin, rows = make_case()
    teaching = make_mixed_rows("binary")[420:510]
    labels = encode_labels(teaching["bought"], "binary", rows.classes)
    corrected = recalibrate(twin, teaching, labels, config, method="sigmoid")
    before = score_rows(corrected, rows.new, config)
    bare = refit(config, spec, twin)
    moved = correct_like(bare, corrected)
    (curve,) = moved[-1].calibrated_classifiers_[0].calibrators
    assert np.allclose(
        score_rows(moved, rows.new, config), curve.predict(score_rows(bare, rows.new, config)), atol=1e-6
    )
    assert np.array_equal(score_rows(corrected, rows.new, config), before)


def test_a_model_without_a_correction_stays_as_it_is():
    config, spec, twin, _ = make_case()
    fitted = refit(config, spec, twin)
    assert correct_like(fitted, twin) is fitted


@pytest.mark.parametrize(
    ("found", "growth", "sentence"),
    [
        (ALIKE, 1.0, None),
        (
            replace(ALIKE, gain=make_gain(estimate=-0.05, lower=-0.06, upper=-0.01)),
            1.0,
            "shown to be worse than the judged",
        ),
        (replace(ALIKE, gain=make_gain(estimate=-0.05, lower=-0.06, upper=0.0)), 1.0, None),
        (replace(ALIKE, gain=make_gain(estimate=None, lower=None, upper=None)), 1.0, None),
        (replace(ALIKE, disagreement=1.0), 1.0, None),
        (replace(ALIKE, disagreement=1.001), 1.0, r"1\.001 from the judged model's on average, at most 1 "),
        (ALIKE, 2.0, None),
        (ALIKE, 2.1, r"its file is 2\.1 times the judged model's, at most 2"),
    ],
)
def test_what_may_not_stand_for_its_twin(found, growth, sentence):
    problem = find_refit_problem(make_task_config("binary"), found, growth=growth)
    if sentence is None:
        assert problem is None
    else:
        assert re.search(sentence, problem)


def test_predictions_that_are_no_numbers_are_refused():
    config, _, twin, rows = make_case()
    with pytest.raises(TrainingError, match="not finite"):
        compare_with_twin(config, _Broken(twin), twin, rows)


class _Broken(Pipeline):
    """A model that predicts no number."""

    def __init__(self, twin):
        super().__init__(twin.steps)

    def predict_proba(self, rows):
        return np.full((len(rows), 2), np.nan)


@pytest.mark.parametrize("task", TASKS)
def test_a_model_that_says_the_same_of_every_row_is_a_unit_away(task):
    config, _, twin, rows = make_case(task)
    scores = score_rows(twin, rows.old, config)
    found = compare_with_twin(config, _Middle(twin, np.median(scores, axis=0)), twin, rows)
    assert found.disagreement == pytest.approx(1.0, rel=0.05)  # medians of classes need not add up to one


class _Middle(Pipeline):
    """A model that gives every row the same answer."""

    def __init__(self, twin, middle):
        super().__init__(twin.steps)
        self.middle = middle

    def predict(self, rows):
        return np.full(len(rows), self.middle)

    def predict_proba(self, rows):
        answer = self.middle if np.ndim(self.middle) else np.array([1 - self.middle, self.middle])
        return np.tile(answer, (len(rows), 1))


@pytest.mark.parametrize(
    ("asked", "learnt"),
    [({}, (None, None)), ({"window": 300}, (100, None)), ({"window": 2, "half_life": 30}, (1, 10))],
)
def test_a_full_fit_on_every_third_row_looks_back_as_far(asked, learnt, monkeypatch):
    seen = []
    monkeypatch.setattr("ratchet.models.refitting.fit_and_validate", lambda *given, **_: seen.append(given) or fitted)
    config, spec = make_task_config("binary", search={"rows": 200}), make_spec("xgboost", refresh="refresh", **asked)
    frame = make_mixed_rows("binary")
    rows = FitRows(train=frame, teaching=frame[:0], judging=frame, classes=CLASSES["binary"])
    fitted = fit_and_validate(config, make_spec("xgboost"), rows, threads=1)
    assert measure_distance(config, spec, fitted.pipeline, rows, threads=1) == (0, pytest.approx(1))
    ((_, thinned, given),) = seen
    assert (thinned.window, thinned.half_life) == learnt
    assert (given.base, given.train.index.tolist()) == (None, list(range(2, 600, 3)))

import numpy as np
import pytest

from builders.leakage import make_material, make_table
from ratchet.evaluation.leakage.material import Material, ask_questions
from ratchet.evaluation.leakage.questions import area
from ratchet.evaluation.leakage.quick_model import fit_and_score

FRAME = make_table(1000)


def score(material: Material, columns: list[str], rows: int | None = None) -> np.ndarray:
    chosen = np.arange(len(material.validation))[:rows]
    (scores,) = fit_and_score(material, columns, np.arange(len(material.train)), [(material.validation, chosen)])
    return scores


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_columns_that_know_something_are_told_from_those_that_do_not(task):
    material = make_material(make_table(2000, task=task), task=task)
    truth = ask_questions(material.validation.labels, material.train.labels, material.classes)
    known, noise = score(material, ["a", "b", "city"]), score(material, ["c", "d"])
    assert known.shape == truth.shape
    assert np.mean([area(known[:, at], truth[:, at]) for at in range(truth.shape[1])]) > 0.65
    assert np.mean([area(noise[:, at], truth[:, at]) for at in range(truth.shape[1])]) < 0.58


@pytest.mark.parametrize(("task", "questions"), [("binary", 1), ("multiclass", 3), ("regression", 3)])
def test_no_column_at_all_says_the_same_of_every_row(task, questions):
    material = make_material(make_table(200, task=task), task=task)
    assert score(material, []).tolist() == [[0.0] * questions] * len(material.validation)


@pytest.mark.parametrize("value", [np.nan, 3.0])
def test_an_empty_or_constant_column_says_the_same_of_every_row(value):
    scores = score(make_material(FRAME.assign(a=value)), ["a"])
    assert np.isfinite(scores).all()
    assert np.ptp(scores) == 0


@pytest.mark.parametrize("label", [0, 1])
def test_one_class_alone_is_learnt_as_certain(label):
    scores = score(make_material(FRAME.assign(y=label)), ["a", "city"])
    assert np.abs(scores - label).max() < 0.01


@pytest.mark.parametrize("values", [63, 64, 65, 500])
def test_categories_of_few_and_of_many_values_are_learnt(values):
    codes = np.random.default_rng(2).integers(0, values, 1000)
    frame = FRAME.assign(city=[f"c{at:03}" for at in codes], y=(codes > values // 2).astype(np.int8))
    material = make_material(frame)
    assert area(score(material, ["city"])[:, 0], material.validation.labels) > 0.9


def test_a_few_rows_can_be_fitted_and_scored():
    material = make_material(FRAME, parts=[range(5), range(5, 8), range(8, 9)])
    assert np.isfinite(score(material, ["a", "city"])).all()
    assert score(material, ["a"], rows=0).shape == (0, 1)


def test_the_same_seed_gives_the_same_scores():
    material = make_material(FRAME)
    assert score(material, ["a", "b"]).tolist() == score(material, ["a", "b"]).tolist()

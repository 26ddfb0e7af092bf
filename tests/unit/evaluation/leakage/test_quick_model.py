""""""

import numpy as np
import pytest

from builders.leakage import make_material, make_table
from ratchet.evaluation.leakage.material import Material, ask_questions
from ratchet.evaluation.leakage.questions import area
from ratchet.evaluation.leakage.quick_model import find_settled_values, fit_and_score
from ratchet.records.leakage import Strength

FRAME = make_table(1000)
ROWS = 4000
FRAME_SETTLED = make_table(ROWS)
IS_YES = FRAME_SETTLED["y"].to_numpy() == 1


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


def find(values: object) -> list[tuple[tuple[str, ...], Strength]]:
    found = find_settled_values(make_material(FRAME_SETTLED.assign(extra=values)))
    return [(each.columns, each.strength) for each in found]


def codes(share: float, *, of_yes: bool) -> list[str]:
    chance = np.random.default_rng(51)
    is_told = (chance.random(ROWS) < share) & (IS_YES | (not of_yes))
    return np.where(is_told, "code 9", "code " + chance.integers(0, 9, ROWS).astype(str).astype(object)).tolist()


@pytest.mark.parametrize(("share", "of_yes", "is_found"), [(0.2, True, True), (0.2, False, False), (0.01, True, False)])
def test_a_code_that_one_answer_alone_has_is_found_where_rows_are_many(share, of_yes, is_found):
    assert find(codes(share, of_yes=of_yes)) == ([(("extra",), Strength.SUSPECTED)] if is_found else [])


def test_of_a_number_only_whether_there_is_one_may_settle_anything():
    values = np.random.default_rng(52).normal(size=ROWS)
    assert find(np.where(IS_YES & (values > 0), np.nan, values)) == [(("extra",), Strength.SUSPECTED)]
    assert find(np.where(IS_YES & (values > 0), 100.0, values)) == []


def test_a_value_that_all_other_columns_explain_is_honest():
    signal = FRAME_SETTLED["a"] - 0.7 * FRAME_SETTLED["b"] + 0.8 * (FRAME_SETTLED["city"] == "Oslo")
    is_settled = (signal > 2).to_numpy() & IS_YES
    assert find(np.where(is_settled, "high", "other")) == []


def test_numbers_to_predict_have_no_answer_that_never_comes():
    frame = make_table(ROWS, task="regression")
    assert find_settled_values(make_material(frame, task="regression")) == []

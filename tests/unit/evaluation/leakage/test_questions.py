import numpy as np
import pytest

from builders.leakage import make_material, make_table
from ratchet.evaluation.leakage.questions import prepare_questions

FRAME = make_table(1000)


def test_scores_are_judged_on_the_rows_that_were_chosen():
    material = make_material(FRAME)
    judged = np.arange(0, 150, 2)
    questions = prepare_questions(material, judged)
    assert questions is not None
    truth = material.validation.labels[judged][:, None]
    assert (questions.mean_area(truth), questions.mean_area(-truth)) == (1.0, 0.0)
    assert questions.list_areas(np.zeros_like(truth)) == [0.5]


def test_what_the_others_know_already_counts_as_guessing():
    material = make_material(FRAME)
    questions = prepare_questions(material, np.arange(len(material.validation)))
    assert questions is not None
    assert questions.list_areas_beside(questions.truth, questions.truth) == [None]
    assert questions.mean_area_beside(questions.truth, questions.truth) == 0.5
    assert questions.mean_area_beside(questions.truth, np.zeros_like(questions.truth)) == 1.0


def test_some_rows_are_asked_the_same_of_their_own():
    material = make_material(FRAME)
    questions = prepare_questions(material, np.arange(0, 150, 2))
    assert questions is not None
    learns, judges = np.arange(len(material.train)) % 3 > 0, np.arange(len(material.validation)) < 130
    some = questions.among(learns, judges)
    assert some is not None
    assert (some.learnt[:, 0] == material.train.labels[learns]).all()
    assert (some.truth[:, 0] == material.validation.labels[:130:2]).all()
    again = some.among(learns, judges)
    assert again is not None
    assert len(again.learnt) == learns.sum()
    assert questions.among(learns, np.zeros_like(judges)) is None


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_every_task_has_questions_and_no_row_has_none(task):
    material = make_material(make_table(1000, task=task), task=task)
    assert prepare_questions(material, np.arange(len(material.validation))) is not None
    assert prepare_questions(material, np.arange(0)) is None
    assert prepare_questions(material, np.arange(10)) is None


def test_a_target_of_one_class_can_not_be_asked_about():
    material = make_material(FRAME.assign(y=1))
    assert prepare_questions(material, np.arange(len(material.validation))) is None

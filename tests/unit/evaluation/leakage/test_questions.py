""""""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from builders.leakage import make_material, make_table
from ratchet.evaluation.leakage.questions import (
    area,
    area_beside,
    area_error,
    area_of_codes,
    cut,
    find_edges,
    learn_rates,
    prepare_questions,
)

FRAME = make_table(1000)
CHANCE = np.random.default_rng(6)
TRUTH = (CHANCE.random(3000) < 0.4).astype(float)
KNOWN = TRUTH + CHANCE.normal(size=3000)


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


def test_the_area_is_that_of_scikit_learn_ties_included():
    scores = np.round(KNOWN, 1)
    assert area(scores, TRUTH) == pytest.approx(roc_auc_score(TRUTH, scores))


def test_codes_are_ranked_by_their_own_rates():
    codes = CHANCE.integers(0, 9, 3000)
    rates = np.bincount(codes, weights=TRUTH) / np.bincount(codes)
    assert area_of_codes(codes, TRUTH) == pytest.approx(roc_auc_score(TRUTH, rates[codes]))
    assert area_of_codes(codes, np.zeros(3000)) == 0.5


@pytest.mark.parametrize("answers", [np.zeros(5), np.ones(5), np.empty(0)])
def test_one_answer_alone_is_not_ranked(answers):
    assert area(np.arange(len(answers), dtype=float), answers) == 0.5


def test_a_copy_with_errors_says_as_much_beside_another_score_and_that_score_nothing():
    flipped = np.where(CHANCE.random(3000) < 0.12, 1 - TRUTH, TRUTH)
    assert area_beside(flipped, TRUTH, KNOWN) == pytest.approx(0.88, abs=0.02)
    assert area_beside(KNOWN, TRUTH, KNOWN) == pytest.approx(0.5, abs=0.06)


def test_where_the_other_score_knows_all_nothing_can_be_told():
    truth = np.repeat([0.0, 1.0], 500)
    assert area_beside(np.arange(1000.0), truth, truth) is None


def test_the_error_of_an_area_is_that_of_hanley_and_mcneil():
    assert area_error(0.9, 50, 50) == pytest.approx(0.0321, abs=5e-4)
    assert area_error(1.0, 50, 50) == 0.0
    assert area_error(0.9, 0, 50) == 0.5


def test_bins_hold_alike_many_values_and_missing_ones_have_their_own():
    values = np.append(CHANCE.normal(size=6400), np.nan)
    codes = cut(values, find_edges(values))
    assert codes[-1] == 0
    assert np.bincount(codes)[1:] == pytest.approx(np.full(64, 100), abs=3)


def test_few_values_have_a_bin_each_and_none_at_all_no_edge():
    assert cut(np.array([3.0, 7.0, 3.0, 9.0]), find_edges(np.array([3.0, 7.0, 9.0]))).tolist() == [1, 2, 1, 3]
    assert len(find_edges(np.array([np.nan, np.nan]))) == 0


def test_a_bin_that_was_never_seen_has_the_usual_rate():
    give = learn_rates(np.array([1, 1, 2, 2]), np.array([[1.0], [1.0], [0.0], [0.0]]), doubt=0.0)
    assert give(np.array([1, 2, 9]))[:, 0].tolist() == [1.0, 0.0, 0.5]

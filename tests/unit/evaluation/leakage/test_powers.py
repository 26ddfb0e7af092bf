import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from ratchet.evaluation.leakage.powers import area, area_beside, area_error, area_of_codes, cut, find_edges, learn_rates

CHANCE = np.random.default_rng(6)
TRUTH = (CHANCE.random(3000) < 0.4).astype(float)
KNOWN = TRUTH + CHANCE.normal(size=3000)


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

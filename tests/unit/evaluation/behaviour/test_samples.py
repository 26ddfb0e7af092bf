"""Samples of rows, and models asked about changed ones."""

import numpy as np

from builders.subjects import make_sample, make_subject
from ratchet.evaluation.behaviour.samples import AT_ONCE, Change, compare, draw_rows, list_columns, score_changed


def test_few_rows_are_all_drawn():
    assert draw_rows(np.zeros(5), 2, wanted=5, rarest=10, seed=1).tolist() == [0, 1, 2, 3, 4]


def test_rows_are_drawn_once_in_their_order_and_alike_for_a_seed():
    labels = np.zeros(1_000)
    one, other, another = (draw_rows(labels, 2, wanted=100, rarest=0, seed=seed) for seed in (1, 1, 2))
    assert len(one) == 100
    assert (np.diff(one) > 0).all()
    assert one.tolist() == other.tolist() != another.tolist()


def test_rows_of_a_rare_class_are_added():
    labels = (np.arange(10_000) < 150).astype(float)
    drawn = draw_rows(labels, 2, wanted=500, rarest=100, seed=1)
    assert labels[drawn].sum() == 100
    assert len(drawn) <= 600
    assert labels[draw_rows(labels, 2, wanted=500, rarest=400, seed=1)].sum() == 150


def test_changes_are_scored_as_if_one_by_one():
    sample, subject = make_sample(), make_subject()
    rows = np.arange(600)
    wanted = AT_ONCE // 600 + 3  # more than fit into one batch
    changes = [
        Change(column="strong", rows=rows[place:], filled=np.full(600 - place, 0.1 * place)) for place in range(wanted)
    ]
    for change, scored in zip(changes, score_changed(subject, list_columns(sample), changes), strict=True):
        alone = sample.frame.iloc[change.rows].assign(strong=change.filled)
        assert np.allclose(scored, subject.score(alone))


def test_no_change_and_a_change_of_no_row_score_nothing():
    sample, subject = make_sample(), make_subject()
    assert list(score_changed(subject, list_columns(sample), [])) == []
    nothing = Change(column="weak", rows=np.empty(0, dtype=np.intp), filled=np.empty(0))
    assert [len(each) for each in score_changed(subject, list_columns(sample), [nothing])] == [0]


def test_whole_numbers_take_fractions():
    sample = make_sample()
    sample.frame["idle"] = np.arange(600)
    assert list_columns(sample)["idle"].dtype == np.float64
    assert list_columns(sample)["member"].dtype == object


def test_predictions_are_compared_on_the_same_rows():
    sample, subject = make_sample("regression"), make_subject("regression")
    scores = subject.score(sample.frame)
    near, far = (sample.read(scores + shift, subject.thresholds) for shift in (0.0, 1.0))
    gain = compare(sample, near, far, opponent="itself", name="shift")
    assert (gain.opponent, gain.slice, gain.rows) == ("itself", "shift", 600)
    assert gain.lower > 0


def test_predictions_that_are_no_numbers_have_no_gain():
    sample, subject = make_sample("regression"), make_subject("regression")
    scores = subject.score(sample.frame)
    broken = sample.read(np.full(600, np.nan), subject.thresholds)
    gain = compare(sample, sample.read(scores, subject.thresholds), broken, opponent="itself", name="nan")
    assert gain.estimate is None
    assert gain.problem

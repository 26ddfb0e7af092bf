"""Importance: what the metric loses when a feature's values are shuffled."""

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from builders.subjects import FEATURES, make_sample, make_subject, tell_signal
from ratchet.evaluation.behaviour.importance import (
    MOST_CHANGED,
    add_contributions,
    afford,
    find_bundles,
    measure_importances,
    share_out,
    shuffle_features,
)
from ratchet.evaluation.behaviour.samples import list_columns


def other_way(frame):
    numbers = frame[["strong", "weak"]].astype("float64")
    return np.asarray(0.1 * numbers["strong"] + 2 * numbers["weak"])


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_features_come_in_the_order_of_what_they_carry(task):
    found = measure_importances(make_sample(task), make_subject(task), None, seed=1).challenger
    strong, weak, *rest = found.features
    assert (strong.feature, weak.feature) == ("strong", "weak")
    assert strong.lower > weak.upper > weak.lower > 0
    assert [(each.drop, each.share) for each in rest] == [(0, 0)] * 3
    assert sum(each.share for each in found.features) == pytest.approx(1)
    assert [each.rank for each in found.features] == [1, 2, 3, 4, 5]


def test_a_drop_is_the_difference_of_both_figures():
    sample, subject = make_sample(), make_subject()
    found = measure_importances(sample, subject, None, seed=7).challenger
    change = shuffle_features(list_columns(sample), seed=7)[0]
    shuffled = sample.frame.assign(strong=sample.frame["strong"].to_numpy(copy=True))
    shuffled.iloc[change.rows, 0] = change.filled
    areas = [roc_auc_score(sample.labels, subject.score(frame)) for frame in (sample.frame, shuffled)]
    assert found.figure == pytest.approx(areas[0])
    assert found.features[0].drop == pytest.approx(areas[0] - areas[1])


def test_the_band_holds_the_drop_of_other_rows_about_as_often_as_it_says():
    truth = measure_importances(make_sample(rows=4_000, seed=99), make_subject(), None, seed=1).challenger
    inside = 0
    for seed in range(40):
        found = measure_importances(make_sample(rows=400, seed=seed), make_subject(), None, seed=seed).challenger
        inside += found.features[0].lower <= truth.features[0].drop <= found.features[0].upper
    assert inside >= 34  # of 40 at 95 %: fewer happen once in 500


def test_only_rows_with_another_value_are_scored_again():
    sample = make_sample()
    columns = list_columns(sample)
    columns["idle"] = np.where(np.arange(600) < 6, 1.0, np.nan)
    changes = {change.column: change for change in shuffle_features(columns, seed=1)}
    assert len(changes["idle"].rows) <= 12
    assert len(changes["strong"].rows) > 590


def test_the_same_seed_gives_the_same_importances():
    one, other = (measure_importances(make_sample(), make_subject(), None, seed=3) for _ in range(2))
    assert one == other


def test_the_same_model_stands_where_it_stood():
    found = measure_importances(make_sample(), make_subject(), make_subject(name="champion"), seed=1)
    assert found.champion.features == found.challenger.features
    assert all(each.challenger_ranks == each.champion_ranks for each in found.standings)
    assert found.new_features == ()


def test_a_model_that_looks_elsewhere_stands_elsewhere():
    champion = make_subject(signal=other_way, name="champion")
    found = measure_importances(make_sample(), make_subject(), champion, seed=1)
    strong = next(each for each in found.standings if each.features == ("strong",))
    assert strong.challenger_ranks == (1, 1)
    assert strong.champion_ranks[0] > 1
    assert strong.challenger_share > 0.5 > strong.champion_share


def test_a_feature_that_the_champion_does_not_have_is_new():
    champion = make_subject(signal=other_way, name="champion", features=("weak", "idle"))
    found = measure_importances(make_sample(), make_subject(), champion, seed=1)
    assert set(found.new_features) == {"strong", "city", "member"}
    assert {each.feature for each in found.champion.features} == {"weak", "idle"}


def test_features_that_say_the_same_stand_together():
    sample = make_sample()
    sample.frame["idle"] = np.exp(sample.frame["strong"]) + 0.01 * sample.frame["weak"]
    bundles = find_bundles(sample, list_columns(sample), make_subject().score(sample.frame))
    assert ("strong", "idle") in bundles
    assert sorted(name for bundle in bundles for name in bundle) == sorted(FEATURES)


def test_a_category_is_ordered_by_the_scores_of_its_rows():
    sample = make_sample()
    sample.frame["city"] = np.where(sample.frame["member"].astype(bool), "z", "a")
    sample.frame["strong"] += 3 * sample.frame["member"].astype(float)
    bundles = find_bundles(sample, list_columns(sample), make_subject().score(sample.frame))
    assert any({"city", "member"} <= set(each) for each in bundles)


def test_shares_are_parts_of_what_is_above_zero():
    assert share_out(np.array([[3.0, 1.0, -2.0], [0.0, -1.0, 0.0]])).tolist() == [[0.75, 0.25, 0.0], [0.0, 0.0, 0.0]]


def test_many_features_are_measured_on_fewer_rows():
    sample = make_sample(rows=20_000)
    fewer = afford(sample, seed=1)
    assert sum(len(each.rows) for each in shuffle_features(list_columns(fewer), seed=1)) <= 1.2 * MOST_CHANGED
    assert afford(make_sample(rows=100), seed=1).frame.shape[0] == 100


@pytest.mark.parametrize("rows", [0, 1, 2])
def test_rows_of_one_class_have_a_problem(rows):
    sample = make_sample(rows=600).take(np.arange(rows))
    sample.labels[:] = 1
    found = measure_importances(sample, make_subject(), make_subject(name="champion"), seed=1)
    assert found.challenger.problem
    assert found.standings == ()


def test_scores_that_are_no_numbers_are_a_problem():
    broken = make_subject("regression", signal=lambda frame: np.full(len(frame), np.nan))
    found = measure_importances(make_sample("regression"), broken, make_subject("regression"), seed=1)
    assert found.challenger.problem == "the rmse is not a finite number"
    assert found.champion.features


def test_odd_columns_do_no_harm():
    sample = make_sample()
    sample.frame["idle"] = [np.inf, -np.inf, 1e300, None] * 150
    sample.frame["city"] = None
    sample.frame["member"] = True
    found = measure_importances(sample, make_subject(), make_subject(name="champion"), seed=1)
    assert found.challenger.problem is None
    assert found.challenger.features[0].feature == "strong"


def test_contributions_stand_beside_what_was_measured():
    found = measure_importances(make_sample(), make_subject(), None, seed=1).challenger
    told = add_contributions(found, {"strong": 0.7})
    assert [each.contribution for each in told.features] == [0.7, 0, 0, 0, 0]
    assert add_contributions(found, {}) == found


def test_decisions_are_shuffled_with_their_scores():
    found = measure_importances(make_sample(evaluation={"metric": "f1"}), make_subject(), None, seed=1)
    assert (found.metric, found.challenger.features[0].feature) == ("f1", "strong")
    assert tell_signal(pd.DataFrame({"strong": [1.0], "weak": [None]})).tolist() == [2.0]

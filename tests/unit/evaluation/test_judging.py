"""Everything that is measured on the holdout."""

import numpy as np
import pandas as pd

from builders.judgements import make_comparison, make_labels, make_scores
from builders.runs import make_config
from ratchet.evaluation.judging import judge
from ratchet.records.judgement import Opponent

SLICES = [
    {"name": "oslo", "column": "city", "values": ["Oslo"]},
    {"name": "rome", "column": "city", "values": ["Rome"]},
]
CONFIG = make_config(evaluation={"slices": SLICES, "confidence": 0.95, "resamples": 300})
SCORES = make_scores(make_labels())
CHAMPION = Opponent(version=3, run_id="old")


def test_everything_is_measured_against_a_champion():
    evaluation = judge(make_comparison(CONFIG), challenger="boosting", champion=CHAMPION)
    assert [each.metric for each in evaluation.metrics] == [
        "roc_auc",
        "average_precision",
        "log_loss",
        "brier",
        "accuracy",
    ]
    assert all(None not in (each.challenger, each.champion, each.baseline) for each in evaluation.metrics)
    assert (evaluation.challenger, evaluation.champion, evaluation.rows) == ("boosting", CHAMPION, 400)
    assert evaluation.positives == int(make_labels().sum())
    assert evaluation.baseline_gain.lower > 0.2
    assert (evaluation.champion_gain.opponent, evaluation.champion_gain.resampling) == ("champion", "blocks")
    assert [gain.slice for gain in evaluation.slice_gains] == ["oslo", "rome"]
    assert evaluation.slice_gains[1].problem == "no rows in the holdout"
    assert evaluation.seed == CONFIG.schedule.seed


def test_without_a_champion_there_is_only_the_baseline():
    evaluation = judge(make_comparison(CONFIG, champion=None), challenger="linear")
    assert (evaluation.champion, evaluation.champion_gain, evaluation.slice_gains) == (None, None, ())
    assert {each.champion for each in evaluation.metrics} == {None}


def test_a_champion_that_can_not_score_is_named_and_not_measured():
    lost = Opponent(version=3, run_id="old", problem="no column 'age'")
    evaluation = judge(make_comparison(CONFIG, champion=None), challenger="linear", champion=lost)
    assert (evaluation.champion, evaluation.champion_gain, evaluation.slice_gains) == (lost, None, ())


def test_predictions_that_are_no_numbers_are_reported_not_raised():
    broken = np.where(np.arange(400) == 7, np.nan, SCORES)
    evaluation = judge(make_comparison(CONFIG, challenger=broken), challenger="linear")
    assert evaluation.baseline_gain.problem == "1 predictions of the challenger are not finite numbers"
    assert evaluation.metrics[0].challenger is None


def test_a_holdout_of_one_class_is_reported_not_raised():
    evaluation = judge(make_comparison(CONFIG, labels=np.ones(400), challenger=SCORES), challenger="linear")
    assert "of one class" in evaluation.baseline_gain.problem
    assert evaluation.positives == 0


def test_regression_has_no_positives():
    truth = np.random.default_rng(0).normal(size=300)
    config = make_config(task="regression", data={"target": {"column": "bought"}})
    rows = make_comparison(
        config,
        frame=pd.DataFrame({"age": truth}),
        labels=truth,
        classes=0,
        challenger=truth / 2,
        champion=None,
        baseline=np.zeros(300),
    )
    evaluation = judge(rows, challenger="linear")
    assert (evaluation.positives, evaluation.baseline_gain.metric) == (None, "rmse")
    assert evaluation.baseline_gain.lower > 0


def test_multiclass_is_judged_by_log_loss():
    codes = np.random.default_rng(0).integers(0, 3, 300).astype(float)
    shares = np.full((300, 3), 0.2)
    shares[np.arange(300), codes.astype(int)] = 0.6
    config = make_config(task="multiclass", data={"target": {"column": "bought"}})
    rows = make_comparison(
        config,
        frame=pd.DataFrame({"age": codes}),
        labels=codes,
        classes=3,
        challenger=shares,
        champion=None,
        baseline=np.full((300, 3), 1 / 3),
    )
    evaluation = judge(rows, challenger="linear")
    assert [each.metric for each in evaluation.metrics] == ["log_loss", "accuracy"]
    assert evaluation.baseline_gain.lower > 0
    assert evaluation.positives == int(np.bincount(codes.astype(int)).min())

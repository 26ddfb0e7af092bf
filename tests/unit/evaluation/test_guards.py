"""Guard metrics are measured, and may disagree with the primary one on real data."""

import numpy as np
import pandas as pd
import pytest
from xgboost import XGBClassifier

from builders.judgements import make_comparison, make_scored
from builders.records import make_data_report, make_findings
from builders.runs import make_config, make_run
from ratchet.evaluation.guards import measure_guards
from ratchet.evaluation.judging import judge
from ratchet.gates.all_gates import ask_gates
from ratchet.gates.guard_metrics import PREFIX
from ratchet.records.judgement import Opponent
from ratchet.records.outcome import Decision, Outcome
from ratchet.stages.decide import decide


def test_each_guard_is_measured():
    config = make_config(evaluation={"guards": [{"metric": "log_loss"}, {"metric": "f1", "tolerance": 0.1}]})
    gains = measure_guards(make_comparison(config))
    assert [gain.metric for gain in gains] == ["log_loss", "f1"]
    assert all(gain.lower < gain.estimate < gain.upper for gain in gains)


def test_without_a_champion_there_is_nothing_to_guard():
    assert measure_guards(make_comparison(champion=None)) == ()


def test_a_guard_that_is_not_defined_is_a_problem():
    config = make_config(evaluation={"guards": [{"metric": "precision"}]})
    assert "is not defined" in measure_guards(make_comparison(config, challenger=np.zeros(400)))[0].problem


@pytest.fixture(scope="module")
def bank(shared_data):
    """What a model of the first 30 % and one of the first 40 % of the calls say of the next 10 %.

    The recipe of the data's own README: 150 trees of depth 5 at rate 0.1, without the duration of the call.
    """
    calls = pd.read_csv(shared_data / "bank_marketing" / "bank-additional-full.csv.gz", sep=";")
    labels = (calls.pop("y") == "yes").to_numpy(dtype=float)
    calls = calls.drop(columns="duration")
    for name in calls.select_dtypes("object"):
        calls[name] = calls[name].astype("category")
    first, second, end = (int(share * len(calls)) for share in (0.3, 0.4, 0.5))

    def score(rows):
        trees = XGBClassifier(
            n_estimators=150, max_depth=5, learning_rate=0.1, enable_categorical=True, n_jobs=1, random_state=0
        )
        return trees.fit(calls[:rows], labels[:rows]).predict_proba(calls[second:end])[:, 1].astype(float)

    frame = calls[second:end].reset_index(drop=True)
    return frame, labels[second:end], score(second), score(first), labels[:second].mean()


def judge_bank(bank, **evaluation):
    frame, labels, challenger, champion, share = bank
    config = make_config(evaluation=evaluation, split={"method": "time"})
    rows = make_comparison(
        config,
        frame=frame,
        labels=labels,
        challenger=make_scored(config, challenger, frame),
        champion=make_scored(config, champion, frame),
        baseline=make_scored(config, np.full(len(labels), share), frame),
    )
    return config, judge(rows, challenger="retrained", champion=Opponent(version=1, run_id="frozen"))


def outcomes_of(config, evaluation):
    return {gate.gate: gate.outcome for gate in ask_gates(config, make_data_report(), make_findings(evaluation))}


@pytest.mark.slow
def test_ranks_fall_while_probabilities_improve(bank, tmp_path):
    config, evaluation = judge_bank(bank)
    assert evaluation.champion_gain.estimate < -0.01
    assert evaluation.guard_gains[0].lower > 0
    found = outcomes_of(config, evaluation)
    assert (found["beats_champion"], found["guard_log_loss"]) == (Outcome.FAIL, Outcome.PASS)
    rest = make_findings(evaluation)
    verdict = decide(
        make_run(tmp_path, config), make_data_report(), evaluation, rest.audit, rest.behaviour, rest.serving_costs
    )
    assert verdict.decision is Decision.REJECT


@pytest.mark.slow
def test_the_better_probabilities_alone_do_not_promote_worse_ranks(bank):
    config, evaluation = judge_bank(bank, metric="log_loss")
    found = outcomes_of(config, evaluation)
    assert (found["beats_champion"], found[PREFIX + "roc_auc"]) != (Outcome.PASS, Outcome.PASS)
    assert found["beats_champion"] is Outcome.PASS

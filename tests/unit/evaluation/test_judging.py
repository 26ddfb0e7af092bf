"""Everything that is measured on the holdout."""

import time
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from xgboost import XGBClassifier

from builders.judgements import make_comparison, make_frame, make_labels, make_scored, make_scores
from builders.records import make_data_report, make_findings
from builders.runs import make_config, make_run
from ratchet.evaluation.judging import cut_periods, judge, judge_overall, measure_guards, measure_periods
from ratchet.gates.all_gates import ask_gates
from ratchet.gates.guard_metrics import PREFIX
from ratchet.metrics.registry import metrics_of
from ratchet.records.columns import TIME
from ratchet.records.judgement import ChampionRef, Decision, Outcome
from ratchet.stages.decide import decide

SLICES = [
    {"name": "oslo", "column": "city", "values": ["Oslo"]},
    {"name": "rome", "column": "city", "values": ["Rome"]},
]
CONFIG = make_config(evaluation={"slices": SLICES, "confidence": 0.95, "resamples": 300})
SCORES = make_scores(make_labels())
CHAMPION = ChampionRef(version=3, run_id="old")
DAYS = pd.date_range("2026-01-01", periods=400, freq="D", tz="UTC")


def test_everything_is_measured_against_a_champion():
    evaluation = judge(make_comparison(CONFIG), challenger="boosting", champion=CHAMPION)
    assert [each.metric for each in evaluation.metrics] == list(metrics_of("binary"))
    assert all(None not in (each.challenger, each.champion, each.baseline) for each in evaluation.metrics)
    assert (evaluation.challenger, evaluation.champion, evaluation.rows) == ("boosting", CHAMPION, 400)
    assert evaluation.positives == int(make_labels().sum())
    assert evaluation.baseline_gain.lower > 0.2
    assert (evaluation.champion_gain.opponent, evaluation.champion_gain.resampling) == ("champion", "blocks")
    assert [gain.slice for gain in evaluation.slice_gains] == ["oslo", "rome"]
    assert evaluation.slice_gains[1].problem == "no rows in the holdout"
    assert [gain.metric for gain in evaluation.guard_gains] == ["log_loss"]
    assert [gain.slice for gain in evaluation.period_gains] == [f"period {place} of 4" for place in (1, 2, 3, 4)]
    assert [each.name for each in evaluation.periods.periods] == [gain.slice for gain in evaluation.period_gains]
    assert evaluation.seed == CONFIG.schedule.seed


def test_without_a_champion_there_is_only_the_baseline():
    evaluation = judge(make_comparison(CONFIG, champion=None), challenger="linear")
    assert (evaluation.champion, evaluation.champion_gain, evaluation.slice_gains) == (None, None, ())
    assert {each.champion for each in evaluation.metrics} == {None}


def test_a_champion_that_can_not_score_is_named_and_not_measured():
    lost = ChampionRef(version=3, run_id="old", problem="no column 'age'")
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
    assert [each.metric for each in evaluation.metrics] == list(metrics_of("multiclass"))
    assert evaluation.baseline_gain.lower > 0
    assert evaluation.positives == int(np.bincount(codes.astype(int)).min())


@pytest.mark.parametrize("metric", ["f1", "precision", "accuracy"])
def test_a_trivial_baseline_can_be_beaten_where_hits_count(metric):
    config = make_config(evaluation={"metric": metric, "resamples": 300})
    labels = make_labels()
    evaluation = judge(make_comparison(config, challenger=np.where(labels, 0.8, 0.2)), challenger="linear")
    assert evaluation.baseline_gain.lower > 0


@pytest.mark.slow
def test_fifteen_thousand_rows_are_judged_in_two_seconds():
    config = make_config(evaluation={"slices": SLICES}, split={"method": "random"})
    rows = make_comparison(config, labels=make_labels(15_000))
    began = time.process_time()
    judge(rows, challenger="linear", champion=CHAMPION)
    assert time.process_time() - began < 2


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
    return config, judge(rows, challenger="retrained", champion=ChampionRef(version=1, run_id="frozen"))


def outcomes_of(config, evaluation):
    answers = ask_gates(config.gates.by_name, config.asked, make_findings(evaluation))
    return {gate.gate: gate.outcome for gate in answers}


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


def test_the_whole_holdout_is_judged_alike_with_and_without_its_parts():
    comparison = make_comparison()
    every, overall = judge(comparison, challenger="new"), judge_overall(comparison, challenger="new")
    for name in ("baseline_gain", "champion_gain", "guard_gains", "rows", "positives", "seed"):
        assert getattr(overall, name) == getattr(every, name)
    assert (overall.metrics, overall.slice_gains, overall.periods, overall.calibration) == ((), (), None, None)


def rows_of(frame, count=4):
    return [chunk.rows.tolist() for chunk in cut_periods(frame, count)]


def measure_of(comparison=None, **evaluation):
    config = make_config(evaluation=evaluation)
    comparison = comparison or make_comparison(config)
    return measure_periods(comparison, cut_periods(comparison.frame, config.evaluation.periods))


def test_rows_without_a_clock_are_cut_by_their_order():
    chunks = cut_periods(make_frame(10), 4)
    assert [len(each.rows) for each in chunks] == [2, 3, 3, 2]
    assert np.concatenate([each.rows for each in chunks]).tolist() == list(range(10))
    assert [each.name for each in chunks][:1] == ["period 1 of 4"]
    assert {each.time_from for each in chunks} == {None}


def test_rows_with_a_clock_are_cut_by_time_whatever_their_order():
    frame = make_frame(400).assign(**{TIME: DAYS[::-1]})
    first, *_, last = cut_periods(frame, 4)
    assert first.rows.tolist() == list(range(399, 299, -1))
    assert (first.time_from, last.time_to) == (datetime(2026, 1, 1, tzinfo=UTC), DAYS[-1].to_pydatetime())


def test_rows_of_one_time_stay_together():
    frame = pd.DataFrame({TIME: DAYS[[0, 0, 0, 1, 1, 1, 1, 2]]})
    assert rows_of(frame, 2) == [[0, 1, 2], [3, 4, 5, 6, 7]]
    assert len(rows_of(frame.assign(**{TIME: DAYS[0]}), 4)) == 1


@pytest.mark.parametrize(("rows", "parts"), [(0, 0), (1, 1), (3, 3)])
def test_few_rows_make_few_periods(rows, parts):
    assert len(cut_periods(pd.DataFrame({"age": np.zeros(rows)}), 4)) == parts
    assert len(cut_periods(pd.DataFrame({TIME: DAYS[:rows]}), 4)) == parts


def test_a_row_without_a_time_comes_last():
    frame = pd.DataFrame({TIME: [pd.NaT, DAYS[1], DAYS[0], DAYS[2]]})
    assert rows_of(frame, 2) == [[2, 1], [3, 0]]
    lost = cut_periods(pd.DataFrame({TIME: pd.Series([pd.NaT] * 4, dtype="datetime64[ns, UTC]")}), 2)
    assert {each.time_from for each in lost} == {None}


def test_nanoseconds_are_left_out():
    frame = pd.DataFrame({TIME: [pd.Timestamp("2026-01-01T00:00:00.000000001Z"), DAYS[1]]})
    assert cut_periods(frame, 2)[0].time_from == datetime(2026, 1, 1, tzinfo=UTC)


def test_each_period_has_a_figure_for_both():
    found = measure_of()
    assert (found.metric, len(found.periods), found.problem) == ("roc_auc", 4, None)
    figures = [each.challenger for each in found.periods]
    assert found.challenger.spread == pytest.approx(max(figures) - min(figures))
    assert found.challenger.median == pytest.approx(np.median(figures))
    assert found.challenger.lower <= found.challenger.median <= found.challenger.upper
    assert found.champion.spread > 0


def test_without_a_champion_there_is_one_side():
    found = measure_of(make_comparison(champion=None))
    assert found.champion is None
    assert found.challenger is not None


def test_a_period_of_one_class_has_no_figure_and_leaves_no_quartiles():
    labels = np.sort(make_labels())
    found = measure_of(make_comparison(labels=labels, challenger=make_scores(labels)))
    assert found.periods[0].challenger is None
    assert found.challenger is None


def test_no_periods_are_asked_for():
    assert measure_of(periods=1) is None


def test_rows_of_one_time_are_a_problem():
    comparison = make_comparison(frame=make_frame(400).assign(**{TIME: DAYS[0]}))
    assert measure_of(comparison).problem == "400 rows of so few times can't be cut into 4 periods"

"""Search: which rows each candidate learns, how they are blended, and that one that fails loses itself alone."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from builders.records import make_candidate, make_challenger, make_champion, make_split
from builders.runs import STARTED, make_run
from builders.training import TASKS, make_mixed_rows, make_spec, make_task_config, write_split
from ratchet.artifacts.estimators import read_pipeline
from ratchet.artifacts.run_store import keep_record
from ratchet.models.candidates import lost_candidate
from ratchet.models.catalogue import CATALOGUE, Range
from ratchet.models.recipes import settle
from ratchet.models.scoring import score_rows
from ratchet.records.columns import ROW, TIME
from ratchet.records.data import Change
from ratchet.records.modelling import Search, TrainingWindow, Trial
from ratchet.stages.search import search
from ratchet.stages.train import train

BLEND = make_spec("blend", "blend")


@pytest.fixture
def at_once(monkeypatch):
    """Do the work of child processes here, with one thread: two test processes share the cores."""
    monkeypatch.setenv("RATCHET_THREADS", "1")
    for stage in ("search", "train"):
        monkeypatch.setattr(f"ratchet.stages.{stage}.run_in_child", lambda work, job, **_: work(job))


def make_case(home, *specs, task="binary", rows=None, **changes):
    """A run with a split by time of hourly rows."""
    run = make_run(home, make_task_config(task, candidates=specs, **changes))
    frame = make_mixed_rows(task) if rows is None else rows
    times = pd.date_range("2026-01-01", periods=len(frame), freq="h", tz="UTC")
    return run, write_split(run, frame.assign(**{TIME: times, ROW: np.arange(len(frame))}))


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("method", ["time", "random"])
def test_every_candidate_is_measured_on_folds_and_ranked_by_them(task, method, tmp_path):
    run, split = make_case(
        tmp_path, make_spec(name="one"), make_spec("xgboost", "two"), task=task, split={"method": method}
    )
    found = search(run, split)
    assert [each.name for each in found.chosen] == ["one", "two"]
    assert all(len(each.scores) == found.folds == 5 for each in found.chosen)
    candidate = train(run, split, found, "two")
    assert candidate.folds == found.chosen[1].scores
    assert candidate.score == pytest.approx(np.mean(candidate.folds))
    assert candidate.metric_value == pytest.approx(abs(candidate.score))
    (figure,) = (each for each in candidate.figures if each.name == run.config.metric)
    assert figure.value == candidate.metric_value


@pytest.mark.usefixtures("at_once")
def test_a_search_that_is_tried_again_finds_the_same(tmp_path):
    run, split = make_case(tmp_path, make_spec(), make_spec("xgboost", "two"), BLEND)
    first, again = search(run, split), search(run, split)
    timeless = [[replace(each, seconds=0) for each in found.trials] for found in (first, again)]
    assert timeless[0] == timeless[1]


@pytest.mark.usefixtures("at_once")
def test_where_the_old_half_misleads_a_window_of_newer_rows_is_taken(tmp_path):
    rows = make_mixed_rows("binary", 4_000)
    rows["bought"] = (rows["age"] > 45).astype(np.int8)
    rows.loc[:1_400, "bought"] = 1 - rows["bought"]
    run, split = make_case(tmp_path, make_spec("xgboost"), rows=rows)
    found = search(run, split)
    every, *others = found.trials
    assert every.window == TrainingWindow()
    assert found.chosen[0] in others
    assert str(found.chosen[0].window) in found.reason
    assert train(run, split, found, "one").window == found.chosen[0].window


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize(
    ("changes", "reason"),
    [({"search": {"folds": 0}}, "`search.folds` is 0"), ({}, "since a change")],
)
def test_without_folds_validation_alone_chooses(changes, reason, tmp_path):
    run, split = make_case(tmp_path, make_spec(), BLEND, **changes)
    if not changes:
        split = replace(
            split, change=Change(at=datetime(2026, 1, 5, tzinfo=UTC), rows=200, before=0.1, after=0.9, run_id="run-0")
        )
    found = search(run, split)
    assert reason in found.reason
    assert found.chosen == ()
    assert train(run, split, found, "one").folds == ()
    assert "chosen on folds" in train(run, split, found, "blend").failure


@pytest.mark.usefixtures("at_once")
def test_the_yamls_own_window_does_not_compete(tmp_path):
    rows = make_mixed_rows("binary", 4_000)
    run, split = make_case(tmp_path, make_spec(window=1_500, half_life=300), rows=rows)
    assert [each.window for each in search(run, split).trials] == [TrainingWindow(rows=1_500, half_life=300)]
    run, split = make_case(tmp_path, make_spec(), rows=rows, split={"window": None})
    assert [each.window for each in search(run, split).trials] == [TrainingWindow()]


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("folds", [0, 2])
def test_the_record_of_a_candidate_says_which_rows_it_learns_however_it_was_chosen(folds, tmp_path):
    """A refit learns what the record says: without it, every known row."""
    spec = make_spec(window=200, half_life=50)
    run, split = make_case(tmp_path, spec, search={"folds": folds})
    candidate = train(run, split, search(run, split), "one")
    assert candidate.window == TrainingWindow(rows=200, half_life=50)
    assert settle(run.config, [candidate]).candidates == (spec,)


@pytest.mark.usefixtures("at_once")
def test_a_member_that_is_lost_keeps_its_window_for_the_blend_that_holds_it(tmp_path):
    run, _ = make_case(tmp_path, make_spec(window=200))
    lost = lost_candidate(run.config.candidates[0], metric=run.config.metric, reason="it was killed")
    assert settle(run.config, [lost]).candidates == run.config.candidates


def keep_earlier(home, **records):
    """Keep what a run of an hour ago found, which made the champion."""
    run = make_run(home, run_id="earlier", started=STARTED - timedelta(hours=1))
    for name, record in {"run": run, "split": make_split(), **records}.items():
        keep_record(run, name, record)


@pytest.mark.usefixtures("at_once")
def test_settings_are_tried_and_the_same_number_of_trials_finds_the_same(tmp_path):
    run, split = make_case(
        tmp_path, make_spec(parameters={"C": 1e-4}), make_spec("linear", "two"), search={"trials": 6}
    )
    first, again = search(run, split), search(run, split)
    assert [replace(each, seconds=0) for each in first.trials] == [replace(each, seconds=0) for each in again.trials]
    assert len(first.trials) == 2 + 6
    assert {each.name for each in first.trials[1:-1]} == {"two"}  # of the other, the YAML sets everything
    taken = next(each for each in first.chosen if each.name == "two")
    trained = train(run, split, first, "two")
    assert (trained.parameters, trained.folds) == (taken.parameters, taken.scores)


@pytest.mark.usefixtures("at_once")
def test_a_search_begins_with_the_champions_settings_and_keeps_them_where_no_others_are_better(tmp_path, monkeypatch):
    monkeypatch.setattr("ratchet.stages.search.find_champion", lambda *_: make_champion(run_id="earlier"))
    run, split = make_case(tmp_path, make_spec(), search={"trials": 3})
    held = Trial(name="one", parameters='{"C": 0.9375}', window=TrainingWindow(), scores=(0.5, 0.5))
    made = make_challenger(name="one", leaderboard=(make_candidate("one", parameters=held.parameters),))
    better = [replace(held, parameters=f'{{"C": {c}}}', scores=(0.9, 0.9)) for c in (0.5, 0.25)]
    yamls = replace(held, parameters="{}", scores=(0.4, 0.4))
    found = Search(trials=(yamls, held, *better), chosen=(held,), reason="")
    keep_earlier(tmp_path, search=found, select=made)
    again = search(run, split)
    assert [each.parameters for each in again.trials[1:]] == [each.parameters for each in (held, *better)]
    assert len(again.trials[1].scores) == 5  # never given up on the way
    assert again.chosen[0].parameters == held.parameters
    assert json.loads(again.champion["parameters"]) == held.parameters


@pytest.mark.usefixtures("at_once")
@pytest.mark.parametrize("plan", [{"trials": 2}, {"budget": "5s"}])
def test_where_no_block_can_judge_no_settings_are_tried(plan, tmp_path):
    rows = make_mixed_rows("binary")
    rows.loc[len(rows) // 2 :, "bought"] = 0
    run, split = make_case(tmp_path, make_spec(), make_spec("xgboost", "two"), rows=rows, search=plan)
    found = search(run, split)
    assert "no recipe could be measured on folds" in found.reason
    assert not any(each.scores for each in found.trials)


@pytest.mark.usefixtures("at_once")
def test_a_budget_ends_the_search_before_it_is_spent(tmp_path, monkeypatch):
    run, split = make_case(tmp_path, make_spec(), search={"budget": "1h", "trials": 2})
    assert len(search(run, split).trials) == 3
    limits = []
    work = lambda work, job, *, limit, **_: limits.append(limit) or work(job)  # noqa: E731
    monkeypatch.setattr("ratchet.stages.search.run_in_child", work)
    run, split = make_case(tmp_path, make_spec(), search={"budget": "30s", "trials": 1})
    assert len(search(run, split).trials) == 2
    assert limits[0] == run.config.candidates[0].time_limit
    assert timedelta(seconds=1) < limits[1] < timedelta(seconds=30)
    clock = iter(range(0, 100_000, 20))
    monkeypatch.setattr("ratchet.stages.search.time.monotonic", lambda: next(clock))
    run, split = make_case(tmp_path, make_spec(), search={"budget": "1s"})
    assert len(search(run, split).trials) == 1


ENDLESS = {"n_estimators": 1, "num_parallel_tree": 5_000_000}


@pytest.mark.slow
@pytest.mark.parametrize(
    ("spoilt", "why"),
    [
        (make_spec("xgboost", "spoilt", parameters=ENDLESS, time_limit="8s"), "time limit"),
        (make_spec("xgboost", "spoilt", parameters={"learning_rate": 1e300}), "learning_rate"),
        (make_spec("linear", "spoilt", parameters={"C": -1}), "C"),
        (make_spec("linear", "spoilt", parameters={"Z": 1}), "no parameter 'Z'"),
    ],
)
def test_a_candidate_that_fails_loses_itself_alone_and_is_not_fitted_again(spoilt, why, tmp_path):
    run, split = make_case(tmp_path, make_spec(), spoilt, BLEND)
    found = search(run, split)
    lost = next(each for each in found.chosen if each.name == "spoilt")
    assert why in lost.failure
    assert train(run, split, found, "spoilt").failure == lost.failure
    assert train(run, split, found, "one").failure is None
    assert train(run, split, found, "blend").failure == "there are no two candidates to blend"


def make_noisy_rows(rows=3_000):
    """Noise in which two wild candidates err each in its own way."""
    frame, rng = make_mixed_rows("regression", rows), np.random.default_rng(2)
    frame["amount"], frame["age"] = rng.normal(size=rows), rng.normal(45, 12, rows)
    frame["bought"] = 5 * frame["amount"] + 6 * (np.sin(frame["age"]) > 0) + rng.normal(size=rows)
    return frame


@pytest.mark.slow
def test_settings_that_fail_lose_themselves_alone(tmp_path, monkeypatch):
    spaces = {"classifier_space": {"C": Range(-2.0, -1.0)}}
    monkeypatch.setitem(CATALOGUE, "linear", replace(CATALOGUE["linear"], **spaces))
    run, split = make_case(tmp_path, make_spec(), search={"trials": 2})
    found = search(run, split)
    assert all("C" in each.failure and not each.scores for each in found.trials[1:])
    assert found.chosen == found.trials[:1]


@pytest.mark.usefixtures("at_once")
def test_a_blend_that_is_better_than_each_is_trained_with_its_weights(tmp_path):
    wild = {"n_estimators": 30, "learning_rate": 0.5, "subsample": 0.3, "colsample_bytree": 0.4}
    one, two = (
        make_spec("xgboost", name, parameters=wild | {"max_depth": depth}) for name, depth in (("one", 6), ("two", 7))
    )
    run, split = make_case(tmp_path, one, two, BLEND, task="regression", rows=make_noisy_rows())
    found = search(run, split)
    blend = found.chosen[-1]
    assert blend.failure is None
    assert blend.score > max(each.score for each in found.chosen[:-1])
    trained = {name: train(run, split, found, name) for name in ("one", "two", "blend")}
    rows = make_noisy_rows(200)
    one, two, both = (score_rows(read_pipeline(each.model, run.home), rows, run.config) for each in trained.values())
    share = float(blend.parameters.split('two": ')[1].strip("}"))
    assert share == 0.5
    assert both == pytest.approx((one + two) / 2, rel=1e-5)

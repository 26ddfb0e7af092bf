"""The champion as a start: whose trees are kept, and what makes a fit full before any registry is asked."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from builders.records import make_candidate, make_challenger, make_champion, make_ref
from builders.runs import make_config, make_run
from builders.training import make_mixed_rows, make_spec, make_task_config, write_split
from ratchet.artifacts.past_runs import ChampionRun
from ratchet.artifacts.run_store import keep_record
from ratchet.models.starts import find_mismatch, find_refreshes
from ratchet.records.data import Change
from ratchet.records.modelling import Refresh

CHANGE = Change(at=datetime(2026, 1, 5, tzinfo=UTC), rows=200, before=0.1, after=0.9, run_id="run-0")


def make_past(tmp_path, increments=0, way="incremental", **changes):
    """The run of a champion that was refreshed so many times."""
    spec = make_spec("xgboost", "old", **changes)
    run = make_run(tmp_path, make_task_config("binary", candidates=[spec]))
    refresh = Refresh(name="old", way=way, reason="as asked", parameters="{}", increments=increments)
    refreshed = {"refresh": refresh if increments or way == "ages" else None}
    candidate = make_candidate("old", estimator="xgboost", **refreshed)
    split = write_split(run, make_mixed_rows("binary", 20))
    return ChampionRun(run=run, split=split, candidates=(candidate,), candidate=candidate)


@pytest.mark.parametrize(
    ("now", "then", "sentence"),
    [
        ({}, {}, None),
        ({"full_after": 2}, {"increments": 1}, None),
        ({"full_after": 2}, {"increments": 2}, r"refreshed 2 times since a full fit \(`full_after: 2`\)"),
        ({"time_limit": "3min", "window": 40}, {}, None),
        ({"parameters": {"n_estimators": 9}}, {}, "another recipe, by parameters"),
        ({"monotone": {"age": "increasing"}, "refresh": "incremental"}, {}, "another recipe, by monotone"),
        ({}, {"interactions": [["age", "city"]]}, "another recipe, by interactions"),
        ({"resample": {"negatives_per_positive": 3}}, {}, "another recipe, by resample"),
        ({}, {"way": "ages"}, "a blend of ages"),
        ({"refresh": "ages", "parameters": {"n_estimators": 9}}, {"way": "ages"}, None),
    ],
)
def test_trees_are_kept_where_the_recipe_is_the_same(now, then, sentence, tmp_path):
    spec = make_spec("xgboost", **{"refresh": "refresh", "full_after": 1} | now)
    found = find_mismatch(spec, make_past(tmp_path, **then))
    assert found is None if sentence is None else re.search(sentence, found)


def test_trees_of_another_estimator_are_not_kept(tmp_path):
    spec = make_spec("lightgbm", refresh="incremental")
    assert find_mismatch(spec, make_past(tmp_path)) == "the champion is by 'xgboost', not by 'lightgbm'"


def test_a_champion_whose_candidate_is_not_known_keeps_nothing(tmp_path):
    past = make_past(tmp_path)
    foreign = replace(past, candidate=replace(past.candidate, name="another"))
    assert "the champion is by" in find_mismatch(make_spec("xgboost", refresh="refresh"), foreign)


@pytest.mark.parametrize(
    ("changes", "change", "sentence"),
    [
        ({"split": {"method": "random"}}, None, "rows are not divided by time"),
        ({"data": {"time": {"order": "rows"}}}, None, "rows are not divided by time"),
        ({"data": {"group": "city"}}, None, "rows come in groups by `city`"),
        ({}, CHANGE, "the champion has lost since a change"),
    ],
)
def test_rows_that_can_t_be_told_apart_make_the_fit_full(changes, change, sentence, tmp_path, monkeypatch):
    monkeypatch.setattr("ratchet.models.starts.find_champion", lambda *_: pytest.fail("the registry is not asked"))
    spec = make_spec("xgboost", refresh="incremental")
    run = make_run(tmp_path, make_config(candidates=[spec, make_spec(name="two")], **changes))
    split = replace(write_split(run, make_mixed_rows("binary", 20)), change=change)
    (found,) = find_refreshes(run, split)
    assert (found.name, found.way, found.start, found.parameters) == ("one", "full", None, '{"n_estimators": 10}')
    assert found.reason.startswith(f"fitted in full: {sentence}")


def test_where_nobody_asks_the_registry_is_left_alone(tmp_path, monkeypatch):
    monkeypatch.setattr("ratchet.models.starts.find_champion", lambda *_: pytest.fail("the registry is not asked"))
    run = make_run(tmp_path, make_config(candidates=[make_spec()]))
    assert find_refreshes(run, write_split(run, make_mixed_rows("binary", 20))) == ()


@pytest.mark.parametrize(
    ("learnt", "classes", "sentence"),
    [
        (600, ("no", "yes"), "incremental, number 1 since a full fit: starts from version 7 as it was judged"),
        (601, ("no", "yes"), "fitted in full: 99 training rows are new to version 7, at least 100 are needed"),
        (100, ("no", "yes"), "incremental, number 1 since a full fit: starts from version 7 as it was judged"),
        (99, ("no", "yes"), "fitted in full: version 7 has learnt 99 of the training rows, at least 100 are needed"),
        (0, ("no", "yes"), "fitted in full: version 7 has learnt 0 of the training rows, at least 100 are needed"),
        (600, ("no",), "fitted in full: version 7 knows other classes: no"),
        (600, ("maybe", "no", "yes"), "fitted in full: version 7 knows other classes: maybe, no, yes"),
    ],
)
def test_a_champion_is_a_start_where_it_knows_some_rows_and_the_same_classes(
    learnt, classes, sentence, tmp_path, monkeypatch
):
    begins = datetime(2026, 1, 1, tzinfo=UTC)  # of 700 training rows, one an hour
    spec = make_spec("xgboost", refresh="incremental")
    run = make_run(tmp_path, make_task_config("binary", candidates=[spec]))
    split = write_split(run, make_mixed_rows("binary", 1_000))
    split = replace(split, validation=replace(split.validation, time_from=begins + timedelta(hours=700)))
    train = replace(split.train, time_to=begins + timedelta(hours=learnt - 1))
    candidate = make_candidate("one", estimator="xgboost")
    champion, then = make_champion(run_id="run-0"), run.model_copy(update={"run_id": "run-0"})
    keep_record(then, "run", then)
    keep_record(then, "split", replace(split, train=train, classes=classes))
    keep_record(then, "select", make_challenger(name="one", leaderboard=(candidate,)))
    monkeypatch.setattr("ratchet.models.starts.find_champion", lambda *_: champion)
    monkeypatch.setattr("ratchet.models.starts.fetch_model", lambda *_, **__: make_ref())
    (found,) = find_refreshes(run, split)
    assert found.reason.startswith(sentence)
    assert (found.start is None) == (found.way == "full") == sentence.startswith("fitted in full")

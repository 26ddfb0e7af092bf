"""A candidate that is made from the champion: what it starts from, what it has learnt, and what goes into service."""

import json
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from builders.registry import make_home, make_order
from builders.runs import make_config, make_run
from builders.training import make_spec
from ratchet.artifacts.estimators import read_pipeline
from ratchet.artifacts.frames import read_frame
from ratchet.artifacts.run_store import find_record, folder_of, keep_record
from ratchet.models.blending import list_ages
from ratchet.models.recalibration import bare_estimator, without_correction
from ratchet.models.scoring import score_rows
from ratchet.records.data import Change
from ratchet.records.files import FileRef
from ratchet.registry.champion import find_champion
from ratchet.registry.model_files import load_pipeline
from ratchet.stages.ingest import ingest
from ratchet.stages.promote import promote
from ratchet.stages.refit import refit
from ratchet.stages.roll_back import roll_back
from ratchet.stages.search import search
from ratchet.stages.select import select
from ratchet.stages.split import split
from ratchet.stages.train import train

pytestmark = pytest.mark.slow
TREES, MORE = 40, 8  # of a full fit, and of an increment
WAYS = ("incremental", "refresh", "ages")


@pytest.fixture
def flow(tmp_path, monkeypatch):
    """Retrain one candidate on the first so many rows, in this process, and promote it."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    monkeypatch.setenv("RATCHET_THREADS", "1")
    for stage in ("search", "train", "refit"):
        monkeypatch.setattr(f"ratchet.stages.{stage}.run_in_child", lambda work, job, **_: work(job))
    return Flow(make_home(tmp_path))


class Flow:
    """A model's retrains, one after the other."""

    def __init__(self, home):
        self.home, self.number = home, 0

    def retrain(self, rows, way="incremental", *, change=None, promotes=True, spoil=None, **changes):
        self.number += 1
        source = make_source(rows)
        source.loc[spoil or [], "bought"] = "no"
        source.to_csv(self.home / "data.csv", index=False)
        settings = {"parameters": {"n_estimators": TREES}} | changes.pop("candidate", {})
        candidate = make_spec("xgboost", refresh=way, **settings)
        options = {"search": {"folds": 2}, "split": {"window": None}} | changes
        config = make_config(candidates=[candidate], **options)
        run = make_run(self.home, config, run_id=f"run-{self.number}")
        table = ingest(run)
        parts = split(run, table)
        parts = parts if change is None else replace(parts, change=change)
        found = search(run, parts)
        challenger = select(run, (train(run, parts, found, "one"),))
        for name, record in (("run", run), ("ingest", table), ("split", parts), ("select", challenger)):
            keep_record(run, name, record)
        if promotes:
            champion = find_champion(self.home, run.model)
            order = make_order(champion.version if champion else None, challenger)
            done = refit(run, table, parts, challenger, order)
            assert done.model is not None, done.reason
            promote(run, challenger, order, done)
        return Retrained(run, table, parts, found, challenger)


class Retrained:
    """What a retrain left."""

    def __init__(self, run, table, parts, found, challenger):
        self.run, self.table, self.parts, self.found, self.challenger = run, table, parts, found, challenger
        self.candidate, self.refresh = challenger.candidate, challenger.candidate.refresh

    def load(self):
        return read_pipeline(self.challenger.model, self.run.home)

    def score(self, pipeline):
        return score_rows(pipeline, read_frame(self.parts.holdout.file, self.run.home), self.run.config)


def make_source(rows, seed=5):
    """Hourly sales; the first rows are the same, however many are asked for."""
    draws = np.random.default_rng(seed).normal(size=(6_000, 3))[:rows]
    age, city, noise = draws.T
    return pd.DataFrame(
        {
            "when": pd.date_range("2025-01-01", periods=rows, freq="h", tz="UTC"),
            "age": 45 + 12 * age,
            "city": np.where(city > 0, "Oslo", "Bern"),
            "member": np.where(noise > 1, "true", "false"),
            "bought": np.where(age + (city > 0) + noise > 0.5, "yes", "no"),
        }
    )


@pytest.fixture
def equal_weights(monkeypatch):
    """Let each age count alike: in a world that does not move, the newest would count alone."""
    monkeypatch.setattr("ratchet.models.fitting.weigh_ages", lambda losses: dict.fromkeys(losses, 1.0))


def count_trees(pipeline):
    return bare_estimator(pipeline).get_booster().num_boosted_rounds()


def test_without_a_champion_the_fit_is_full_and_the_record_says_why(flow):
    first = flow.retrain(2_000)
    assert (first.refresh.way, first.refresh.start, first.refresh.increments) == ("full", None, 0)
    assert first.refresh.reason == "fitted in full: there is no champion yet"
    assert count_trees(first.load()) == TREES


def test_an_increment_keeps_the_judged_models_trees_and_its_preparation_and_learns_what_is_new(flow):
    first, second = flow.retrain(2_000), flow.retrain(3_000)
    assert (second.refresh.way, second.refresh.increments) == ("incremental", 1)
    assert second.refresh.start.sha256 == first.challenger.model.sha256  # not of what is in service
    assert second.refresh.until == first.parts.train.time_to < second.parts.validation.time_from
    assert second.refresh.unlearnt == pytest.approx(1 / 3, abs=0.01)
    assert "starts from version 1 as it was judged" in second.refresh.reason
    old, new = first.load(), second.load()
    assert count_trees(new) == TREES + MORE
    trees = [bare_estimator(each).get_booster().get_dump() for each in (old, new)]
    assert trees[1][:TREES] == trees[0]
    assert str(new[0].get_params()) == str(old[0].get_params())
    assert 0 < second.refresh.distance < 0.5
    assert second.refresh.correlation > 0.8


def test_what_goes_into_service_is_made_from_the_same_start_on_all_rows(flow):
    first, second = flow.retrain(2_000), flow.retrain(3_000)
    champion = find_champion(flow.home, "sales")
    served, twin = load_pipeline(champion, flow.home), load_pipeline(champion, flow.home, judged=True)
    assert np.array_equal(second.score(twin), second.score(second.load()))
    assert not np.array_equal(second.score(served), second.score(twin))
    trees = [bare_estimator(each).get_booster().get_dump() for each in (first.load(), served)]
    assert (trees[1][:TREES], len(trees[1])) == (trees[0], TREES + MORE)


def test_after_so_many_increments_the_fit_is_full_again(flow):
    settings = {"candidate": {"full_after": 2}}
    done = [flow.retrain(2_000 + 600 * number, **settings) for number in range(5)]
    assert [each.refresh.increments for each in done] == [0, 1, 2, 0, 1]
    assert [count_trees(each.load()) for each in done] == [TREES, TREES + MORE, TREES + 2 * MORE, TREES, TREES + MORE]
    assert "was refreshed 2 times since a full fit (`full_after: 2`)" in done[3].refresh.reason


def test_refreshed_leaves_hang_on_the_same_trees(flow):
    first, second = flow.retrain(2_000, "refresh"), flow.retrain(3_000, "refresh")
    assert second.refresh.increments == 1
    old, new = (bare_estimator(each.load()).get_booster().trees_to_dataframe() for each in (first, second))
    splits = ["Tree", "Node", "Feature", "Split", "Yes", "No"]
    assert old[splits].equals(new[splits])
    leaves = old["Feature"] == "Leaf"
    assert not np.allclose(old.loc[leaves, "Gain"], new.loc[leaves, "Gain"])
    again = flow.retrain(4_000, "incremental")
    assert count_trees(again.load()) == TREES + MORE
    assert again.refresh.increments == 2


@pytest.mark.usefixtures("equal_weights")
def test_a_blend_of_ages_keeps_three_and_retires_the_oldest(flow):
    done = [flow.retrain(2_000 + 600 * number, "ages") for number in range(4)]
    assert [each.refresh.way for each in done] == ["full", "ages", "ages", "ages"]
    ages = [list_ages(without_correction(each.load())) for each in done]
    assert [len(each) for each in ages] == [1, 2, 3, 3]
    assert np.allclose(done[3].score(ages[3][1]), done[3].score(ages[2][0]))
    assert np.allclose(done[3].score(ages[3][2]), done[3].score(ages[1][0]))
    mean = np.mean([done[3].score(each) for each in ages[3]], axis=0)
    assert done[3].score(without_correction(done[3].load())) == pytest.approx(mean, abs=1e-6)
    assert {each.refresh.increments for each in done} == {0}


@pytest.mark.parametrize("way", WAYS)
def test_a_rollback_goes_back_and_the_next_one_starts_from_there(flow, way):
    first, _ = flow.retrain(2_000, way), flow.retrain(3_000, way)
    assert roll_back(flow.home, "sales", "trying", "somebody").version == 1
    third = flow.retrain(3_600, way)
    assert third.refresh.start.sha256 == first.challenger.model.sha256
    assert third.refresh.increments == (0 if way == "ages" else 1)


@pytest.mark.parametrize("way", WAYS)
def test_the_same_run_again_makes_the_same_model(flow, way):
    flow.retrain(2_000, way)
    one, other = (flow.retrain(3_000, way, promotes=False) for _ in range(2))
    assert np.array_equal(one.score(one.load()), other.score(other.load()))
    assert one.refresh == other.refresh
    assert one.candidate.folds == other.candidate.folds


@pytest.mark.usefixtures("equal_weights")
@pytest.mark.parametrize("way", WAYS)
def test_on_folds_a_champion_of_the_same_age_stands_in_for_the_real_one(flow, way):
    flow.retrain(2_000, way)
    refreshed, full = flow.retrain(3_000, way, promotes=False), flow.retrain(3_000, "full", promotes=False)
    assert len(refreshed.candidate.folds) == len(full.candidate.folds) == 2
    assert refreshed.candidate.folds != full.candidate.folds
    assert full.refresh is None
    assert [each.name for each in refreshed.found.refreshes] == ["one"]
    assert full.found.refreshes == ()


CHANGE = Change(at=datetime(2025, 3, 1, tzinfo=UTC), rows=200, before=0.1, after=0.9, run_id="run-0")


@pytest.mark.parametrize(
    ("rows", "changes", "sentence"),
    [
        (3_000, {"change": CHANGE}, "the champion has lost since a change"),
        (2_100, {}, "70 training rows are new to version 1, at least 100 are needed"),
        (3_000, {"split": {"holdout": 0.4, "validation": 0.3}}, "version 1 has learnt rows that judge today"),
        (3_000, {"split": {"window": "30d"}}, "of the training rows, at least 100 are needed"),
        (3_000, {"split": {"method": "random"}}, "rows are not divided by time"),
        (3_000, {"data": {"features": {"age": "numeric"}}}, "version 1 has other features or another target"),
        (3_000, {"candidate": {"parameters": {"n_estimators": TREES + 1}}}, "another recipe, by parameters"),
        (3_000, {"candidate": {"monotone": {"age": "increasing"}}}, "another recipe, by monotone"),
    ],
)
def test_where_the_champion_can_be_no_start_the_fit_is_full(flow, rows, changes, sentence):
    flow.retrain(2_000)
    second = flow.retrain(rows, promotes=False, **changes)
    assert second.refresh.way == "full"
    assert second.refresh.start is None
    assert sentence in second.refresh.reason
    assert json.loads(second.refresh.parameters) == json.loads(second.candidate.parameters)


def test_a_refresh_that_the_rows_do_not_allow_is_a_full_fit(flow):
    flow.retrain(2_000)
    second = flow.retrain(3_000, promotes=False, spoil=[*range(1_395, 2_105)])  # all that the champion has not learnt
    assert second.refresh.way == "full"
    assert second.refresh.reason.startswith("fitted in full: no training row is of class yes")
    assert count_trees(second.load()) == TREES


@pytest.mark.parametrize("way", WAYS)
def test_its_record_gives_the_same_choice_again(flow, way):
    flow.retrain(2_000, way)
    second = flow.retrain(3_000, way, promotes=False)
    keep_record(second.run, "train-one", second.candidate)
    recorded = find_record(folder_of(second.run), "train-one", type(second.candidate))
    assert recorded.refresh.way == way
    assert select(second.run, (recorded,)) == second.challenger


def test_a_search_tries_no_settings_where_trees_are_kept(flow):
    flow.retrain(2_000)
    settings = {"search": {"folds": 2, "trials": 2}, "candidate": {"parameters": {"n_estimators": TREES}}}
    second = flow.retrain(3_000, promotes=False, **settings)
    assert second.refresh.way == "incremental"
    assert [each.parameters for each in second.found.trials] == [f'{{"n_estimators": {TREES}}}']


def test_a_start_that_was_changed_is_not_used(flow):
    flow.retrain(2_000)
    second = flow.retrain(3_000, promotes=False)
    (own,) = (flow.home / "champions").rglob("judged.skops")
    own.write_bytes(b"broken")
    assert isinstance(second.refresh.start, FileRef)
    assert flow.retrain(3_000, promotes=False).refresh.start == second.refresh.start  # fetched again

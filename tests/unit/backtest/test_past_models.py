"""Models as they would have been made at a time, and what they may not know."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from builders.backtests import make_replay_run, make_replayed, write_history
from builders.training import make_spec
from ratchet.backtest.history import History, read_history
from ratchet.backtest.past_models import candidates_of, make_past_model
from ratchet.config.run import Run
from ratchet.records.backtest import PastModel
from ratchet.stages.ingest import ingest


def read(run: Run) -> History:
    return read_history(run, ingest(run))


def make(folder: Path, task: str = "binary", **changes: object) -> tuple[Run, History]:
    write_history(folder, task)
    run = make_replay_run(folder, make_replayed(task, **changes))
    return run, read(run)


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_a_model_is_followed_from_its_period_on(tmp_path, task):
    run, history = make(tmp_path, task)
    model, scores = make_past_model(run, history, 1)
    assert model.problem is None
    assert model.beats_baseline
    assert len(model.errors) == len(model.quality) == history.timeline.periods
    assert model.errors[:1] == (0.0,)
    assert model.quality[:1] == (None,)
    assert all(error > 0 for error in model.errors[1:])
    assert scores is not None
    later = history.periods >= 1
    assert np.isfinite(scores.judged[later]).all()
    assert np.isfinite(scores.served[later]).all()


def test_a_blend_is_replayed_with_its_members(tmp_path):
    """Where members are as good, the blend of both is what serves, and what is refitted without asking a gate."""
    members = [
        make_spec("xgboost", name, parameters={"n_estimators": 20, "max_depth": depth}).model_dump()
        for name, depth in (("one", 3), ("two", 4))
    ]
    candidates = [*members, {"name": "both", "estimator": "blend"}]
    policies = ["never", "newest"]
    run, history = make(tmp_path, candidates=candidates, backtest={"policies": policies})
    model, scores = make_past_model(run, history, 2)
    assert (model.problem, model.candidate) == (None, "both")
    alone = {}
    for each in members:
        (tmp_path / each["name"]).mkdir()
        run, history = make(tmp_path / each["name"], candidates=[each], backtest={"policies": policies})
        _, alone[each["name"]] = make_past_model(run, history, 2)
    later = history.periods >= 2
    mean = (alone["one"].judged[later] + alone["two"].judged[later]) / 2
    assert scores.judged[later] == pytest.approx(mean, abs=1e-5)
    assert model.newest is not None


def test_mistakes_grow_when_the_meaning_turns(tmp_path):
    run, history = make(tmp_path)
    model, _ = make_past_model(run, history, 0)
    assert model.errors[-2] > 2 * model.errors[0]


def test_with_costs_mistakes_are_what_decisions_cost(tmp_path):
    run, history = make(tmp_path, decision={"costs": {"false_positive": 1.0, "false_negative": 7.0}, "min_rows": 10})
    model, _ = make_past_model(run, history, 0)
    assert model.thresholds is not None
    assert model.thresholds.overall < 0.5
    assert model.errors[-2] > 20  # missed ones weigh seven times


@pytest.mark.parametrize("delay", ["0s", "5d"])
def test_labels_that_are_not_known_yet_change_nothing(tmp_path, delay):
    """Poison every label that a model may not have seen: the model stays what it was."""
    config, period = make_replayed(data={"label_delay": delay}), 4
    frame = write_history(tmp_path)
    run = make_replay_run(tmp_path, config)
    history = read(run)
    clean, clean_scores = make_past_model(run, history, period)
    is_known = np.zeros(len(frame), dtype=bool)
    is_known[history.known_at(period)] = True
    assert 0 < is_known.sum() < len(frame)
    frame["y"] = np.where(is_known, frame["y"], 1 - frame["y"])
    frame.to_csv(tmp_path / "history.csv", index=False)
    poisoned, poisoned_scores = make_past_model(run, read(run), period)
    for kind in ("judged", "served"):
        assert np.array_equal(getattr(clean_scores, kind), getattr(poisoned_scores, kind), equal_nan=True)
    assert (clean.thresholds, clean.baseline, clean.train_rows) == (
        poisoned.thresholds,
        poisoned.baseline,
        poisoned.train_rows,
    )
    assert clean.errors != poisoned.errors


def test_a_later_label_delay_leaves_fewer_rows_to_learn_from(tmp_path):
    (tmp_path / "late").mkdir()
    at_once, _ = make_past_model(*make(tmp_path), 2)
    late, _ = make_past_model(*make(tmp_path / "late", data={"label_delay": "10d"}), 2)
    assert late.train_rows < at_once.train_rows


def test_a_class_that_is_not_known_yet_is_a_mistake_and_no_error(tmp_path):
    frame = write_history(tmp_path, "multiclass")
    frame.loc[len(frame) // 2 :, "y"] = "new"
    frame.to_csv(tmp_path / "history.csv", index=False)
    run = make_replay_run(tmp_path, make_replayed("multiclass"))
    history = read(run)
    model, scores = make_past_model(run, history, 0)
    assert model.problem is None
    assert scores.judged.shape[1] == scores.served.shape[1] == 4
    last = history.periods == history.timeline.periods - 2
    assert model.errors[-2] == last.sum()


def test_what_can_not_be_fitted_is_a_model_with_a_problem(tmp_path):
    candidates = [{"name": "boosting", "estimator": "xgboost", "parameters": {"max_depth": "deep"}}]
    model, scores = make_past_model(*make(tmp_path, candidates=candidates), 1)
    assert scores is None
    assert model.problem
    assert "\n" not in model.problem


def test_groups_stay_on_one_side(tmp_path):
    frame = write_history(tmp_path)
    frame["who"] = [f"g{row % 97}" for row in range(len(frame))]
    frame.to_csv(tmp_path / "history.csv", index=False)
    run = make_replay_run(tmp_path, make_replayed(data={"group": "who"}, split={"method": "group"}))
    history = read(run)
    parts = history.divide(2)
    groups = pd.Series(frame["who"])
    assert not set(groups[parts.train]) & set(groups[parts.holdout])
    assert make_past_model(run, history, 2)[0].problem is None


def test_the_first_candidate_with_trees_is_replayed_unless_the_yaml_says_otherwise():
    both = [{"name": "linear", "estimator": "linear"}, {"name": "trees", "estimator": "xgboost"}]
    assert [each.name for each in candidates_of(make_replayed(candidates=both))] == ["trees"]
    assert [each.name for each in candidates_of(make_replayed(candidates=both[:1]))] == ["linear"]
    chosen = make_replayed(candidates=both, backtest={"candidates": both[:1]})
    assert [each.name for each in candidates_of(chosen)] == ["linear"]


def test_a_replay_knows_no_champion_to_start_from():
    spec = make_spec("xgboost", "trees", refresh="ages")
    for replayed in (make_replayed(candidates=[spec]), make_replayed(backtest={"candidates": [spec]})):
        assert [each.refresh for each in candidates_of(replayed)] == ["full"]


def test_several_candidates_are_chosen_from_on_validation(tmp_path):
    both = [
        {"name": "blind", "estimator": "xgboost", "parameters": {"n_estimators": 1, "max_depth": 1, "gamma": 1e9}},
        {"name": "linear", "estimator": "linear"},
    ]
    model, _ = make_past_model(*make(tmp_path, candidates=both), 1)
    assert model.candidate == "linear"


TWO = [
    {"name": "boosting", "estimator": "xgboost", "parameters": {"n_estimators": 300}},
    {"name": "linear", "estimator": "linear"},
]


def choose(folder: Path, policy: dict[str, object], **changes: object) -> PastModel:
    """The model of a period, chosen between a large one and a small one."""
    return make_past_model(*make(folder, candidates=TWO, policy=policy, **changes), 1)[0]


@pytest.mark.parametrize(
    ("policy", "chosen"),
    [
        ({"objectives": [{"figure": "size_bytes"}]}, "linear"),
        ({"constraints": [{"figure": "size_bytes", "at_least": 300_000}]}, "boosting"),
    ],
)
def test_the_policy_of_the_yaml_chooses_between_candidates(tmp_path, policy, chosen):
    model = choose(tmp_path, policy)
    assert (model.candidate, model.broken) == (chosen, ())


def test_a_constraint_that_no_candidate_meets_is_kept_with_the_model(tmp_path):
    model = choose(tmp_path, {"constraints": [{"figure": "size_bytes", "at_most": 1}]})
    assert model.problem is None
    (sentence,) = model.broken
    assert "at most 1 is allowed" in sentence


def test_a_candidate_that_can_not_be_fitted_leaves_the_others_as_in_a_run(tmp_path):
    broken = {"name": "broken", "estimator": "xgboost", "parameters": {"max_depth": "deep"}}
    model, _ = make_past_model(*make(tmp_path, candidates=[broken, TWO[1]]), 1)
    assert (model.problem, model.candidate) == (None, "linear")


def test_candidates_that_are_as_good_are_taken_in_the_order_of_the_yaml(tmp_path):
    twins = [{**TWO[1], "name": name} for name in ("first", "second")]
    assert make_past_model(*make(tmp_path, candidates=twins), 1)[0].candidate == "first"


def test_what_serves_is_refitted_and_what_judges_is_not(tmp_path):
    run, history = make(tmp_path)
    period = history.timeline.periods - 3
    _, scores = make_past_model(run, history, period)
    later, holdout = history.periods >= period, history.divide(period).holdout
    assert np.array_equal(scores.judged[holdout], scores.served[holdout])
    assert not np.array_equal(scores.judged[later], scores.served[later])


def test_nothing_is_refitted_where_the_yaml_says_so(tmp_path):
    run, history = make(tmp_path, refit={"on": "train"})
    _, scores = make_past_model(run, history, 1)
    assert np.array_equal(scores.judged, scores.served, equal_nan=True)


def test_after_the_meaning_has_turned_the_newest_rows_alone_are_the_best_teacher(tmp_path):
    run, history = make(tmp_path, backtest={"rolling": 2, "policies": ["never", "newest", "rolling"]})
    last = history.timeline.periods - 1
    model, _ = make_past_model(run, history, last)
    assert model.rolling.errors[last] < model.newest.errors[last]
    assert model.newest.errors[:last] == (0.0,) * last


def test_a_fit_without_gates_is_made_only_for_a_policy(tmp_path):
    model, _ = make_past_model(*make(tmp_path, backtest={"policies": ["never", "rolling"]}), 1)
    assert model.newest is None
    assert model.rolling is not None

"""What may be asked about models later, and that each answer is found out once."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from builders.backtests import ROWS_A_DAY, make_replay_run, make_replayed, write_history
from ratchet.backtest.facts import Facts
from ratchet.backtest.history import read_history
from ratchet.backtest.past_models import make_past_model
from ratchet.backtest.store import Store, model_name
from ratchet.errors import ArtifactError
from ratchet.evaluation.resampling import standard_error
from ratchet.gates.beats_champion import ChampionGate, RenewalRule, find_renewed
from ratchet.records.backtest import Faceoff, Moved, PastModel
from ratchet.records.judgement import Renewal
from ratchet.stages.ingest import ingest

# The meaning turns on day 55; the last of these begins on day 113, and has learnt from nothing older than its window.
BEFORE, AFTER, LATE = 1, 7, 11


def make_facts(folder: Path, task: str = "binary", **changes: object) -> Facts:
    write_history(folder, task)
    run = make_replay_run(folder, make_replayed(task, **changes))
    history, store = read_history(run, ingest(run)), Store(folder / "replay")
    for period in (0, BEFORE, LATE):
        model, scores = make_past_model(run, history, period)
        store.keep_scores(period, scores)
        store.keep(model_name(period), model)
    return Facts(history, store)


@pytest.fixture(scope="module", params=["binary", "regression", "multiclass"])
def facts(request, tmp_path_factory) -> Facts:
    return make_facts(tmp_path_factory.mktemp(request.param), request.param)


def test_a_model_that_knows_the_new_meaning_is_promoted_over_one_that_does_not(facts):
    found = facts.face_off(0, LATE)
    assert found.promoted, found.reason


def test_a_model_of_the_same_meaning_is_not_promoted(facts):
    found = facts.face_off(0, BEFORE)
    assert not found.promoted
    assert "needs >" in found.reason


def test_the_champion_s_own_recipe_renews_it_once_it_has_missed_enough(facts):
    """Every candidate is of one recipe; of three weeks, the window, the model of a week later has missed a third."""
    gate = facts.history.config.gates.of(ChampionGate)
    judged, _ = facts._ask_gates(0, BEFORE, None)
    assert judged.renewal == Renewal(unlearnt=pytest.approx(1 / 3, abs=0.01))
    generous = gate.model_copy(update={"renewal": RenewalRule(margin=0.2, unlearnt=0.3)})
    strict = gate.model_copy(update={"renewal": RenewalRule(margin=0.2, unlearnt=0.4)})
    lower = replace(judged, gain=replace(judged.gain, estimate=0.0, lower=-1e-9))
    assert (find_renewed(generous, lower), find_renewed(strict, lower)) == (1, None)


def test_a_renewal_is_compared_with_the_model_last_shown_to_be_better_too(facts):
    judged, _ = facts._ask_gates(BEFORE, LATE, 0)
    alone, _ = facts._ask_gates(0, LATE, None)
    assert judged.renewal.proven == 0
    assert judged.renewal.proven_gain == alone.gain


def test_a_loss_shows_once_labels_tell_and_not_before(facts):
    healthy, sick = facts.lost(0, 2), facts.lost(0, AFTER)
    assert healthy.lower is not None
    assert healthy.lower < 0.05
    assert sick.value > 0.05
    assert sick.lower > 0


def test_inputs_that_stay_as_they_are_have_not_moved(facts):
    assert facts.moved(0, AFTER) == Moved(measured=2, moved=0, prediction=False)


def test_each_answer_is_found_out_once(facts, monkeypatch):
    asked = facts.face_off(0, LATE), facts.lost(0, AFTER), facts.moved(0, AFTER)
    again = Facts(facts.history, facts._store)
    monkeypatch.setattr(again, "_judge", None)
    monkeypatch.setattr(again, "_measure_loss", None)
    monkeypatch.setattr(again, "_measure_movement", None)
    assert (again.face_off(0, LATE), again.lost(0, AFTER), again.moved(0, AFTER)) == asked


def test_inputs_that_move_are_seen(tmp_path):
    frame = write_history(tmp_path)
    frame.loc[len(frame) // 2 :, "x"] += 3
    frame.to_csv(tmp_path / "history.csv", index=False)
    run = make_replay_run(tmp_path)
    history, store = read_history(run, ingest(run)), Store(tmp_path / "replay")
    model, scores = make_past_model(run, history, 0)
    store.keep_scores(0, scores)
    store.keep(model_name(0), model)
    moved = Facts(history, store).moved(0, AFTER)
    assert (moved.moved, moved.prediction) == (1, True)


def test_a_loss_waits_for_its_labels(tmp_path):
    at_once = make_facts(tmp_path)
    (tmp_path / "late").mkdir()
    late = make_facts(tmp_path / "late", data={"label_delay": "3d"}, split={"validation": 0.2, "holdout": 0.2})
    week = 7 * ROWS_A_DAY
    assert at_once.lost(0, 1).rows == week
    assert late.lost(0, 1).rows == week - 3 * ROWS_A_DAY
    assert late.lost(0, 2).rows == week


def test_a_model_that_was_not_made_is_a_sentence(tmp_path):
    with pytest.raises(ArtifactError, match="the model of period 5 was not made"):
        make_facts(tmp_path).model(5)


def test_a_challenger_with_a_problem_or_worse_than_a_constant_is_not_promoted(tmp_path):
    facts = make_facts(tmp_path)
    store = facts._store
    store.keep(model_name(2), PastModel(period=2, problem="too few rows"))
    store.keep(model_name(3), PastModel(period=3, problem=None))
    assert facts.face_off(0, 2) == Faceoff(promoted=False, reason="too few rows")
    assert facts.face_off(0, 3).reason == "not shown to beat the trivial baseline"


def test_a_challenger_that_breaks_the_policy_is_not_promoted_whatever_its_gain(tmp_path):
    limit = {"constraints": [{"figure": "size_bytes", "at_most": 1}]}
    found = make_facts(tmp_path, policy=limit).face_off(0, LATE)
    assert not found.promoted
    assert found.reason.startswith("no candidate meets the policy; of the best, size_bytes is ")


def test_a_gate_that_can_not_say_may_be_ignored_and_is_no_evidence(tmp_path):
    ignored = {"on_inconclusive": "ignore"}
    gates = {"beats_champion": ignored, "guard_metrics": ignored}
    found = make_facts(tmp_path, gates=gates).face_off(0, LATE)
    assert found.promoted
    (tmp_path / "few").mkdir()
    facts = make_facts(tmp_path / "few", gates=gates, evaluation={"min_rows": 100_000})
    facts._store.keep(model_name(LATE), replace(facts.model(LATE), beats_baseline=True))
    found = Facts(facts.history, facts._store).face_off(0, LATE)
    assert not found.promoted
    assert "too few to judge" in found.reason


def test_a_damaged_part_is_made_again(tmp_path):
    facts = make_facts(tmp_path)
    found = facts.face_off(0, LATE)
    path = next((tmp_path / "replay" / "faceoffs").glob("*.json"))
    path.write_text(path.read_text()[:-5])
    assert Facts(facts.history, facts._store).face_off(0, LATE) == found
    assert path.read_text().endswith("}")


def test_rows_that_hang_together_have_a_larger_error():
    random = np.random.default_rng(3)
    alone = random.normal(size=2000)
    together = np.repeat(alone[:100], 20)
    assert standard_error(alone) == pytest.approx(alone.std() / np.sqrt(2000), rel=0.3)
    assert standard_error(together) > 2.5 * standard_error(alone)
    assert standard_error(alone[:1]) == float("inf")

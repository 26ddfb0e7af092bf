"""The challenger is measured beside the champion, on odd data as well."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from builders.gates import ask_gate
from builders.records import make_challenger, make_promotion
from builders.registry import make_home, make_order
from builders.runs import make_run
from builders.training import CLASSES, MIXED, TASKS, make_mixed_rows, make_spec, make_task_config, write_split
from ratchet.artifacts.estimators import write_pipeline
from ratchet.artifacts.frames import write_frame
from ratchet.artifacts.run_store import find_record, folder_of, keep_record
from ratchet.config.run import Run
from ratchet.models.fitting import fit_candidate
from ratchet.records.behaviour import Behaviour
from ratchet.records.data import Split
from ratchet.records.judgement import Outcome
from ratchet.records.modelling import Challenger
from ratchet.stages.evaluate import evaluate
from ratchet.stages.measure_behaviour import measure_behaviour
from ratchet.stages.promote import promote

ON_BEHAVIOUR = ("feature_importance", "no_regression", "behaves", "robust")
CASES = {
    "cases": [{"name": "rich", "row": {"amount": 3.0, "age": 80.0}, "at_least": 0.6}],
    "monotone": [{"column": "amount", "direction": "increasing"}],
    "invariant": [{"column": "code", "tolerance": 0.5}],
}


@pytest.fixture
def home(tmp_path):
    return make_home(tmp_path)


def start(home, task="binary", *, run_id="today", rows=None, estimator="xgboost", **changes):
    """A run with its split, and a challenger fitted on the training rows."""
    config = make_task_config(task, **({"split": {"method": "random"}} | changes))
    run = make_run(home, config, run_id=run_id)
    keep_record(run, "run", run)
    frame = make_mixed_rows(task, 2_000) if rows is None else rows
    split = write_split(run, frame)
    keep_record(run, "split", split)
    pipeline = fit_candidate(make_spec(estimator), frame[:1_400], config, classes=CLASSES[task], seed=1, threads=1)
    path = folder_of(run).file("candidates/one.skops")
    return run, make_challenger(name="one", model=write_pipeline(pipeline, path, Path(home))), split


def crown(run: Run, challenger: Challenger, split: Split) -> None:
    """Judge and promote, as a run does."""
    keep_record(run, "evaluate", evaluate(run, challenger, split))
    promote(run, challenger, make_order(None, challenger))
    keep_record(run, "promote", make_promotion(version=1, previous=None))


@pytest.mark.parametrize("task", TASKS)
def test_a_retrain_of_the_same_recipe_passes_every_gate(home, task):
    crown(*start(home, task, run_id="earlier", rows=make_mixed_rows(task, 2_000, seed=8)))
    run, challenger, split = start(home, task)
    behaviour = measure_behaviour(run, challenger, split)
    outcomes = {name: ask_gate(name, run.config, behaviour).outcome for name in ON_BEHAVIOUR}
    assert outcomes == {
        "feature_importance": Outcome.PASS,
        "no_regression": Outcome.PASS,
        "behaves": Outcome.NOT_APPLICABLE,
        "robust": Outcome.PASS,
    }
    assert {each.feature for each in behaviour.importances.challenger.features} == set(MIXED)
    assert behaviour.importances.champion.features[0].contribution > 0


def test_the_first_model_is_measured_alone(home):
    run, challenger, split = start(home, behaviour=CASES)
    behaviour = measure_behaviour(run, challenger, split)
    assert (behaviour.has_champion, behaviour.past_holdouts, behaviour.importances.champion) == (False, (), None)
    rich, rising, blind = behaviour.cases
    assert rich.measured > 0.6
    assert (rising.rows, rising.problem, blind.problem) == (300, None, None)


def test_the_same_measurement_gives_the_same_record_and_keeps_as_json(home):
    crown(*start(home, run_id="earlier"))
    run, challenger, split = start(home, behaviour=CASES)
    behaviour = measure_behaviour(run, challenger, split)
    keep_record(run, "measure_behaviour", behaviour)
    assert (
        measure_behaviour(run, challenger, split)
        == behaviour
        == find_record(folder_of(run), "measure_behaviour", Behaviour)
    )


def test_the_champion_holds_its_own_floor(home):
    crown(*start(home, run_id="earlier"))
    run, challenger, split = start(home)
    (piece,) = measure_behaviour(run, challenger, split).past_holdouts
    assert (piece.run_id, piece.rows, piece.known_share) == ("earlier", 300, 0.0)
    assert piece.gain.estimate == pytest.approx(0, abs=1e-9)


def test_rows_that_were_trained_on_since_are_told(home):
    crown(*start(home, run_id="earlier"))
    run, challenger, split = start(home, rows=make_mixed_rows("binary", 4_000))
    (piece,) = measure_behaviour(run, challenger, split).past_holdouts
    assert piece.known_share == 1.0  # rows 1,700 to 1,999 of old; the first 2,800 teach today


def test_a_challenger_that_has_forgotten_is_seen(home):
    crown(*start(home, run_id="earlier"))
    opposite = make_mixed_rows("binary", 2_000).assign(bought=lambda rows: 1 - rows["bought"])
    run, challenger, split = start(home, rows=opposite)
    behaviour = measure_behaviour(run, challenger, split)
    results = {name: ask_gate(name, run.config, behaviour) for name in ON_BEHAVIOUR}
    assert results["no_regression"].outcome is Outcome.FAIL


@pytest.mark.parametrize("damage", ["missing", "changed"])
def test_a_lost_holdout_is_a_problem_of_that_piece(home, damage):
    crown(*start(home, run_id="earlier"))
    run, challenger, split = start(home)
    file = Path(home) / "runs" / run.model / "earlier" / "holdout.parquet"
    file.unlink() if damage == "missing" else file.write_bytes(b"PAR1")
    behaviour = measure_behaviour(run, challenger, split)
    assert damage in behaviour.past_holdouts[0].problem
    assert behaviour.problem is None


def test_other_classes_are_problems_of_the_champion_and_of_the_piece(home):
    crown(*start(home, run_id="earlier"))
    run, challenger, split = start(home)
    behaviour = measure_behaviour(run, challenger, replace(split, classes=("yes", "no")))
    assert behaviour.champion_problem
    assert behaviour.past_holdouts[0].problem.startswith("its classes were no, yes")


def test_columns_that_the_champion_lacks_are_problems_too(home):
    crown(*start(home, run_id="earlier"))
    run, challenger, _split = start(home)
    renamed = {"sum" if name == "amount" else name: kind for name, kind in MIXED.items()}
    config = make_task_config("binary", split={"method": "random"})
    config = config.model_copy(update={"data": config.data.model_copy(update={"features": renamed})})
    frame = make_mixed_rows("binary", 2_000).rename(columns={"amount": "sum"})
    run = run.model_copy(update={"config": config})
    pipeline = fit_candidate(make_spec("xgboost"), frame[:1_400], config, classes=("no", "yes"), seed=1, threads=1)
    model = write_pipeline(pipeline, folder_of(run).file("candidates/two.skops"), Path(home))
    behaviour = measure_behaviour(run, replace(challenger, model=model), write_split(run, frame))
    assert "amount" in behaviour.champion_problem
    assert "sum" in behaviour.past_holdouts[0].problem
    assert behaviour.importances.challenger.features


def test_what_is_off_is_not_measured(home):
    off = {
        "importance": False,
        "past_holdouts": 0,
        "stress": dict.fromkeys(("nulls", "unit", "category", "noise", "drift"), False),
    }
    run, challenger, split = start(home, behaviour=off)
    assert measure_behaviour(run, challenger, split) == Behaviour()


@pytest.mark.parametrize("rows", [1, 2, 30])
def test_few_and_odd_rows_never_break_a_run(home, rows):
    run, challenger, split = start(home, behaviour=CASES)
    odd = make_mixed_rows("binary", 2_000)[-rows:].assign(amount=np.inf, age=1e300, city=None, member=True, bought=1)
    file = write_frame(odd, folder_of(run).file("odd.parquet"), Path(home))
    behaviour = measure_behaviour(run, challenger, replace(split, holdout=replace(split.holdout, file=file, rows=rows)))
    assert behaviour.importances.challenger.problem
    results = {name: ask_gate(name, run.config, behaviour).outcome for name in ON_BEHAVIOUR}
    assert results["feature_importance"] is Outcome.INCONCLUSIVE
    assert results["behaves"] is not Outcome.PASS


def test_an_entity_that_the_holdout_lacks_is_a_problem_not_an_error(home):
    run, challenger, split = start(home)
    config = run.config.model_copy(update={"data": run.config.data.model_copy(update={"group": "customer"})})
    behaviour = measure_behaviour(run.model_copy(update={"config": config}), challenger, split)
    assert "no column 'customer'" in behaviour.problem


def test_typical_values_fill_a_case(home):
    frame = make_mixed_rows("binary", 2_000)
    frame["member"] = pd.Series([True] * 1_500 + [None] * 500, dtype=object)
    plan = {"cases": [{"name": "anybody", "row": {}, "at_least": 0.0}]}
    run, challenger, split = start(home, rows=frame, behaviour=plan)
    (anybody,) = measure_behaviour(run, challenger, split).cases
    assert 0 < anybody.measured < 1

"""A world that changes: where the champion is shown to have lost, the next run learns and judges on rows since."""

from datetime import timedelta

import numpy as np
import pytest

from builders.registry import make_home, make_order
from builders.runs import make_config, make_run
from builders.snapshots import make_rows, write_snapshot
from builders.training import UNSEARCHED, make_spec
from ratchet.artifacts.run_store import keep_record
from ratchet.models.scoring import score_old_model
from ratchet.registry.model_files import load_pipeline
from ratchet.stages.promote import promote
from ratchet.stages.refit import refit
from ratchet.stages.select import select
from ratchet.stages.split import split
from ratchet.stages.train import train

BEFORE, AFTER = 1500, 1000
CANDIDATES = [make_spec("hist_gradient_boosting")]


def make_changing_rows():
    """From row `BEFORE` on the meaning of age is the opposite one."""
    rows = make_rows(BEFORE + AFTER)
    sharp = (rows["age"] > 48).astype(np.int8)  # learnt almost without a mistake
    return rows.assign(bought=sharp.where(rows.index < BEFORE, 1 - sharp))


@pytest.fixture
def world(tmp_path, monkeypatch):
    """A champion of the first rows, and a way to run again on more of them."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    home = make_home(tmp_path)
    every = make_changing_rows()

    def divide(run_id, rows, frame=every, **changes):
        run = make_run(home, make_config(candidates=CANDIDATES, **changes), run_id=run_id)
        table = write_snapshot(run, frame[:rows])
        parts = split(run, table)
        keep_record(run, "split", parts)
        return run, table, parts

    def fit(run, parts):
        return select(run, (train(run, parts, UNSEARCHED, "one"),))

    run, table, parts = divide("first", 1200)
    challenger = fit(run, parts)
    order = make_order(None, challenger)
    promote(run, challenger, order, refit(run, table, parts, challenger, order))
    return divide, fit


@pytest.mark.slow
def test_after_a_change_the_rows_since_teach_choose_and_judge(world):
    divide, fit = world
    run, table, parts = divide("second", BEFORE + AFTER)
    assert abs(parts.change.rows - AFTER) < 30
    assert parts.change.after > 2 * parts.change.before
    assert parts.change.run_id == "second"
    assert parts.validation.time_from > parts.change.at
    assert parts.holdout.rows == pytest.approx(min(0.3 * AFTER, 0.15 * table.rows), rel=0.05)
    challenger = fit(run, parts)
    (candidate,) = challenger.leaderboard
    assert candidate.since_change
    assert candidate.metric_value > 0.95  # learnt with the old rows beside them, it would be torn
    done = refit(run, table, parts, challenger, make_order(1, challenger))
    assert done.rows == parts.change.rows
    promote(run, challenger, make_order(1, challenger), done)
    _, _, later = divide("third", BEFORE + AFTER)
    assert later.change == parts.change  # what is older still misleads


@pytest.mark.slow
def test_it_is_what_serves_that_has_lost_not_its_twin_alone(world, monkeypatch):
    divide, _ = world
    few = {"evaluation": {"min_rows": 100}}
    _, _, calm = divide("second", BEFORE, **few)
    assert calm.change is None
    served = []

    def load(champion, home):
        served.append(load_pipeline(champion, home))
        return served[-1]

    def score(model, frame, config):
        scores = score_old_model(model, frame, config)
        return 1 - scores if any(model is each for each in served) else scores

    monkeypatch.setattr("ratchet.stages.split.load_pipeline", load)
    monkeypatch.setattr("ratchet.stages.split.score_old_model", score)
    _, table, parts = divide("third", BEFORE, **few)
    assert parts.change.rows == pytest.approx(table.rows - 1200, abs=30)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("rows", "changes"),
    [
        (BEFORE, {}),  # nothing has changed yet
        (BEFORE + 150, {}),  # too few rows to judge on
        (BEFORE + AFTER, {"split": {"recover": False}}),
        (BEFORE + AFTER, {"split": {"method": "random"}}),
    ],
)
def test_else_a_split_is_what_it_was(world, rows, changes):
    divide, _ = world
    _, _, parts = divide("second", rows, **changes)
    assert parts.change is None
    assert parts.holdout.rows == pytest.approx(0.15 * rows, rel=0.3)


@pytest.mark.slow
def test_a_label_delay_lies_before_the_holdout_and_does_not_swallow_the_rows_since(world):
    divide, _ = world
    _, table, parts = divide("second", BEFORE + AFTER, data={"label_delay": "10d"})
    assert parts.change is not None
    assert parts.holdout.rows == pytest.approx(0.3 * (AFTER - 240), abs=30)  # never below 200
    assert parts.knows_validation
    assert str(parts.holdout.rows) in parts.plan.reason
    assert parts.validation.time_to + timedelta(days=10) <= parts.holdout.time_from
    assert parts.train.time_to < parts.validation.time_from
    assert parts.train.time_to > parts.change.at
    assert not parts.knows_holdout
    assert parts.train.rows + parts.validation.rows + parts.holdout.rows + parts.embargoed_rows == table.rows


@pytest.mark.slow
def test_a_label_delay_as_long_as_the_change_is_old_lies_before_the_holdout_in_part(world):
    divide, _ = world
    _, _, parts = divide("second", BEFORE + AFTER, data={"label_delay": "30d"})  # 720 of the rows
    assert parts.change is not None
    assert parts.knows_holdout
    assert parts.holdout.rows == pytest.approx(0.15 * (BEFORE + AFTER - 720), rel=0.1)
    gap = parts.holdout.time_from - parts.validation.time_to
    assert abs(gap - timedelta(hours=AFTER / 8)) < timedelta(hours=8)


@pytest.mark.slow
def test_a_label_delay_as_long_as_all_that_is_known_since_leaves_the_split_as_it_was(world):
    divide, _ = world
    _, _, parts = divide("second", BEFORE + 366, data={"label_delay": "276h"})
    assert parts.change is None
    assert parts.validation.rows


@pytest.mark.slow
def test_groups_that_are_all_in_the_holdout_as_well_leave_the_split_as_it_was(world):
    divide, _ = world
    rows = make_changing_rows()
    homes = [f"old {at}" if at < BEFORE else f"new {at % 7}" for at in range(len(rows))]
    _, _, parts = divide("second", BEFORE + 400, rows.assign(home=homes), data={"group": "home"})
    assert parts.change is None
    assert parts.validation.rows


@pytest.mark.slow
def test_a_champion_that_can_not_score_the_rows_is_not_asked(world):
    divide, _ = world
    features = {"age": "numeric", "city": "categorical"}
    _, _, parts = divide("second", BEFORE + AFTER, data={"features": features})
    assert parts.change is None


def test_a_first_run_has_no_change(tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    run = make_run(make_home(tmp_path), make_config())
    assert split(run, write_snapshot(run, make_rows(400))).change is None

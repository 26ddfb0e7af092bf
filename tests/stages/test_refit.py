"""Refit: what a promotion puts into service, and when that is the judged model itself."""

from dataclasses import replace

import numpy as np
import pytest

from builders.champions import make_champion_home
from builders.records import make_hold, make_rejection
from builders.registry import make_order
from builders.runs import make_config, make_run
from builders.training import UNSEARCHED, make_spec
from ratchet.artifacts.estimators import read_pipeline
from ratchet.artifacts.files import hash_file
from ratchet.artifacts.frames import read_frame
from ratchet.artifacts.run_store import keep_record
from ratchet.errors import RegistryError
from ratchet.models.scoring import score_rows
from ratchet.registry.champion import find_champion
from ratchet.registry.model_files import load_champion, load_pipeline
from ratchet.stages.ingest import ingest
from ratchet.stages.promote import promote
from ratchet.stages.refit import refit
from ratchet.stages.roll_back import roll_back
from ratchet.stages.select import select
from ratchet.stages.split import split
from ratchet.stages.train import train

pytestmark = pytest.mark.slow


@pytest.fixture
def judge(tmp_path, monkeypatch):
    """Train one candidate of 240 rows, and give all that a refit needs but the verdict."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    home = make_champion_home(tmp_path)

    def train_one(run_id="run-1", **changes):
        changes = {"candidates": [make_spec("hist_gradient_boosting")]} | changes
        run = make_run(home, make_config(**changes), run_id=run_id)
        table = ingest(run)
        parts = split(run, table)
        keep_record(run, "split", parts)
        return run, table, parts, select(run, (train(run, parts, UNSEARCHED, "one"),))

    return train_one


def test_what_is_promoted_has_learnt_every_row_and_its_twin_stands_in_for_it(judge):
    run, table, parts, challenger = judge()
    order = make_order(None, challenger)
    done = refit(run, table, parts, challenger, order)
    assert (done.rows, done.twin_sha256) == (table.rows, challenger.model.sha256)
    assert done.model.sha256 != challenger.model.sha256
    assert f"refitted on all rows of {table.rows} known, {parts.train.rows} are training rows" in done.reason
    assert promote(run, challenger, order, done).moved

    champion = find_champion(run.home, run.model)
    assert (champion.sha256, champion.twin_sha256) == (done.model.sha256, challenger.model.sha256)
    rows = read_frame(parts.holdout.file, run.home)
    both = (load_pipeline(champion, run.home, judged=judged) for judged in (False, True))
    refitted, twin = (score_rows(each, rows, run.config) for each in both)
    assert not np.array_equal(refitted, twin)
    opponent = load_champion(run, parts.classes)
    assert np.array_equal(score_rows(opponent.pipeline, rows, run.config), twin)
    assert np.array_equal(score_rows(read_pipeline(challenger.model, run.home), rows, run.config), twin)


def test_a_refit_that_is_tried_again_predicts_the_same(judge):
    run, table, parts, challenger = judge()
    rows = read_frame(parts.holdout.file, run.home)

    def refit_and_score():
        done = refit(run, table, parts, challenger, make_order(None, challenger))
        return score_rows(read_pipeline(done.model, run.home), rows, run.config)

    assert np.array_equal(refit_and_score(), refit_and_score())


@pytest.mark.parametrize("verdict", [make_hold(), make_rejection()])
def test_what_is_not_promoted_is_not_refitted(judge, verdict):
    run, table, parts, challenger = judge()
    assert refit(run, table, parts, challenger, verdict) is None


def test_a_dry_run_refits_nothing(judge):
    run, table, parts, challenger = judge()
    dry = run.model_copy(update={"dry_run": True})
    assert refit(dry, table, parts, challenger, make_order(None, challenger)) is None


def test_the_judged_model_is_promoted_where_the_yaml_says_so(judge):
    run, table, parts, challenger = judge(refit={"on": "train"})
    done = refit(run, table, parts, challenger, make_order(None, challenger))
    assert (done.model, "`refit.on` is train" in done.reason) == (None, True)
    promote(run, challenger, make_order(None, challenger), done)
    champion = find_champion(run.home, run.model)
    assert (champion.sha256, champion.twin_sha256) == (challenger.model.sha256, None)


def test_a_refit_that_is_unlike_its_twin_is_not_promoted(judge):
    run, table, parts, challenger = judge(refit={"max_disagreement": 1e-9})
    done = refit(run, table, parts, challenger, make_order(None, challenger))
    assert done.model is None
    assert "at most 1e-09 (`refit.max_disagreement`)" in done.reason


def test_a_refit_that_takes_too_long_leaves_the_judged_model(judge):
    run, table, parts, challenger = judge()
    hasty = [run.config.candidates[0].model_copy(update={"time_limit": run.config.candidates[0].time_limit / 1e9})]
    short = run.model_copy(update={"config": run.config.model_copy(update={"candidates": tuple(hasty)})})
    done = refit(short, table, parts, challenger, make_order(None, challenger))
    assert done.model is None
    assert "stopped after its time limit" in done.reason


def test_a_refit_of_another_model_than_the_judged_one_moves_nothing(judge):
    run, table, parts, challenger = judge()
    order = make_order(None, challenger)
    foreign = replace(refit(run, table, parts, challenger, order), twin_sha256="0" * 64)
    with pytest.raises(RegistryError, match="refitted another model of one than the one that was judged"):
        promote(run, challenger, order, foreign)
    assert find_champion(run.home, run.model) is None


def test_either_file_of_a_version_that_was_changed_is_not_used(judge):
    run, table, parts, challenger = judge()
    order = make_order(None, challenger)
    done = refit(run, table, parts, challenger, order)
    promote(run, challenger, order, done)
    champion = find_champion(run.home, run.model)
    for judged, digest in ((False, champion.sha256), (True, champion.twin_sha256)):
        load_pipeline(champion, run.home, judged=judged)
        (own,) = (run.home / "champions").rglob("judged.skops" if judged else "model.skops")
        own.write_bytes(b"broken")
        load_pipeline(champion, run.home, judged=judged)  # fetched again
        assert hash_file(own) == digest


def test_a_rollback_goes_back_to_what_was_in_service(judge):
    for number in (1, 2):
        run, table, parts, challenger = judge(f"run-{number}", schedule={"seed": number, "cron": None})
        order = make_order(number - 1 or None, challenger)
        promote(run, challenger, order, refit(run, table, parts, challenger, order))
    assert roll_back(run.home, run.model, "trying", "somebody").version == 1
    champion = find_champion(run.home, run.model)
    assert champion.twin_sha256 is not None
    assert champion.sha256 != champion.twin_sha256


def test_a_run_that_refits_again_after_its_promotion_promotes_once(judge):
    run, table, parts, challenger = judge()
    order = make_order(None, challenger)
    first, again = (promote(run, challenger, order, refit(run, table, parts, challenger, order)) for _ in range(2))
    assert (first.version, again.version, again.reason) == (1, 1, first.reason)
    assert load_pipeline(find_champion(run.home, run.model), run.home) is not None

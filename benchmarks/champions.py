"""Champions that no gate let in, for benchmarks of what comes after one."""

from dataclasses import replace
from pathlib import Path

from sklearn.pipeline import Pipeline

from ratchet.artifacts.estimators import read_pipeline, write_pipeline
from ratchet.artifacts.run_store import find_record, folder_of
from ratchet.config.run import Run
from ratchet.pipelines.in_process import RunResult
from ratchet.records.data import Split
from ratchet.records.judgement import Decision, Verdict
from ratchet.records.modelling import Challenger
from ratchet.stages.promote import promote
from ratchet.stages.refit import refit


def promote_pipeline(run: Run, pipeline: Pipeline) -> Path:
    """Make a fitted pipeline the champion of the run's model, and return its file."""
    home = run.home
    model = write_pipeline(pipeline, home / "model.skops", home)
    challenger = Challenger(name="xgboost", estimator="xgboost", model=model, leaderboard=(), reason="the only one")
    verdict = Verdict(
        decision=Decision.PROMOTE,
        unopposed=True,
        reason="a benchmark needs a champion",
        gates=(),
        challenger="xgboost",
        expected_champion=None,
        challenger_sha256=model.sha256,
    )
    promote(run, challenger, verdict)
    return home / "model.skops"


def refit_challenger(run: Run, result: RunResult) -> Pipeline:
    """Refit the challenger of a run that did not promote it: that is what a person who approves it gets."""
    challenger, split = result.challenger, find_record(folder_of(run), "split", Split)
    assert challenger is not None, "the sets are clean"
    refitted = refit(run, result.table, split, challenger, replace(result.verdict, decision=Decision.PROMOTE))
    assert refitted is not None, "the verdict promotes"
    return read_pipeline(refitted.model or challenger.model, run.home)

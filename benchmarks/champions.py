"""A champion without a retraining, for benchmarks of what comes after one."""

from pathlib import Path

from sklearn.pipeline import Pipeline

from ratchet.artifacts.estimators import write_pipeline
from ratchet.config.run import Run
from ratchet.records.judgement import Decision, Verdict
from ratchet.records.modelling import Challenger
from ratchet.stages.promote import promote


def promote_pipeline(run: Run, pipeline: Pipeline) -> Path:
    """Make a fitted pipeline the champion of the run's model, and return its file."""
    home = run.home
    model = write_pipeline(pipeline, home / "model.skops", home)
    challenger = Challenger(name="xgboost", estimator="xgboost", model=model, leaderboard=(), reason="the only one")
    verdict = Verdict(
        decision=Decision.PROMOTE,
        unopposed=True,
        not_worse=False,
        reason="a benchmark needs a champion",
        gates=(),
        challenger="xgboost",
        expected_champion=None,
        challenger_sha256=model.sha256,
    )
    promote(run, challenger, verdict)
    return home / "model.skops"

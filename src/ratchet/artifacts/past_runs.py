"""The records of a model's earlier runs, read for comparison; one that can't be read is left out."""

from collections.abc import Sequence

from ratchet.artifacts.folder import RunFolder
from ratchet.artifacts.history import find_earlier_runs, find_readable
from ratchet.config.run import Run
from ratchet.records.data import Split
from ratchet.records.judgement import Evaluation
from ratchet.records.modelling import Candidate, Challenger
from ratchet.records.review import PastRun, PastRuns

MOST_RUNS = 30  # the newest earlier ones: half a year of weeks, and what a model was like before that is no yardstick


def read_past_runs(run: Run, challenger: Challenger, split: Split, evaluation: Evaluation) -> PastRuns:
    """Read the champion's own run and the earlier ones, to compare a run with them."""
    own = next((each for each in challenger.leaderboard if each.name == challenger.name), None)
    earlier = find_earlier_runs(run)
    made_by = evaluation.champion.run_id if evaluation.champion else None
    of_champion = _read_all([each for each in earlier if each[1].run_id == made_by], own)
    return PastRuns(
        now=_describe(run, split, evaluation, own.fit_seconds if own else None),
        earlier=tuple(_read_all(earlier[:MOST_RUNS], own)),
        champion=of_champion[0] if of_champion else None,
    )


def _read_all(runs: Sequence[tuple[RunFolder, Run]], own: Candidate | None) -> list[PastRun]:
    return [found for folder, run in runs if (found := _read_past(folder, run, own))]


def _describe(run: Run, split: Split, judged: Evaluation | None, fit_seconds: float | None) -> PastRun:
    return PastRun(
        run_id=run.run_id,
        features=dict(run.config.data.features),
        rows=split.train.rows,
        fit_seconds=fit_seconds,
        metrics={each.metric: each.challenger for each in judged.metrics} if judged else {},
    )


def _read_past(folder: RunFolder, run: Run, own: Candidate | None) -> PastRun | None:
    split = find_readable(folder, "split", Split)
    if split is None:
        return None
    return _describe(run, split, find_readable(folder, "evaluate", Evaluation), _read_fit(folder, own) if own else None)


def _read_fit(folder: RunFolder, own: Candidate) -> float | None:
    """Only the same estimator with the same settings says how long a fit usually takes."""
    fitted = find_readable(folder, f"train-{own.name}", Candidate)
    if fitted is None or fitted.model is None:
        return None
    is_same = (fitted.estimator, fitted.parameters) == (own.estimator, own.parameters)
    return fitted.fit_seconds if is_same else None

"""The records of a model's earlier runs, read for comparison; one that can't be read is left out."""

import logging
from collections.abc import Sequence
from typing import TypeVar

from ratchet.artifacts.folder import RunFolder
from ratchet.artifacts.history import find_record
from ratchet.config.run import Run
from ratchet.errors import ArtifactError
from ratchet.records.data import Split
from ratchet.records.judgement import Evaluation
from ratchet.records.modelling import Candidate, Challenger
from ratchet.records.review import PastRun, PastRuns

logger = logging.getLogger(__name__)

MOST_RUNS = 30  # the newest earlier ones: half a year of weeks, and what a model was like before that is no yardstick

Record = TypeVar("Record")


def read_past_runs(run: Run, challenger: Challenger, split: Split, evaluation: Evaluation) -> PastRuns:
    """Read the champion's own run and the earlier ones, to compare a run with them."""
    own = next((each for each in challenger.leaderboard if each.name == challenger.name), None)
    earlier = _find_earlier(run)
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


def _find_earlier(run: Run) -> list[tuple[RunFolder, Run]]:
    home = run.home
    folders = [RunFolder(home, path) for path in (home / "runs" / run.model).glob("[!.]*") if path.is_dir()]
    runs = [(folder, past) for folder in folders if (past := _find(folder, "run", Run)) and past.run_id != run.run_id]
    earlier = [pair for pair in runs if pair[1].started <= run.started]
    return sorted(earlier, key=lambda pair: (pair[1].started, pair[1].run_id), reverse=True)


def _read_past(folder: RunFolder, run: Run, own: Candidate | None) -> PastRun | None:
    split = _find(folder, "split", Split)
    if split is None:
        return None
    return _describe(run, split, _find(folder, "evaluate", Evaluation), _read_fit(folder, own) if own else None)


def _read_fit(folder: RunFolder, own: Candidate) -> float | None:
    """Only the same estimator with the same settings says how long a fit usually takes."""
    fitted = _find(folder, f"train-{own.name}", Candidate)
    if fitted is None or fitted.model is None:
        return None
    is_same = (fitted.estimator, fitted.parameters) == (own.estimator, own.parameters)
    return fitted.fit_seconds if is_same else None


def _find(folder: RunFolder, name: str, kind: type[Record]) -> Record | None:
    """Records of an older form, or damaged ones, are no reason to stop a run of today."""
    try:
        return find_record(folder, name, kind)
    except ArtifactError as error:
        logger.warning("left out of the comparison: %s", error)
        return None

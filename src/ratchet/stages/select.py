"""Choose the challenger: the best candidate on validation, never on the holdout."""

import logging
import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from ratchet.config.run import Run
from ratchet.errors import TrainingError
from ratchet.models.lost import lost_candidate
from ratchet.records.modelling import Candidate, Challenger

logger = logging.getLogger(__name__)

NOT_FINISHED = "its task did not finish"


def select(run: Run, candidates: tuple[Candidate, ...]) -> Challenger:
    """Choose among the candidates that the run asked for; one whose task died counts as lost.

    Raises:
        TrainingError: not one of them is usable; each is named with its reason.
    """
    order = [spec.name for spec in run.config.candidates]
    every = [_judged(each) for each in (*candidates, *_find_absent(run, candidates))]
    board = sorted(every, key=lambda each: _rank(each, order))
    best = board[0]
    if best.model is None:
        reasons = "; ".join(f"{each.name}: {each.failure}" for each in board)
        raise TrainingError(f"none of {len(board)} candidates is usable: {reasons}")
    reason = _explain(best, board[1:])
    logger.info("run %s: %s", run.run_id, reason)
    return Challenger(
        name=best.name,
        estimator=best.estimator,
        model=best.model,
        leaderboard=tuple(board),
        reason=reason,
        thresholds=best.thresholds,
    )


def _find_absent(run: Run, candidates: Iterable[Candidate]) -> list[Candidate]:
    present = {each.name for each in candidates}
    return [
        lost_candidate(spec, metric=run.config.metric, reason=NOT_FINISHED)
        for spec in run.chosen
        if spec.name not in present
    ]


def _judged(candidate: Candidate) -> Candidate:
    """A candidate without a finite score is lost, whatever else its record says."""
    if candidate.model is not None and candidate.score is not None and math.isfinite(candidate.score):
        return candidate
    reason = candidate.failure or f"it has no finite {candidate.metric} on validation"
    return replace(candidate, model=None, failure=reason, score=None, metric_value=None)


def _rank(candidate: Candidate, order: Sequence[str]) -> tuple[float, float, int]:
    """Best first, then the quicker to fit, then the order of the YAML; the lost ones last."""
    place = order.index(candidate.name) if candidate.name in order else len(order)
    if candidate.score is None:
        return math.inf, math.inf, place
    return -candidate.score, candidate.fit_seconds, place


def _explain(best: Candidate, others: Sequence[Candidate]) -> str:
    figure = f"{best.name} has the best {best.metric} on validation, {best.metric_value:.4g}"
    rivals = [f"{each.name} {each.metric_value:.4g}" for each in others if each.model is not None]
    if not rivals:
        return f"{figure}; no other candidate was usable" if others else f"{figure}; it is the only candidate"
    is_tied = others[0].score == best.score
    return f"{figure} (next {rivals[0]}{', as good but slower to fit' if is_tied else ''})"

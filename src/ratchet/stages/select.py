"""Choose the challenger on rows before the holdout, never on it: the best candidate, or what the policy prefers."""

import logging
import math
from collections.abc import Iterable, Sequence
from dataclasses import replace

from ratchet.artifacts.past_runs import describe_recipe
from ratchet.artifacts.run_store import find_record, folder_of
from ratchet.config.run import Run
from ratchet.errors import TrainingError
from ratchet.evaluation.placing import place_candidates, prefer_trusted
from ratchet.models.candidates import lost_candidate
from ratchet.records.data import Split
from ratchet.records.modelling import Candidate, Challenger, Placing, Search

logger = logging.getLogger(__name__)

NOT_FINISHED = "its task did not finish"
BEFORE = ("ingest", "check", "split")  # what must be there before anything is trained


def select(run: Run, candidates: tuple[Candidate, ...]) -> Challenger:
    """Choose among the candidates that the run asked for; one whose task died counts as lost.

    When none meets the policy's constraints, the best of them is chosen all the same: the run ends with a
    verdict, and the gate `policy` says in it why there is no promotion.

    Raises:
        TrainingError: not one of them is usable, each is named with its reason; or a step before training failed.
        ArtifactError: the record of the split or the search is damaged.
    """
    if not candidates:
        raise TrainingError(_explain_nothing(run))
    usable, lost = _divide(run, candidates)
    if not usable:
        raise TrainingError(_explain_losses(lost))
    placings = place_candidates(usable, run.config.policy, run.config.metric)
    placings, why = prefer_trusted(placings, usable, run.config, _find_own(run, usable))
    by_name = {each.name: each for each in usable}
    board = [*(by_name[each.name] for each in placings), *lost]
    reason = why or _explain(run, board, placings)
    logger.info("run %s: %s", run.run_id, reason)
    return _make_challenger(board, placings, reason)


def _find_own(run: Run, usable: Sequence[Candidate]) -> Candidate | None:
    """Return the candidate that has the champion's recipe; None where none has, or no search has looked."""
    searched, split = find_record(folder_of(run), "search", Search), find_record(folder_of(run), "split", Split)
    if searched is None or split is None:
        return None
    recipes = ((each, describe_recipe(run.config, each, usable, split)) for each in usable)
    return next((each for each, recipe in recipes if recipe == searched.champion), None)


def _divide(run: Run, candidates: Sequence[Candidate]) -> tuple[list[Candidate], list[Candidate]]:
    """Return the usable ones and the lost ones, each in the order of the YAML."""
    places = {spec.name: place for place, spec in enumerate(run.config.candidates)}
    every = [_judged(each) for each in (*candidates, *_find_absent(run, candidates))]
    every.sort(key=lambda each: places.get(each.name, len(places)))
    return [each for each in every if each.model is not None], [each for each in every if each.model is None]


def _make_challenger(board: Sequence[Candidate], placings: tuple[Placing, ...], reason: str) -> Challenger:
    best = board[0]
    assert best.model is not None, "the lost ones come last"
    return Challenger(
        name=best.name,
        estimator=best.estimator,
        model=best.model,
        leaderboard=tuple(board),
        reason=reason,
        thresholds=best.thresholds,
        placings=placings,
    )


def _explain_nothing(run: Run) -> str:
    folder = folder_of(run)
    absent = next((step for step in BEFORE if not folder.file(f"{step}.json").is_file()), None)
    if absent is not None:
        return f"no candidate was trained, because `{absent}` did not finish; its own message says why"
    names = ", ".join(spec.name for spec in run.chosen)
    return f"no candidate was trained: not one task of `train` finished ({names}); their own messages say why"


def _explain_losses(lost: Sequence[Candidate]) -> str:
    reasons = "; ".join(f"{each.name}: {each.failure}" for each in lost)
    return f"none of {len(lost)} candidates is usable: {reasons}"


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
    reason = candidate.failure or f"it has no finite {candidate.metric} on {candidate.ranked_on}"
    return replace(candidate, model=None, failure=reason, score=None, metric_value=None)


def _explain(run: Run, board: Sequence[Candidate], placings: Sequence[Placing]) -> str:
    best, objectives = placings[0], run.config.policy.objectives
    if best.broken:
        return f"no candidate meets the policy; the best of them is {best.name}, but {'; '.join(best.broken)}"
    meeting = [each for each in placings if not each.broken]
    if len(objectives) > 1:
        return _explain_points(meeting)
    left_out = len(placings) - len(meeting)
    among = f"; {left_out} broke a constraint of the policy" if left_out else ""
    return _explain_best(run, board, meeting) + among


def _explain_best(run: Run, board: Sequence[Candidate], meeting: Sequence[Placing]) -> str:
    for objective in run.config.policy.objectives:
        if objective.figure != run.config.metric:
            return f"{board[0].name} is the best in {objective.figure}, the policy's objective"
    names = {each.name for each in meeting}
    return _explain_metric(board[0], [each for each in board[1:] if each.name in names], len(board) - 1)


def _explain_points(meeting: Sequence[Placing]) -> str:
    front = [each for each in meeting if each.points is not None]
    best, others = front[0], front[1:]
    if not others:
        return f"{best.name} is alone on the Pareto front of {len(meeting)} candidates"
    found = f"{best.name} has {best.points:.3g} of 1 point, the most on a Pareto front of {len(front)} candidates"
    return f"{found} (next {others[0].name} {others[0].points:.3g})"


def _explain_metric(best: Candidate, following: Sequence[Candidate], others: int) -> str:
    figure = f"{best.name} has the best {best.metric} on {best.ranked_on}, {best.metric_value:.4g}"
    if not following:
        return f"{figure}; no other candidate was usable" if others else f"{figure}; it is the only candidate"
    next_best = following[0]
    tied = ", as good but slower to fit" if next_best.score == best.score else ""
    return f"{figure} (next {next_best.name} {next_best.metric_value:.4g}{tied})"

"""What is read of a model's earlier runs, each of which may be gone or damaged.

Their records, to compare a run with them; whether it has the champion's own recipe, and how much that one has missed;
the settings that they found;
the holdouts of past champions, and what was reached there; and which runs have judged on a holdout before: one that is
looked at again and again begins to flatter.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean

from pydantic_core import to_json

from ratchet.artifacts.run_store import (
    RunFolder,
    find_earlier_runs,
    find_folder,
    find_promotions,
    find_readable,
    find_record,
    find_runs,
    folder_of,
)
from ratchet.config.model import ModelConfig
from ratchet.config.run import Run
from ratchet.config.training import BLEND, CandidateSpec
from ratchet.errors import ArtifactError, list_names
from ratchet.records.data import Part, Split, Table
from ratchet.records.holdout import HoldoutHistory
from ratchet.records.judgement import Evaluation, Gain, Renewal, Verdict
from ratchet.records.modelling import Candidate, Challenger, Refit, Search, Trial
from ratchet.records.review import PastRun, PastRuns
from ratchet.timeline import Moment, is_before, to_number

# Of a candidate in the YAML: its limits are no part of the recipe, and the record has the others as they were settled.
NO_PARTS = {"name", "estimator", "parameters", "window", "half_life", "time_limit", "memory_limit", "full_after"}
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
    return fitted.fit_seconds if _describe_fit(fitted) == _describe_fit(own) else None


def _describe_fit(candidate: Candidate) -> tuple[str, str, str]:
    return candidate.estimator, candidate.parameters, candidate.way


@dataclass(frozen=True, slots=True, kw_only=True)
class ChampionRun:
    """The run that made a champion, as its records tell.

    Attributes:
        run: what it was asked for.
        split: how its rows were divided.
        candidates: what it chose from.
        candidate: the one that became champion.
    """

    run: Run
    split: Split
    candidates: tuple[Candidate, ...]
    candidate: Candidate

    @property
    def spec(self) -> CandidateSpec | None:
        """The champion in the YAML of that time."""
        return next((each for each in self.run.config.candidates if each.name == self.candidate.name), None)

    @property
    def recipe(self) -> dict[str, str]:
        """The champion's, as `describe_recipe` gives it."""
        return describe_recipe(self.run.config, self.candidate, self.candidates, self.split)


def read_champion_run(run: Run, run_id: str) -> ChampionRun | None:
    """Read the run that made a champion of the same model; None where its records are gone or damaged."""
    folder = find_folder(run.home, run.model, run_id)
    then, split = find_readable(folder, "run", Run), find_readable(folder, "split", Split)
    chosen = find_readable(folder, "select", Challenger)
    if then is None or split is None or chosen is None or chosen.candidate is None:
        return None
    return ChampionRun(run=then, split=split, candidates=chosen.leaderboard, candidate=chosen.candidate)


def find_renewal(run: Run, challenger: Challenger, split: Split, *, made_by: str) -> Renewal:
    """Say whether a challenger has the recipe of the champion that a run made, and how much that one has missed."""
    champion, folder = read_champion_run(run, made_by), find_folder(run.home, run.model, made_by)
    verdict, ours = find_readable(folder, "decide", Verdict), challenger.candidate
    if champion is None or verdict is None or ours is None:
        return Renewal(problem=f"run {made_by}, which made the champion, has no readable records any more")
    now, before = describe_recipe(run.config, ours, challenger.leaderboard, split), champion.recipe
    if others := [name for name in now if now[name] != before.get(name)]:
        return Renewal(problem=f"it is another recipe than the champion's, by {list_names(others)}")
    refit = find_readable(folder, "refit", Refit)
    is_refitted = refit is not None and refit.model is not None
    until = _find_end(folder, champion.split, is_refitted=is_refitted)
    today = _find_end(folder_of(run), split, is_refitted=run.config.refit.on == "all")
    unlearnt = None if until is None or today is None else _find_unlearnt(split, ours, until, today)
    return Renewal(unlearnt=unlearnt, proven=verdict.renews)


def describe_recipe(
    config: ModelConfig, candidate: Candidate, candidates: Sequence[Candidate], split: Split
) -> dict[str, str]:
    """Return the parts of a recipe by name, as JSON text: two with the same parts learn the same from the same rows.

    Args:
        config: the YAML of its run.
        candidate: whose recipe it is.
        candidates: all of its run, among which a blend has its members.
        split: how the rows were divided.
    """
    weights = json.loads(candidate.parameters) if candidate.estimator == BLEND else {}
    members = (each for each in candidates if each.name in weights)
    own = _describe_learning(config, candidate, split)
    parts = {
        **own,
        **{f"its member {each.name}": _describe_learning(config, each, split) for each in members},
        "features": config.data.features,
        "target": config.data.target,
        "calibration": config.calibration,
        "window": (config.split.window, own["window"]),
    }
    return {name: to_json(part).decode() for name, part in parts.items()}


def _describe_learning(config: ModelConfig, candidate: Candidate, split: Split) -> Mapping[str, object]:
    """Return what one candidate fits, on which rows."""
    spec = next((each for each in config.candidates if each.name == candidate.name), None)
    others = spec.model_dump(exclude=NO_PARTS) if spec else {}
    window = candidate.window if spec is None or spec.window or spec.half_life else _find_shares(candidate, split)
    return {
        "estimator": candidate.estimator,
        "parameters": candidate.parameters,
        **others,
        "refresh": candidate.way,
        "window": (candidate.since_change, window),
    }


def _find_shares(candidate: Candidate, split: Split) -> tuple[int, ...]:
    """Return a window that was found, as parts of the rows: with more rows it is longer, and the same recipe."""
    rows = split.train.rows + split.validation.rows
    return tuple(round(rows / each) if each else 0 for each in (candidate.window.rows, candidate.window.half_life))


def _find_unlearnt(split: Split, candidate: Candidate, until: int, today: int) -> float | None:
    """Return which share of what a recipe learns today is later than a moment; times and rows as numbers."""
    change = split.change if candidate.since_change else None
    start = change.at if change else split.train.time_from
    span = today - (0 if start is None else to_number(start))
    known = split.train.rows + split.validation.rows + split.holdout.rows
    learnt = span * min((candidate.window.rows or known) / known, 1.0)
    return min(max(today - until, 0) / learnt, 1.0) if learnt > 0 else None


def _find_end(folder: RunFolder, split: Split, *, is_refitted: bool) -> int | None:
    """Return where what a run's model has learnt ends: a refitted one knows every row."""
    known = find_readable(folder, "ingest", Table) if is_refitted else split.train
    if known is None:
        return None
    return known.rows if known.time_to is None else to_number(known.time_to)


@dataclass(frozen=True, slots=True, kw_only=True)
class PastHoldout:
    """The holdout of one past champion.

    Attributes:
        run_id: the run that made it.
        split: how its rows were divided; None when that can't be read.
        floor: what it reached in the primary metric there; None when it can't be read.
        problem: why it can't be used; None when it can.
    """

    run_id: str
    split: Split | None = None
    floor: float | None = None
    problem: str | None = None


def find_past_holdouts(
    run: Run, *, champion_run: str | None, wanted: int, since: Moment | None = None
) -> tuple[PastHoldout, ...]:
    """Find the holdouts of the newest champions, each set of rows once: today's champion first.

    Runs that are gone are not known any more, but for today's champion, whose run the registry names.

    Args:
        run: today's.
        champion_run: the run that made today's champion.
        wanted: at most so many.
        since: after a change, only holdouts of the world since, and today's champion's: others are to be forgotten.
    """
    promoted = (folder.path.name for folder, _ in find_promotions(run.home, run.model))
    names = dict.fromkeys(filter(None, (champion_run, *(name for name in promoted if name != run.run_id))))
    each_once: dict[str, PastHoldout] = {}
    for name in names:
        past_holdout = _read_past_holdout(find_folder(run.home, run.model, name), name, run)
        if name == champion_run or not _is_of_old_world(past_holdout, since):
            each_once.setdefault(past_holdout.split.holdout.file.sha256 if past_holdout.split else name, past_holdout)
    return tuple(each_once.values())[:wanted]


def _is_of_old_world(past: PastHoldout, since: Moment | None) -> bool:
    first = past.split.holdout.time_from if past.split else None
    return since is not None and first is not None and not is_before(since, first)


def _read_past_holdout(folder: RunFolder, run_id: str, run: Run) -> PastHoldout:
    try:
        split, evaluation = find_record(folder, "split", Split), find_record(folder, "evaluate", Evaluation)
    except ArtifactError as error:
        return PastHoldout(run_id=run_id, problem=str(error))
    if split is None or evaluation is None:
        return PastHoldout(run_id=run_id, problem=f"the records of run {run_id} are gone, so its holdout is not known")
    floor = next((each.challenger for each in evaluation.metrics if each.metric == run.config.metric), None)
    if floor is None:
        return PastHoldout(run_id=run_id, split=split, problem=f"run {run_id} has no figure in {run.config.metric}")
    return PastHoldout(run_id=run_id, split=split, floor=floor)


@dataclass(frozen=True, slots=True, kw_only=True)
class PastSettings:
    """Settings of candidates that earlier runs found.

    Attributes:
        champion: the run that made the champion; None without one, or where its records are gone.
        trials: what was measured on folds, each with its gain over the YAML's settings on the same rows, halved for
            each run since then; the largest first.
    """

    champion: ChampionRun | None
    trials: tuple[tuple[Trial, float], ...]

    @property
    def champions(self) -> Mapping[str, str]:
        """Each candidate's parameters, JSON text, in the run that made the champion."""
        return {each.name: each.parameters for each in (self.champion.candidates if self.champion else ())}


def find_settings(run: Run, *, made_by: str | None) -> PastSettings:
    """Read what earlier runs found.

    Args:
        run: the run.
        made_by: the run that made the champion; None without one.
    """
    champion = read_champion_run(run, made_by) if made_by else None
    found = (find_readable(folder, "search", Search) for folder, _ in find_earlier_runs(run)[:MOST_RUNS])
    return PastSettings(champion=champion, trials=rank_trials([each.trials if each else () for each in found]))


def rank_trials(searches: Sequence[Sequence[Trial]]) -> tuple[tuple[Trial, float], ...]:
    """Return trials of settings with their gains, the largest first: only a gain can be compared with other rows'.

    Args:
        searches: the trials of each, the newest search first.
    """
    found = [(each, gain * 0.5**age) for age, trials in enumerate(searches) for each, gain in _find_gains(trials)]
    return tuple(sorted(found, key=lambda pair: -pair[1]))  # stable: of two alike, the newer one


def _find_gains(trials: Sequence[Trial]) -> Iterator[tuple[Trial, float]]:
    """Yield what was measured, if only on the newest folds, with the gain over its candidate's first trial there."""
    first: dict[tuple[str, str], Trial] = {}
    for each in trials:
        base = first.setdefault((each.name, str(each.window)), each)
        if each is not base and each.scores and each.parameters != base.parameters and not base.failure:
            yield each, each.score - fmean(base.scores[-len(each.scores) :])


def find_past_gains(run: Run, wanted: int) -> tuple[tuple[str, Gain], ...]:
    """Find the last measured gains over a champion, the newest first, each with its run."""
    found: list[tuple[str, Gain]] = []
    for folder, earlier in find_earlier_runs(run)[:MOST_RUNS]:
        judged = find_readable(folder, "evaluate", Evaluation)
        gain = judged.champion_gain if judged else None
        if gain is not None and gain.metric == run.config.metric and gain.detectable:
            found.append((earlier.run_id, gain))
        if len(found) == wanted:
            break
    return tuple(found)


def find_holdout_history(run: Run, split: Split) -> HoldoutHistory:
    """Look through the model's other runs that judged; a run that is tried again is not another one.

    Raises:
        ArtifactError: what a run was asked for can't be read.
    """
    others = [(folder, other.run_id) for folder, other in find_runs(run.home, run.model)]
    judged = [(folder, name) for folder, name in others if folder.file("evaluate.json").is_file()]
    kinds = {name: _compare(folder, split.holdout) for folder, name in judged if name != run.run_id}
    return HoldoutHistory(
        same_rows=_runs_of("same_rows", kinds),
        overlapping=_runs_of("overlapping", kinds),
        unreadable=_runs_of("unreadable", kinds),
    )


def _runs_of(wanted: str, kinds: Mapping[str, str | None]) -> tuple[str, ...]:
    return tuple(name for name, kind in kinds.items() if kind == wanted)


def _compare(folder: RunFolder, holdout: Part) -> str | None:
    try:
        split = find_record(folder, "split", Split)
    except ArtifactError:
        return "unreadable"
    if split is None:
        return "unreadable"
    if split.holdout.file.sha256 == holdout.file.sha256:
        return "same_rows"
    return "overlapping" if _overlaps(split.holdout, holdout) else None


def _overlaps(one: Part, other: Part) -> bool:
    first, second = _span_of(one), _span_of(other)
    if first is None or second is None:
        return False
    return first[0] <= second[1] and second[0] <= first[1]


def _span_of(part: Part) -> tuple[datetime, datetime] | None:
    return None if part.time_from is None or part.time_to is None else (part.time_from, part.time_to)

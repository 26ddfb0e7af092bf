"""What a candidate that is to be refreshed starts from: the champion's judged model, where that is possible and honest.

No row that judges today may have taught the start. The champion in service has learnt them; its judged twin has not,
where its training rows end before today's validation begins.
"""

from dataclasses import dataclass
from datetime import datetime

from ratchet.artifacts.frames import read_frame
from ratchet.artifacts.past_runs import ChampionRun, read_champion_run
from ratchet.config.run import Run
from ratchet.config.training import CandidateSpec
from ratchet.errors import list_names
from ratchet.models.candidates import describe_parameters
from ratchet.records.columns import TIME
from ratchet.records.data import Split
from ratchet.records.files import FileRef
from ratchet.records.modelling import Candidate, Refresh
from ratchet.records.promotion import Champion
from ratchet.registry.champion import find_champion
from ratchet.registry.model_files import fetch_model

FEWEST = 100  # training rows that the champion has learnt, and that it has not: fewer have nothing to tell
SAME = ("parameters", "monotone", "interactions", "resample")  # in the YAML then and now, for trees to be kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """The champion as a start for today's candidates.

    Attributes:
        version: its version.
        past: the run that made it.
        model: its judged model.
        until: the newest row that this one has learnt.
        unlearnt: the share of today's training rows that it has not.
    """

    version: int
    past: ChampionRun
    model: FileRef
    until: datetime
    unlearnt: float


def find_refreshes(run: Run, split: Split) -> tuple[Refresh, ...]:
    """Say of each candidate that is to be refreshed what it starts from, or why its fit is full.

    Raises:
        RegistryError: the registry has lost its champion, or its model.
        ArtifactError: the training rows are not what their record says.
    """
    asking = [spec for spec in run.chosen if spec.refresh != "full"]
    start = _find_start(run, split) if asking else ""
    return tuple(_plan(spec, start) for spec in asking)


def _plan(spec: CandidateSpec, start: Start | str) -> Refresh:
    problem = start if isinstance(start, str) else find_mismatch(spec, start.past)
    if isinstance(start, str) or problem is not None:
        reason = f"fitted in full: {problem}"
        return Refresh(name=spec.name, way="full", reason=reason, parameters=describe_parameters(spec))
    theirs, keeps_trees = start.past.candidate, spec.refresh != "ages"
    increments = _count_increments(theirs) + 1 if keeps_trees else 0
    after = f", number {increments} since a full fit" if keeps_trees else ""
    return Refresh(
        name=spec.name,
        way=spec.refresh,
        reason=f"{spec.refresh}{after}: starts from version {start.version} as it was judged, which has not learnt "
        f"{start.unlearnt:.1%} of the training rows",
        parameters=theirs.parameters if keeps_trees else describe_parameters(spec),
        start=start.model,
        until=start.until,
        unlearnt=start.unlearnt,
        increments=increments,
    )


def _find_start(run: Run, split: Split) -> Start | str:
    """Return the champion as a start; a sentence where it can be none."""
    if problem := _find_obstacle(run, split):
        return problem
    champion = find_champion(run.home, run.model)
    if champion is None:
        return "there is no champion yet"
    past = _read_past(run, champion, split)
    if isinstance(past, str):
        return past
    until, begins = past.split.train.time_to, split.validation.time_from
    if until is None or begins is None or until >= begins:
        return f"version {champion.version} has learnt rows that judge today"
    moments = read_frame(split.train.file, run.home, [TIME])[TIME]
    unlearnt = int((moments > until).sum())
    if problem := _find_scarcity(champion.version, unlearnt, len(moments) - unlearnt):
        return problem
    return Start(
        version=champion.version,
        past=past,
        model=fetch_model(champion, run.home, judged=True),
        until=until,
        unlearnt=unlearnt / len(moments),
    )


def _find_scarcity(version: int, unlearnt: int, learnt: int) -> str | None:
    if unlearnt < FEWEST:
        return f"{unlearnt} training rows are new to version {version}, at least {FEWEST} are needed"
    if learnt < FEWEST:
        return f"version {version} has learnt {learnt} of the training rows, at least {FEWEST} are needed"
    return None


def _find_obstacle(run: Run, split: Split) -> str | None:
    data = run.config.data
    if run.config.split.method != "time" or not data.has_clock:
        return "rows are not divided by time, so it can't be told which of them the champion has learnt"
    if data.group is not None:
        return f"rows come in groups by `{data.group}`: the champion may have learnt those that judge today"
    if split.change is not None:
        return "the champion has lost since a change: what it has learnt is of a world that is gone"
    return None


def _read_past(run: Run, champion: Champion, split: Split) -> ChampionRun | str:
    """Read the run that made the champion; a sentence where its features or its classes are not today's."""
    past = read_champion_run(run, champion.run_id)
    if past is None:
        return f"run {champion.run_id}, which made the champion, has no readable records any more"
    if past.run.adoption is not None:
        return "the champion comes from elsewhere: it is not known what it has learnt"
    was, now = past.run.config.data, run.config.data
    if (was.features, was.target) != (now.features, now.target):
        return f"version {champion.version} has other features or another target"
    if past.split.classes != split.classes:
        return f"version {champion.version} knows other classes: {list_names(past.split.classes)}"
    return past


def find_mismatch(spec: CandidateSpec, past: ChampionRun) -> str | None:
    """Return why a champion's trees can't be kept for a candidate; None where they can, or need not be."""
    if spec.refresh == "ages":
        return None
    theirs, then = past.candidate, past.spec
    if theirs.estimator != spec.estimator or then is None:
        return f"the champion is by '{theirs.estimator}', not by '{spec.estimator}'"
    if others := [name for name in SAME if getattr(then, name) != getattr(spec, name)]:
        return f"the champion is another recipe, by {list_names(others)}"
    if theirs.way == "ages":
        return "the champion is a blend of ages"
    if (done := _count_increments(theirs)) >= spec.full_after:
        return f"the champion was refreshed {done} times since a full fit (`full_after: {spec.full_after}`)"
    return None


def _count_increments(candidate: Candidate) -> int:
    return candidate.refresh.increments if candidate.refresh else 0

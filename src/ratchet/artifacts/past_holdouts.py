"""Past holdouts of a model's champions, as their runs left them: which rows, and what was reached there."""

from dataclasses import dataclass
from datetime import datetime

from ratchet.artifacts.folder import RunFolder
from ratchet.artifacts.history import find_record
from ratchet.config.run import Run
from ratchet.errors import ArtifactError
from ratchet.records.data import Split
from ratchet.records.judgement import Evaluation
from ratchet.records.promotion import Promotion


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


def find_past_holdouts(run: Run, *, champion_run: str | None, wanted: int) -> tuple[PastHoldout, ...]:
    """Find the holdouts of the newest champions, each set of rows once: today's champion first.

    Runs that are gone are not known any more, but for today's champion, whose run the registry names.
    """
    home = run.home
    names = dict.fromkeys(filter(None, (champion_run, *_find_promoted(run))))
    each_once: dict[str, PastHoldout] = {}
    for name in names:
        past_holdout = _read_past_holdout(RunFolder(home, home / "runs" / run.model / name), name, run)
        each_once.setdefault(past_holdout.split.holdout.file.sha256 if past_holdout.split else name, past_holdout)
    return tuple(each_once.values())[:wanted]


def _find_promoted(run: Run) -> list[str]:
    """Return the runs whose challenger became champion, the newest first."""
    home = run.home
    folders = {path.name: RunFolder(home, path) for path in (home / "runs" / run.model).glob("[!.]*")}
    others = {name: folder for name, folder in folders.items() if name != run.run_id}
    starts = {name: start for name, folder in others.items() if (start := _find_start(folder))}
    return sorted(starts, key=lambda name: (starts[name], name), reverse=True)


def _find_start(folder: RunFolder) -> datetime | None:
    """Return when a run began whose challenger became champion; a run without a readable record is none."""
    try:
        promotion, began = find_record(folder, "promote", Promotion), find_record(folder, "run", Run)
    except ArtifactError:
        return None
    has_moved = promotion is not None and promotion.moved
    return began.started if has_moved and began is not None else None


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

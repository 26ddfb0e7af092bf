"""Past holdouts of a model's champions, as their runs left them: which rows, and what was reached there."""

from dataclasses import dataclass

from ratchet.artifacts.folder import RunFolder, find_folder
from ratchet.artifacts.history import find_promotions, find_record
from ratchet.config.run import Run
from ratchet.errors import ArtifactError
from ratchet.records.data import Split
from ratchet.records.judgement import Evaluation


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
    promoted = (folder.path.name for folder, _ in find_promotions(run.home, run.model))
    names = dict.fromkeys(filter(None, (champion_run, *(name for name in promoted if name != run.run_id))))
    each_once: dict[str, PastHoldout] = {}
    for name in names:
        past_holdout = _read_past_holdout(find_folder(run.home, run.model, name), name, run)
        each_once.setdefault(past_holdout.split.holdout.file.sha256 if past_holdout.split else name, past_holdout)
    return tuple(each_once.values())[:wanted]


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

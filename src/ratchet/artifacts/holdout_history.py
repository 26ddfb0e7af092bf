"""Which runs have judged on a holdout before: a holdout that is looked at again and again begins to flatter."""

from pathlib import Path

from ratchet.artifacts.folder import RunFolder
from ratchet.artifacts.history import find_record, find_runs
from ratchet.config.run import Run
from ratchet.errors import ArtifactError
from ratchet.records.data import Part, Split
from ratchet.records.performance import HoldoutHistory


def find_holdout_history(run: Run, split: Split) -> HoldoutHistory:
    """Look through the model's other runs that judged; a run that is tried again is not another one.

    Raises:
        ArtifactError: what a run was asked for can't be read.
    """
    found: dict[str, list[str]] = {"same_rows": [], "overlapping": [], "unreadable": []}
    for folder, other in find_runs(Path(run.home), run.model):
        if other.run_id == run.run_id or not folder.file("evaluate.json").is_file():
            continue
        kind = _compare(folder, split.holdout)
        if kind:
            found[kind].append(other.run_id)
    return HoldoutHistory(**{kind: tuple(runs) for kind, runs in found.items()})


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
    if one.time_from is None or one.time_to is None or other.time_from is None or other.time_to is None:
        return False
    return one.time_from <= other.time_to and other.time_from <= one.time_to

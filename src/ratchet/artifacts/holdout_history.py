"""Which runs have judged on a holdout before: a holdout that is looked at again and again begins to flatter."""

from collections.abc import Mapping
from datetime import datetime

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

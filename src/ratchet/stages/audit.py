"""Audit the split: look for ways in which training rows know of the holdout."""

import logging

import numpy as np

from ratchet.artifacts.files import verified_path
from ratchet.artifacts.run_store import RunFolder, find_readable, find_yardsticks
from ratchet.config.run import Run
from ratchet.data.part_arrays import PartReader
from ratchet.evaluation.leakage.material import Material, Side
from ratchet.evaluation.leakage.search import search_leaks
from ratchet.models.labels import encode_labels
from ratchet.models.preprocessing import LARGEST
from ratchet.records.data import Part, Split
from ratchet.records.leakage import Audit

logger = logging.getLogger(__name__)

MOST_ROWS = 200_000  # of a part: of train the newest, of the others the oldest, so that rows stay side by side
MOST_RUNS = 30  # half a year of weeks


def audit(run: Run, split: Split) -> Audit:
    """Look for leaks of every kind between the parts of a split.

    Raises:
        ArtifactError: a part is not what its record says.
        DataError: a label is none of the task's.
    """
    found = search_leaks(_read_material(run, split), _read_past_skills(run))
    logger.info("%s %s: audit found %d leaks", run.model, run.run_id, len(found.findings))
    return found


def _read_material(run: Run, split: Split) -> Material:
    reader = PartReader(run.config.data, most_rows=MOST_ROWS, largest=LARGEST)

    def read(part: Part) -> Side:
        arrays = reader.read(verified_path(part.file, run.home), is_newest=part is split.train)
        labels = encode_labels(arrays.target, run.config.task, split.classes)
        return Side(
            values=arrays.columns,
            labels=np.clip(labels, -LARGEST, LARGEST),
            rows=arrays.rows,
            moments=arrays.moments,
            known_at=arrays.known_at,
        )

    return Material(
        config=run.config,
        classes=len(split.classes),
        train=read(split.train),
        validation=read(split.validation),
        holdout=read(split.holdout),
        unreadable=reader.unreadable,
        seed=run.config.schedule.seed,
        knows=tuple(name for name in ("validation", "holdout") if getattr(split, f"knows_{name}")),
    )


def _read_past_skills(run: Run) -> list[float]:
    """Return what the quick models of earlier runs knew, where no leak was found in them."""
    earlier = find_yardsticks(run)[:MOST_RUNS]
    return [skill for folder, _ in earlier if (skill := _read_skill(folder)) is not None]


def _read_skill(folder: RunFolder) -> float | None:
    known = find_readable(folder, "audit", Audit)
    return known.skill if known is not None and not known.findings else None

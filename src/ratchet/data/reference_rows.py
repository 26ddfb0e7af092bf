"""The rows that a version's predictions are compared with: those it was judged on, or else what it first predicted."""

from collections.abc import Callable, Iterator, Sequence
from itertools import chain
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from ratchet.artifacts.files import verified_path
from ratchet.artifacts.folder import RunFolder
from ratchet.artifacts.frames import write_batches
from ratchet.config.model import ModelConfig
from ratchet.data.labels import name_labels
from ratchet.data.parquet_reader import read_batches
from ratchet.data.production import Observed, read_windows, with_features
from ratchet.data.schemas import name_values, reference_schema
from ratchet.data.windows import View
from ratchet.errors import RatchetError
from ratchet.records.columns import DECISION, LABEL, PREDICTION, SCORE, SCORES
from ratchet.records.data import Part, Split
from ratchet.records.files import FileRef
from ratchet.timeline import to_number

FEW_ROWS = 2_000  # a holdout with fewer is joined by validation, which the champion was not fitted on either
MOST_ROWS = 200_000  # of a reference: more make no better bins
LEAST_ROWS = 100  # of predictions that stand in for a champion's own rows
Answer = Callable[[pa.RecordBatch], tuple[NDArray[np.float64], pa.Array]]


def write_judged(config: ModelConfig, split: Split, answer: Answer, folder: RunFolder) -> FileRef:
    """Write the rows that a version was judged on, and never fitted on, with its scores.

    Args:
        config: the model's YAML.
        split: of the run that trained the version.
        answer: scores and decisions of some rows.
        folder: where they are written.

    Raises:
        ArtifactError: a part of the split is missing or damaged.
    """
    parts = [split.validation, split.holdout] if split.holdout.rows < FEW_ROWS else [split.holdout]
    paths = [verified_path(part.file, folder.home) for part in parts]
    schema = reference_schema(config, pq.read_schema(paths[0]).names)
    batches = (_score(config, answer, batch, schema) for batch in _spread(paths, parts))
    return write_batches(batches, schema, folder.file("rows.parquet"), folder.home)


def write_first_predicted(config: ModelConfig, view: View, observed: Observed, folder: RunFolder) -> FileRef:
    """Write what a version first predicted in the history, as much as a window holds.

    Raises:
        RatchetError: that is too little to compare with.
    """
    known = {place: each for place, each in enumerate(observed.windows) if each.found}
    end = min((to_number(each.window.start) for each in known.values()), default=0) + view.window.length
    first = {place: each for place, each in known.items() if to_number(each.window.start) < end}
    if (rows := sum(each.found for each in first.values())) < LEAST_ROWS:
        raise RatchetError(
            f"version {view.version} of {config.model} has nothing to be compared with: the rows of its own run can't "
            f"be used, and of its predictions {rows} are there with their features, of {LEAST_ROWS} that are needed; "
            "score more rows, or retrain"
        )
    schema = reference_schema(config, name_values(config))
    windows = read_windows(folder.home / observed.file.path, view, schema.names)
    batches = (with_features(rows).cast(schema) for place, rows in windows if place in first)
    return write_batches(batches, schema, folder.file("rows.parquet"), folder.home)


def _spread(paths: Sequence[Path], parts: Sequence[Part]) -> Iterator[pa.RecordBatch]:
    """Yield at most so many rows as a reference needs, evenly over all of them."""
    total, before = sum(part.rows for part in parts), 0
    step = min(1.0, MOST_ROWS / max(total, 1))
    for batch in chain.from_iterable(map(read_batches, paths)):
        places = np.floor(np.arange(before, before + batch.num_rows + 1) * step)
        before += batch.num_rows
        yield batch.filter(pa.array(np.diff(places) > 0))


def _score(config: ModelConfig, answer: Answer, batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    target = config.data.target
    scores, decisions = answer(batch)
    columns = {name: batch.column(name) for name in schema.names if name in batch.schema.names}
    columns[DECISION] = decisions
    columns[SCORE] = pa.array(scores.max(axis=1) if scores.ndim == 2 else scores)
    columns[SCORES] = pa.array(list(scores)) if scores.ndim == 2 else None
    columns[PREDICTION] = columns[DECISION if config.task == "multiclass" else SCORE]
    columns[LABEL] = name_labels(batch.column(target.column), target, config.task)
    return pa.RecordBatch.from_arrays([columns[field.name].cast(field.type) for field in schema], schema=schema)

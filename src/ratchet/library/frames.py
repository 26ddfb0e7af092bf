"""Describe what is in memory in the words of a model's YAML: kinds of columns, a target, and a config for one call."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from ratchet.config.model import ModelConfig
from ratchet.errors import DataError, list_names
from ratchet.metrics.arrays import Floats
from ratchet.metrics.metric import Task
from ratchet.models.labels import encode_labels
from ratchet.records.columns import COMPARED, ColumnKind

BASE = {"name": "linear", "estimator": "linear"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """The target's values.

    Attributes:
        codes: class codes from 0, or values.
        names: of the classes of a multiclass task, in the order of their codes.
        classes: how many classes there are; 0 for regression.
    """

    codes: Floats
    names: tuple[str, ...]
    classes: int


def read_labels(target: pd.Series, task: Task, names: tuple[str, ...] = ()) -> Labels:
    """Read a target; classes that are not named are those that are there, sorted.

    Raises:
        DataError: a label is missing, or none of the task's.
    """
    if task != "multiclass":
        return Labels(codes=encode_labels(target, task, ()), names=(), classes=2 if task == "binary" else 0)
    texts = target.astype(object).where(target.isna(), target.astype(str))
    known = names or tuple(sorted(texts.dropna().unique()))
    return Labels(codes=encode_labels(texts, task, known), names=known, classes=len(known))


def read_kinds(frame: pd.DataFrame, kinds: Mapping[str, str] | None = None) -> dict[str, ColumnKind]:
    """Return the kind of each column by its dtype; `kinds` overrules it where a number is a code.

    Raises:
        DataError: a column is named that the frame does not have, its kind is none of ours, or it holds times.
    """
    given = {name: _as_kind(name, kind) for name, kind in (kinds or {}).items()}
    if unknown := [name for name in given if name not in frame.columns]:
        raise DataError(f"the frame has no column {list_names(unknown)}; take it out of `kinds`")
    return {str(name): given[name] if name in given else _kind_of(frame[name]) for name in frame.columns}


def _as_kind(name: str, kind: str) -> ColumnKind:
    if kind not in COMPARED:
        known = list_names([each for each in ColumnKind if each in COMPARED])
        raise DataError(f"column '{name}' has the kind '{kind}', should be {known}")
    return ColumnKind(kind)


def _kind_of(column: pd.Series) -> ColumnKind:
    if pd.api.types.is_bool_dtype(column):
        return ColumnKind.BOOLEAN
    if pd.api.types.is_datetime64_any_dtype(column):
        raise DataError(f"column '{column.name}' holds times, which have no bins; drop it, or turn it into a number")
    return ColumnKind.NUMERIC if pd.api.types.is_numeric_dtype(column) else ColumnKind.CATEGORICAL


def describe(task: Task, features: Mapping[str, str], **sections: Mapping[str, object]) -> ModelConfig:
    """Make the config of a model that is only in memory; sections are as in the YAML.

    Raises:
        pydantic.ValidationError: a section is not what the YAML allows.
    """
    target = {"column": "target"} | ({"positive": "1"} if task == "binary" else {})
    data = {
        "source": {"path": "in-memory.parquet"},
        "time": {"order": "rows"},
        "target": target,
        "features": dict(features) or {"prediction": ColumnKind.NUMERIC},
        **sections.pop("data", {}),
    }
    whole = {"model": "in_memory", "owner": "library", "task": task, "data": data, "candidates": [BASE], **sections}
    return ModelConfig.model_validate(whole)

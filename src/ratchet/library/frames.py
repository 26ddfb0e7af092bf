"""Describe data frames in the words of a model's YAML: the kind of each column, and a config for one comparison."""

from collections.abc import Mapping

import pandas as pd

from ratchet.config.model import ModelConfig
from ratchet.errors import DataError, list_names
from ratchet.records.columns import ColumnKind


def read_kinds(frame: pd.DataFrame, kinds: Mapping[str, str] | None = None) -> dict[str, ColumnKind]:
    """Return the kind of each column by its dtype; `kinds` overrules it where a number is a code.

    Raises:
        DataError: a column is named that the frame does not have, its kind is none of ours, or it holds times.
    """
    if unknown := [name for name in kinds or {} if name not in frame.columns]:
        raise DataError(f"the frame has no column {list_names(unknown)}; take it out of `kinds`")
    if wrong := next((name for name, kind in (kinds or {}).items() if kind not in set(ColumnKind)), None):
        raise DataError(f"column '{wrong}' has the kind '{(kinds or {})[wrong]}', should be {list_names(ColumnKind)}")
    given = {name: ColumnKind(kind) for name, kind in (kinds or {}).items()}
    return {str(name): given.get(str(name)) or _kind_of(frame[name]) for name in frame.columns}


def _kind_of(column: pd.Series) -> ColumnKind:
    if pd.api.types.is_bool_dtype(column):
        return ColumnKind.BOOLEAN
    if pd.api.types.is_datetime64_any_dtype(column):
        raise DataError(f"column '{column.name}' holds times, which have no bins; drop it, or turn it into a number")
    return ColumnKind.NUMERIC if pd.api.types.is_numeric_dtype(column) else ColumnKind.CATEGORICAL


def describe(task: str, features: Mapping[str, str], **sections: Mapping[str, object]) -> ModelConfig:
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


BASE = {"name": "linear", "estimator": "linear"}

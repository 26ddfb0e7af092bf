"""Describe data frames in the words of a model's YAML: the kind of each column, and a config for one comparison."""

from collections.abc import Mapping

import pandas as pd

from ratchet.config.model import ModelConfig
from ratchet.errors import DataError, list_names

NUMERIC, CATEGORICAL, BOOLEAN = "numeric", "categorical", "boolean"


def read_kinds(frame: pd.DataFrame, kinds: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the kind of each column by its dtype; `kinds` overrules it where a number is a code.

    Raises:
        DataError: a column is named that the frame does not have, or it holds times.
    """
    if unknown := [name for name in kinds or {} if name not in frame.columns]:
        raise DataError(f"the frame has no column {list_names(unknown)}; take it out of `kinds`")
    return {str(name): (kinds or {}).get(str(name)) or _kind_of(frame[name]) for name in frame.columns}


def _kind_of(column: pd.Series) -> str:
    if pd.api.types.is_bool_dtype(column):
        return BOOLEAN
    if pd.api.types.is_datetime64_any_dtype(column):
        raise DataError(f"column '{column.name}' holds times, which have no bins; drop it, or turn it into a number")
    return NUMERIC if pd.api.types.is_numeric_dtype(column) else CATEGORICAL


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
        "features": dict(features) or {"prediction": NUMERIC},
        **sections.pop("data", {}),
    }
    whole = {"model": "in_memory", "owner": "library", "task": task, "data": data, "candidates": [BASE], **sections}
    return ModelConfig.model_validate(whole)


BASE = {"name": "linear", "estimator": "linear"}

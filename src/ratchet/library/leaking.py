"""Find leaks in data frames: ways in which a model can know what it could not know when it is used."""

from collections.abc import Mapping

import numpy as np
import pandas as pd

from ratchet.errors import DataError, list_names
from ratchet.evaluation.leakage.material import Floats, Ints, Material, Side
from ratchet.evaluation.leakage.search import search_leaks
from ratchet.library.frames import describe, read_kinds, read_labels
from ratchet.metrics.metric import Task
from ratchet.records.columns import ColumnKind
from ratchet.records.leakage import Audit

VALIDATION_SHARE = 0.2  # of the training rows: what single columns are judged on


def find_leaks(  # noqa: PLR0913 (what is not named has a default that fits most tables)
    train: pd.DataFrame,
    holdout: pd.DataFrame,
    *,
    target: str,
    task: Task,
    kinds: Mapping[str, str] | None = None,
    entity: str | None = None,
    is_ordered: bool = False,
    seed: int = 0,
) -> Audit:
    """Look for every kind of leak between training rows, holdout and target.

    Args:
        train: the rows that a model learns from, the target among their columns.
        holdout: the rows that it is judged on, with the same columns.
        target: the column that is predicted; of a binary task 0 and 1.
        task: "binary", "multiclass" or "regression".
        kinds: "numeric", "categorical" or "boolean" of columns whose dtype says something else.
        entity: the column that says whom a row is about.
        is_ordered: whether rows stand in the order of time.
        seed: of the draws.

    Raises:
        DataError: the frames have other columns, a label is missing or none of the task's, or a column holds times.
    """
    keys = [entity] if entity else []
    _refuse_lacking(train, holdout, [target, *keys])
    features = read_kinds(train.drop(columns=[target, *keys]), kinds)
    config = describe(
        task,
        features,
        data={"entity": entity} if entity else {},
        split={"method": "time" if is_ordered else "random"},
        schedule={"seed": seed},
    )
    rows = pd.concat([train, holdout], ignore_index=True)
    labels = read_labels(rows[target], task)
    whole = _as_side(rows, features | dict.fromkeys(keys, ColumnKind.CATEGORICAL), labels.codes)
    learnt, judged = _divide(len(train), seed=None if is_ordered else seed)
    return search_leaks(
        Material(
            config=config,
            classes=labels.classes,
            train=whole.take(learnt),
            validation=whole.take(judged),
            holdout=whole.take(np.arange(len(train), len(rows))),
            unreadable={},
            seed=seed,
        )
    )


def _as_side(rows: pd.DataFrame, kinds: Mapping[str, ColumnKind], labels: Floats) -> Side:
    values = {name: _as_numbers(rows[name], kind) for name, kind in kinds.items()}
    return Side(values=values, labels=labels, rows=np.arange(len(rows)), moments=None, known_at={})


def _refuse_lacking(train: pd.DataFrame, holdout: pd.DataFrame, named: list[str]) -> None:
    if lacking := [name for name in named if name not in train.columns]:
        raise DataError(f"the training rows have no column {list_names(lacking)}; check `target` and `entity`")
    if differing := sorted(map(str, set(train.columns) ^ set(holdout.columns))):
        raise DataError(
            f"only one of training rows and holdout has the column {list_names(differing)}; give both alike"
        )


def _divide(rows: int, *, seed: int | None) -> tuple[Ints, Ints]:
    """Return the rows to learn from and those that judge: the newest ones, or drawn by a seed."""
    order = np.arange(rows) if seed is None else np.random.default_rng(seed).permutation(rows)
    cut = rows - int(VALIDATION_SHARE * rows)
    return np.sort(order[:cut]), np.sort(order[cut:])


def _as_numbers(column: pd.Series, kind: ColumnKind) -> Floats:
    """Return numbers as they are, categories as codes, what is missing as NaN."""
    if kind != ColumnKind.CATEGORICAL:
        return column.to_numpy(dtype=np.float64, na_value=np.nan)
    codes = pd.factorize(column)[0].astype(np.float64)
    return np.where(codes < 0, np.nan, codes)

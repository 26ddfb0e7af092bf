"""Every estimator of the catalogue learns and answers beside columns that hold next to nothing, or too much."""

from collections.abc import Callable, Mapping

import numpy as np
import pandas as pd
import pytest

from builders.runs import make_config
from builders.training import CLASSES, QUICK, TARGETS, TASKS, make_spec
from ratchet.metrics.metric import Task
from ratchet.models.fitting import fit_candidate
from ratchet.models.scoring import score_rows

ROWS = 240
MANY_ROWS = 10_400  # above 10,000 histogram boosting keeps rows of its own to stop early, and their values with them


def one_of(value: object, rest: object) -> Callable[[int], object]:
    """A column with one value in a single row."""
    return lambda rows: np.array([value] + [rest] * (rows - 1), dtype=object if rest is None else np.float64)


def all_of(value: object) -> Callable[[int], object]:
    return lambda rows: np.full(rows, value, dtype=object if isinstance(value, str) else None)


COLUMNS: Mapping[str, tuple[str, Callable[[int], object]]] = {
    "one value": ("numeric", one_of(7.0, np.nan)),
    "no value": ("numeric", all_of(np.nan)),
    "constant": ("numeric", all_of(3.0)),
    "constant with gaps": ("numeric", lambda rows: np.where(np.arange(rows) % 3, 3.0, np.nan)),
    "infinite": ("numeric", lambda rows: np.where(np.arange(rows) % 2, np.inf, -np.inf)),
    "once infinite": ("numeric", lambda rows: np.where(np.arange(rows) == 5, np.inf, np.arange(rows) % 7)),
    "huge": ("numeric", lambda rows: (np.arange(rows) % 5 - 2) * 1e300),
    "once huge": ("numeric", lambda rows: np.where(np.arange(rows) == 5, 1e300, np.arange(rows) % 7)),
    "nearly too large": ("numeric", lambda rows: (np.arange(rows) % 5 - 2) * 1.6e38),
    "tiny": ("numeric", lambda rows: (np.arange(rows) % 5) * 1e-300),
    "whole and huge": ("numeric", lambda rows: np.iinfo(np.int64).max - np.arange(rows) % 5),
    "whole without a sign": ("numeric", lambda rows: np.iinfo(np.uint64).max - (np.arange(rows) % 5).astype(np.uint64)),
    "one category": ("categorical", all_of("Oslo")),
    "one category once": ("categorical", one_of("Oslo", None)),
    "every category once": ("categorical", lambda rows: np.array([f"k{each}" for each in range(rows)], dtype=object)),
    "truth with gaps": ("boolean", lambda rows: np.resize(np.array([True, False, None], dtype=object), rows)),
    "truth once": ("boolean", one_of(True, None)),
    "one time": ("datetime", one_of(20_000.0, np.nan)),
    "one word": ("text", one_of("late", None)),
    "no word": ("text", all_of("")),
}


def predict(
    task: Task, estimator: str, column: str, rows: int, labels: np.ndarray | None = None, *, seed: int = 1
) -> np.ndarray:
    """Fit on rows with one odd column, and score some of them and some that are odd in another way."""
    kind, make = COLUMNS[column]
    chance = np.random.default_rng(1)
    amount = chance.normal(size=rows)
    target = TARGETS[task](amount + chance.normal(size=rows)) if labels is None else labels
    frame = pd.DataFrame({"amount": amount, "odd": make(rows), "bought": target, "_row": np.arange(rows)})
    named = {"column": "bought"} | ({"positive": "yes"} if task == "binary" else {})
    config = make_config(task=task, data={"target": named, "features": {"amount": "numeric", "odd": kind}})
    spec = make_spec(estimator)  # type: ignore[arg-type]
    pipeline = fit_candidate(spec, frame, config, classes=CLASSES[task], seed=seed, threads=1)
    asked = pd.concat([frame[:20], frame[:20].assign(odd=frame["odd"].iloc[::-1].to_numpy()[:20])])
    return score_rows(pipeline, asked, config)


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("estimator", QUICK)
@pytest.mark.parametrize("task", TASKS)
def test_an_odd_column_takes_nothing_from_the_others(task: Task, estimator: str, column: str) -> None:
    scores = predict(task, estimator, column, ROWS)
    assert np.isfinite(scores).all()
    assert estimator == "prior" or np.ptp(scores[:20], axis=0).max() > 0.01, "the honest column is still used"


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("task", TASKS)
def test_many_rows_are_learnt_as_well(task: Task, column: str) -> None:
    assert np.isfinite(predict(task, "hist_gradient_boosting", column, MANY_ROWS)).all()


@pytest.mark.parametrize("estimator", ["hist_gradient_boosting", "lightgbm"])
@pytest.mark.parametrize("seed", range(12))
def test_rows_kept_to_stop_early_may_have_the_only_value(estimator: str, seed: int) -> None:
    assert np.isfinite(predict("binary", estimator, "one value", MANY_ROWS, seed=seed)).all()


@pytest.mark.parametrize("rows", [ROWS, MANY_ROWS])
@pytest.mark.parametrize("estimator", QUICK)
@pytest.mark.parametrize("task", ["binary", "multiclass"])
def test_one_row_of_a_class_is_enough_to_learn(task: Task, estimator: str, rows: int) -> None:
    labels: np.ndarray = np.arange(rows) % (len(CLASSES[task]) - 1)
    labels[7] = len(CLASSES[task]) - 1
    named = labels if task == "binary" else np.array(CLASSES[task], dtype=object)[labels]
    assert np.isfinite(predict(task, estimator, "constant", rows, named)).all()

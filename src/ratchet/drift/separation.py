"""Tell two sets of rows apart with a classifier: drift that no single column shows."""

from collections.abc import Sequence
from dataclasses import replace
from functools import partial

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri
from scipy.stats import rankdata
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from ratchet.drift.conversion import Counts, Floats
from ratchet.drift.seasonal_baseline import LEAST_WINDOWS, NO_WINDOW
from ratchet.records.drift import Separation

MOST_ROWS = 10_000  # of each side; more make the figure hardly narrower
LEAST_ROWS = 40  # of each side: each half must teach and test
MOST_CATEGORIES = 200  # of a column; rarer ones are one
TRIED_WINDOWS = 4  # each costs as much as the window
FAR = float(np.finfo(float).max) / 4  # so that the middle between two values is a number
Mask = NDArray[np.bool_]


def separate_rows(
    then: pa.Table, now: pa.Table, names: Sequence[str], *, numbers: Counts | None, seed: int
) -> Separation:
    """Measure how well the window's rows separate from the reference's, beside what windows of the reference show.

    Args:
        then: rows of the reference.
        now: rows of the window.
        names: the columns that are looked at, as far as the rows have them.
        numbers: the window that each row of the reference is in; None where no seasonal baseline is asked for.
        seed: as in `measure_separation`.
    """
    before, after = (_read_columns(rows, names) for rows in (then, now))
    found = measure_separation(before, after, seed=seed)
    if numbers is None or found.problem:
        return found
    return replace(found, seasonal_baseline=measure_baseline_separation(before, numbers, seed=seed))


def measure_separation(then: pd.DataFrame, now: pd.DataFrame, *, seed: int = 0, confidence: float = 0.95) -> Separation:
    """Measure how well a classifier separates the window's rows from the reference's.

    Each half of the rows is scored by a classifier that learnt on the other. Given that classifier, which of the
    scored rows are the window's is chance alone without drift: the null is that of Mann and Whitney (1947), with ties.
    The two halves' p-values are combined by Bonferroni, as they are not independent.

    Args:
        then: rows of the reference; columns that only one frame has are left out.
        now: rows of the window.
        seed: of the sample, of the halves and of the classifier.
        confidence: of each bound on the area (Hanley and McNeil 1982).
    """
    chance = np.random.default_rng(seed)
    names = [name for name in then.columns if name in now.columns]
    before, after = _draw(then[names], chance), _draw(now[names], chance)
    describe = partial(Separation, rows_then=len(before), rows_now=len(after), confidence=confidence)
    if not names:
        return describe(problem="the reference and the window have no column in common")
    if min(len(before), len(after)) < LEAST_ROWS:
        return describe(problem=f"fewer than {LEAST_ROWS} rows on a side are too few to tell them apart")
    table = _encode(pd.concat([before, after], ignore_index=True))
    is_now = np.arange(len(table)) >= len(before)
    half = _halve(is_now, chance)
    areas, variances, p_values = np.array([_test_half(table, is_now, half == which, seed) for which in (False, True)]).T
    area = float(areas.mean())
    reach = float(ndtri(confidence)) * float(np.sqrt(variances.sum())) / 2
    return describe(
        auc=area,
        lower=max(0.0, area - reach),
        upper=min(1.0, area + reach),
        p_value=min(1.0, 2 * float(p_values.min())),
    )


def measure_baseline_separation(then: pd.DataFrame, numbers: Counts, *, seed: int = 0) -> float | None:
    """Measure the area by which windows of the reference separate from the rest of it, the highest of a few.

    Args:
        then: rows of the reference.
        numbers: the window that each row is in, as `number_windows` gives them.
        seed: as in `measure_separation`.
    """
    known, rows = np.unique(numbers[numbers != NO_WINDOW], return_counts=True)
    large = known[rows >= LEAST_ROWS]
    if len(large) < LEAST_WINDOWS:
        return None
    tried = np.unique(large[np.linspace(0, len(large) - 1, TRIED_WINDOWS).round().astype(int)])
    found = [measure_separation(then[numbers != each], then[numbers == each], seed=seed).auc for each in tried]
    return max((area for area in found if area is not None), default=None)


def _read_columns(rows: pa.Table, names: Sequence[str]) -> pd.DataFrame:
    frame: pd.DataFrame = rows.select([name for name in names if name in rows.column_names]).to_pandas()
    return frame


def _draw(frame: pd.DataFrame, chance: np.random.Generator) -> pd.DataFrame:
    if len(frame) <= MOST_ROWS:
        return frame
    return frame.iloc[np.sort(chance.choice(len(frame), MOST_ROWS, replace=False))]


def _halve(is_now: Mask, chance: np.random.Generator) -> Mask:
    """Put half of the rows of each side into each half."""
    half = np.zeros(len(is_now), bool)
    for side in (False, True):
        rows = np.flatnonzero(is_now == side)
        half[chance.permutation(rows)[: len(rows) // 2]] = True
    return half


def _encode(frame: pd.DataFrame) -> Floats:
    """Turn each column into floats; categories are numbered by how frequent they are."""
    columns = [_encode_column(frame[name]) for name in frame.columns]
    return np.stack(columns, axis=1)


def _encode_column(column: pd.Series) -> Floats:
    if pd.api.types.is_datetime64_any_dtype(column):
        return np.array(pd.to_datetime(column, utc=True).astype("int64"), np.float64)
    if pd.api.types.is_numeric_dtype(column):
        values = np.array(column.to_numpy(dtype=np.float64, na_value=np.nan))
        # to a tree, null and the infinities are values beyond all others; a column of nulls alone it can't take
        return np.asarray(np.nan_to_num(values, nan=-FAR, posinf=FAR, neginf=-FAR / 2))
    texts = column.astype("string")
    places = {text: place for place, text in enumerate(texts.value_counts().index[:MOST_CATEGORIES])}
    codes = texts.map(places).to_numpy(dtype=np.float64, na_value=np.nan)
    codes = np.where(np.isnan(codes) & texts.notna().to_numpy(), float(MOST_CATEGORIES), codes)
    return np.asarray(np.nan_to_num(codes, nan=-1.0), np.float64)


def _test_half(table: Floats, is_now: Mask, scored: Mask, seed: int) -> tuple[float, float, float]:
    """Return the area under the curve on the scored rows, its variance, and its p-value."""
    model = HistGradientBoostingClassifier(
        max_iter=60, max_leaf_nodes=15, min_samples_leaf=10, early_stopping=False, random_state=seed
    )
    with threadpool_limits(1, "openmp"):  # on a busy machine more threads wait for one another
        model.fit(table[~scored], is_now[~scored])
        scores = model.predict_proba(table[scored])[:, 1]
    return judge_scores(scores, is_now[scored])


def judge_scores(scores: Floats, is_now: Mask) -> tuple[float, float, float]:
    """Return the area under the curve of scores, its variance, and the p-value of no separation."""
    positives, negatives = int(is_now.sum()), int((~is_now).sum())
    ranks = rankdata(scores)
    area = float((ranks[is_now].sum() - positives * (positives + 1) / 2) / (positives * negatives))
    everyone = positives + negatives
    ties = np.unique(scores, return_counts=True)[1].astype(float)
    tied = float((ties**3 - ties).sum()) / (everyone * (everyone - 1))
    null = (everyone + 1 - tied) / (12 * positives * negatives)
    p_value = float(ndtr(-(area - 0.5) / np.sqrt(null))) if null > 0 else 1.0
    return area, _variance_of_area(area, positives, negatives), p_value


def _variance_of_area(area: float, positives: int, negatives: int) -> float:
    first, second = area / (2 - area), 2 * area**2 / (1 + area)
    spread = area * (1 - area) + (positives - 1) * (first - area**2) + (negatives - 1) * (second - area**2)
    return max(0.0, spread / (positives * negatives))

"""How sure a prediction is, and which predictions a label would teach most about."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from ratchet.config.model import ModelConfig
from ratchet.evaluation.slices.columns import find_edges, name_bins, name_segments, place_in_bins
from ratchet.metrics.arrays import Floats
from ratchet.records.columns import DECISION, HAS_FEATURES, LABEL, PREDICTION_ID, ROW, SCORE, SCORES, TIME, VERSION

CERTAINTY = "_certainty"
READ = (PREDICTION_ID, SCORE, DECISION, VERSION, LABEL, HAS_FEATURES, TIME, ROW)
HALF = 0.5
FEW_VALUES = 12  # different numbers that are rather codes than amounts
BINS = 5
MISSING = "(missing)"
Rows = NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True)
class Eligible:
    """Recent predictions whose labels may be asked for.

    Attributes:
        names: their ids.
        certainty: the lower, the less sure.
        strata: the part of the rows that each stands for.
    """

    names: NDArray[np.object_]
    certainty: Floats
    strata: NDArray[np.object_]

    def choose(self, passed_over: Collection[str], budget: int) -> Rows:
        """Return the least certain rows, each stratum in turn, without those that were passed over."""
        is_passed_over = pd.Series(self.names, dtype=object).isin(passed_over)
        certainty = np.where(is_passed_over, np.nan, self.certainty)
        # an order that means nothing and is the same in every run
        ties = np.asarray(pd.util.hash_array(self.names), np.uint64)
        return choose_rows(certainty, self.strata, ties, budget)


def find_eligible(config: ModelConfig, rows: pd.DataFrame, asked: Collection[str]) -> Eligible:
    """Find the rows whose label may be asked for; strata and boundaries are those of all rows.

    Args:
        config: the model's YAML.
        rows: of a window; `CERTAINTY` is how sure each prediction is, but for a binary task.
        asked: the predictions whose labels were asked for before.
    """
    if not len(rows):
        return Eligible(names=np.empty(0, object), certainty=np.empty(0), strata=np.empty(0, object))
    is_free = rows[LABEL].isna() & ~rows[PREDICTION_ID].isin(asked)
    if HAS_FEATURES in rows.columns:  # nobody can label what is not there to be seen
        is_free &= rows[HAS_FEATURES].astype(bool)
    free = is_free.to_numpy(dtype=bool)
    certainty = _find_distances(config, rows) if config.task == "binary" else rows[CERTAINTY].to_numpy(np.float64)
    return Eligible(
        names=rows[PREDICTION_ID].to_numpy(dtype=object)[free],
        certainty=certainty[free],
        strata=_find_strata(config, rows)[free],
    )


def list_strata(config: ModelConfig) -> tuple[str, ...]:
    """Return the columns that divide the rows into strata."""
    plan = config.monitoring
    return plan.segments if plan.queue.by is None else plan.queue.by


def list_columns(config: ModelConfig) -> tuple[str, ...]:
    """Return the columns of a window that `find_eligible` reads, as far as the rows have them."""
    return (*READ, *list_strata(config), *_list_thresholds(config))


def find_boundary(scores: Floats, is_positive: NDArray[np.bool_]) -> float:
    """Return the probability at which decisions change, as near to a half as the decisions allow.

    Where decisions follow no single threshold, as when two models decided, it is a half.
    """
    known = np.isfinite(scores)
    low = float(scores[known & ~is_positive].max(initial=-np.inf))
    high = float(scores[known & is_positive].min(initial=np.inf))
    return min(max(HALF, low), high) if low < high else HALF


def measure_leads(scores: Floats) -> Floats:
    """Return by how much each row's most probable class leads the next (Scheffer, Decomain and Wrobel 2001).

    NaN where a probability is missing, or there are fewer than two classes.
    """
    if scores.shape[1] < 2:
        return np.full(len(scores), np.nan)
    ordered = np.sort(scores, axis=1)  # NaN comes last, and makes the lead NaN
    return np.asarray(ordered[:, -1] - ordered[:, -2], np.float64)


def measure_row_leads(rows: pa.Table) -> Floats:
    """Return the lead of the most probable class; NaN where a row has not the probabilities that most rows have."""
    column = rows.column(SCORES).combine_chunks()
    lengths = pc.fill_null(pc.list_value_length(column), 0).to_numpy(zero_copy_only=False)
    leads = np.full(len(column), np.nan)
    if not len(lengths) or not lengths.max():
        return leads
    most = int(np.bincount(lengths).argmax())
    fits = (lengths == most) & (most > 0)
    flat = column.filter(pa.array(fits)).flatten().to_numpy(zero_copy_only=False)
    leads[fits] = measure_leads(flat.astype(np.float64).reshape(-1, max(most, 1)))
    return leads


def name_strata(columns: list[pd.Series]) -> pd.Series:
    """Join the values of columns into one name a row; numbers with many values are cut into bins."""
    texts = [_name_values(column).fillna(MISSING) for column in columns]
    joined = texts[0]
    for text in texts[1:]:
        joined = joined + ", " + text
    return joined


def choose_rows(certainty: Floats, strata: NDArray[np.object_], ties: NDArray[np.uint64], budget: int) -> Rows:
    """Return the least certain rows, the strata taking turns, so that none takes all.

    A stratum with few rows gives what it has. Rows that are not chosen can be taken away without changing the choice.

    Args:
        certainty: the lower, the less sure; a row whose certainty is no number is not chosen.
        strata: of each row.
        ties: an order for rows that are equally certain.
        budget: at most so many.
    """
    usable = np.flatnonzero(~np.isnan(certainty))
    frame = pd.DataFrame({"certainty": certainty[usable], "stratum": strata[usable], "tie": ties[usable]}, index=usable)
    ordered = frame.sort_values(["certainty", "tie"], kind="stable")
    turn = ordered.groupby("stratum", sort=False).cumcount()
    taken = ordered.assign(turn=turn).sort_values(["turn", "certainty", "tie"], kind="stable").index[:budget]
    return np.asarray(taken, np.intp)


def _name_values(column: pd.Series) -> pd.Series:
    if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column):
        return name_segments(column)
    if column.nunique() <= FEW_VALUES:
        return name_segments(column)
    numbers = column.to_numpy(dtype=np.float64, na_value=np.nan)
    edges = find_edges(numbers, BINS)
    names = np.array([*name_bins(edges), MISSING], dtype=object)
    return pd.Series(names[place_in_bins(numbers, edges)], index=column.index)


def _find_distances(config: ModelConfig, rows: pd.DataFrame) -> Floats:
    """Return how far each score is from where decisions change: for each version, and each segment with its own."""
    scores = rows[SCORE].to_numpy(dtype=np.float64, na_value=np.nan)
    is_positive = (rows[DECISION].astype(str) == str(config.data.target.positive)).to_numpy(dtype=bool)
    distances = np.full(len(rows), np.nan)
    groups = [name for name in (VERSION, *_list_thresholds(config)) if name in rows.columns]
    keys = name_strata([rows[name] for name in groups]) if groups else pd.Series("", index=rows.index)
    for places in keys.groupby(keys.to_numpy()).indices.values():
        boundary = find_boundary(scores[places], is_positive[places])
        distances[places] = np.abs(scores[places] - boundary)
    return distances


def _find_strata(config: ModelConfig, rows: pd.DataFrame) -> NDArray[np.object_]:
    """Name the part of the rows that each row stands for: its segments, its day, and for a value its size."""
    columns = [rows[name] for name in list_strata(config) if name in rows.columns]
    if config.task == "regression":
        columns.append(rows[SCORE])
    # without a clock, fifths of the window stand for days
    columns.append(rows[TIME].dt.strftime("%Y-%m-%d") if TIME in rows.columns else rows[ROW].astype(float))
    return name_strata(columns).to_numpy(dtype=object)


def _list_thresholds(config: ModelConfig) -> tuple[str, ...]:
    """Return the column that thresholds go by, if they do."""
    by = config.decision.by
    return () if by is None else (by,)

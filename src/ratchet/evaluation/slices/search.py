"""Look for the slices on which a challenger does worst: all slices of one and of two columns, at once.

They are looked for on validation and measured on the holdout, so that the search can't flatter what it found: the
figures of the holdout need a correction for the few slices that are kept, not for the thousands that were tried.
Ranked by the lower bound of the mean loss, as SliceLine (Sagadeeva and Boehm 2021) weighs loss against size: by the
mean alone the smallest slices would win by chance, by the test statistic alone the largest. Loss is log loss, or
the squared error of a regression, compared row by row with the champion's, or without one with the own average.
"""

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ratchet.config.evaluation import SliceSearch
from ratchet.config.model import ModelConfig
from ratchet.evaluation.comparison import Comparison, Scored
from ratchet.evaluation.gains import Rows
from ratchet.evaluation.slices.columns import as_numbers, find_edges, has_value, name_bins, place_in_bins
from ratchet.evaluation.slices.groups import is_graded
from ratchet.metrics.arrays import Floats

MOST_ROWS = 50_000  # a slice that matters shows in as many; the newest ones
MOST_LEVELS = 400  # that are paired with one another: 80,000 pairs; those that look worst alone
MOST_VALUES = 12  # of one column: the commonest
BINS = 4  # of a number, as far as each then has the rows
AT_ONCE = 4096  # rows: some ten megabytes, whatever the number of rows
SURE = 2.0  # standard errors between a slice's mean loss and the bound that it is ranked by
ALIKE = 0.5  # share of rows two slices have in common, from which on the second says nothing new
Marks = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Level:
    """One value of a column, one range of it, or no value at all."""

    column: str
    text: str
    value: str | None = None
    low: float = -np.inf
    high: float = np.inf

    def find(self, frame: pd.DataFrame) -> Marks:
        """Tell which rows are in it."""
        column = frame[self.column]
        if self.value is not None:
            return has_value(column, [self.value])
        if np.isnan(self.low):
            return column.isna().to_numpy(dtype=bool)
        numbers = as_numbers(column)
        return np.asarray((numbers >= self.low) & (numbers < self.high), dtype=bool)


Marked = tuple[Level, Marks]  # a level, and which rows are in it


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What a search found.

    Attributes:
        against: "champion", or "average" for the challenger's own.
        tried: how many slices were large enough to be looked at.
        found: the worst, each as the levels that all its rows have.
        problem: why nothing could be searched; None when it could.
    """

    against: str
    tried: int = 0
    found: tuple[tuple[Level, ...], ...] = ()
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """For pairs of levels: rows, and sums over them."""

    rows: Floats
    loss: Floats
    squares: Floats
    positives: Floats


def search_slices(comparison: Comparison) -> Search:
    """Search the slices on which the challenger loses most; the comparison is of validation."""
    against = "average" if comparison.champion is None else "champion"
    about = Search(against=against, problem=_find_problem(comparison))
    return about if about.problem else _search(comparison, about)


def _find_problem(comparison: Comparison) -> str | None:
    asked, rows = comparison.config.evaluation.slice_search, len(comparison.labels)
    if not asked.enabled:
        return "switched off in the YAML"
    return (
        f"{rows:,} rows of validation are too few, needs {2 * asked.min_rows:,}" if rows < 2 * asked.min_rows else None
    )


def _search(comparison: Comparison, about: Search) -> Search:
    loss = _lose(comparison)
    if not np.isfinite(loss).all():
        return replace(about, problem="some predictions on validation are not finite numbers")
    newest = slice(-MOST_ROWS, None)
    levels, marks = _mark_levels(comparison.config, comparison.frame.iloc[newest], loss[newest])
    if not levels:
        return replace(about, problem="no column has a part that is large enough and is not everything")
    tried, found = _rank(comparison, marks, loss[newest])
    return replace(
        about,
        tried=tried,
        found=tuple(tuple(map(levels.__getitem__, picked)) for picked in found),
        problem=None if tried else "no slice of validation is large enough to be looked at",
    )


def name_slice(levels: tuple[Level, ...]) -> str:
    """Write a slice in words."""
    return " and ".join(f"{level.column} {level.text}" for level in levels)


def find_slice(frame: pd.DataFrame, levels: tuple[Level, ...]) -> Rows:
    """Return the positions of a slice's rows."""
    return np.flatnonzero(np.logical_and.reduce([level.find(frame) for level in levels]))


def _rank(comparison: Comparison, marks: Marks, loss: Floats) -> tuple[int, list[list[int]]]:
    """Return how many slices are large enough, and the worst of them, each as the places of its levels."""
    asked = comparison.config.evaluation.slice_search
    is_positive = comparison.labels[-len(loss) :] == 1 if comparison.classes == 2 else None
    table = _add_up(marks, loss, is_positive)
    is_large = _find_large(table, asked, needs_positives=is_positive is not None)
    picks = _list_pairs(marks.shape[1], asked.depth)
    bounds = np.where(is_large, _bound(table), -np.inf)[*picks.T]
    order = np.argsort(-bounds, kind="stable")
    kept = _keep_unlike(picks[order[np.isfinite(bounds[order])]], marks, asked.keep)
    return int(is_large[*picks.T].sum()), kept


def _list_pairs(count: int, depth: int) -> NDArray[np.intp]:
    """List each level beside itself and then, where slices may have two columns, each pair."""
    # of two slices with the same rows the one of a single column comes first
    single = np.stack([np.arange(count), np.arange(count)], axis=1)
    return np.concatenate([single, np.stack(np.triu_indices(count, 1), axis=1)]) if depth > 1 else single


def _keep_unlike(picks: NDArray[np.intp], marks: Marks, most: int) -> list[list[int]]:
    """Keep the first picks whose rows are not nearly those of one before."""
    kept: list[list[int]] = []
    rows: list[Marks] = []
    for picked in picks:
        here: Marks = np.logical_and.reduce(marks[:, picked], axis=1)
        if not any(_is_alike(here, other) for other in rows):
            kept.append(np.unique(picked).tolist())
            rows.append(here)
        if len(kept) == most:
            break
    return kept


def _is_alike(one: Marks, other: Marks) -> bool:
    return bool((one & other).sum() > ALIKE * (one | other).sum())


def _lose(comparison: Comparison) -> Floats:
    """Return each row's loss, less the champion's or the average."""
    loss = _row_loss(comparison, comparison.challenger)
    if comparison.champion is None:
        return np.asarray(loss - loss.mean())
    return np.asarray(loss - _row_loss(comparison, comparison.champion))


def _row_loss(comparison: Comparison, scored: Scored) -> Floats:
    labels, scores = comparison.labels, scored.scores
    if not comparison.classes:
        with np.errstate(over="ignore"):  # a value too large to be squared is told of as not finite
            return np.asarray((scores - labels) ** 2)
    if scores.ndim == 1:
        of_truth = np.where(labels == 1, scores, 1 - scores)
    else:
        of_truth = scores[np.arange(len(labels)), labels.astype(np.intp)]
    tiny = np.finfo(np.float64).eps  # the clipping of sklearn.metrics.log_loss
    return np.asarray(-np.log(np.clip(of_truth, tiny, 1 - tiny)))


def _mark_levels(config: ModelConfig, frame: pd.DataFrame, loss: Floats) -> tuple[list[Level], Marks]:
    """Return the levels that are large enough, and which rows are in each (one column a level)."""
    asked = config.evaluation.slice_search
    names = asked.columns or (*config.data.features, *config.data.sensitive)
    levels: list[Marked] = []
    bins = max(2, min(BINS, len(frame) // asked.min_rows))
    for name in filter(frame.columns.__contains__, dict.fromkeys(names)):
        every = _levels_of(frame[name], name, bins=bins)
        levels += [(level, here) for level, here in every if asked.min_rows <= here.sum() < len(frame)]
        levels = _keep_worst(levels, loss)  # before the next column: a wide table must not be held once more
    marks = [np.empty((len(frame), 0), dtype=bool), *(here for _, here in levels)]
    return [level for level, _ in levels], np.column_stack(marks)


def _keep_worst(levels: list[Marked], loss: Floats) -> list[Marked]:
    if len(levels) <= MOST_LEVELS:
        return levels
    return sorted(levels, key=lambda each: -float(loss[each[1]].mean()))[:MOST_LEVELS]


def _levels_of(column: pd.Series, name: str, *, bins: int) -> list[Marked]:
    missing = column.isna().to_numpy(dtype=bool)
    found = [(Level(column=name, text="is missing", low=np.nan), missing)]
    if not is_graded(column):
        codes, values = pd.factorize(column.astype(str).where(~missing))
        common = np.argsort(-np.bincount(codes[codes >= 0], minlength=len(values)), kind="stable")[:MOST_VALUES]
        texts = [str(values[code]) for code in common]
        return found + [
            (Level(column=name, text=f"is {text}", value=text), np.asarray(codes == code))
            for code, text in zip(common, texts, strict=True)
        ]
    numbers = as_numbers(column)
    edges = find_edges(numbers, bins)
    codes = place_in_bins(numbers, edges)
    ends = np.concatenate([[-np.inf], edges, [np.inf]])
    return found + [
        (Level(column=name, text=text, low=float(ends[at]), high=float(ends[at + 1])), codes == at)
        for at, text in enumerate(name_bins(edges))
    ]


def _add_up(marks: Marks, loss: Floats, is_positive: Marks | None) -> Table:
    """Add up rows, losses and their squares over every pair of levels: matrix products do all pairs at once."""
    scaled = loss / (float(np.abs(loss).max()) or 1.0)  # single precision holds neither huge losses nor their squares
    values = [np.ones(len(loss)), scaled, scaled**2, scaled * 0 if is_positive is None else is_positive]
    wide = np.column_stack(values).astype(np.float32)
    sums = np.zeros((4, marks.shape[1], marks.shape[1]))
    for start in range(0, len(loss), AT_ONCE):
        here = marks[start : start + AT_ONCE].astype(np.float32)
        for kind, column in enumerate(wide[start : start + AT_ONCE].T):
            sums[kind] += here.T @ (here * column[:, None])
    return Table(rows=sums[0], loss=sums[1], squares=sums[2], positives=sums[3])


def _find_large(table: Table, asked: SliceSearch, *, needs_positives: bool) -> Marks:
    """Tell which slices have the rows, and of a binary task the rows of both classes."""
    is_large: Marks = table.rows >= asked.min_rows
    if not needs_positives:
        return is_large
    rarer = np.minimum(table.positives, table.rows - table.positives)
    return is_large & (rarer >= asked.min_positives)


def _bound(table: Table) -> Floats:
    """Return the lower bound of each slice's mean loss; minus infinity for a pair that is no worse than either part."""
    rows = np.maximum(table.rows, 1)
    mean = table.loss / rows
    bound = mean - SURE * np.sqrt(np.maximum(table.squares / rows - mean**2, 0) / rows)
    alone = np.diagonal(mean)
    says_more = bound > np.maximum(alone[:, None], alone[None, :])
    np.fill_diagonal(says_more, val=True)
    return np.where(says_more, bound, -np.inf)

"""What a model looks at: how much the primary metric loses when one feature's values are shuffled among the rows.

Breiman, Random Forests (2001), on features as the YAML names them, before any encoding. Rows whose value stays the
same keep their score and are not scored again. The band is a bootstrap of each row's influence on the drop, so that
all features of both models are drawn together: which of two is the more important is then known better than either.
Permutation importance divides what correlated features share between them as chance will have it; where features
stand is therefore told of whole bundles of them.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.sparse.csgraph import connected_components
from scipy.special import ndtri

from ratchet.evaluation.behaviour.samples import (
    DRAWS,
    Change,
    Columns,
    Sample,
    Subject,
    draw_rows,
    list_columns,
    score_changed,
)
from ratchet.evaluation.comparison import read_for
from ratchet.evaluation.resampling import plan_draws, sum_draws
from ratchet.metrics.arrays import Floats
from ratchet.metrics.registry import find_metric
from ratchet.records.behaviour import Attention, Importance, Importances, Standing
from ratchet.records.columns import TEXTS

# A band of 95 %: it is looked at, and what a gate asks of it is asked of several at once.
CONFIDENCE = 0.975
# Rank correlation from which two features tell rows apart alike: between them importance is a matter of chance.
CLOSE = 0.8
# Changed rows that each model scores: with 45 features of diabetes130, many of them constant, 600 rows of the holdout
MOST_CHANGED = 8_000
EXPLAINED_ROWS = 200  # for contributions, whose means over rows settle soon
RAREST = 200  # rows of either class that a band needs to be worth looking at
COMMON = 10  # rows; a rarer category says nothing about what its rows have in common


@dataclass(frozen=True, slots=True, kw_only=True)
class Drops:
    """What a model loses by each feature.

    Attributes:
        figure: the primary metric on the rows as they are.
        features: the model's, in the YAML's order.
        estimates: the drop by each of them, turned so that positive means it is needed.
        influence: of each row on each drop, a column a feature.
        scores: of the rows as they are.
    """

    figure: float
    features: tuple[str, ...]
    estimates: Floats
    influence: Floats
    scores: Floats


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """Drops with their draws, a line a draw and a column a feature."""

    drops: Drops
    draws: Floats


def measure_importances(sample: Sample, challenger: Subject, champion: Subject | None, *, seed: int) -> Importances:
    """Measure what challenger and champion look at, both on the same rows shuffled alike."""
    subjects = [challenger] if champion is None else [challenger, champion]
    explained = sample.frame[:: max(1, len(sample.frame) // EXPLAINED_ROWS)]
    sample = afford(sample, seed=seed)
    columns = list_columns(sample)
    changes = shuffle_features(columns, seed=seed)
    sides = _draw(sample, [_measure_drops(sample, subject, columns, changes) for subject in subjects])
    attentions = [
        add_contributions(_describe(subject, side), subject.explain(explained))
        for subject, side in zip(subjects, sides, strict=True)
    ]
    importances = Importances(
        metric=sample.config.metric, rows=len(sample.labels), confidence=CONFIDENCE, challenger=attentions[0]
    )
    if champion is None:
        return importances
    new = tuple(name for name in challenger.features if name not in champion.features)
    standings = _find_standings(sample, columns, *sides)
    return replace(importances, champion=attentions[1], new_features=new, standings=standings)


def _find_standings(
    sample: Sample, columns: Columns, challenger: Drawn | str, champion: Drawn | str
) -> tuple[Standing, ...]:
    if isinstance(challenger, str) or isinstance(champion, str):
        return ()
    return _compare(challenger, champion, find_bundles(sample, columns, challenger.drops.scores))


def afford(sample: Sample, *, seed: int) -> Sample:
    """Return as many of the rows as can be scored with every feature shuffled."""
    changed = sum(len(change.rows) for change in shuffle_features(list_columns(sample), seed=seed))
    if changed <= MOST_CHANGED:
        return sample
    wanted = int(len(sample.labels) * MOST_CHANGED / changed)
    return sample.take(draw_rows(sample.labels, sample.classes, wanted=wanted, rarest=RAREST, seed=seed))


def shuffle_features(columns: Columns, *, seed: int) -> tuple[Change, ...]:
    """Give each feature the values of other rows; only rows whose value is another one then are changed."""
    changes = []
    for place, (name, values) in enumerate(columns.items()):
        shuffled = values[np.random.default_rng([seed, place]).permutation(len(values))]
        rows = np.flatnonzero((values != shuffled) & ~(pd.isna(values) & pd.isna(shuffled)))
        changes.append(Change(column=name, rows=rows, filled=shuffled[rows]))
    return tuple(changes)


def _measure_drops(sample: Sample, subject: Subject, columns: Columns, changes: tuple[Change, ...]) -> Drops | str:
    """Measure each drop; where nothing can be measured, say why."""
    metric, options, labels = sample.config.metric, sample.config.evaluation.options, sample.labels
    scores = subject.score(sample.frame)
    base = read_for(metric, sample.read(scores, subject.thresholds))
    figure = find_metric(metric).measure(labels, base, options)
    if figure is None:
        return find_metric(metric).explain_undefined(labels, base) or f"the {metric} is not a finite number"
    asked = [change for change in changes if change.column in subject.features]
    # by the same sums as with shuffled values, so that a feature that moves no score loses exactly nothing
    start, of_start = _lose(sample, base)
    estimates, influence = np.zeros(len(asked)), np.zeros((len(labels), len(asked)))
    for place, predictions in enumerate(_predict_shuffled(sample, subject, columns, asked, scores)):
        value, of_value = _lose(sample, predictions)
        if not np.isfinite(value):
            return f"the {metric} can't be measured once {asked[place].column} is shuffled"
        estimates[place], influence[:, place] = value - start, of_value - of_start
    names = _names_of(asked)
    return Drops(figure=figure, features=names, estimates=estimates, influence=influence, scores=scores)


def _names_of(changes: Sequence[Change]) -> tuple[str, ...]:
    return tuple(change.column for change in changes)


def _predict_shuffled(
    sample: Sample, subject: Subject, columns: Columns, changes: Sequence[Change], scores: Floats
) -> Iterator[Floats]:
    for change, changed in zip(changes, score_changed(subject, columns, changes), strict=True):
        shuffled = scores.copy()
        shuffled[change.rows] = changed
        yield read_for(sample.config.metric, sample.read(shuffled, subject.thresholds))


def _lose(sample: Sample, predictions: Floats) -> tuple[float, Floats]:
    """Return the primary metric, turned so that more is worse, and each row's influence on it."""
    metric, options, labels = sample.config.metric, sample.config.evaluation.options, sample.labels
    sign = 1.0 if find_metric(metric).is_loss else -1.0
    value = float(find_metric(metric).prepare(labels, predictions, options)(np.ones((1, len(labels))))[0])
    if not np.isfinite(value):
        return value, np.zeros(len(labels))
    return sign * value, sign * find_metric(metric).find_influence(labels, predictions, options)


def _draw(sample: Sample, found: Sequence[Drops | str]) -> list[Drawn | str]:
    """Draw what could be measured; the others keep their reason."""
    sound = [each for each in found if isinstance(each, Drops)]
    drawn = iter(_draw_alike(sample, sound) if sound else ())
    return [each if isinstance(each, str) else next(drawn) for each in found]


def _draw_alike(sample: Sample, found: Sequence[Drops]) -> list[Drawn]:
    """Draw the rows anew, the same ones for every feature of every model."""
    every = np.concatenate([each.influence for each in found], axis=1)
    # blocks are as long as the largest drop hangs together
    leading = every[:, int(np.argmax(every.std(axis=0)))] if every.shape[1] else np.zeros(len(every))
    plan = replace(plan_draws(sample.config, sample.frame, leading), draws=DRAWS)
    moves = sum_draws(plan, every) / len(every)
    ends = np.cumsum([len(each.features) for each in found])[:-1]
    parts = np.split(moves, ends, axis=1)
    return [Drawn(drops=each, draws=each.estimates + part) for each, part in zip(found, parts, strict=True)]


def _describe(subject: Subject, side: Drawn | str) -> Attention:
    name = subject.name
    if isinstance(side, str):
        return Attention(model=name, problem=side)
    drops, draws = side.drops, side.draws
    order = np.argsort(-drops.estimates, kind="stable")
    lower, upper = np.quantile(draws, [1 - CONFIDENCE, CONFIDENCE], axis=0)
    shares = share_out(drops.estimates[None])[0]
    lowest = np.quantile(share_out(draws), 1 - CONFIDENCE, axis=0)
    features = tuple(
        Importance(
            feature=drops.features[place],
            drop=float(drops.estimates[place]),
            lower=float(lower[place]),
            upper=float(upper[place]),
            share=float(shares[place]),
            share_lower=float(lowest[place]),
            rank=rank,
        )
        for rank, place in enumerate(order, start=1)
    )
    return Attention(model=name, figure=drops.figure, features=features)


def add_contributions(attention: Attention, contributions: Mapping[str, float]) -> Attention:
    """Put a model's own account of its features beside what was measured."""
    if not contributions:
        return attention
    features = (replace(each, contribution=contributions.get(each.feature, 0.0)) for each in attention.features)
    return replace(attention, features=tuple(features))


def share_out(drops: Floats) -> Floats:
    """Return what part each drop is of all drops above zero, line by line; nothing where there are none."""
    above = np.clip(drops, 0, None)
    total = above.sum(axis=1, keepdims=True)
    shares: Floats = np.divide(above, total, out=np.zeros_like(above), where=total > 0)
    return shares


def find_bundles(sample: Sample, columns: Columns, scores: Floats) -> tuple[tuple[str, ...], ...]:
    """Find features that are closely correlated by rank, directly or through others; most stand alone.

    A category is put in the order of the scores of its rows.
    """
    by_row = scores if scores.ndim == 1 else scores[:, int(np.argmax(scores.var(axis=0)))]
    kinds = sample.config.data.features
    ranked = [_rank(values, kinds[name], by_row) for name, values in columns.items()]
    standard = np.column_stack([_standardise(each) for each in ranked])
    close = np.abs(standard.T @ standard) / len(standard) >= CLOSE
    labels = connected_components(close, directed=False)[1]
    names = np.array(list(columns), dtype=object)
    return tuple(tuple(names[labels == code]) for code in dict.fromkeys(labels))


def _rank(values: NDArray[np.generic], kind: str, scores: Floats) -> Floats:
    series = pd.Series(values)
    if kind in TEXTS:
        by_value = pd.Series(scores).groupby(series).agg(["mean", "size"])
        common = by_value["mean"].where(by_value["size"] >= COMMON)
        series = series.map(common)
    ranks = pd.to_numeric(series, errors="coerce").rank()
    return np.asarray(ranks.fillna(ranks.mean()).fillna(0.0), dtype=np.float64)


def _standardise(values: Floats) -> Floats:
    spread = values.std()
    standard: Floats = (values - values.mean()) / spread if spread > 0 else np.zeros_like(values)
    return standard


def _compare(one: Drawn, other: Drawn, bundles: tuple[tuple[str, ...], ...]) -> tuple[Standing, ...]:
    """Tell where each bundle stands in both models, as far as the draws can tell bundles apart."""
    both = [_add_up(side, bundles) for side in (one, other)]
    ranks = [_leave_open(estimates, draws) for estimates, draws in both]
    shares = [share_out(estimates[None])[0] for estimates, _ in both]
    return tuple(
        Standing(
            features=bundle,
            challenger_share=float(shares[0][place]),
            challenger_ranks=ranks[0][place],
            champion_share=float(shares[1][place]),
            champion_ranks=ranks[1][place],
        )
        for place, bundle in enumerate(bundles)
    )


def _add_up(side: Drawn, bundles: tuple[tuple[str, ...], ...]) -> tuple[Floats, Floats]:
    """Add up drops and draws over each bundle; a feature that the model does not have loses nothing."""
    place = {name: number for number, name in enumerate(side.drops.features)}
    members = np.zeros((len(place), len(bundles)))
    for column, bundle in enumerate(bundles):
        for name in bundle:
            if name in place:
                members[place[name], column] = 1.0
    return side.drops.estimates @ members, side.draws @ members


def _leave_open(estimates: Floats, draws: Floats) -> list[tuple[int, int]]:
    """Return the best and the worst rank of each: one more than are surely above it, and than are not surely below."""
    covariance = np.atleast_2d(np.cov(draws, rowvar=False))
    own = np.diag(covariance)
    error = np.sqrt(np.clip(own[:, None] + own[None] - 2 * covariance, 0, None))
    ahead = estimates[:, None] - estimates[None]  # by how much the line's is above the column's
    is_surely_above = ahead > np.maximum(error * float(ndtri(CONFIDENCE)), 0)
    above, below = is_surely_above.sum(axis=0), is_surely_above.sum(axis=1)
    return [(int(1 + best), int(len(estimates) - worst)) for best, worst in zip(above, below, strict=True)]

"""Whether the same inputs have other outcomes than before, apart from whether there are other inputs.

The change of the error is taken apart as in Cai, Namkoong and Yadlowsky, Diagnosing Model Performance Under
Distribution Shift (2023): both sides are weighted to the inputs that they share; what remains is other outcomes. The
weights are those of Li, Morgan and Zaslavsky (2018): each row counts as much as it might be of the other side, so no
weight is large. A model of the error, learnt on the baseline, takes out what the weights leave. Both models judge rows
that they did not learn from.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri
from sklearn.ensemble import HistGradientBoostingClassifier, HistGradientBoostingRegressor
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from ratchet.evaluation.production.figures import CONFIDENCE, Judged, bound, measure_distances
from ratchet.evaluation.slices.columns import as_numbers, name_segments
from ratchet.metrics.arrays import Floats
from ratchet.records.production import ConceptShift

MOST_ROWS = 10_000  # of each side
LEAST_ROWS = 200  # of each side: half of them teach
LEAST_WORTH = 50.0  # rows of each side, as many as its weights are worth
LEAST_OVERLAP = 0.05  # of what the same inputs on both sides would have
SIGNIFICANCE = 0.01
CLIP = 3.0  # times the 99th percentile of the baseline's errors: one huge value must not be all that is seen
HUGE = 1e100  # squares of more are no numbers
EFFECT = 0.02  # of the baseline's error: less is within what the two models miss
MOST_CATEGORIES = 100
FAR = float(np.finfo(float).max) / 4  # so that the middle between two values is a number
TREES = {"max_iter": 60, "max_leaf_nodes": 15, "min_samples_leaf": 20, "early_stopping": False}


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelledRows:
    """Matured rows of one period, with their features.

    Attributes:
        judged: rows with a label.
        features: of the same rows.
    """

    judged: Judged
    features: pd.DataFrame


def choose_rows(judged: Judged, seed: int) -> Judged:
    """Choose the rows that are looked at: with a label, not too many, in the order of time."""
    places = np.flatnonzero(judged.rows.is_known & judged.rows.has_features)
    if len(places) > MOST_ROWS:
        places = np.sort(np.random.default_rng(seed).choice(places, MOST_ROWS, replace=False))
    return judged.take(places)


def measure_concept(now: LabelledRows, then: LabelledRows, kinds: Mapping[str, str], seed: int) -> ConceptShift:
    """Measure how the error changed, by other inputs and by other outcomes of the same inputs.

    Args:
        now: rows of the window.
        then: rows of the baseline.
        kinds: whether each feature is numeric, categorical or boolean.
        seed: of the halves and the models.
    """
    rows = len(now.judged.rows)
    is_now = np.arange(len(then.judged.rows) + rows) >= len(then.judged.rows)
    errors = _measure_errors(now, then)
    problem = _find_problem(errors, is_now)
    if problem is None:
        table = _encode(pd.concat([then.features, now.features], ignore_index=True), kinds)
        shared, expected = _learn(table, is_now, errors, seed)
        before, after = (
            _Weighed(judged=side.judged, errors=errors[which], expected=expected[which], shared=shared[which])
            for side, which in ((then, ~is_now), (now, is_now))
        )
        if before.is_enough and after.is_enough:
            return _decompose(before, after)
    overlap = "the inputs of the window and of the baseline hardly overlap, so few have outcomes of both"
    return ConceptShift(rows=rows, problem=problem or overlap)


def _measure_errors(now: LabelledRows, then: LabelledRows) -> Floats:
    """Return the errors of the baseline, then those of the window; of numbers none is huge beside the baseline's."""
    before, after = (measure_distances(side.judged.rows) for side in (then, now))
    errors = np.concatenate([before, after])
    if then.judged.rows.decisions is not None or not len(before):
        return errors
    most = CLIP * float(np.quantile(before, 0.99))
    return np.minimum(errors, most) if most > 0 else errors


def _find_problem(errors: Floats, is_now: NDArray[np.bool_]) -> str | None:
    for name, rows in (("window", is_now), ("baseline", ~is_now)):
        if rows.sum() < LEAST_ROWS:
            return f"the {name} has fewer than {LEAST_ROWS} rows with a label"
    if not (errors < HUGE).all() or errors.std() == 0:
        return "the errors are too large to compare, or all alike"
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Weighed:
    """Rows of one side with their errors, the errors to be expected, and how much they might be of the other side."""

    judged: Judged
    errors: Floats
    expected: Floats
    shared: Floats

    @property
    def weights(self) -> Floats:
        return self.judged.weights * self.shared

    @property
    def worth(self) -> float:
        """How many rows the weights are worth (Kish 1965)."""
        square = float((self.weights**2).sum())
        return float(self.weights.sum()) ** 2 / square if square > 0 else 0.0

    @property
    def overlap(self) -> float:
        """What is shared, of what inputs alike on both sides would have: there, each row might be of either."""
        return 2 * float(self.shared.mean())

    @property
    def is_enough(self) -> bool:
        return self.worth >= LEAST_WORTH and self.overlap >= LEAST_OVERLAP

    @property
    def mean(self) -> float:
        return float(np.average(self.errors, weights=self.judged.weights))

    def rest(self) -> tuple[float, float]:
        """Return the mean error beyond what was to be expected on shared inputs, and its standard error."""
        beyond, weights = self.errors - self.expected, self.weights
        mean = float(np.average(beyond, weights=weights))
        lower, upper = bound(mean, (beyond - mean) * weights / weights.mean(), self.judged.units)
        return mean, (upper - lower) / 2 / float(ndtri(CONFIDENCE))


def _decompose(then: _Weighed, now: _Weighed) -> ConceptShift:
    (old, old_error), (new, new_error) = then.rest(), now.rest()
    concept, error = new - old, float(np.hypot(old_error, new_error))
    p_value = float(2 * ndtr(-abs(concept) / error)) if error > 0 else 1.0
    return ConceptShift(
        rows=len(now.errors),
        data_part=now.mean - then.mean - concept,
        concept_part=concept,
        p_value=p_value,
        shifted=p_value <= SIGNIFICANCE and abs(concept) >= EFFECT * then.mean,
    )


def _learn(table: Floats, is_now: NDArray[np.bool_], errors: Floats, seed: int) -> tuple[Floats, Floats]:
    """Return how much each row might be of the other side, and the error that the baseline leads one to expect."""
    half = np.random.default_rng(seed).permutation(len(table)) % 2 == 0
    shared, expected = np.zeros(len(table)), np.zeros(len(table))
    # as if both sides had as many rows; weights of rows would say the same and take scikit-learn ten times as long
    balance = float((~is_now).sum() / is_now.sum())
    for fitted in (half, ~half):
        judged, learnt = ~fitted, fitted & ~is_now
        with threadpool_limits(1, "openmp"):  # on a busy machine more threads wait for one another
            tell = HistGradientBoostingClassifier(**TREES, random_state=seed)
            tell.fit(table[fitted], is_now[fitted])
            guess = HistGradientBoostingRegressor(**TREES, random_state=seed)
            guess.fit(table[learnt], errors[learnt])
            chance = tell.predict_proba(table[judged])[:, 1]
            is_of_now = balance * chance / (1 - chance + balance * chance)
            expected[judged] = guess.predict(table[judged])
        shared[judged] = np.where(is_now[judged], 1 - is_of_now, is_of_now)
    return shared, expected


def _encode(features: pd.DataFrame, kinds: Mapping[str, str]) -> Floats:
    """Turn features into numbers; categories are numbered by how frequent they are."""
    columns = [_encode_column(features[name], kind) for name, kind in kinds.items() if name in features.columns]
    return np.stack(columns, axis=1)


def _encode_column(column: pd.Series, kind: str) -> Floats:
    if kind == "numeric":
        # to a tree, null and the infinities are values beyond all others; a column of nulls alone it can't take
        return np.asarray(np.nan_to_num(as_numbers(column), nan=-FAR, posinf=FAR, neginf=-FAR / 2))
    names = name_segments(column)
    frequent = names.value_counts().index[:MOST_CATEGORIES]
    codes = pd.Categorical(names, categories=frequent).codes.astype(np.float64)
    return np.where((codes < 0) & names.notna().to_numpy(), float(MOST_CATEGORIES), codes)

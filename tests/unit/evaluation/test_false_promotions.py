"""How often a bound is above zero where nothing is better: few repetitions; benchmarks/selection.py has more."""

import numpy as np
import pytest

from builders.judgements import make_pair, make_plan, make_regression_pair, make_scores, make_series
from ratchet.evaluation.gains import influence_difference, measure_gain
from ratchet.evaluation.resampling import choose_block_length
from ratchet.metrics.registry import find_metric

REPETITIONS = 150
ALLOWED = 0.05 + 3 * np.sqrt(0.05 * 0.95 / REPETITIONS)  # 5 %, and three standard errors of counting it

pytestmark = pytest.mark.slow


def promotes(pair, **plan):
    return measure_gain(pair, make_plan(len(pair.labels), **plan), confidence=0.95).lower > 0


def share_of(ask):
    return np.mean([ask(seed) for seed in range(REPETITIONS)], axis=0)


def test_the_best_of_eight_equal_candidates_is_rarely_promoted():
    def ask(seed):
        validation, holdout = make_pair(1000, seed=2 * seed), make_pair(1000, seed=2 * seed + 1)
        seen = [make_scores(validation.labels, model=model, seed=2 * seed) for model in range(3, 11)]
        chosen = 3 + int(np.argmax([find_metric("roc_auc").measure(validation.labels, scores) for scores in seen]))
        every = [make_scores(holdout.labels, model=model, seed=2 * seed + 1) for model in range(3, 11)]
        best = max(find_metric("roc_auc").measure(holdout.labels, scores) for scores in every)
        challenger = every[chosen - 3]
        pair = make_pair(1000, seed=2 * seed + 1, challenger=challenger)
        return promotes(pair), best > find_metric("roc_auc").measure(holdout.labels, holdout.against)

    ours, naive = share_of(ask)
    assert ours <= ALLOWED
    assert naive > 0.75


def test_a_slightly_worse_challenger_is_hardly_ever_promoted():
    assert share_of(lambda seed: promotes(make_pair(1000, gain=-0.025, seed=seed))) <= 0.02 + 0.035


def test_a_clearly_better_challenger_is_nearly_always_promoted():
    assert share_of(lambda seed: promotes(make_pair(1000, gain=0.25, seed=seed))) > 0.9


def test_rows_that_hang_together_do_not_promote_noise():
    def ask(seed):
        champion = np.full(1000, 9.0)
        errors = champion + make_series(1000, memory=0.9, seed=seed)
        pair = make_regression_pair(errors, against=champion, metric="mae")
        block = choose_block_length(influence_difference(pair))
        return promotes(pair, method="blocks", block=block), promotes(pair)

    by_blocks, by_rows = share_of(ask)
    assert by_blocks <= ALLOWED
    assert by_rows > 0.2


def test_uneven_groups_do_not_promote_noise():
    def ask(seed):
        chance = np.random.default_rng(seed)
        sizes = chance.exponential(size=20) + 0.1
        groups = np.unique(chance.choice(20, 800, p=sizes / sizes.sum()), return_inverse=True)[1]
        errors = 9 + chance.normal(size=20)[groups] + chance.normal(size=800)
        return promotes(make_regression_pair(errors, against=np.full(800, 9.0)), method="groups", groups=groups)

    assert share_of(ask) <= ALLOWED

import numpy as np
import pytest
from sklearn.metrics import brier_score_loss

from builders.judgements import make_plan
from ratchet.evaluation.reliability import Binned, Outcomes, bin_side, cut_bins
from ratchet.evaluation.totals import draw_totals
from ratchet.metrics.arrays import Floats


def make_binned(predicted: Floats, observed: Floats, bins: int = 10, **changes: object) -> Binned:
    codes, count = cut_bins(predicted, bins)
    side = Outcomes(predicted=predicted, observed=observed, codes=codes, bins=count)
    return bin_side(side, draw_totals(side.lines(), make_plan(len(predicted), **changes), confidence=0.95))


def make_rows(rows: int = 4000, *, off: float = 0.0, seed: int = 1) -> tuple[Floats, Floats]:
    """Probabilities from 0.1 to 0.8 that are too high by `off`."""
    chance = np.random.default_rng(seed)
    truth = chance.uniform(0.1, 0.8, rows)
    return truth + off, (chance.random(rows) < truth).astype(float)


def test_bins_hold_equally_many_rows() -> None:
    codes, bins = cut_bins(np.random.default_rng(1).random(1000), 10)
    assert bins == 10
    assert np.bincount(codes).tolist() == [100] * 10


def test_equal_predictions_stay_together() -> None:
    predicted = np.repeat([0.1, 0.2, 0.9], [700, 200, 100])
    codes, bins = cut_bins(predicted, 10)
    assert bins == 3
    assert [len(np.unique(codes[predicted == each])) for each in (0.1, 0.2, 0.9)] == [1, 1, 1]


@pytest.mark.parametrize(("rows", "bins"), [(1, 1), (19, 1), (40, 2), (199, 9), (5000, 10)])
def test_few_rows_have_few_bins(rows: int, bins: int) -> None:
    assert cut_bins(np.random.default_rng(1).random(rows), 10)[1] == bins


def test_a_constant_prediction_is_one_bin() -> None:
    assert cut_bins(np.full(500, 0.3), 10) == (pytest.approx(np.zeros(500)), 1)


def test_the_error_is_the_mean_distance_of_the_bins() -> None:
    predicted = np.repeat([0.2, 0.6], 50)
    observed = np.concatenate([np.repeat([1.0, 0.0], [20, 30]), np.repeat([1.0, 0.0], [25, 25])])
    binned = make_binned(predicted, observed, bins=2)
    assert binned.error().estimate == pytest.approx((0.2 + 0.1) / 2)
    assert binned.distance.tolist() == pytest.approx([-0.2, 0.1])


def test_the_parts_of_the_brier_score_add_up_and_follow_their_formulas() -> None:
    predicted, observed = make_rows(off=0.1)
    binned = make_binned(predicted, observed, bins=7)
    parts = {name: each.estimate for name, each in binned.brier_parts().items()}
    assert parts["brier"] == pytest.approx(brier_score_loss(observed, predicted))
    codes, base = binned.side.codes, observed.mean()
    means = [each[codes] for each in (np.bincount(codes, predicted), np.bincount(codes, observed))]
    p_mean, y_mean = (each / np.bincount(codes)[codes] for each in means)
    between = ((y_mean - base) ** 2).mean()
    within = 2 * ((observed - y_mean) * (predicted - p_mean)).mean() - ((predicted - p_mean) ** 2).mean()
    assert parts["reliability"] == pytest.approx(((p_mean - y_mean) ** 2).mean())
    assert parts["resolution"] == pytest.approx(between + within)
    assert parts["uncertainty"] == pytest.approx(base * (1 - base))
    assert parts["reliability"] - parts["resolution"] + parts["uncertainty"] == pytest.approx(parts["brier"])


def test_a_calibrated_model_shows_what_chance_alone_shows() -> None:
    errors, by_chance = [], []
    for seed in range(40):
        binned = make_binned(*make_rows(1000, seed=seed), draws=200)
        errors.append(binned.error().estimate)
        by_chance.append(binned.by_chance)
    assert np.mean(errors) == pytest.approx(np.mean(by_chance), rel=0.1)


def test_the_lower_bound_of_a_calibrated_model_is_zero_and_the_upper_one_holds_the_truth() -> None:
    found = [make_binned(*make_rows(800, seed=seed), draws=200).error() for seed in range(40)]
    assert sum(each.lower != 0 for each in found) <= 2
    assert all((each.upper or 0) > 0 for each in found)


def test_bounds_hold_an_error_that_is_known() -> None:
    """Off by 0.1 everywhere: the true error is 0.1."""
    misses = [0, 0]
    for seed in range(60):
        found = make_binned(*make_rows(1000, off=0.1, seed=seed), draws=200).error()
        misses[0] += (found.lower or 0) > 0.1
        misses[1] += (found.upper or 1) < 0.1
    assert max(misses) <= 8  # 5 % of 60, and three binomial standard errors


def test_what_chance_adds_vanishes_with_the_distance() -> None:
    near, far = make_binned(*make_rows()), make_binned(*make_rows(off=0.2))
    assert far.added_by_chance < 1e-6 < near.added_by_chance < near.by_chance


def test_a_bin_without_an_event_still_has_a_spread() -> None:
    binned = make_binned(np.full(200, 0.05), np.zeros(200))
    assert binned.spread[0] == pytest.approx(np.sqrt(0.05 * 0.95 / 200))
    (point,) = binned.diagram()
    assert (point.observed, point.lower, point.rows) == (0.0, 0.0, 200)
    assert point.upper > 0.02


def test_certain_and_right_is_no_error_at_all() -> None:
    labels = np.repeat([0.0, 1.0], 100)
    binned = make_binned(labels, labels)
    assert binned.error().estimate == 0
    assert binned.by_chance < 1e-12
    assert np.isfinite([each.estimate for each in binned.brier_parts().values()]).all()


def test_the_diagram_is_in_the_order_of_predictions() -> None:
    points = make_binned(*make_rows()).diagram()
    assert [each.predicted for each in points] == sorted(each.predicted for each in points)
    assert all(0 <= each.lower <= each.observed <= each.upper <= 1 for each in points)
    assert sum(each.rows for each in points) == 4000

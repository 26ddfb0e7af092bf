"""Changed copies of rows, and what they do to the metric."""

import numpy as np
import pandas as pd
import pytest

from builders.subjects import FEATURES, make_sample, make_subject
from ratchet.errors import DataError
from ratchet.evaluation.behaviour.stress import (
    Changed,
    StressInputs,
    add_noise,
    inject_nulls,
    lose_category,
    measure_stresses,
    mistake_unit,
    replay_drift,
)


def make_grounds(sample=None, **changes):
    sample = sample or make_sample()
    earlier = sample.frame[["strong", "weak", "idle"]] - 1.0
    return StressInputs(**({"sample": sample, "earlier": earlier, "ranking": tuple(FEATURES), "seed": 1} | changes))


def test_a_tenth_of_the_values_goes_missing():
    grounds = make_grounds()
    changed = inject_nulls(grounds)
    gone = changed.frame.isna() & grounds.sample.frame.notna()
    assert gone.mean().between(0.03, 0.14).all()
    assert changed.columns == tuple(FEATURES)


def test_the_most_important_number_comes_in_another_unit():
    grounds = make_grounds(ranking=("city", "weak", "strong"))
    changed = mistake_unit(grounds)
    assert (changed.columns, changed.change) == (("weak",), "weak is 1,000 times as large")
    assert changed.frame["weak"].tolist() == pytest.approx((grounds.sample.frame["weak"] * 1000).tolist())
    pd.testing.assert_series_equal(changed.frame["strong"], grounds.sample.frame["strong"])


def test_the_commonest_category_gets_a_name_that_nobody_has_seen():
    sample = make_sample()
    sample.frame["city"] = ["Oslo"] * 400 + ["renamed"] * 199 + [None]
    changed = lose_category(make_grounds(sample))
    assert changed.frame["city"].value_counts().to_dict() == {"renamed_": 400, "renamed": 199}
    assert changed.frame["city"].isna().sum() == 1
    assert changed.change == "'Oslo' of city (67 % of rows) has a new name"


def test_noise_is_a_tenth_of_the_spread_whatever_the_largest_value():
    sample = make_sample()
    sample.frame.loc[0, "idle"] = 1e30
    moved = add_noise(make_grounds(sample)).frame["idle"] - sample.frame["idle"]
    assert moved[1:].std() == pytest.approx(0.1, rel=0.15)


def test_what_moved_before_moves_once_more():
    grounds = make_grounds()
    changed = replay_drift(grounds)
    assert (changed.frame["weak"] - grounds.sample.frame["weak"]).to_numpy() == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize(
    ("make", "kind"),
    [(mistake_unit, "numeric"), (lose_category, "categorical"), (add_noise, "numeric"), (replay_drift, "numeric")],
)
def test_a_stress_without_a_column_says_so(make, kind):
    sample = make_sample()
    for name in FEATURES:
        sample.frame[name] = None
    assert make(make_grounds(sample)) == f"no {kind} feature has a value"


def test_rows_without_order_have_not_drifted():
    assert "not split by time" in replay_drift(make_grounds(earlier=None))
    grounds = make_grounds()
    unmoved = grounds.sample.frame[["strong", "weak", "idle"]]
    assert replay_drift(make_grounds(earlier=unmoved)) == "no number has moved from validation to the holdout"


def test_the_rows_themselves_stay_as_they_are():
    sample = make_sample()
    before = sample.frame.copy()
    for make in (inject_nulls, mistake_unit, lose_category, add_noise, replay_drift):
        assert isinstance(make(make_grounds(sample)), Changed)
    pd.testing.assert_frame_equal(sample.frame, before)


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_challenger_and_champion_are_measured_on_the_same_changed_rows(task):
    sample = make_sample(task)
    found = measure_stresses(make_grounds(sample), make_subject(task), make_subject(task, name="champion"))
    assert [each.name for each in found] == ["nulls", "unit", "category", "noise", "drift"]
    assert [each.gain.estimate for each in found] == [0] * 5
    assert [each.loss.estimate == each.champion_loss for each in found] == [True] * 5
    assert found[0].loss.upper < 0
    assert found[2].loss.estimate == 0  # no model looks at the city


def test_a_model_that_rests_on_one_number_is_more_fragile():
    def careful(frame):
        strong = pd.to_numeric(frame["strong"]).astype("float64").clip(-3, 3).fillna(0.0)
        return np.asarray(2 * strong + 0.7 * pd.to_numeric(frame["weak"]).astype("float64").fillna(0.0))

    grounds = make_grounds(make_sample("regression"))
    bold, calm = make_subject("regression"), make_subject("regression", careful, name="champion")
    unit = next(each for each in measure_stresses(grounds, bold, calm) if each.name == "unit")
    assert unit.gain.upper < 0
    assert unit.loss.estimate < unit.champion_loss


def test_without_a_champion_only_the_own_loss_is_known():
    (nulls, *_) = measure_stresses(make_grounds(), make_subject(), None)
    assert (nulls.gain, nulls.champion_loss) == (None, None)
    assert nulls.loss.opponent == "itself"


def test_a_stress_that_is_off_is_not_made():
    off = {"stress": {"nulls": False, "drift": False}}
    found = measure_stresses(make_grounds(make_sample(behaviour=off)), make_subject(), None)
    assert [each.name for each in found] == ["unit", "category", "noise"]


def test_rows_that_a_model_can_not_score_are_a_problem():
    def picky(frame):
        if frame["city"].astype(str).str.contains("renamed").any():
            raise DataError("an unknown city")
        return np.zeros(len(frame))

    found = measure_stresses(make_grounds(), make_subject(signal=picky), None)
    assert [each.problem is None for each in found] == [True, True, False, True, True]
    assert found[2].problem == "the changed rows can't be scored: an unknown city"

"""How labels arrive."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest

from ratchet.evaluation.production.delays import Curve, find_age, find_oldest, measure_arrival, measure_arrival_of_known

CHANCE = np.random.default_rng(1)


@pytest.mark.parametrize(("age", "share"), [(0, 0.0), (1, 0.25), (1.5, 0.25), (3, 1.0), (99, 1.0)])
def test_a_share_holds_until_more_labels_come(age, share):
    curve = Curve(ages=np.array([1.0, 3.0]), shares=np.array([0.25, 1.0]))
    assert curve.at(np.array([float(age)]))[0] == share


@pytest.mark.parametrize(("share", "age"), [(0.25, 1.0), (0.26, 3.0), (0.5, 3.0), (0.51, None)])
def test_a_share_is_reached_at_the_first_age_that_has_it(share, age):
    assert Curve(ages=np.array([1.0, 3.0]), shares=np.array([0.25, 0.5])).reach(share) == age


def test_of_old_rows_the_share_is_that_of_the_labels_that_came():
    delays = np.array([1.0, 1.0, 2.0, np.inf] * 25)
    curve = measure_arrival(delays, np.full(100, 50.0))
    assert curve.at(np.array([0.9, 1.0, 2.0, 40.0])) == pytest.approx([0, 0.5, 0.75, 0.75])


def test_young_rows_do_not_hold_the_share_down():
    ages, delays = CHANCE.uniform(0, 60, 20_000), CHANCE.uniform(1, 30, 20_000)
    curve = measure_arrival(np.where(delays <= ages, delays, np.inf), ages)
    assert curve.at(np.array([10.0, 20.0, 30.0])) == pytest.approx((np.array([10, 20, 30]) - 1) / 29, abs=0.02)


def test_labels_that_alone_are_seen_give_the_share_of_those_to_come():
    ages, delays = CHANCE.uniform(0, 60, 20_000), CHANCE.uniform(1, 30, 20_000)
    came = delays <= ages
    curve = measure_arrival_of_known(delays[came], ages[came])
    naive = np.mean(delays[came] <= 10)
    assert curve.at(np.array([10.0, 20.0, 30.0])) == pytest.approx((np.array([10, 20, 30]) - 1) / 29, abs=0.02)
    assert naive > 9 / 29 + 0.05  # labels that take long are not among those that came


def test_a_row_as_old_as_an_age_is_at_risk_at_it():
    """By hand, backwards: one of the two rows seen at the age of 3 came at it, and one of the two seen at 2."""
    curve = measure_arrival_of_known(np.array([1.0, 2.0, 3.0]), np.array([2.0, 3.0, 3.0]))
    assert curve.shares == pytest.approx([(1 - 1 / 2) * (1 - 1 / 2), 1 - 1 / 2, 1])


def test_a_constant_delay_is_one_step():
    for measure in (measure_arrival, measure_arrival_of_known):
        curve = measure(np.full(50, 7.0), np.linspace(7, 60, 50))
        assert (curve.ages.tolist(), curve.shares.tolist()) == ([7.0], [1.0])


def test_a_single_old_row_does_not_speak_for_all():
    ages = np.append(np.full(1000, 20.0), 90.0)
    delays = np.append(np.full(1000, 5.0), 80.0)
    assert measure_arrival_of_known(delays, ages).at(np.array([10.0]))[0] == 1.0


def test_the_oldest_age_is_one_that_enough_rows_have():
    assert find_oldest(np.append(np.full(1000, 20.0), 90.0)) == 20.0
    assert find_oldest(np.empty(0)) == 0.0


@pytest.mark.parametrize(("rows", "oldest"), [(1000, 971.0), (300, 271.0), (299, 271.0), (100, 91.0), (9, 9.0)])
def test_the_oldest_age_is_that_of_the_thirtieth_oldest_row_or_of_a_tenth(rows, oldest):
    """Counted by hand: of 1,000 rows aged 1 to 1,000, thirty are 971 or older."""
    assert find_oldest(np.arange(1.0, rows + 1)) == oldest


@pytest.mark.parametrize(("share", "days"), [(0.5, 1), (1.0, 3), (0.9, 3)])
def test_an_age_is_found_in_columns_of_times(share, days):
    start, day = datetime(2026, 1, 1, tzinfo=UTC), timedelta(days=1)
    times = pa.chunked_array([[start] * 40], pa.timestamp("us", "UTC"))
    known_at = pa.chunked_array([[start + day] * 20 + [start + 3 * day] * 20], pa.timestamp("us", "UTC"))
    as_of = int((start + 9 * day).timestamp() * 1e6)
    assert find_age(times, known_at, as_of=as_of, share=share) == days * 86_400 * 10**6


def test_no_age_is_found_while_labels_are_open():
    times = pa.chunked_array([[datetime(2026, 1, 1, tzinfo=UTC)] * 40], pa.timestamp("us", "UTC"))
    open_labels = pa.chunked_array([[None] * 40], pa.timestamp("us", "UTC"))
    assert find_age(times, open_labels, as_of=10**18, share=0.5) is None

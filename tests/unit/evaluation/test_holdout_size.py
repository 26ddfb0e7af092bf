from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from builders.records import make_gain
from builders.runs import make_config
from ratchet.config.training import PlannedSize
from ratchet.evaluation.holdout_size import Supply, count_newest_with, plan_after_change, plan_for_gain

SUPPLY = Supply(usable=100_000, least=400)
GAIN = make_gain(rows=2_000, detectable=0.02)


def plan(detects, *past, most=0.5, supply=SUPPLY, **evaluation):
    asked = PlannedSize(detects=detects, most=most)
    return plan_for_gain(make_config(evaluation=evaluation), asked, past, supply)


def test_half_the_gain_takes_four_times_the_rows():
    done = plan(0.01, ("run-7", GAIN))
    assert (done.rows, done.detectable) == (8_000, pytest.approx(0.01))
    assert done.reason == "8,000 rows judge: by run run-7 it takes 8,000 to show a gain of 0.01 in roc_auc"


def test_the_widest_of_the_past_gains_counts():
    alike = replace(GAIN, detectable=0.001)
    assert plan(0.01, ("run-8", alike), ("run-7", GAIN)) == plan(0.01, ("run-7", GAIN))


def test_a_lower_confidence_takes_fewer_rows():
    done = plan(0.01, ("run-7", GAIN), confidence=0.95)
    assert done.rows == pytest.approx(8_000 * ((1.645 + 0.842) / (2.326 + 0.842)) ** 2, rel=0.001)


def test_never_more_than_the_share_that_may_judge():
    done = plan(0.002, ("run-7", GAIN), most=0.1)
    assert done.rows == 10_000
    assert done.detectable == pytest.approx(0.02 * np.sqrt(0.2))
    assert done.reason.endswith(
        "it takes 200,000 to show a gain of 0.002 in roc_auc, and 10 % of 100,000 rows may judge"
    )


def test_never_fewer_than_it_takes_to_judge_at_all():
    done = plan(0.5, ("run-7", GAIN))
    assert done.rows == 400
    assert done.reason.endswith("and 400 to judge at all")


@pytest.mark.parametrize(
    ("usable", "most", "rows"), [(100_000, 0.5, 15_000), (100_000, 0.1, 10_000), (1_000, 0.5, 400)]
)
def test_before_any_gain_was_measured_the_usual_share_judges(usable, most, rows):
    done = plan(0.01, most=most, supply=replace(SUPPLY, usable=usable))
    assert (done.rows, done.detectable) == (rows, None)
    assert "no earlier run has measured a gain in roc_auc" in done.reason


@pytest.mark.parametrize(
    ("wanted", "least", "rows"),
    [
        (3_000, 200, 600),  # what serves is far off: three of ten rows show it
        (500, 200, 500),  # never more than without a change
        (900, 1_000, 1_000),  # but for the rows of the rarest class
        (3_000, 1_900, 1_200),  # and then the rest must still teach and choose
    ],
)
def test_after_a_change_some_of_the_rows_since_judge(wanted, least, rows):
    done = plan_after_change(wanted, Supply(usable=2_000, least=least))
    assert (done.rows, done.reason) == (rows, f"{rows:,} of 2,000 rows since the change judge")


def count(labels, least, **spared):
    return count_newest_with(pa.chunked_array([pa.array(labels)]), least, **spared)


def test_as_many_newest_rows_are_counted_as_hold_enough_of_each_class():
    labels = list("aabaaaabaa")
    assert count(labels, 1) == 3
    assert count(labels, 2) == 8
    assert count(labels, 3) == 0  # b has two
    assert count(labels, 3, spared=("b",)) == 4
    assert count([0, 1, 1, 0, 1], 2) == 5

"""Marks are placed on one scale that holds everything worth seeing."""

import pytest

from builders.records import make_gain, make_slice_gains
from builders.runs import make_config
from ratchet.config.judging import Gates
from ratchet.reports.forest import Forest, limit_of, place_gains

GATES = make_config().gates


def place(*gains: object, gates: Gates = GATES) -> Forest:
    """A plot that is there."""
    forest = place_gains(tuple(gains), gates)  # type: ignore[arg-type]
    assert forest is not None
    return forest


def test_marks_stand_in_the_order_of_their_values() -> None:
    mark = place(make_gain()).marks[0]
    assert mark.left is not None
    assert mark.at is not None
    assert mark.right is not None
    assert 0 <= mark.left < mark.at < mark.right <= 100


def test_every_mark_limit_and_zero_is_inside() -> None:
    forest = place(make_gain(), *make_slice_gains())
    places = [forest.zero_at, *(tick.at for tick in forest.ticks)]
    for mark in forest.marks:
        places += [at for at in (mark.at, mark.left, mark.right, mark.limit_at) if at is not None]
    assert all(0 <= at <= 100 for at in places)


def test_a_gain_that_was_not_measured_has_no_mark_but_a_row() -> None:
    mark = place(make_gain(), *make_slice_gains()).marks[-1]
    assert (mark.at, mark.left, mark.right, mark.is_past) == (None, None, None, False)


def test_nothing_measured_is_no_plot() -> None:
    assert place_gains((make_slice_gains()[-1],), GATES) is None
    assert place_gains((), GATES) is None


def test_a_gain_of_exactly_zero_still_has_a_scale() -> None:
    forest = place(make_gain(estimate=0.0, lower=0.0, upper=0.0))
    assert forest.marks[0].at == forest.zero_at
    assert forest.ticks


def test_a_number_that_is_not_finite_is_left_out() -> None:
    mark = place(make_gain(upper=float("inf"), lower=float("nan"))).marks[0]
    assert (mark.left, mark.right, mark.is_past) == (None, None, False)


@pytest.mark.parametrize(("lower", "is_past"), [(0.001, True), (0.0, False), (-0.001, False), (None, False)])
def test_only_a_lower_bound_above_the_limit_is_past_it(*, lower: float | None, is_past: bool) -> None:
    assert place(make_gain(lower=lower)).marks[0].is_past is is_past


def test_the_limit_is_the_gate_s() -> None:
    gates = make_config(
        gates={
            "beats_champion": {"min_gain": 0.002},
            "beats_baseline": {"min_gain": 0.1},
            "no_slice_worse": {"tolerance": 0.1},
        }
    ).gates
    assert limit_of(make_gain(), gates) == 0.002
    assert limit_of(make_gain(opponent="baseline"), gates) == 0.1
    assert limit_of(make_gain("old", opponent_value=0.5), gates) == pytest.approx(-0.05)
    assert limit_of(make_gain("old", opponent_value=None), gates) is None


def test_a_stale_champion_s_limit_is_its_margin() -> None:
    gates = make_config(gates={"beats_champion": {"stale": True, "margin": 0.01}}).gates
    assert limit_of(make_gain(), gates) == -0.01

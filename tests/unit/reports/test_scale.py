"""A scale holds every value, and has a few round ones."""

import math

import pytest

from ratchet.reports.scale import Scale, fit_scale, round_values


@pytest.mark.parametrize(
    ("values", "low", "high"),
    [([0.0, 10.0], -1.0, 11.0), ([4.0], 3.6, 4.4), ([-4.0, -4.0], -4.4, -3.6), ([0.0], -0.1, 0.1)],
)
def test_a_scale_holds_all_values_with_room_on_both_sides(values: list[float], low: float, high: float) -> None:
    scale = fit_scale(values, padding=0.1)
    assert (scale.low, scale.high) == pytest.approx((low, high))


@pytest.mark.parametrize(("is_turned", "at"), [(False, 25.0), (True, 75.0)])
def test_a_turned_scale_begins_with_the_largest(is_turned: bool, at: float) -> None:
    assert Scale(low=0.0, high=4.0, is_turned=is_turned).place(1.0) == at


@pytest.mark.parametrize("value", [None, math.nan, math.inf])
def test_what_was_not_measured_has_no_place(value: float | None) -> None:
    assert Scale(low=0.0, high=1.0).place(value) is None


def test_ticks_stand_where_their_values_do() -> None:
    scale = Scale(low=0.0, high=5.0)
    assert [(tick.value, tick.at) for tick in scale.list_ticks()] == [(each, 20.0 * each) for each in range(6)]


@pytest.mark.parametrize(
    ("low", "high", "values"),
    [
        (-0.05, 0.03, (-0.04, -0.02, 0.0, 0.02)),
        (-1, 9, (0, 2, 4, 6, 8)),
        (0, 5e-6, (0, 1e-6, 2e-6, 3e-6, 4e-6, 5e-6)),
        (-2e6, 2e6, (-2e6, -1e6, 0, 1e6, 2e6)),
    ],
)
def test_the_scale_has_a_few_round_values(low: float, high: float, values: tuple[float, ...]) -> None:
    assert round_values(low, high) == pytest.approx(values)

import math

import pytest

from builders.calibration import make_bounded
from ratchet.gates.bounded import is_measured, lower_bound_among
from ratchet.records.calibration import Bounded


def test_more_parts_move_a_bound_further_out() -> None:
    figure = make_bounded(1.0, 0.9, 1.1)
    one, two, ten = (lower_bound_among(figure, parts, confidence=0.95) for parts in (1, 2, 10))
    assert one == pytest.approx(0.9)
    assert two == pytest.approx(1 - 0.1 * 1.95996 / 1.64485, abs=1e-4)
    assert ten < two


def test_a_bound_that_is_not_there_is_below_everything() -> None:
    assert lower_bound_among(Bounded(estimate=1.0, lower=None, upper=None), 2, confidence=0.95) == -math.inf


@pytest.mark.parametrize(
    ("figure", "measured"),
    [
        (make_bounded(), True),
        (Bounded(estimate=1.0, lower=None, upper=2.0), False),
        (Bounded(estimate=1.0, lower=0.0, upper=math.inf), False),
        (Bounded(estimate=math.nan, lower=0.0, upper=2.0), False),
    ],
)
def test_a_figure_is_measured_when_all_of_it_is_finite(figure: Bounded, measured: bool) -> None:
    assert is_measured(figure) is measured

import numpy as np
import pytest

from ratchet.drift.bins import Tally
from ratchet.drift.distances import make_extra_psi, measure_psi
from ratchet.drift.parts import EXTRAS, PSI, Parts, find_parts


def make_tally(now: list[int]) -> Tally:
    return Tally(
        labels=tuple("abcd"), then=np.array([100, 100, 0, 10]), now=np.array(now, np.int64), ordered=2, extras=2
    )


@pytest.mark.parametrize(
    ("values", "extras", "beyond"),
    [(0.5, 0.0, 0.2), (0.3, 0.4, 0.3), (0.0, 0.4, 0.3), (0.2, 0.05, 0.0), (-0.1, 0.2, 0.1)],
)
def test_what_is_usual_of_one_part_excuses_nothing_in_the_other(values, extras, beyond):
    found = Parts(values=values, extras=extras).beyond(Parts(values=0.3, extras=0.1))
    assert found == pytest.approx(beyond)


@pytest.mark.parametrize(("values", "extras", "beyond"), [(0.5, 0.1, 0.6), (-0.2, 0.1, 0.0)])
def test_without_anything_usual_both_parts_count_together(values, extras, beyond):
    assert Parts(values=values, extras=extras).beyond(None) == pytest.approx(beyond)


def test_the_parts_are_those_of_the_index():
    counts = make_tally([80, 120, 20, 30])
    found = find_parts(counts, {PSI: 0.02, EXTRAS: 0.01})
    assert found.values + found.extras == pytest.approx(float(measure_psi(counts.then, counts.now)) - 0.02)
    assert found.extras == pytest.approx(float(make_extra_psi(2)(counts.then, counts.now)) - 0.01)


def test_many_draws_are_measured_at_once():
    counts = make_tally([80, 120, 20, 30])
    twice = np.stack([counts.now, counts.now])
    assert make_extra_psi(2)(counts.then, twice).tolist() == [float(make_extra_psi(2)(counts.then, counts.now))] * 2

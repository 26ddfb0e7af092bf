import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ratchet.alerts.measured import Family, MeasuredSignal
from ratchet.alerts.signals import adjust, correct
from ratchet.records.alerts import SignalKind


def read(name: str, p_value: float | None, family: Family) -> MeasuredSignal:
    return MeasuredSignal(name=name, kind=SignalKind.PERFORMANCE, text="", p_value=p_value, family=family)


@pytest.mark.parametrize(
    ("p_values", "adjusted"),
    [
        ([0.01], [0.01]),
        ([0.01, 0.04, 0.03], [0.03, 0.06, 0.06]),
        ([0.5, 0.9], [1.0, 1.0]),
        ([0.04, 0.01], [0.04, 0.02]),
        ([0.0, 1.0], [0.0, 1.0]),
        ([], []),
    ],
)
def test_p_values_are_corrected_as_holm_does(p_values, adjusted):
    assert adjust(p_values) == pytest.approx(adjusted)


@settings(deadline=None)
@given(st.lists(st.floats(0, 1), max_size=20))
def test_a_corrected_p_value_is_no_smaller_and_keeps_its_place(p_values):
    adjusted = adjust(p_values)
    assert all(after >= before for before, after in zip(p_values, adjusted, strict=True))
    order = sorted(range(len(p_values)), key=p_values.__getitem__)
    assert [adjusted[at] for at in order] == sorted(adjusted)


def test_everybody_does_not_pay_for_the_number_of_segments():
    segments = [read(f"segment-{at}", 0.004, Family.PARTS) for at in range(50)]
    found = correct([read("all", 0.004, Family.EVERYBODY), *segments, read("drift", 0.004, Family.NONE)])
    assert found["all"] == pytest.approx(0.008)
    assert found["segment-0"] == pytest.approx(0.4)
    assert found["drift"] == 0.004


def test_what_has_no_p_value_is_left_out():
    assert correct([read("all", None, Family.EVERYBODY), read("part", 0.2, Family.PARTS)]) == {"part": 0.4}

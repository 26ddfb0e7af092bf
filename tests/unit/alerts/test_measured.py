import pytest

from ratchet.alerts.measured import chance_of, error_of, finite


@pytest.mark.parametrize(("value", "lower", "error"), [(0.1, 0.1, 0.0), (0.1, -0.0645, 0.1), (0.1, 0.2, 0.0)])
def test_the_standard_error_is_read_from_the_bound(value, lower, error):
    assert error_of(value, lower) == pytest.approx(error, abs=1e-4)


@pytest.mark.parametrize(("value", "lower"), [(None, 0.1), (0.1, None), (float("nan"), 0.1), (0.1, float("-inf"))])
def test_without_figure_or_bound_there_is_no_error(value, lower):
    assert error_of(value, lower) is None


@pytest.mark.parametrize(
    ("value", "error", "chance"),
    [(0.0, 1.0, 0.5), (1.6449, 1.0, 0.05), (0.1, 0.0, 0.0), (0.0, 0.0, 1.0), (None, 1.0, None), (0.1, None, None)],
)
def test_the_chance_of_a_figure_is_that_of_a_normal_tail(value, error, chance):
    found = chance_of(value, error)
    assert found is None if chance is None else found == pytest.approx(chance, abs=1e-4)


@pytest.mark.parametrize(
    ("value", "known"), [(1.5, 1.5), (None, None), (float("nan"), None), (float("inf"), None), (0.0, 0.0)]
)
def test_only_numbers_are_known(value, known):
    assert finite(value) == known

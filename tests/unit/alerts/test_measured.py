""""""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from ratchet.alerts.measured import chance_of, compare, error_of, finite, index, moment, number, percent, some


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


@pytest.mark.parametrize(
    ("share", "text"),
    [
        (0.0512, "5.1 %"),
        (0.02, "2 %"),
        (0.0004, "0 %"),
        (0.2, "20 %"),
        (0.005, "0.5 %"),
        (0.0, "0 %"),
        (1.5, "150 %"),
        (-0.03, "-3 %"),
    ],
)
def test_a_share_is_a_percentage(share, text):
    assert percent(share) == text


@pytest.mark.parametrize(
    ("value", "text"), [(0.123456, "0.1235"), (None, "unknown"), (12345.678, "12,346"), (-1000, "-1,000")]
)
def test_a_figure_has_four_digits(value, text):
    assert number(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (datetime(2026, 1, 31, tzinfo=UTC), "2026-01-31"),
        (datetime(2026, 1, 31, 6, 5, tzinfo=UTC), "2026-01-31 06:05 UTC"),
        (datetime(2026, 1, 31, 1, tzinfo=timezone(timedelta(hours=1))), "2026-01-31"),
        (12000, "row 12,000"),
    ],
)
def test_a_moment_is_a_day_a_time_or_a_row(value, text):
    assert moment(value) == text


def test_the_first_few_are_named_and_the_others_counted():
    assert some(["a", "b"]) == "a, b"
    assert some(["a", "b", "c", "d", "e"]) == "a, b, c and 2 more"
    assert some([]) == ""


@pytest.mark.parametrize(
    ("loss", "text"),
    [
        (0.054, "5.4 % worse (at least 4.2 %) than"),
        (-0.002, "0.2 % better than"),
        (0.0, "as good as"),
        (0.0004, "as good as"),
        (-0.0004, "as good as"),
    ],
)
def test_what_rounds_to_nothing_is_neither_better_nor_worse(loss, text):
    assert compare(loss, " (at least 4.2 %)") == text


def test_an_index_has_no_digits_that_say_nothing():
    assert [index(value) for value in (0.57672, 0.00018, 0.3, None)] == ["0.577", "0", "0.3", "unknown"]

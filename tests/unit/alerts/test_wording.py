from datetime import UTC, datetime, timedelta, timezone

import pytest

from ratchet.alerts.wording import compare, index, moment, number, percent, some


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

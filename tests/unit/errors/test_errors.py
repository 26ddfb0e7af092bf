"""Messages stay short whatever the data's size, and know a near miss."""

import pytest

from ratchet.errors import ConfigError, RatchetError, did_you_mean, list_names


def test_few_names_are_all_listed() -> None:
    assert list_names(["a", 1]) == "a, 1"
    assert list_names([]) == ""


def test_many_names_are_counted() -> None:
    assert list_names(range(8)) == "0, 1, 2, 3, 4, 5, 6, 7"
    assert list_names(range(1000)) == "0, 1, 2, 3, 4, 5, 6, 7 and 992 more"


@pytest.mark.parametrize("word", ["numerc", " Numeric ", "NUMERIC"])
def test_a_near_miss_is_suggested_as_it_is_written(word: str) -> None:
    assert did_you_mean(word, ["numeric", "boolean"]) == " (did you mean 'numeric'?)"


def test_nothing_is_suggested_for_something_else() -> None:
    assert did_you_mean("xyz", ["numeric"]) == ""
    assert did_you_mean("xyz", []) == ""


def test_every_error_of_ours_can_be_caught_as_one() -> None:
    assert issubclass(ConfigError, RatchetError)

"""What every part of the YAML has in common."""

import re
import sys
import unicodedata
from datetime import timedelta

import pytest

from ratchet.sections import COLUMN, find_repeats, format_duration, parse_duration


@pytest.mark.parametrize("text", ["0s", "90s", "30min", "12h", "6d", "2w"])
def test_a_duration_reads_back_as_it_was_written(text: str) -> None:
    assert format_duration(parse_duration(text)) == text


def test_the_largest_unit_that_divides_is_used() -> None:
    assert format_duration(timedelta(days=14)) == "2w"
    assert format_duration(timedelta(minutes=90)) == "90min"


def test_a_duration_is_no_longer_than_a_calendar_has_room_for() -> None:
    assert parse_duration("36525d") == timedelta(days=36525)
    for text in ("36526d", "876601h", "9999999999999w"):
        with pytest.raises(ValueError, match="a hundred years"):
            parse_duration(text)


@pytest.mark.parametrize("value", ["", "7", "-1d", "1.5h", "7 days", 7, None])
def test_anything_else_is_refused(value: object) -> None:
    with pytest.raises(ValueError, match="should be a duration such as 90s"):
        parse_duration(value)


def test_no_sign_of_a_column_s_name_is_invisible_or_means_something_elsewhere() -> None:
    allowed = {sign for sign in map(chr, range(sys.maxunicode + 1)) if re.match(COLUMN, f"a{sign}b")}
    assert not {sign for sign in allowed if unicodedata.category(sign) in {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}}
    assert {sign for sign in allowed if sign.isspace()} == {" "}
    assert not allowed & set("\"'`<>[]{}/\\|&;:=+@$#*~\u115f\u1160\u3164\uffa0")


@pytest.mark.parametrize("name", ["länge", "größe m²", "preis (€)", "цена", "価格", "_x", "a.b-c"])
def test_letters_of_any_language_may_be_a_column_s_name(name: str) -> None:
    assert re.match(COLUMN, name)


@pytest.mark.parametrize("name", ["", "1st", "(a)", "²", "-a", "a\n", "a" * 64])
def test_other_names_may_not(name: str) -> None:
    assert not re.fullmatch(COLUMN, name)


@pytest.mark.parametrize("names", [[], ["a"], ["a", "b", "A"]])
def test_names_that_are_there_once_are_no_mistake(names: list[str]) -> None:
    assert find_repeats("slice names", names) is None


def test_a_name_that_is_there_twice_is_told_with_the_others() -> None:
    assert find_repeats("slice names", ["a", "b", "a"]) == "slice names repeat: a, b, a"

import pytest

from ratchet.config.repeats import find_repeats


@pytest.mark.parametrize("names", [[], ["a"], ["a", "b", "A"]])
def test_names_that_are_there_once_are_no_mistake(names: list[str]) -> None:
    assert find_repeats("slice names", names) is None


def test_a_name_that_is_there_twice_is_told_with_the_others() -> None:
    assert find_repeats("slice names", ["a", "b", "a"]) == "slice names repeat: a, b, a"

"""The tool that measures the shape of the source, on small trees whose figures are counted by hand."""

import pytest
from tools.shape import find_cycles, find_heavy, find_imports, measure, measure_tests, over_budget, read_modules

SOURCE = '''"""A module."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas

LIMIT = 3  # why
_OWN: int = 4  # type: ignore


class Shop:
    """A shop."""

    def sell(self, price: int, *rest) -> int:
        if price > LIMIT and rest:
            return price

        return sum(each for each in rest)

    @property
    def name(self) -> str:
        """Its name."""
        # said once
        return "shop"


def _hidden(): ...
'''


def write(folder, **files: str):
    for name, text in files.items():
        path = folder / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return read_modules(folder)


@pytest.fixture
def figures(tmp_path):
    return measure(write(tmp_path, shop=SOURCE, empty=""))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("files", 1),  # a file without a statement is none
        ("code_lines", 14),
        ("file_lines_max", 28),
        ("definitions", 4),
        ("constants", 2),
        ("functions", 3),
        ("function_lines_max", 5),
        ("function_code_max", 4),
        ("complexity_max", 4),  # if, and, the comprehension
        ("public_names", 3),
        ("docstring_share", 0.667),
        ("typed_share", 0.6),  # three of the five places that take an annotation
        ("comments_per_100", 14.3),  # two; what speaks to a tool is no comment
        ("type_ignores", 1),
        ("cycles", 0),
    ],
)
def test_the_figures_are_those_counted_by_hand(name, value, figures):
    assert figures[name] == value


def test_modules_that_import_one_another_are_a_cycle(tmp_path):
    modules = write(tmp_path, a="import b", b="from c import d", c="import a\nd = 1", e="import a")
    assert find_cycles(find_imports(modules)) == [["a", "b", "c"]]


def test_an_import_inside_a_function_makes_a_deferred_cycle_only(tmp_path):
    modules = write(tmp_path, a="import b", b="def f():\n    import a")
    assert find_cycles(find_imports(modules)) == []
    assert find_cycles(find_imports(modules, deferred=True)) == [["a", "b"]]


def test_packages_that_import_one_another_are_counted_though_no_module_does(tmp_path):
    files = {"r__one__a": "import r.two.a", "r__two__a": "x = 1", "r__two__b": "import r.one.b", "r__one__b": "x = 1"}
    figures = measure(write(tmp_path, **files))
    assert (figures["cycles"], figures["packages_in_cycles"]) == (0, 2)


@pytest.mark.parametrize(
    ("text", "heavy"),
    [
        ("import json", []),
        ("from pandas import DataFrame", ["pandas"]),
        ("from ours.reading import read", ["numpy"]),
        ("def f():\n    import pandas", []),
    ],
)
def test_what_a_dag_file_loads_is_followed_through_our_own_modules(text, heavy, tmp_path):
    [dag] = write(tmp_path / "dags", retrain=text)
    modules = write(tmp_path / "src", ours__reading="import numpy\nread = 1", ours__writing="import mlflow")
    assert find_heavy(dag, modules) == heavy


def test_the_share_of_modules_with_a_test_of_their_name(tmp_path):
    source = write(tmp_path / "src", ours__a="def f(): ...", ours__b="def f(): ...", ours__words="x = 1")
    tests = write(tmp_path / "tests", test_a="x = 1\ny = 2")
    assert measure_tests(source, tests) == {
        "test_files": 1,
        "test_code_per_code": 0.667,
        "modules_with_own_test": 0.5,
    }


def test_what_is_over_its_budget_is_said_with_value_and_limit(figures):
    assert over_budget(figures | {"file_lines_max": 501, "typed_share": 1.0}) == [
        "file_lines_max is 501, at most 500",
        "docstring_share is 0.667, at least 0.95",
    ]


def test_a_name_that_three_files_have_is_counted(tmp_path):
    twice = {"a__same": "x = 1", "b__same": "x = 1"}
    assert measure(write(tmp_path / "two", **twice))["stems_more_than_twice"] == 0
    assert measure(write(tmp_path / "three", **twice, c__same="x = 1"))["stems_more_than_twice"] == 1

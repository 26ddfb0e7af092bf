import json
from pathlib import Path

import pytest

from ratchet.data.suite import read_suite
from ratchet.errors import ConfigError

GOOD = {"type": "expect_column_values_to_not_be_null", "kwargs": {"column": "age"}}


def save(project: Path, content: object, name: str = "sales.json") -> Path:
    folder = project / "include" / "expectations"
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / name
    path.write_text(content if isinstance(content, str) else json.dumps(content))
    return path


def save_rule(project: Path, **changes: object) -> None:
    save(project, {"name": "sales", "expectations": [GOOD | changes]})


def test_a_suite_becomes_rules(tmp_path):
    save(tmp_path, {"name": "sales", "expectations": [GOOD, GOOD | {"severity": "info"}]})
    first, second = read_suite(tmp_path, "sales.json")
    assert (first.column, first.origin, first.blocking) == ("age", "team", True)
    assert second.blocking is False


@pytest.mark.parametrize(
    "kind",
    [
        "expect_query_results_to_match_comparison",
        "unexpected_rows_expectation",
        "expect_table_row_count_to_equal_other_table",
        "expect_column_values_to_match_json_schema",
        "expect_column_values_to_be_nul",
        None,
    ],
)
def test_expectations_outside_the_list_are_refused(tmp_path, kind):
    save_rule(tmp_path, type=kind)
    with pytest.raises(ConfigError, match="is not an expectation that a suite may use"):
        read_suite(tmp_path, "sales.json")


@pytest.mark.parametrize("setting", [{"row_condition": "__import__('os')"}, {"condition_parser": "pandas"}])
def test_conditions_that_would_be_run_as_code_are_refused(tmp_path, setting):
    save_rule(tmp_path, kwargs={"column": "age"} | setting)
    with pytest.raises(ConfigError, match="run as code"):
        read_suite(tmp_path, "sales.json")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"kwargs": {"column": "age", "mostly": 3}}, "can't be used so"),
        ({"kwargs": {"column": "age", "colour": 3}}, "can't be used so"),
        ({"kwargs": {"column": "age", "mostly": {"$PARAMETER": "x"}}}, "write the value out"),
        ({"kwargs": "age"}, "of the form"),
        ({"severity": "fatal"}, "severity 'fatal'"),
        ({"condition": "x"}, "unknown keys: condition"),
    ],
)
def test_a_mistake_in_an_expectation_is_named(tmp_path, changes, words):
    save_rule(tmp_path, **changes)
    with pytest.raises(ConfigError, match=words) as caught:
        read_suite(tmp_path, "sales.json")
    assert "expectation 1" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{", "not valid JSON"),
        ([], "should be a suite"),
        ({"name": "x"}, "should be a suite"),
        ({"name": "x", "expectations": [], "python": 1}, "unknown keys: python"),
        ({"name": "x", "expectations": [], "suite_parameters": {"a": 1}}, "suite_parameters"),
        ({"name": "x", "expectations": ["x"]}, "of the form"),
        (" " * (1 << 20) + "{}", "more than a suite may have"),
    ],
)
def test_a_file_that_is_no_suite_is_refused(tmp_path, content, words):
    save(tmp_path, content)
    with pytest.raises(ConfigError, match=words):
        read_suite(tmp_path, "sales.json")


@pytest.mark.parametrize("name", ["../sales.json", "/etc/passwd", "a/b.json", "sales.yaml", "..", "sales.json\0"])
def test_only_a_plain_file_name_is_taken(tmp_path, name):
    save_rule(tmp_path)
    with pytest.raises(ConfigError, match="plain name"):
        read_suite(tmp_path, name)


def test_a_link_out_of_the_folder_is_refused(tmp_path):
    save_rule(tmp_path)
    outside = tmp_path / "outside.json"
    outside.write_text('{"expectations": []}')
    (tmp_path / "include" / "expectations" / "link.json").symlink_to(outside)
    with pytest.raises(ConfigError, match="leads out"):
        read_suite(tmp_path, "link.json")


def test_a_missing_suite_names_a_near_one(tmp_path):
    save_rule(tmp_path)
    with pytest.raises(ConfigError, match=r"did you mean 'sales\.json'"):
        read_suite(tmp_path, "sale.json")

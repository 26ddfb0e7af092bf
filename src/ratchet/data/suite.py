"""The team's own expectations: a JSON file in Great Expectations' form, read as data and never as code."""

import json
from collections.abc import Mapping
from pathlib import Path

from great_expectations.exceptions import GreatExpectationsError
from great_expectations.expectations.expectation_configuration import ExpectationConfiguration

from ratchet.data.expectations import FOUND, Rule
from ratchet.errors import ConfigError, did_you_mean, list_names

MAX_BYTES = 1 << 20  # a suite is a few kilobytes
SEVERITIES = ("critical", "warning", "info")
KEYS_OF_SUITE = {"name", "expectations", "meta", "notes", "id", "suite_parameters"}
KEYS_OF_EXPECTATION = {"type", "kwargs", "severity", "meta", "notes", "description", "id"}
REFUSED_SETTINGS = {"row_condition", "condition_parser"}  # evaluated as code: a file must not be able to run anything
# What Great Expectations itself has for pandas. Left out: whatever takes SQL, another table, or a JSON schema,
# whose references may be fetched from anywhere; and quantiles, whose answer 1.24 can't write down.
ALLOWED = frozenset(
    {
        "expect_column_distinct_values_to_be_in_set",
        "expect_column_distinct_values_to_contain_set",
        "expect_column_distinct_values_to_equal_set",
        "expect_column_max_to_be_between",
        "expect_column_mean_to_be_between",
        "expect_column_median_to_be_between",
        "expect_column_min_to_be_between",
        "expect_column_most_common_value_to_be_in_set",
        "expect_column_proportion_of_non_null_values_to_be_between",
        "expect_column_proportion_of_unique_values_to_be_between",
        "expect_column_stdev_to_be_between",
        "expect_column_sum_to_be_between",
        "expect_column_to_exist",
        "expect_column_unique_value_count_to_be_between",
        "expect_column_value_lengths_to_be_between",
        "expect_column_value_lengths_to_equal",
        "expect_column_value_z_scores_to_be_less_than",
        "expect_column_pair_values_a_to_be_greater_than_b",
        "expect_column_pair_values_to_be_equal",
        "expect_column_pair_values_to_be_in_set",
        "expect_column_values_to_be_between",
        "expect_column_values_to_be_dateutil_parseable",
        "expect_column_values_to_be_in_set",
        "expect_column_values_to_be_in_type_list",
        "expect_column_values_to_be_json_parseable",
        "expect_column_values_to_be_null",
        "expect_column_values_to_be_of_type",
        "expect_column_values_to_be_unique",
        "expect_column_values_to_match_regex",
        "expect_column_values_to_match_regex_list",
        "expect_column_values_to_match_strftime_format",
        "expect_column_values_to_not_be_in_set",
        "expect_column_values_to_not_be_null",
        "expect_column_values_to_not_match_regex",
        "expect_column_values_to_not_match_regex_list",
        "expect_compound_columns_to_be_unique",
        "expect_multicolumn_sum_to_equal",
        "expect_select_column_values_to_be_unique_within_record",
        "expect_table_column_count_to_be_between",
        "expect_table_column_count_to_equal",
        "expect_table_columns_to_match_ordered_list",
        "expect_table_columns_to_match_set",
        "expect_table_row_count_to_be_between",
        "expect_table_row_count_to_equal",
    }
)


def read_suite(project: Path, name: str) -> tuple[Rule, ...]:
    """Read `include/expectations/<name>` of a project.

    Raises:
        ConfigError: the file is missing, outside that folder, not a suite, or asks for something that is refused.
    """
    path = _path_of(project, name)
    try:
        content = json.loads(_text_of(path))
    except ValueError as error:
        raise ConfigError(f"{path}: not valid JSON: {error}; save the suite as Great Expectations writes it") from error
    _refuse_form(content, path)
    return tuple(_read_rule(each, f"{path}: expectation {at}") for at, each in enumerate(content["expectations"], 1))


def _path_of(project: Path, name: str) -> Path:
    folder = (project / "include" / "expectations").resolve()
    if not _is_plain_name(name):
        raise ConfigError(f"checks.suite '{name}' should be the plain name of a .json file in {folder}")
    path = (folder / name).resolve()
    if path.parent != folder:  # a link
        raise ConfigError(f"checks.suite '{name}' leads out of {folder}; put the file itself there")
    if not path.is_file():
        near = did_you_mean(name, (each.name for each in folder.glob("*.json")))
        raise ConfigError(f"checks.suite '{name}' is not in {folder}{near}")
    return path


def _is_plain_name(name: str) -> bool:
    return Path(name).name == name and name.endswith(".json") and "\0" not in name


def _refuse_form(content: object, path: Path) -> None:
    if not isinstance(content, dict) or not isinstance(content.get("expectations"), list):
        raise ConfigError(f'{path}: should be a suite of the form {{"name": …, "expectations": […]}}')
    if unknown := content.keys() - KEYS_OF_SUITE:
        raise ConfigError(f"{path}: unknown keys: {list_names(sorted(unknown))}")
    if content.get("suite_parameters"):
        raise ConfigError(f"{path}: suite_parameters are not allowed: write the values out")


def _text_of(path: Path) -> str:
    if (size := path.stat().st_size) > MAX_BYTES:
        raise ConfigError(f"{path}: {size} bytes is more than a suite may have ({MAX_BYTES})")
    return path.read_text(encoding="utf-8-sig")


def _read_rule(content: object, where: str) -> Rule:
    if not isinstance(content, dict) or not isinstance(content.get("kwargs"), dict):
        raise ConfigError(f'{where}: should be of the form {{"type": …, "kwargs": {{…}}}}')
    if unknown := content.keys() - KEYS_OF_EXPECTATION:
        raise ConfigError(f"{where}: unknown keys: {list_names(sorted(unknown))}")
    kind, settings = str(content.get("type")), content["kwargs"]
    _refuse_type(kind, where)
    _refuse_settings(settings, where)
    severity = content.get("severity", "critical")
    if severity not in SEVERITIES:
        raise ConfigError(f"{where}: severity '{severity}' should be one of {list_names(SEVERITIES)}")
    rule = Rule(
        type=kind, settings=settings, says=_sentence(kind, settings), origin="team", blocking=severity == "critical"
    )
    _try_out(rule, where)
    return rule


def _refuse_type(kind: str, where: str) -> None:
    if kind not in ALLOWED:
        raise ConfigError(f"{where}: '{kind}' is not an expectation that a suite may use{did_you_mean(kind, ALLOWED)}")


def _refuse_settings(settings: Mapping[str, object], where: str) -> None:
    if refused := settings.keys() & REFUSED_SETTINGS:
        raise ConfigError(f"{where}: {list_names(sorted(refused))} would be run as code and is not allowed")
    if "$PARAMETER" in json.dumps(settings):
        raise ConfigError(f"{where}: $PARAMETER is not allowed: write the value out")


def _sentence(kind: str, settings: Mapping[str, object]) -> str:
    about = Rule(type=kind, settings=settings, says="", origin="team").columns
    words = kind.removeprefix("expect_").replace("_", " ")
    return f"{words} ({', '.join(about)}): {FOUND}" if about else f"{words}: {FOUND}"


def _try_out(rule: Rule, where: str) -> None:
    """Let Great Expectations read the arguments now: a mistake in the file is the file's, not the data's."""
    try:
        ExpectationConfiguration(type=rule.type, kwargs=dict(rule.settings)).to_domain_obj()
    except (GreatExpectationsError, ValueError, TypeError) as error:
        raise ConfigError(f"{where}: {rule.type} can't be used so: {' '.join(str(error).split())[:300]}") from error

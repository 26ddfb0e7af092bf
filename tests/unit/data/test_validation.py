from datetime import UTC, datetime

import pandas as pd
import pytest

from ratchet.data.expectations import FOUND, Rule
from ratchet.data.validation import ALL_ROWS, Delivery, apply_rules, as_categories, open_context
from ratchet.records.data import Expectation
from ratchet.records.judgement import Outcome

FRAME = pd.DataFrame({"age": [1.0, 2.0, None, 4.0], "city": ["a", "b", None, "a"], "empty": [None] * 4})


def answer(tmp_path, kind: str, origin: str = "config", **settings: object) -> Expectation:
    rule = Rule(type=f"expect_{kind}", settings=settings, says=f"found {FOUND}", origin=origin)
    delivery = Delivery(name="config", frame=FRAME, rows_checked=ALL_ROWS)
    moment = datetime(2026, 1, 5, tzinfo=UTC)
    (only,) = apply_rules(open_context(tmp_path), delivery, [rule], run_id="run-1", moment=moment)
    return only


@pytest.mark.parametrize(
    ("kind", "settings", "outcome", "reason"),
    [
        ("column_values_to_not_be_null", {"column": "age"}, Outcome.FAIL, "found 25 %"),
        ("column_values_to_not_be_null", {"column": "age", "mostly": 0.7}, Outcome.PASS, "found 25 %"),
        ("column_max_to_be_between", {"column": "age", "max_value": 9}, Outcome.PASS, "found 4"),
        ("column_distinct_values_to_equal_set", {"column": "city", "value_set": ["a"]}, Outcome.FAIL, "found no"),
        ("column_to_exist", {"column": "gone"}, Outcome.FAIL, "found no"),
        ("column_to_exist", {"column": "age"}, Outcome.PASS, "found yes"),
        ("column_max_to_be_between", {"column": "gone", "max_value": 9}, Outcome.INCONCLUSIVE, "'gone' is not in"),
        ("column_values_to_be_between", {"column": "city", "max_value": 9}, Outcome.INCONCLUSIVE, "not be computed"),
        ("column_values_to_be_in_set", {"column": "empty", "value_set": ["a"]}, Outcome.NOT_APPLICABLE, "no value"),
    ],
)
def test_every_kind_of_answer_is_read(tmp_path, kind, settings, outcome, reason):
    found = answer(tmp_path, kind, **settings)
    assert found.outcome is outcome
    assert reason in found.reason


def test_a_team_rule_that_had_nothing_to_look_at_is_no_pass(tmp_path):
    found = answer(tmp_path, "column_values_to_be_in_set", origin="team", column="empty", value_set=["a"])
    assert found.outcome is Outcome.INCONCLUSIVE


def test_texts_and_booleans_get_compact_types_and_the_rest_stays():
    frame = FRAME.assign(mixed=["a", 1, None, 2.0], flag=pd.Series([True, None, False, True], dtype=object))
    types = as_categories(frame, list(frame)).dtypes.astype(str).to_dict()
    assert types == {"age": "float64", "city": "category", "empty": "category", "mixed": "object", "flag": "boolean"}

"""What the YAML says about behaviour fits the features, or is refused with a hint."""

import pytest
from pydantic import ValidationError

from builders.runs import make_config

CASE = {"name": "one", "row": {"age": 30, "city": "Oslo", "member": True}, "at_least": 0.5}
RISE = {"column": "age", "direction": "increasing"}


def test_everything_is_on_by_default_and_nothing_is_named():
    plan = make_config().behaviour
    assert plan.stress.chosen == ("nulls", "unit", "category", "noise", "drift")
    assert (plan.importance, plan.past_holdouts, plan.names) == (True, 3, ())


def test_cases_are_called_as_the_records_call_them():
    plan = make_config(behaviour={"cases": [CASE], "monotone": [RISE], "invariant": [{"column": "city"}]}).behaviour
    assert plan.names == ("one", "monotone age", "invariant city")


def test_missing_values_and_fractions_are_values():
    make_config(behaviour={"cases": [CASE | {"row": {"age": 0.5, "city": None, "member": None}}]})


@pytest.mark.parametrize(
    ("plan", "message"),
    [
        (
            {"cases": [CASE | {"row": {"agee": 1}}]},
            "case 'one' gives 'agee', which is not a feature (did you mean 'age'?)",
        ),
        ({"cases": [CASE | {"row": {"age": "old"}}]}, "'age' the value 'old'; a numeric feature takes a number"),
        ({"cases": [CASE | {"row": {"age": True}}]}, "a numeric feature takes a number"),
        ({"cases": [CASE | {"row": {"city": 3}}]}, "a categorical feature takes text"),
        ({"cases": [CASE | {"row": {"member": "yes"}}]}, "a boolean feature takes true or false"),
        ({"cases": [CASE, CASE]}, "`behaviour` names 'one' more than once"),
        ({"cases": [{"name": "one", "row": {}}]}, "needs `at_least`, `at_most` or both"),
        ({"cases": [CASE | {"at_most": 0.1}]}, "`at_least` 0.5 is above `at_most` 0.1"),
        ({"cases": [CASE | {"of": "yes"}]}, "'one' has `of`, which a binary task does not know"),
        ({"monotone": [RISE | {"column": "citi"}]}, "`behaviour.monotone` names 'citi', which is not a feature"),
        ({"monotone": [RISE | {"column": "city"}]}, "a categorical feature; only numbers rise and fall"),
        ({"monotone": [RISE | {"of": "yes"}]}, "'monotone age' has `of`"),
        ({"monotone": [{"column": "age", "direction": "up"}]}, "increasing"),
        ({"invariant": [{"column": "gender"}]}, "`behaviour.invariant` names 'gender', which is not a feature"),
        ({"stress": {"nulls": 1}}, "valid boolean"),
        ({"past_holdouts": -1}, "greater than or equal to 0"),
    ],
)
def test_a_mistake_is_refused(plan, message):
    with pytest.raises(ValidationError) as caught:
        make_config(behaviour=plan)
    assert message in str(caught.value)


def test_of_several_classes_one_is_named():
    several = {"task": "multiclass", "data": {"target": {"column": "level"}}}
    with pytest.raises(ValidationError, match="'one' needs `of`"):
        make_config(**several, behaviour={"cases": [CASE]})
    make_config(**several, behaviour={"cases": [CASE | {"of": "gold"}]})

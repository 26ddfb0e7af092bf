"""Named cases: a row's score, a direction, and no effect."""

import numpy as np
import pandas as pd
import pytest

from builders.subjects import make_sample, make_subject
from ratchet.errors import DataError
from ratchet.evaluation.behaviour.cases import CaseInputs, measure_cases
from ratchet.evaluation.behaviour.samples import Subject

TYPICAL = {"strong": 0.0, "weak": 0.0, "idle": None, "city": "Oslo", "member": False}
CLASSES = {"binary": ("no", "yes"), "multiclass": ("bronze", "silver", "gold"), "regression": ()}


def ask(plan, *, task="binary", subject=None, sample=None):
    asked = CaseInputs(
        sample=sample or make_sample(task, behaviour=plan),
        subject=subject or make_subject(task),
        classes=CLASSES[task],
        typical=TYPICAL,
        seed=1,
    )
    return measure_cases(asked)


def test_a_row_is_filled_with_what_is_typical():
    (found,) = ask({"cases": [{"name": "one", "row": {"strong": 1.5}, "at_least": 0.9}]})
    assert (found.name, found.rows, found.problem) == ("one", 1, None)
    assert found.measured == pytest.approx(1 / (1 + np.exp(-3)))


def test_a_value_may_be_given_as_missing():
    (found,) = ask({"cases": [{"name": "one", "row": {"strong": None}, "at_least": 0.4}]})
    assert found.measured == pytest.approx(0.5)


def test_of_several_classes_the_named_one_is_meant():
    rows = [{"name": name, "row": {"strong": 9.0}, "of": name, "at_least": 0.9} for name in ("gold", "bronze", "iron")]
    gold, bronze, iron = ask({"cases": rows}, task="multiclass")
    assert gold.measured > 0.99 > 0.01 > bronze.measured
    assert iron.problem.startswith("`of: iron` is none of the classes")


@pytest.mark.parametrize(
    ("direction", "column", "share"),
    [("increasing", "strong", 0.0), ("decreasing", "strong", 1.0), ("increasing", "idle", 0.0)],
)
@pytest.mark.parametrize("task", ["binary", "regression"])
def test_a_direction_is_kept_or_not(task, direction, column, share):
    (found,) = ask({"monotone": [{"column": column, "direction": direction}]}, task=task)
    assert (found.name, found.rows) == (f"monotone {column}", 600)
    assert found.measured == pytest.approx(share, abs=0.02)
    assert (found.worst > 0.05) == (share > 0)


def test_a_turn_in_the_middle_is_found():
    bent = make_subject("regression", lambda frame: -(frame["strong"].to_numpy(dtype=float) ** 2))
    (found,) = ask({"monotone": [{"column": "strong", "direction": "increasing"}]}, task="regression", subject=bent)
    assert found.measured == 1.0


@pytest.mark.parametrize(("column", "share"), [("member", 0.0), ("city", 0.0), ("strong", 1.0)])
def test_a_column_that_must_not_matter_is_swapped(column, share):
    (found,) = ask({"invariant": [{"column": column, "tolerance": 0.0}]})
    assert found.measured == pytest.approx(share, abs=0.02)


def test_a_small_move_is_tolerated():
    loose, strict = ({"invariant": [{"column": "weak", "tolerance": tolerance}]} for tolerance in (3.0, 0.0))
    assert ask(loose)[0].measured == 0.0
    assert ask(strict)[0].measured > 0.9


@pytest.mark.parametrize("values", [[None] * 600, [7.0] * 600])
def test_a_column_without_two_values_can_not_be_judged(values):
    plan = {"monotone": [{"column": "idle", "direction": "increasing"}], "invariant": [{"column": "idle"}]}
    sample = make_sample(behaviour=plan)
    sample.frame["idle"] = values
    assert [bool(found.problem) for found in ask(plan, sample=sample)] == [True, True]


def test_a_row_that_can_not_be_scored_is_a_problem_of_that_case_only():
    def fail(frame: pd.DataFrame):
        if len(frame) == 1:
            raise DataError("no such city")
        return make_subject().score(frame)

    plan = {"cases": [{"name": "one", "row": {}, "at_least": 0.1}], "invariant": [{"column": "city"}]}
    one, city = ask(plan, subject=Subject(name="challenger", score=fail, features=()))
    assert one.problem == "no such city"
    assert city.measured == 0.0


def test_a_score_that_is_no_number_is_a_problem():
    broken = Subject(name="challenger", score=lambda frame: np.full(len(frame), np.nan), features=())
    plan = {
        "cases": [{"name": "one", "row": {}, "at_least": 0.1}],
        "monotone": [{"column": "weak", "direction": "increasing"}],
        "invariant": [{"column": "city"}],
    }
    assert [bool(found.problem) for found in ask(plan, subject=broken)] == [True] * 3


def test_a_model_that_says_the_same_of_every_row_moves_nothing():
    plan = {"invariant": [{"column": "strong"}], "monotone": [{"column": "strong", "direction": "decreasing"}]}
    constant = make_subject(signal=lambda frame: np.zeros(len(frame)))
    assert [(found.measured, found.worst) for found in ask(plan, subject=constant)] == [(0.0, None)] * 2

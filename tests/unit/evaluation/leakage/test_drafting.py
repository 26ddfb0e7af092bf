import numpy as np
import pandas as pd
import pytest

from ratchet.evaluation.leakage.drafting import ask_about_names, find_suspicions

CHANCE = np.random.default_rng(3)
ROWS = 2000
LABELS = (CHANCE.random(ROWS) < 0.3).astype(float)
NOISE = CHANCE.normal(size=ROWS)


def suspects(values, answers, task) -> bool:
    rows = pd.DataFrame({"column": pd.Series(values, dtype=object)})
    return "column" in find_suspicions(rows, {"column": "categorical"}, answers, task)


@pytest.mark.parametrize(
    ("values", "leaks"),
    [
        (LABELS + 0.1 * NOISE, True),
        (-LABELS + 0.1 * NOISE, True),
        (np.where(LABELS == 1, "a", "b"), True),
        (np.where(LABELS == 1, None, "b"), True),
        (LABELS + 2 * NOISE, False),
        (NOISE, False),
        (np.arange(ROWS).astype(str), False),
        (np.where(NOISE > 1, None, "b"), False),
    ],
)
def test_a_column_that_knows_two_classes_is_found(values, leaks):
    assert suspects(values, LABELS, "binary") is leaks


@pytest.mark.parametrize(("noise", "leaks"), [(0.05, True), (2.0, False)])
def test_a_column_that_knows_a_number_is_found(noise, leaks):
    target = CHANCE.normal(size=ROWS)
    assert suspects((3 * target + noise * NOISE).astype(str), target, "regression") is leaks


def test_a_column_that_knows_many_classes_is_found():
    classes = (np.arange(ROWS) * 7 % 5).astype(float)
    assert suspects([f"class {each}" for each in classes], classes, "multiclass")
    assert not suspects(NOISE.astype(str), classes, "multiclass")


def test_a_constant_target_of_the_judged_rows_is_no_leak():
    assert not suspects(NOISE.astype(str), np.zeros(ROWS), "binary")


def test_the_parts_of_a_sum_are_found_and_bystanders_are_not():
    numbers = pd.DataFrame(CHANCE.normal(size=(ROWS, 3)), columns=["a", "b", "c"])
    kinds = dict.fromkeys(numbers, "numeric")
    found = find_suspicions(numbers, kinds, (numbers["a"] + 2 * numbers["b"]).to_numpy(), "regression")
    assert found == dict.fromkeys(("a", "b"), "a weighted sum of a, b is the target")
    assert find_suspicions(numbers, kinds, NOISE, "regression") == {}
    assert find_suspicions(numbers.iloc[:5], kinds, NOISE[:5], "regression") == {}


@pytest.mark.parametrize(
    ("name", "noise", "is_suspected"),
    [
        ("duration", 9.0, False),
        ("duration", 0.75, True),
        ("size", 0.75, False),
        ("duration", 0.1, True),
        ("size", 0.1, True),
    ],
)
def test_a_name_lowers_what_values_may_say_and_says_nothing_alone(name, noise, is_suspected):
    rows = pd.DataFrame({name: LABELS + noise * NOISE})
    assert (name in find_suspicions(rows, {name: "numeric"}, LABELS, "binary")) is is_suspected


def test_a_name_that_speaks_of_the_end_is_asked_about():
    assert list(ask_about_names(["duration", "Final_Status", "durable", "closedAt"])) == [
        "duration",
        "Final_Status",
        "closedAt",
    ]

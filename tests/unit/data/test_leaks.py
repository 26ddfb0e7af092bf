import numpy as np
import pandas as pd
import pytest

from ratchet.data.leaks import comes_afterwards, leak_of, parts_of

CHANCE = np.random.default_rng(3)
ROWS = 2000
LABELS = (CHANCE.random(ROWS) < 0.3).astype(float)
NOISE = CHANCE.normal(size=ROWS)


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
    assert (leak_of(pd.Series(values, dtype=object), LABELS, "binary") is not None) is leaks


@pytest.mark.parametrize(("noise", "leaks"), [(0.05, True), (1.0, False)])
def test_a_column_that_knows_a_number_is_found(noise, leaks):
    target = CHANCE.normal(size=ROWS)
    column = pd.Series(3 * target + noise * NOISE).astype(str)
    assert (leak_of(column, target, "regression") is not None) is leaks


def test_a_column_that_knows_many_classes_is_found():
    classes = (np.arange(ROWS) * 7 % 5).astype(float)
    assert leak_of(pd.Series(classes).map("class {}".format), classes, "multiclass")
    assert leak_of(pd.Series(NOISE).astype(str), classes, "multiclass") is None


def test_a_constant_target_of_the_judged_rows_is_no_leak():
    assert leak_of(pd.Series(NOISE).astype(str), np.zeros(ROWS), "binary") is None


def test_the_parts_of_a_sum_are_found_and_bystanders_are_not():
    numbers = pd.DataFrame(CHANCE.normal(size=(ROWS, 3)), columns=["a", "b", "c"])
    assert parts_of(numbers, (numbers["a"] + 2 * numbers["b"]).to_numpy()) == ("a", "b")
    assert parts_of(numbers, NOISE) == ()
    assert parts_of(numbers.iloc[:5], NOISE[:5]) == ()


@pytest.mark.parametrize(("name", "expected"), [("duration", True), ("Final_Status", True), ("durable", False)])
def test_names_that_speak_of_the_end_are_known(name, expected):
    assert comes_afterwards(name) is expected

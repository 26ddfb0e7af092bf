"""Which way a score goes is measured by asking the model, whatever it is."""

import numpy as np
import pandas as pd
import pytest

from builders.subjects import make_sample, make_subject
from ratchet.evaluation.behaviour.dependence import (
    CATEGORIES,
    FEATURES,
    VALUES,
    choose_values,
    measure_dependences,
    name_direction,
)
from ratchet.records.behaviour import Dependence
from ratchet.records.columns import ColumnKind


def measure(task: str = "binary", names: tuple[str, ...] = ("strong", "city", "member")) -> dict[str, Dependence]:
    classes = {"binary": ("no", "yes"), "multiclass": ("low", "mid", "high"), "regression": ()}[task]
    found = measure_dependences(make_sample(task), make_subject(task), names, classes, seed=1)
    return {each.feature: each for each in found}


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_a_feature_that_counts_moves_the_score_and_one_that_does_not_leaves_it(task: str) -> None:
    found = measure(task)
    assert found["strong"].direction in {"rises", "falls"}
    assert len(found["strong"].points) == VALUES
    assert len({round(point.mean, 9) for point in found["city"].points}) == 1
    assert found["member"].direction is None


def test_the_mean_is_that_of_the_rows_with_the_value_put_in() -> None:
    sample = make_sample("regression")
    (found,) = measure_dependences(sample, make_subject("regression"), ("strong",), (), seed=1)
    first, last = found.points[0], found.points[-1]
    assert first.number is not None
    assert last.number is not None
    assert last.mean - first.mean == pytest.approx(2 * (last.number - first.number))
    assert first.lower == pytest.approx(first.mean, abs=1e-9)  # every row moves alike


def test_of_several_classes_the_one_that_moves_most_is_shown() -> None:
    assert measure("multiclass")["strong"].of_class in {"low", "high"}
    assert measure("binary")["strong"].of_class is None


def test_missing_values_are_asked_about_where_there_are_many() -> None:
    labels = [each.label for each in measure()["city"].points]
    assert sorted(labels) == ["Bern", "Oslo", "missing"]


def test_only_features_of_the_model_and_the_first_ones_are_asked_about() -> None:
    assert list(measure(names=("gone", "strong"))) == ["strong"]
    assert FEATURES < 10


def test_a_number_with_few_values_is_asked_about_each_and_a_category_about_the_most_frequent() -> None:
    few = [each.number for each in choose_values(pd.Series([1.0, 2.0, 2.0, np.inf]), ColumnKind.NUMERIC)]
    assert few == [1.0, 2.0]
    many = pd.Series([f"c{place}" for place in range(1_000)] + ["often"] * 5)
    found = list(choose_values(many, ColumnKind.CATEGORICAL))
    assert len(found) == CATEGORIES
    assert found[0].label == "often"


def test_one_outlier_does_not_stretch_the_picture() -> None:
    numbers = pd.Series([*np.linspace(0, 1, 500), 1e9])
    assert max(each.number or 0.0 for each in choose_values(numbers, ColumnKind.NUMERIC)) < 2


def test_a_constant_column_has_no_direction_and_is_left_out() -> None:
    sample = make_sample()
    sample.frame["idle"] = 3.0
    assert measure_dependences(sample, make_subject(), ("idle",), ("no", "yes"), seed=1) == ()


@pytest.mark.parametrize(
    ("means", "word"),
    [((1, 2, 3), "rises"), ((3, 2, 1), "falls"), ((1, 3, 1), "rises and falls"), ((2, 2, 2), "does not move")],
)
def test_directions_have_words(means: tuple[float, ...], word: str) -> None:
    assert name_direction(np.array(means, dtype=float)) == word

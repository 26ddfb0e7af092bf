import numpy as np
import pandas as pd
import pytest

from builders.leakage import HOURS, make_material, make_table
from ratchet.evaluation.leakage.timing import find_time_apart
from ratchet.records.leakage import LeakKind

ROWS = 2400


def with_days(*, are_alike: bool, task: str) -> pd.DataFrame:
    """A target that days have in common, or not, and a reading that is the same all day and tells nothing else."""
    chance = np.random.default_rng(6)
    frame = make_table(ROWS, task="regression")
    day = np.arange(ROWS) // 24
    mood = 3 * chance.normal(size=day.max() + 1)[day] if are_alike else 3 * chance.normal(size=ROWS)
    total = frame["y"] + mood
    answers = total if task == "regression" else (total > total.median()).astype(int)
    return frame.assign(warmth=chance.normal(size=day.max() + 1)[day], y=answers)


@pytest.mark.parametrize("task", ["binary", "regression"])
@pytest.mark.parametrize(
    ("are_alike", "method", "time", "is_found"),
    [
        (True, "random", HOURS, True),
        (False, "random", HOURS, False),
        (True, "time", HOURS, False),
        (True, "random", None, False),
    ],
)
def test_rows_of_one_time_on_both_sides_are_found_where_they_tell_of_each_other(
    task, are_alike, method, time, is_found
):
    material = make_material(with_days(are_alike=are_alike, task=task), task=task, method=method, time=time)
    assert [each.kind for each in find_time_apart(material)] == ([LeakKind.TIME] if is_found else [])


@pytest.mark.parametrize("rows", [30, 400, 900])
@pytest.mark.filterwarnings("error")
def test_few_rows_and_one_class_have_nothing_to_compare(rows):
    frame = make_table(rows)
    assert find_time_apart(make_material(frame, time=HOURS)) == []
    assert find_time_apart(make_material(frame.assign(y=1), time=HOURS)) == []

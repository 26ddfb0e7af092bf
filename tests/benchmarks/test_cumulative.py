"""The generated streams have the truth that their names tell."""

import numpy as np
import pandas as pd
import pytest
from benchmarks.cumulative import DRAWN, draw, find_edge

from ratchet.records.columns import TIME


@pytest.mark.parametrize("name", DRAWN)
def test_a_stream_is_the_same_each_time_and_fits_its_task(name):
    rows, kinds, task, _ = draw(name)
    assert rows.equals(draw(name)[0])
    assert task == DRAWN[name]
    assert set(kinds) | {"when", "y"} == set(rows.columns)
    assert rows["y"].nunique() == {"binary": 2, "multiclass": 4}.get(task, len(rows))


def slope(rows: pd.DataFrame, begin: float, end: float) -> np.ndarray:
    """What the inputs mean for a number, in some of the rows."""
    some = rows.iloc[int(begin * len(rows)) : int(end * len(rows))]
    inputs = some[[name for name in rows.columns if name.startswith("x")]]
    target = some["y"] if some["y"].dtype == float else (some["y"] == "a").astype(float)
    return np.linalg.lstsq(inputs, target - target.mean(), rcond=None)[0]


@pytest.mark.parametrize(
    ("name", "alike", "unlike"),
    [
        ("none", [(0, 0.4), (0.6, 1.0)], None),
        ("sudden", [(0, 0.3), (0.3, 0.6)], [(0, 0.6), (0.6, 1.0)]),
        ("gradual", [(0, 0.15), (0.15, 0.3)], [(0, 0.3), (0.9, 1.0)]),
        ("recurring", [(0, 0.2), (0.4, 0.6)], [(0, 0.2), (0.2, 0.4)]),
    ],
)
def test_the_meaning_moves_where_the_name_says(name, alike, unlike):
    rows = draw(name)[0]

    def distance(parts):
        one, other = (slope(rows, *part) for part in parts)
        return np.linalg.norm(one - other) / np.linalg.norm(one)

    assert distance(alike) < 0.2
    if unlike:
        assert distance(unlike) > 0.5


def test_rows_of_one_time_stay_on_one_side():
    rows = pd.DataFrame({TIME: [1, 2, 2, 2, 3, 4]})
    assert find_edge(rows, 0.5) == 4

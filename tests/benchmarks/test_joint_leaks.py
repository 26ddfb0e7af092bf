"""The leaks that act together are leaks, and the strong columns of their twins are honest."""

import numpy as np
import pandas as pd
import pytest
from benchmarks.joint_leaks import JOINT, KINDS, planted_in
from benchmarks.joint_tables import HIDDEN

ROWS = {name: row for rows in KINDS.values() for name, row in rows.items()}
PAIRS = {pair.name: pair for pair in JOINT}
NAMES = [
    pytest.param(name, marks=pytest.mark.slow if name.startswith("real: ") else (), id=name.replace(" ", "_"))
    for name in ROWS
]


@pytest.fixture(autouse=True)
def _real_sets(request):
    if request.node.callspec.params["name"].startswith("real: "):
        request.getfixturevalue("shared_data")


def with_other_answers(world, first: int):
    """Turn the answers round from a row on."""
    answers = world.frame[world.target].to_numpy(copy=True)
    answers[first:] = answers[first:][::-1]
    return world.with_columns(**{world.target: answers})


@pytest.mark.parametrize("name", NAMES)
def test_a_pair_is_the_same_table_twice_with_and_without_the_leak(name):
    (leaky,), (clean,) = PAIRS[name].leaky(), PAIRS[name].clean()
    assert 3000 <= len(leaky.frame) == len(clean.frame) <= 15_000
    assert leaky.frame[leaky.target].to_list() == clean.frame[clean.target].to_list()
    assert planted_in(leaky, clean)
    assert planted_in(clean, leaky)
    pd.testing.assert_frame_equal(leaky.frame, PAIRS[name].leaky()[0].frame)
    pd.testing.assert_frame_equal(clean.frame, PAIRS[name].clean()[0].frame)


@pytest.mark.parametrize("name", NAMES)
def test_a_leak_needs_the_answer_and_an_honest_column_only_answers_of_earlier_rows(name):
    table, leak, twin, _ = ROWS[name]
    world = table()
    other, half = with_other_answers(world, 0), len(world.frame) // 2
    later = with_other_answers(world, half)
    shown = [column for column in leak(world).frame if column not in {world.target, HIDDEN}]
    assert not leak(world).frame[shown].equals(leak(other).frame[shown])
    known = [column for column in twin(world).frame if column not in {world.target, HIDDEN}]
    before, after = twin(world).frame[known].iloc[: half + 1], twin(later).frame[known].iloc[: half + 1]
    pd.testing.assert_frame_equal(before, after)
    assert np.array_equal(world.frame[world.target], table().frame[world.target])

import numpy as np
import pytest

from builders.leakage import make_material, make_table
from ratchet.evaluation.leakage.columns import draw_judged, find_columns
from ratchet.evaluation.leakage.questions import prepare_questions
from ratchet.records.leakage import LeakKind, Strength

ROWS = 4000


@pytest.fixture
def chance() -> np.random.Generator:
    return np.random.default_rng(41)


def find(task: str = "binary", **columns: object) -> list[tuple[LeakKind, tuple[str, ...], Strength]]:
    material = make_material(make_table(ROWS, task=task).assign(**columns), task=task)
    questions = prepare_questions(material, draw_judged(material))
    assert questions is not None
    return [(each.kind, each.columns, each.strength) for each in find_columns(material, questions)]


def is_yes() -> np.ndarray:
    return make_table(ROWS)["y"].to_numpy() == 1


@pytest.mark.parametrize("kind", ["texts", "numbers"])
def test_a_key_that_only_another_column_reads_is_found(chance, kind):
    place = chance.integers(0, 4, ROWS)
    key = (place + is_yes()) % 2 + 2 * chance.integers(0, 2, ROWS)
    values = {"texts": [f"k{at}" for at in key], "numbers": key * 1.5}[kind]
    assert find(place=[f"p{at}" for at in place], key=values) == [
        (LeakKind.PARTS, ("place", "key"), Strength.SUSPECTED)
    ]


@pytest.mark.parametrize(("closed", "is_found"), [(0.96, True), (0.5, False)])
def test_two_columns_one_of_which_is_filled_for_one_answer_are_found(chance, closed, is_found):
    is_closed = chance.random(ROWS) < np.where(is_yes(), closed, 0.03)
    is_letter = chance.random(ROWS) < 0.5
    days = chance.normal(size=ROWS)
    found = find(
        letter=np.where(is_closed & is_letter, days, np.nan), call=np.where(is_closed & ~is_letter, days, np.nan)
    )
    assert found == ([(LeakKind.PARTS, ("letter", "call"), Strength.SUSPECTED)] if is_found else [])


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_pairs_that_say_nothing_are_honest(chance, task):
    words = {f"w{at}": chance.choice(["a", "b", "c"], ROWS) for at in range(4)}
    assert find(task, **words, empty=np.nan, constant=1.0) == []

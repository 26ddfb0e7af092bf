import numpy as np
import pytest

from builders.leakage import make_material, make_table
from ratchet.evaluation.leakage.alone import Alone, look_at
from ratchet.evaluation.leakage.columns import draw_judged, find_columns
from ratchet.evaluation.leakage.questions import prepare_questions
from ratchet.records.leakage import Strength

ROWS = 6000
FRAME = make_table(ROWS)
IS_YES = FRAME["y"].to_numpy() == 1


@pytest.fixture
def chance() -> np.random.Generator:
    return np.random.default_rng(31)


def ask(values: object) -> list[Alone]:
    material = make_material(FRAME.assign(extra=values))
    questions = prepare_questions(material, draw_judged(material))
    assert questions is not None
    return look_at(material, "extra", questions)


def find(values: object, *, task: str = "binary") -> list[tuple[tuple[str, ...], Strength, str]]:
    material = make_material(make_table(ROWS, task=task).assign(extra=values), task=task)
    questions = prepare_questions(material, draw_judged(material))
    assert questions is not None
    return [(each.columns, each.strength, each.reason) for each in find_columns(material, questions)]


def remarks(chance: np.random.Generator, right: float) -> list[str]:
    ends = np.where((chance.random(ROWS) < right) == IS_YES, "granted", "sent back")
    return [f"clerk {at}: {end}" for at, end in zip(chance.integers(0, 30, ROWS), ends, strict=True)]


def test_a_column_is_asked_by_its_values_its_gaps_and_its_usual_value(chance):
    amounts = np.where(chance.random(ROWS) < 0.3, np.nan, np.maximum(chance.normal(size=ROWS), 0))
    assert [each.state for each in ask(amounts)] == ["", "is empty", "has its most frequent value"]
    assert ask(np.full(ROWS, np.nan)) == []


@pytest.mark.parametrize(("right", "is_found"), [(0.88, True), (0.7, False)])
def test_a_verdict_within_many_texts_is_judged_as_a_flag(chance, right, is_found):
    texts = remarks(chance, right)
    assert ask(texts)[0].is_flag
    assert [columns for columns, *_ in find(texts)] == ([("extra",)] if is_found else [])


def test_values_of_many_kinds_are_no_flag(chance):
    steps = np.round(IS_YES + 0.7 * chance.normal(size=ROWS), 1)
    assert not ask([f"step {at:g}" for at in steps])[0].is_flag


@pytest.mark.parametrize("task", ["binary", "regression"])
def test_a_copy_for_few_rows_is_found_where_it_has_a_value(chance, task):
    answers = make_table(ROWS, task=task)["y"].to_numpy(float)
    has_value = chance.random(ROWS) < 0.25
    copy = np.where(has_value, answers + 0.1 * chance.normal(size=ROWS), np.nan)
    ((columns, strength, reason),) = find(copy, task=task)
    assert (columns, strength) == (("extra",), Strength.SUSPECTED)
    assert reason.startswith("'extra', where it has a value, gives the target away")


@pytest.mark.parametrize("share", [0.02, 0.25], ids=["a handful of rows", "honest"])
def test_few_rows_and_honest_values_are_not_called_a_leak(chance, share):
    noise = 0.05 if share < 0.1 else 1.0
    values = IS_YES + noise * chance.normal(size=ROWS)
    assert find(np.where(chance.random(ROWS) < share, values, np.nan)) == []

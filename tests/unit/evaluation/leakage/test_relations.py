""""""

import numpy as np
import pytest

from builders.leakage import make_material, make_table
from ratchet.evaluation.leakage.columns import draw_judged, find_columns
from ratchet.evaluation.leakage.questions import prepare_questions
from ratchet.records.leakage import Finding, LeakKind, Strength

ROWS = 3000
FRAME = make_table(ROWS)
CHANCE = np.random.default_rng(3)
POINTS = np.round(10 + 3 * CHANCE.normal(size=(ROWS, 3)))
IS_YES = FRAME["y"].to_numpy() == 1
ROWS_PAIRS = 4000


def find(frame, **changes) -> list[Finding]:
    material = make_material(frame, **changes)
    questions = prepare_questions(material, draw_judged(material))
    assert questions is not None
    return find_columns(material, questions)


def with_points(total: np.ndarray):
    return FRAME.assign(p=POINTS[:, 0], q=POINTS[:, 1], r=POINTS[:, 2], y=(total > np.median(total)).astype(int))


def test_a_verdict_over_the_sum_of_points_is_told_by_its_parts():
    (found,) = find(with_points(POINTS.sum(axis=1)))
    assert (found.kind, found.columns, found.strength) == (LeakKind.PARTS, ("p", "q", "r"), Strength.SUSPECTED)


@pytest.mark.parametrize(
    "total",
    [POINTS @ [1.0, 0.6, 0.3], POINTS.sum(axis=1) + 4 * CHANCE.normal(size=ROWS)],
    ids=["other weights", "much else in it"],
)
def test_a_verdict_that_is_no_plain_sum_is_honest(total):
    assert find(with_points(total)) == []


def with_end(is_early: np.ndarray):
    begin, term = CHANCE.integers(0, 3000, ROWS), CHANCE.choice([365, 730], ROWS)
    end = begin + np.where(is_early, term * CHANCE.uniform(0.1, 0.9, ROWS), term).astype(int)
    return FRAME.assign(begin=begin, term=term, end=end)


def test_an_equation_that_holds_for_one_answer_only_is_found():
    (found,) = find(with_end(IS_YES))
    assert (found.kind, found.columns) == (LeakKind.PARTS, ("begin", "term", "end"))


def test_an_equation_that_holds_for_either_answer_alike_is_honest():
    assert find(with_end(CHANCE.random(ROWS) < 0.4)) == []


def test_what_a_near_equation_leaves_is_found_where_it_is_the_answer():
    small = np.where(IS_YES, 0.05, -0.05) + 0.02 * CHANCE.normal(size=ROWS)
    (found,) = find(FRAME.assign(e=FRAME["c"] + FRAME["d"] + small))
    assert (found.kind, set(found.columns)) == (LeakKind.PARTS, {"c", "d", "e"})
    assert find(FRAME.assign(e=FRAME["c"] + FRAME["d"] + 0.05 * CHANCE.normal(size=ROWS))) == []


@pytest.mark.parametrize(("yes", "is_found"), [(0.8, True), (0.5, False)])
def test_a_flag_written_as_an_amount_is_judged_as_a_flag(yes, is_found):
    is_there = CHANCE.random(ROWS) < np.where(IS_YES, yes, 0.04)
    found = find(FRAME.assign(amount=np.where(is_there, np.exp(CHANCE.normal(size=ROWS)), 0.0)))
    assert [each.columns for each in found] == ([("amount",)] if is_found else [])


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
@pytest.mark.filterwarnings("error")
def test_odd_columns_have_no_relations(task):
    frame = make_table(1200, task=task)
    odd = frame.assign(a=1.0, b=np.nan, c=frame["c"] * 1e30, e=frame["d"], f=frame["d"].where(frame["d"] > 0))
    assert find(odd, task=task) == []


@pytest.fixture
def chance() -> np.random.Generator:
    return np.random.default_rng(41)


def find_of_pairs(task: str = "binary", **columns: object) -> list[tuple[LeakKind, tuple[str, ...], Strength]]:
    material = make_material(make_table(ROWS_PAIRS, task=task).assign(**columns), task=task)
    questions = prepare_questions(material, draw_judged(material))
    assert questions is not None
    return [(each.kind, each.columns, each.strength) for each in find_columns(material, questions)]


def is_yes() -> np.ndarray:
    return make_table(ROWS_PAIRS)["y"].to_numpy() == 1


@pytest.mark.parametrize("kind", ["texts", "numbers"])
def test_a_key_that_only_another_column_reads_is_found(chance, kind):
    place = chance.integers(0, 4, ROWS_PAIRS)
    key = (place + is_yes()) % 2 + 2 * chance.integers(0, 2, ROWS_PAIRS)
    values = {"texts": [f"k{at}" for at in key], "numbers": key * 1.5}[kind]
    assert find_of_pairs(place=[f"p{at}" for at in place], key=values) == [
        (LeakKind.PARTS, ("place", "key"), Strength.SUSPECTED)
    ]


@pytest.mark.parametrize(("closed", "is_found"), [(0.96, True), (0.5, False)])
def test_two_columns_one_of_which_is_filled_for_one_answer_are_found(chance, closed, is_found):
    is_closed = chance.random(ROWS_PAIRS) < np.where(is_yes(), closed, 0.03)
    is_letter = chance.random(ROWS_PAIRS) < 0.5
    days = chance.normal(size=ROWS_PAIRS)
    found = find_of_pairs(
        letter=np.where(is_closed & is_letter, days, np.nan), call=np.where(is_closed & ~is_letter, days, np.nan)
    )
    assert found == ([(LeakKind.PARTS, ("letter", "call"), Strength.SUSPECTED)] if is_found else [])


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_pairs_that_say_nothing_are_honest(chance, task):
    words = {f"w{at}": chance.choice(["a", "b", "c"], ROWS_PAIRS) for at in range(4)}
    assert find_of_pairs(task, **words, empty=np.nan, constant=1.0) == []

import numpy as np
import pytest

from builders.leakage import make_material, make_table
from ratchet.evaluation.leakage.columns import draw_judged
from ratchet.evaluation.leakage.formulas import Formula, find_formulas, measure_synergy
from ratchet.evaluation.leakage.questions import prepare_questions

ROWS = 3000
CHANCE = np.random.default_rng(5)
FRAME = make_table(ROWS, task="regression")
SPREAD = np.exp(0.3 * FRAME["y"] / FRAME["y"].std())
P, Q, R = (np.exp(CHANCE.normal(size=ROWS)) for _ in range(3))
NOISE = np.exp(0.1 * CHANCE.normal(size=ROWS))
PLAN = CHANCE.integers(0, 20, ROWS)


def find(**columns: object) -> list[Formula]:
    material = make_material(FRAME.assign(**columns), task="regression")
    questions = prepare_questions(material, draw_judged(material))
    assert questions is not None
    return find_formulas(material, questions)


@pytest.mark.parametrize(
    ("columns", "parts"),
    [
        ({"p": P, "paid": P * SPREAD * NOISE}, {"p", "paid"}),
        ({"begin": 50 * P, "end": 50 * P + 10 * SPREAD * NOISE}, {"begin", "end"}),
        ({"p": P, "q": Q, "paid": SPREAD * P * Q * NOISE}, {"p", "q", "paid"}),
        ({"p": P, "q": Q, "r": R, "paid": SPREAD * P * Q / R * NOISE}, {"p", "q", "r", "paid"}),
        ({"plan": [f"p{at}" for at in PLAN], "fee": np.exp(PLAN / 4) * SPREAD * NOISE}, {"plan", "fee"}),
    ],
    ids=["quotient", "difference", "three", "four", "beside a category"],
)
def test_columns_that_make_the_target_together_are_named(columns, parts):
    best = find(**columns)[0]
    assert set(best.parts) == parts
    assert best.gain > 0.4


@pytest.mark.parametrize(
    "columns",
    [
        {"p": P, "paid": P * NOISE},
        {"strong": FRAME["y"] + 0.3 * P},
        {"empty": np.nan, "constant": 1.0, "huge": P * 1e300},
    ],
    ids=["nothing to tell", "one column alone", "odd"],
)
@pytest.mark.filterwarnings("error")
def test_what_is_told_by_one_column_or_by_none_is_no_formula(columns):
    assert [each for each in find(**columns) if each.gain > 0.25] == []


@pytest.mark.parametrize(
    ("together", "alone", "expected"),
    [
        (0.5, [], 0.0),
        (1.0, [0.5, 0.5], 1.0),
        (0.75, [0.75], 0.0),
        (0.75, [2 / 3, 2 / 3], 0.0),
        (1.0, [0.75, 0.75], 0.0),
    ],
)
def test_independent_causes_have_no_synergy(together, alone, expected):
    assert measure_synergy(together, alone) == pytest.approx(expected)


def test_a_formula_is_written_down_and_computed():
    formula = Formula(first="a", steps=(("/", "b"), ("-", "c")))
    columns = {"a": np.array([6.0, 1.0]), "b": np.array([3.0, 0.0]), "c": np.array([1.0, 1.0])}
    assert str(formula) == "('a' / 'b') - 'c'"
    np.testing.assert_array_equal(formula.apply(columns), [1.0, np.nan])

import numpy as np
import pytest

from builders.leakage import make_material, make_table
from ratchet.evaluation.leakage.settled import find_settled_values
from ratchet.records.leakage import Strength

ROWS = 4000
FRAME = make_table(ROWS)
IS_YES = FRAME["y"].to_numpy() == 1


def find(values: object) -> list[tuple[tuple[str, ...], Strength]]:
    found = find_settled_values(make_material(FRAME.assign(extra=values)))
    return [(each.columns, each.strength) for each in found]


def codes(share: float, *, of_yes: bool) -> list[str]:
    chance = np.random.default_rng(51)
    is_told = (chance.random(ROWS) < share) & (IS_YES | (not of_yes))
    return np.where(is_told, "code 9", "code " + chance.integers(0, 9, ROWS).astype(str).astype(object)).tolist()


@pytest.mark.parametrize(("share", "of_yes", "is_found"), [(0.2, True, True), (0.2, False, False), (0.01, True, False)])
def test_a_code_that_one_answer_alone_has_is_found_where_rows_are_many(share, of_yes, is_found):
    assert find(codes(share, of_yes=of_yes)) == ([(("extra",), Strength.SUSPECTED)] if is_found else [])


def test_of_a_number_only_whether_there_is_one_may_settle_anything():
    values = np.random.default_rng(52).normal(size=ROWS)
    assert find(np.where(IS_YES & (values > 0), np.nan, values)) == [(("extra",), Strength.SUSPECTED)]
    assert find(np.where(IS_YES & (values > 0), 100.0, values)) == []


def test_a_value_that_all_other_columns_explain_is_honest():
    signal = FRAME["a"] - 0.7 * FRAME["b"] + 0.8 * (FRAME["city"] == "Oslo")
    is_settled = (signal > 2).to_numpy() & IS_YES
    assert find(np.where(is_settled, "high", "other")) == []


def test_numbers_to_predict_have_no_answer_that_never_comes():
    frame = make_table(ROWS, task="regression")
    assert find_settled_values(make_material(frame, task="regression")) == []

"""Columns judged beside honest ones: with other leaks in, in some rows, as causes, by what speaks against them."""

import numpy as np
import pandas as pd
import pytest

from builders.leakage import HOURS, make_material, make_table
from ratchet.evaluation.leakage.columns import draw_judged, find_columns
from ratchet.evaluation.leakage.questions import prepare_questions
from ratchet.records.leakage import Finding, LeakKind, Strength

ROWS = 4000
CHANCE = np.random.default_rng(11)
FRAMES = {task: make_table(ROWS, task=task) for task in ("binary", "multiclass", "regression")}
YES = FRAMES["binary"]["y"].to_numpy()
NUMBER = ((FRAMES["regression"]["y"] - FRAMES["regression"]["y"].mean()) / FRAMES["regression"]["y"].std()).to_numpy()


def noise(size: float) -> np.ndarray:
    return size * CHANCE.normal(size=ROWS)


def flipped(share: float) -> np.ndarray:
    return np.where(CHANCE.random(ROWS) < share, 1 - YES, YES).astype(float)


def there(yes: float, no: float) -> np.ndarray:
    return CHANCE.random(ROWS) < np.where(YES == 1, yes, no)


LEAKS = {
    "binary": {
        "copy": flipped(0.01),
        "number": YES + noise(0.3),
        "gap": np.where(there(0.95, 0.03), noise(1), np.nan),
        "flag": flipped(0.1),
        "zero": np.where(there(0.9, 0.02), np.exp(noise(1)), 0.0),
        "weak": YES + noise(0.42),
    },
    "regression": {
        "noisy": NUMBER + noise(0.22),
        "exp": np.exp(NUMBER + noise(0.1)),
        "half": np.where(CHANCE.random(ROWS) < 0.5, NUMBER + noise(0.02), np.nan),
        "rank": np.argsort(np.argsort(NUMBER)) / ROWS + noise(0.03),
        "copy": NUMBER + noise(0.08),
        "steps": np.round(4 * NUMBER) + noise(0.5),
    },
}


def find(frame: pd.DataFrame, task: str = "binary", **changes: object) -> list[Finding]:
    material = make_material(frame, task=task, **changes)
    questions = prepare_questions(material, draw_judged(material))
    assert questions is not None
    return find_columns(material, questions)


def verdict(found: list[Finding]) -> int:
    """2 for a certain leak, 1 for a suspected one."""
    return max((2 if each.strength is Strength.CERTAIN else 1 for each in found), default=0)


@pytest.mark.parametrize("task", ["binary", "regression"])
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_more_leaks_never_make_the_verdict_milder(task, seed):
    order = np.random.default_rng(seed).permutation(list(LEAKS[task]))
    alone = {name: verdict(find(FRAMES[task].assign(**{name: LEAKS[task][name]}), task)) for name in order}
    assert min(alone.values()) == 1
    before = 0
    for count in range(1, len(order) + 1):
        some = {name: LEAKS[task][name] for name in order[:count]}
        now = verdict(find(FRAMES[task].assign(**some), task))
        assert now >= max(before, *(alone[name] for name in some))
        before = now


def test_leaks_that_hide_each_other_are_all_found():
    found = find(FRAMES["binary"].assign(**LEAKS["binary"]))
    assert {name for each in found for name in each.columns} >= set(LEAKS["binary"])


HIDDEN = np.random.default_rng(12).normal(size=ROWS)


def caused(strength: float) -> pd.DataFrame:
    """A target that is caused by the others and by something hidden."""
    chance, frame = np.random.default_rng(13), FRAMES["binary"]
    signal = strength * HIDDEN + frame["a"] - 0.7 * frame["b"] + 0.5 * chance.logistic(size=ROWS)
    return frame.assign(y=(signal > 0).astype(np.int8))


def test_a_strong_cause_is_honest_and_an_effect_as_strong_is_not():
    frame = caused(3.5)
    assert find(frame.assign(cause=HIDDEN)) == []
    effect = frame["y"] + np.random.default_rng(14).normal(size=ROWS) * 0.42
    assert [each.columns for each in find(frame.assign(effect=effect))] == [("effect",)]


def test_a_forecast_that_is_made_of_the_others_is_honest():
    chance, frame = np.random.default_rng(15), FRAMES["binary"]
    score = frame["a"] - frame["b"] + 0.7 * (frame["city"] == "Oslo") + 0.8 * chance.normal(size=ROWS)
    frame = frame.assign(y=(score + 0.6 * chance.normal(size=ROWS) > 0).astype(np.int8))
    assert find(frame.assign(score=score)) == []


@pytest.mark.parametrize(("size", "strength"), [(0.08, Strength.SUSPECTED), (0.5, None)])
def test_the_cause_of_three_classes_is_never_certain(size, strength):
    frame = FRAMES["multiclass"]
    level = pd.cut(HIDDEN + noise(size), [-np.inf, -0.5, 0.6, np.inf], labels=["low", "mid", "high"]).astype(str)
    found = find(frame.assign(y=level, cause=HIDDEN), "multiclass")
    assert [each.strength for each in found] == ([strength] if strength else [])


def test_a_noisy_copy_of_three_classes_is_certain():
    frame = FRAMES["multiclass"]
    copied = pd.factorize(frame["y"], sort=True)[0] + noise(0.2)
    (found,) = find(frame.assign(copied=copied), "multiclass")
    assert (found.columns, found.strength) == (("copied",), Strength.CERTAIN)


@pytest.mark.parametrize(("told", "is_found"), [(True, True), (False, False)])
def test_columns_that_are_each_there_for_some_of_the_answers_are_found_together(told, is_found):
    shares = (0.4, 0.01) if told else (0.15, 0.15)
    columns = {f"s{at}": np.where(there(*shares), np.exp(noise(1)), 0.0) for at in range(3)}
    found = find(FRAMES["binary"].assign(**columns))
    assert [(each.kind, each.columns) for each in found] == ([(LeakKind.PARTS, ("s0", "s1", "s2"))] if is_found else [])


@pytest.mark.parametrize(("told", "is_found"), [(True, True), (False, False)])
def test_a_column_that_tells_in_the_rows_of_one_value_is_found(told, is_found):
    state = CHANCE.choice(["open", "final"], ROWS)
    mark = np.where((state == "final") & told, YES + noise(0.2), CHANCE.normal(0.4, 0.5, ROWS))
    found = find(FRAMES["binary"].assign(state=state, mark=mark))
    assert [each.columns for each in found] == ([("mark",)] if is_found else [])


@pytest.mark.parametrize(("ripens", "is_found"), [(True, True), (False, False)])
def test_what_is_filled_later_is_held_though_it_tells_less(ripens, is_found):
    age = np.arange(ROWS)[::-1] / ROWS
    is_there = there(0.6, 0.12) & (CHANCE.random(ROWS) < (np.clip(age / 0.08, 0, 1) if ripens else 1.0))
    frame = FRAMES["binary"].assign(amount=np.where(is_there, np.exp(noise(1)), 0.0))
    found = find(frame, method="time", time=HOURS)
    assert [each.columns for each in found] == ([("amount",)] if is_found else [])


@pytest.mark.parametrize(("told", "is_found"), [(True, True), (False, False)])
def test_a_formula_with_honest_columns_is_found(told, is_found):
    chance, frame = np.random.default_rng(16), FRAMES["regression"]
    balance, months = np.exp(chance.normal(size=(2, ROWS)))
    rate = np.exp(0.3 * (NUMBER if told else chance.permutation(NUMBER)))
    paid = balance * months * rate * np.exp(0.1 * chance.normal(size=ROWS))
    found = find(frame.assign(balance=balance, months=months, paid=paid), "regression")
    assert [set(each.columns) for each in found] == ([{"balance", "months", "paid"}] if is_found else [])

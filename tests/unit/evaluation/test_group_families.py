"""A harm that one column shows is shown whatever else is asked, and bounds of a family hold at once."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from builders.gates import ask_gate
from builders.judgements import make_comparison
from builders.records import make_first_evaluation
from builders.runs import make_config
from ratchet.evaluation.comparison import Scored
from ratchet.evaluation.group_fairness import measure_fairness
from ratchet.evaluation.group_families import Moves, find_families, simulate
from ratchet.gates.group_claims import Claim
from ratchet.records.fairness import Attribute, Group, GroupFigure
from ratchet.records.judgement import Outcome

ROWS, HARMED = 3000, 500
CHANCE = np.random.default_rng(38)
IS_HARMED = CHANCE.permutation(np.arange(ROWS) < HARMED)
SEX = np.where(IS_HARMED, "F", "M").astype(object)


def draw(values, share=None, rows=ROWS):
    return CHANCE.choice(np.array(values, dtype=object), rows, p=share)


BESIDE = {
    "nothing": {},
    "five others": {f"c{n}": draw([f"v{n}" for n in range(6)]) for n in range(5)},
    "the same in other words": {"gender": np.where(IS_HARMED, "2", "1").astype(object)},
    "something finer": {"title": np.where(IS_HARMED, draw(["Mrs", "Miss"]), draw(["Mr", "Sir"]))},
    "many tiny groups": {"city": draw([f"t{n}" for n in range(400)])},
    "ages": {"age": CHANCE.normal(45, 15, ROWS).round().clip(18, 90), "years": CHANCE.normal(9, 3, ROWS)},
    "groups that can't be judged": {"race": draw(["a", "b"], [0.99, 0.01]), "faith": draw(["x"])},
}


def make_harmed(columns, *, task="binary", gate=None, harm=1.0, repeats=1, seed=1):
    """A holdout on which the scores of `sex` F are moved down by so many standard deviations."""
    chance = np.random.default_rng([seed, 1])
    target = {"column": "bought", "positive": "yes"} if task == "binary" else {"column": "bought"}
    customer = {"group": "customer"} if repeats > 1 else {}
    config = make_config(
        task=task,
        data={"sensitive": ["sex", *columns], "target": target} | customer,
        split={"method": "random"},
        gates={"fair": gate or {}},
    )
    frame = pd.DataFrame({"sex": SEX, "customer": [f"c{n}" for n in range(ROWS)]} | columns)
    frame = frame.loc[np.repeat(np.arange(ROWS), repeats)].reset_index(drop=True)
    labels = np.repeat((chance.random(ROWS) < 0.4).astype(float), repeats)
    moved = np.repeat(1.5 * labels[::repeats] - 0.75 + chance.normal(size=ROWS) - harm * IS_HARMED, repeats)
    side, classes = _score(task, labels, moved, harm)
    sides = {"challenger": side, "champion": None, "baseline": side}
    return make_comparison(config, labels=labels, frame=frame, classes=classes, **sides)


def _score(task, labels, moved, harm):
    if task == "regression":
        return Scored(scores=labels + moved), 0
    if task == "multiclass":
        is_lost = np.random.default_rng(5).random(len(labels)) < harm / 2 * np.repeat(IS_HARMED, len(labels) // ROWS)
        decided = np.where(((moved > 0) == (labels == 1)) & ~is_lost, labels, 2.0)
        return Scored(scores=np.full((len(labels), 3), 1 / 3), decisions=decided), 3
    return Scored(scores=1 / (1 + np.exp(-1.5 * moved)), decisions=(moved > 0).astype(float)), 2


def judge(comparison):
    return ask_gate("fair", comparison.config, make_first_evaluation(fairness=measure_fairness(comparison)))


@pytest.mark.parametrize("columns", BESIDE.values(), ids=BESIDE.keys())
def test_a_harm_fails_and_is_named_first_whatever_stands_beside_it(columns):
    result = judge(make_harmed(columns))
    assert result.outcome is Outcome.FAIL
    assert result.reason.startswith("sex F is shown to be beyond its limit: ")


@pytest.mark.parametrize("columns", BESIDE.values(), ids=BESIDE.keys())
def test_a_fair_model_is_not_stopped(columns):
    assert judge(make_harmed(columns, harm=0.0)).outcome is not Outcome.FAIL


def test_what_is_too_small_comes_after_the_harm():
    reason = judge(make_harmed(BESIDE["groups that can't be judged"])).reason
    assert reason.index("sex F") < reason.index("faith: all 3,000 rows are of one group") < reason.index("race b (")


def test_a_further_column_changes_nothing_about_another_ones_bounds():
    """A harm so small that the bound for one column shows it, and that for all columns at once does not."""
    alone, beside = (
        measure_fairness(make_harmed(columns, harm=0.75)) for columns in ({}, BESIDE["five others"] | BESIDE["ages"])
    )
    own = {each.criterion: each for each in beside.families if each.attribute == "sex"}
    assert own.keys() == {each.criterion for each in alone.families}
    for family in alone.families:
        assert own[family.criterion].steps == pytest.approx(family.steps, abs=0.01)
    pairs = next(each for each in beside.families if each.attribute == "pairs")
    assert pairs.steps[0] > own[pairs.criterion].steps[0] + 0.5


@pytest.mark.parametrize(
    "gate",
    [
        {name: limit}
        for name, limit in (
            ("equalised_odds", {}),
            ("equal_opportunity", {}),
            ("demographic_parity", {}),
            ("four_fifths", {}),
            ("error_parity", {"at_most": 0.01}),
            ("calibration", {}),
        )
    ],
    ids=lambda gate: next(iter(gate)),
)
def test_each_criterion_finds_the_harm_beside_five_columns(gate):
    off = {"equalised_odds": None, "calibration": None}
    result = judge(make_harmed(BESIDE["five others"], gate=off | gate, harm=2.0))
    assert result.reason.startswith(f"sex F is shown to be beyond its limit: {next(iter(gate))}: ")


@pytest.mark.parametrize(("task", "harm"), [("multiclass", 1.0), ("regression", 1.5)])
def test_other_tasks_find_the_harm_beside_five_columns(task, harm):
    result = judge(make_harmed(BESIDE["five others"], task=task, harm=harm))
    assert result.reason.startswith("sex F is shown")
    assert judge(make_harmed(BESIDE["five others"], task=task, harm=0.0)).outcome is Outcome.PASS


def test_customers_with_many_rows_are_no_more_certain():
    """Each customer four times over: what 3,000 rows do not show, 12,000 copies do not show either."""
    once, often = (judge(make_harmed({}, harm=0.45, repeats=repeats)) for repeats in (1, 4))
    assert (once.outcome, often.outcome) == (Outcome.PASS, Outcome.PASS)
    assert judge(make_harmed({}, harm=1.0, repeats=4)).outcome is Outcome.FAIL


def test_a_column_in_other_words_is_measured_once_and_it_is_said():
    fairness = measure_fairness(make_harmed(BESIDE["the same in other words"]))
    assert [(each.name, each.same_as, bool(each.groups)) for each in fairness.attributes] == [
        ("sex", None, True),
        ("gender", "sex", False),
    ]
    assert judge(make_harmed(BESIDE["the same in other words"])).reason.endswith("; gender has the groups of sex")


def make_claim(name, excess, error=1.0):
    figure = GroupFigure(measure="accuracy", count=500, others=500)
    group = Group(name=name, rows=500, positives=100, figures=(figure,))
    return Claim(
        criterion="error_parity",
        attribute=Attribute(name="city", columns=("city",), groups=(group,)),
        group=group,
        figure=figure,
        excess=excess,
        error=error,
        at_most=0.0,
        must_show=9.0,
        is_small=False,
    )


def find_steps(draws, distances):
    """The steps of one family, whose claims move as the draws do."""
    names = [f"g{place}" for place in range(len(draws))]
    moves = Moves(
        measures=("accuracy",), groups=tuple(names), difference=draws[None], ratio=draws[None], further=draws[None]
    )
    claims = [make_claim(name, distance) for name, distance in zip(names, distances, strict=True)]
    (family,) = find_families(claims, {"city": moves}, confidence=0.99, seed=3)
    return family.steps


@pytest.mark.parametrize(
    ("copies", "together"), [(1, 1), (6, 1), (6, 6)], ids=["one", "six that move as one", "six on their own"]
)
def test_the_first_step_is_that_of_as_many_claims_as_move_on_their_own(copies, together):
    draws = np.random.default_rng(1).normal(size=(together, 400))
    (first,) = find_steps(np.repeat(draws, copies // together, axis=0), [0.0] * copies)
    assert first == pytest.approx(norm.isf((1 - 0.99 ** (1 / together)) / 2), abs=0.07)


def test_two_halves_that_mirror_one_another_are_one_claim():
    draws = np.random.default_rng(1).normal(size=400)
    (first,) = find_steps(np.stack([draws, -draws]), [0.0, 0.0])
    assert first == pytest.approx(norm.isf(0.005), abs=0.07)


def test_each_claim_that_is_shown_leaves_a_nearer_bound_for_the_others():
    draws = np.random.default_rng(1).normal(size=(6, 400))
    steps = find_steps(draws, [0.0, 9.0, 2.8, 8.0, 0.0, 2.7])
    alone = [norm.isf((1 - 0.99 ** (1 / left)) / 2) for left in (6, 5, 4)]
    assert list(steps) == pytest.approx(alone, abs=0.07)
    assert steps[0] > steps[1] > steps[2]


def test_a_figure_that_no_draw_moves_moves_on_its_own():
    still = simulate(np.zeros((3, 400)), np.random.default_rng(1))
    assert still.std(axis=1) == pytest.approx(1, abs=0.03)
    assert np.corrcoef(still)[0, 1] == pytest.approx(0, abs=0.03)


def test_simulated_figures_hang_together_as_the_draws_do():
    one, other = np.random.default_rng(1).normal(size=(2, 400))
    draws = np.stack([one, 0.6 * one + 0.8 * other, np.where(other > 1.5, np.nan, other)])
    simulated = simulate(draws, np.random.default_rng(1))
    wanted = np.corrcoef(draws[:2])[0, 1]
    assert np.corrcoef(simulated)[0, 1] == pytest.approx(wanted, abs=0.03)
    assert simulated.std(axis=1) == pytest.approx(1, abs=0.03)

"""What a model looks at must not surprise."""

import math

import pytest

from builders.behaviour import make_attention, make_behaviour, make_importance, make_importances, make_standing
from builders.gates import ask_gate
from builders.runs import make_config
from ratchet.gates.feature_importance import count_places
from ratchet.records.behaviour import Attention, Behaviour
from ratchet.records.judgement import Decision, Outcome


def ask(gates=None, **changes):
    config = make_config(gates={"feature_importance": gates or {}})
    return ask_gate("feature_importance", config, make_behaviour(importances=make_importances(**changes)))


def lead(share_lower, *, features=3):
    first = make_importance(share=0.99, share_lower=share_lower)
    rest = [make_importance(f"f{place}", share=0.0, share_lower=0.0, rank=place + 2) for place in range(features - 1)]
    return make_attention(features=(first, *rest))


def test_the_same_features_at_the_top_pass():
    result = ask()
    assert (result.outcome, result.consequence) == (Outcome.PASS, Decision.PROMOTE)
    assert result.reason == (
        "age leads with 60 % of all importance, at most 90 %; no top feature is new, and none has moved by "
        "more than 0 places for certain"
    )


def test_a_first_model_is_judged_by_itself():
    result = ask_gate(
        "feature_importance",
        make_config(),
        make_behaviour(has_champion=False, importances=make_importances(champion=None)),
    )
    assert result.outcome is Outcome.PASS
    assert "no champion yet" in result.reason


@pytest.mark.parametrize(
    ("share_lower", "champion", "outcome"),
    [
        (0.91, make_attention("champion"), Outcome.FAIL),
        (0.90, make_attention("champion"), Outcome.PASS),
        (0.91, lead(0.95), Outcome.PASS),  # the champion rests on it as well
    ],
)
def test_an_overwhelming_feature_is_reviewed(share_lower, champion, outcome):
    result = ask(challenger=lead(share_lower), champion=champion)
    assert result.outcome is outcome
    assert (result.consequence is Decision.HOLD) == (outcome is Outcome.FAIL)


def test_of_two_features_one_may_carry_everything():
    assert ask(challenger=lead(0.99, features=2)).outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("challenger", "champion", "why"),
    [
        (
            lead(0.99, features=2),
            make_attention(),
            "which may be more than 90 %: with fewer than 3 features one nearly always",
        ),
        (lead(0.91), lead(0.95), "more than 90 %, as in the champion; no top feature is new"),
        (lead(0.80), make_attention(), "not surely more than 90 %: it may be 80 %; no top feature is new"),
    ],
)
def test_a_share_above_the_limit_that_passes_says_why(challenger, champion, why):
    result = ask(challenger=challenger, champion=champion)
    assert result.outcome is Outcome.PASS
    assert f"age leads with 99 % of all importance, {why}" in result.reason


@pytest.mark.parametrize(
    ("changes", "gates", "outcome"),
    [
        ({}, {}, Outcome.FAIL),
        ({"share": 0.049}, {}, Outcome.PASS),
        ({"share": 0.05}, {}, Outcome.FAIL),
        ({"lower": -0.01}, {}, Outcome.PASS),
        ({"rank": 6}, {}, Outcome.PASS),
        ({"rank": 6}, {"top": 6}, Outcome.FAIL),
        ({}, {"on_fail": "reject"}, Outcome.FAIL),
    ],
)
def test_a_new_feature_at_the_top_is_reviewed(changes, gates, outcome):
    challenger = make_attention(features=(make_importance("fresh", **changes), make_importance("old", rank=2)))
    result = ask(gates, challenger=challenger, new_features=("fresh",))
    assert result.outcome is outcome
    if outcome is Outcome.FAIL:
        assert result.reason.startswith("fresh is new and carries")
        assert result.consequence is (Decision.REJECT if "on_fail" in gates else Decision.HOLD)


@pytest.mark.parametrize(
    ("mine", "theirs", "share", "outcome"),
    [
        ((1, 1), (5, 7), 0.4, Outcome.FAIL),  # four places up
        ((1, 1), (4, 7), 0.4, Outcome.PASS),  # three
        ((6, 8), (1, 2), 0.0, Outcome.FAIL),  # four places down
        ((1, 6), (5, 9), 0.4, Outcome.PASS),  # ranks overlap
        ((1, 1), (9, 9), 0.15, Outcome.PASS),  # share hardly changed
        ((6, 6), (12, 12), 0.5, Outcome.PASS),  # never at the top
    ],
)
def test_a_displaced_top_feature_is_reviewed(mine, theirs, share, outcome):
    base = 0.5 if mine[0] > theirs[0] else 0.0
    standing = make_standing(
        "temp", "atemp", challenger_ranks=mine, champion_ranks=theirs, challenger_share=share, champion_share=base
    )
    result = ask(standings=(standing,))
    assert result.outcome is outcome
    if outcome is Outcome.FAIL:
        assert "temp with atemp moved from rank" in result.reason


def test_places_are_counted_between_open_ranks_both_ways():
    assert count_places(make_standing(challenger_ranks=(1, 2), champion_ranks=(5, 6))) == 3
    assert count_places(make_standing(challenger_ranks=(5, 6), champion_ranks=(1, 2))) == 3
    assert count_places(make_standing(challenger_ranks=(1, 5), champion_ranks=(2, 6))) == 0


@pytest.mark.parametrize(
    "behaviour",
    [
        Behaviour(),
        make_behaviour(problem="no rows"),
        make_behaviour(importances=None),
        make_behaviour(importances=make_importances(challenger=Attention(model="challenger", problem="one class"))),
        make_behaviour(importances=make_importances(challenger=make_attention(features=()))),
        make_behaviour(importances=make_importances(challenger=make_attention(figure=math.nan))),
        make_behaviour(
            importances=make_importances(challenger=make_attention(features=(make_importance(share_lower=math.nan),)))
        ),
        make_behaviour(importances=make_importances(challenger=make_attention(features=(make_importance(lower=0.0),)))),
        make_behaviour(champion_problem="other columns", importances=make_importances(champion=None)),
        make_behaviour(importances=make_importances(champion=Attention(model="champion", problem="NaN"))),
    ],
)
def test_what_was_not_measured_is_never_a_pass(behaviour):
    result = ask_gate("feature_importance", make_config(), behaviour)
    assert (result.outcome, result.consequence) == (Outcome.INCONCLUSIVE, Decision.HOLD)


def test_importances_that_are_off_are_not_asked_for():
    assert (
        ask_gate("feature_importance", make_config(behaviour={"importance": False}), Behaviour()).outcome
        is Outcome.NOT_APPLICABLE
    )

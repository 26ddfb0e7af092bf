"""A challenger must not have forgotten what past champions knew."""

import math
from dataclasses import replace

import pytest

from builders.behaviour import make_behaviour, make_piece
from builders.gates import ask_gate
from builders.runs import make_config
from ratchet.records.behaviour import Behaviour, Piece
from ratchet.records.judgement import Decision, Outcome


def make_pieces(count=1, **changes):
    pieces = [make_piece(f"run-{place}") for place in range(count)]
    return (replace(pieces[0], gain=replace(pieces[0].gain, **changes)), *pieces[1:])


def ask(pieces, **changes):
    return ask_gate("no_regression", make_config(), make_behaviour(past_holdouts=pieces, **changes))


def test_a_challenger_as_good_as_the_floor_passes_and_says_what_it_knows():
    result = ask(make_pieces(2))
    assert result.outcome is Outcome.PASS
    assert result.reason == (
        "on none of 2 past holdouts it is shown to be more than 10 % of the floor below it; "
        "it was trained since on rows of 2 of them"
    )


@pytest.mark.parametrize(
    ("estimate", "upper", "outcome"),
    [
        (-0.0908, -0.05, Outcome.FAIL),  # the limit is a tenth of 0.907
        (-0.0906, -0.05, Outcome.PASS),
        (-0.2, 0.01, Outcome.PASS),  # not shown
    ],
)
def test_forgetting_must_be_shown_and_be_beyond_the_tolerance(estimate, upper, outcome):
    result = ask(make_pieces(estimate=estimate, lower=estimate - 0.05, upper=upper))
    assert result.outcome is outcome
    assert result.consequence is (Decision.HOLD if outcome is Outcome.FAIL else Decision.PROMOTE)


def test_the_more_holdouts_are_looked_at_the_more_it_takes_to_fail():
    changes = {"estimate": -0.2, "lower": -0.39, "upper": -0.01}
    assert ask(make_pieces(1, **changes)).outcome is Outcome.FAIL
    assert ask(make_pieces(20, **changes)).outcome is Outcome.PASS


@pytest.mark.parametrize(
    "changes",
    [
        {"rows": 0},
        {"rows": 199},
        {"positives": 24},
        {"positives": 0},
        {"estimate": math.nan},
        {"upper": None},
        {"opponent_value": None},
        {"opponent_value": math.nan},
        {"problem": "all 300 rows are of one class"},
    ],
)
def test_what_can_not_be_judged_waits(changes):
    result = ask(make_pieces(2, **changes))
    assert (result.outcome, result.consequence) == (Outcome.INCONCLUSIVE, Decision.HOLD)


def test_just_enough_rows_are_judged():
    assert ask(make_pieces(rows=200, positives=25)).outcome is Outcome.PASS


def test_a_missing_file_is_told_and_waits():
    result = ask((Piece(run_id="old", problem="holdout.parquet is missing"),))
    assert result.outcome is Outcome.INCONCLUSIVE
    assert result.reason == "holdout of old: holdout.parquet is missing"


def test_a_failure_outweighs_a_missing_file():
    worse = make_pieces(estimate=-0.3, upper=-0.2)
    assert ask((Piece(run_id="old", problem="gone"), *worse)).outcome is Outcome.FAIL


def test_a_champion_without_a_past_holdout_waits_and_none_at_all_is_no_matter():
    assert ask(()).outcome is Outcome.INCONCLUSIVE
    assert ask((), has_champion=False).outcome is Outcome.NOT_APPLICABLE
    assert ask((), problem="no rows").outcome is Outcome.INCONCLUSIVE
    assert (
        ask_gate("no_regression", make_config(behaviour={"past_holdouts": 0}), Behaviour()).outcome
        is Outcome.NOT_APPLICABLE
    )

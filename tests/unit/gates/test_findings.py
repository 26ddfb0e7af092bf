"""What the parts of a gate come to."""

import pytest

from builders.records import make_evaluation
from ratchet.gates.findings import (
    find_champion_obstacle,
    find_champion_problem,
    find_worst,
    list_reasons,
    worst_of,
)
from ratchet.records.judgement import Opponent
from ratchet.records.outcome import Outcome

GOOD, UNSURE, BAD = (Outcome.PASS, "a"), (Outcome.INCONCLUSIVE, "b"), (Outcome.FAIL, "c")
UNASKED = (Outcome.NOT_APPLICABLE, "d")


@pytest.mark.parametrize(
    ("findings", "worst"),
    [
        ([GOOD, UNSURE, BAD, BAD], (Outcome.FAIL, "c; c")),
        ([UNSURE, GOOD], (Outcome.INCONCLUSIVE, "b")),
        ([GOOD, GOOD], (Outcome.PASS, "a; a")),
    ],
)
def test_the_worst_part_decides_and_says_why(findings, worst):
    assert worst_of(findings) == worst


@pytest.mark.parametrize("findings", [[], [GOOD], [UNASKED]])
def test_nothing_stands_in_the_way_of_passes(findings):
    assert find_worst(findings) is None


def test_only_the_first_reasons_are_given_and_the_others_counted():
    found = find_worst([BAD, UNSURE, BAD, BAD], shown=1, among=" of 4 slices")
    assert found == (Outcome.FAIL, "c; and 2 more of 4 slices")


@pytest.mark.parametrize(
    ("reasons", "shown", "said"),
    [
        ([], 3, ""),
        (["a", "b"], None, "a; b"),
        (["a", "b"], 2, "a; b"),
        (["a", "b", "c"], 2, "a; b; and 1 more"),
    ],
)
def test_reasons_stand_side_by_side(reasons, shown, said):
    assert list_reasons(reasons, shown=shown) == said


@pytest.mark.parametrize(
    ("champion", "obstacle", "problem"),
    [
        (None, (Outcome.NOT_APPLICABLE, "nobody yet"), None),
        (Opponent(version=1, run_id="run-1"), None, None),
        (
            Opponent(version=1, run_id="run-1", problem="no column 'x'"),
            (Outcome.INCONCLUSIVE, "the champion can't score these rows: no column 'x'"),
            "the champion can't score these rows: no column 'x'",
        ),
    ],
)
def test_a_champion_that_is_absent_or_can_not_score_is_no_yardstick(champion, obstacle, problem):
    evaluation = make_evaluation(champion=champion)
    assert find_champion_obstacle(evaluation, absent="nobody yet") == obstacle
    assert find_champion_problem(evaluation) == problem

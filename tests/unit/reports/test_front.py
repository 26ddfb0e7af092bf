"""The Pareto front as a picture, and in the report."""

import math
from xml.etree import ElementTree

import pytest

from builders.records import make_candidate, make_challenger
from builders.runs import make_run
from builders.stories import make_described_config, make_story
from ratchet.config.policy import Policy
from ratchet.evaluation.placing import place_candidates
from ratchet.records.modelling import Challenger, Figure
from ratchet.reports.front import Front, place_front
from ratchet.reports.run_report import run_report_html, run_report_markdown

OBJECTIVES = [{"figure": "roc_auc"}, {"figure": "score_ms"}]
LIMIT = [{"figure": "score_ms", "at_most": 50.0}]
FIGURES = {"linear": (0.80, 1.0), "boosting": (0.84, 9.0), "forest": (0.83, 30.0), "giant": (0.86, 70.0)}


def make_choice(policy: Policy, figures: dict[str, tuple[float, float | None]] | None = None) -> Challenger:
    """A challenger chosen by a policy."""
    candidates = {
        name: make_candidate(
            name,
            score=auc,
            metric_value=auc,
            figures=(
                Figure(name="roc_auc", value=auc, is_smaller_better=False),
                Figure(name="score_ms", value=taken, is_smaller_better=True),
            ),
        )
        for name, (auc, taken) in (figures or FIGURES).items()
    }
    placings = place_candidates(tuple(candidates.values()), policy, "roc_auc")
    board = tuple(candidates[each.name] for each in placings)
    return make_challenger(name=board[0].name, leaderboard=board, placings=placings)


def place(figures: dict[str, tuple[float, float | None]] | None = None, **policy: object) -> Front | None:
    """Lay a choice out."""
    asked = Policy.model_validate(policy)
    return place_front(make_choice(asked, figures), asked)


def test_without_a_policy_there_is_nothing_to_show() -> None:
    assert place() is None
    assert place_front(None, Policy()) is None
    assert place_front(make_challenger(), Policy.model_validate({"objectives": OBJECTIVES})) is None


def test_better_is_to_the_right_and_up() -> None:
    front = place(objectives=OBJECTIVES)
    assert front is not None
    spots = {each.placing.name: each for each in front.spots}
    assert spots["linear"].x < spots["boosting"].x < spots["giant"].x  # type: ignore[operator]
    assert spots["linear"].y < spots["boosting"].y < spots["giant"].y  # type: ignore[operator]
    assert all(0 < each.x < 100 and 0 < each.y < 100 for each in front.spots)  # type: ignore[operator]
    assert all(0 <= tick.at <= 100 for tick in (*front.x_ticks, *front.y_ticks))


def test_the_line_joins_the_front_and_nothing_else() -> None:
    front = place(objectives=OBJECTIVES)
    assert front is not None
    on_it = sorted((each.x, each.y) for each in front.spots if each.placing.points is not None)
    assert [piece[0] for piece in front.line] + [front.line[-1][1]] == on_it
    assert len(on_it) == 3


def test_every_standing_is_in_words() -> None:
    front = place(objectives=OBJECTIVES, constraints=LIMIT)
    assert front is not None
    assert {each.placing.name: each.standing for each in front.spots} == {
        "linear": "on the front",
        "boosting": "on the front",
        "forest": "dominated by boosting",
        "giant": "breaks the policy: score_ms is 70, at most 50 is allowed",
    }


@pytest.mark.parametrize(
    "policy",
    [{"constraints": LIMIT}, {"objectives": OBJECTIVES[:1]}, {"objectives": [*OBJECTIVES, {"figure": "size_bytes"}]}],
)
def test_anything_but_two_objectives_is_a_table(policy: dict[str, object]) -> None:
    front = place(**policy)
    assert front is not None
    assert not front.is_drawn
    assert len(front.spots) == 4


@pytest.mark.parametrize("taken", [None, math.nan, math.inf])
def test_what_was_not_measured_has_no_place(taken: float | None) -> None:
    front = place({"a": (0.8, taken), "b": (0.7, 1.0)}, objectives=OBJECTIVES)
    assert front is not None
    assert {each.placing.name: each.y is None for each in front.spots} == {"a": True, "b": False}
    nothing = place({"a": (0.8, taken)}, objectives=OBJECTIVES)
    assert nothing is not None
    assert not nothing.is_drawn


def test_candidates_that_are_all_alike_still_have_a_scale() -> None:
    front = place({"a": (0.8, 0.0), "b": (0.8, 0.0)}, objectives=OBJECTIVES)
    assert front is not None
    assert {(each.x, each.y) for each in front.spots} == {(50.0, 50.0)}


def test_the_report_shows_picture_and_table() -> None:
    policy = {"objectives": OBJECTIVES, "constraints": LIMIT}
    config = make_described_config(policy=policy)
    story = make_story(run=make_run("home", config), challenger=make_choice(config.policy))  # type: ignore[arg-type]
    page = run_report_html(story, "runs/sales/run-1")
    picture = page[page.index('<svg role="img" aria-label="Candidates by') :]
    picture = picture[: picture.index("</svg></svg>") + len("</svg></svg>")]
    assert len(ElementTree.fromstring(picture).findall(".//circle")) == 4
    assert "dominated by boosting" in page
    assert "| giant | 70.00 | 0.8600 | breaks the policy" in run_report_markdown(story)


def test_without_a_policy_the_report_has_no_such_part() -> None:
    assert "Choice by the policy" not in run_report_html(make_story(), "runs/sales/run-1")

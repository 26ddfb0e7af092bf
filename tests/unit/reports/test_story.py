"""A story answers what the pages ask most."""

from builders.records import make_candidate, make_challenger
from builders.stories import make_first_story, make_refused_data_story, make_story


def test_the_gain_that_counts_is_the_one_over_the_champion() -> None:
    gain = make_story().main_gain
    assert gain is not None
    assert gain.opponent == "champion"


def test_without_a_champion_it_is_the_one_over_the_baseline() -> None:
    gain = make_first_story().main_gain
    assert gain is not None
    assert gain.opponent == "baseline"


def test_gains_of_one_plot_share_their_opponent() -> None:
    assert {gain.opponent for gain in make_story().plotted_gains} == {"champion"}
    assert make_refused_data_story().plotted_gains == ()


def test_the_challenger_has_a_line_on_the_leaderboard() -> None:
    candidate = make_story().candidate
    assert candidate is not None
    assert candidate.name == "boosting"


def test_a_leaderboard_without_the_challenger_gives_none() -> None:
    story = make_story(challenger=make_challenger(leaderboard=(make_candidate("forest"),)))
    assert story.candidate is None
    assert make_refused_data_story().candidate is None

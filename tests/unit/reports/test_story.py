"""A story answers what the pages ask most."""

from builders.records import make_candidate, make_challenger, make_evaluation, make_gain
from builders.stories import make_first_story, make_refused_data_story, make_story
from ratchet.reports.story import metrics_of, tags_of


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


def test_every_measured_figure_has_a_name() -> None:
    metrics = metrics_of(make_story())
    assert metrics["holdout.roc_auc"] == 0.9162
    assert metrics["gain.champion.overall.lower"] == 0.0042
    assert metrics["gain.champion.members"] == 0.0122
    assert metrics["gain.baseline.overall"] == 0.4162


def test_what_was_not_measured_is_left_out() -> None:
    assert not any("new-city" in name for name in metrics_of(make_story()))
    unknown = make_evaluation(champion_gain=make_gain(estimate=None, lower=None, upper=None))
    assert "gain.champion.overall" not in metrics_of(make_story(evaluation=unknown))
    assert metrics_of(make_refused_data_story()) == {}


def test_a_first_model_has_gains_over_the_baseline_only() -> None:
    assert not any("champion" in name for name in metrics_of(make_first_story()))


def test_tags_say_what_happened_and_with_what() -> None:
    tags = tags_of(make_story())
    assert tags["ratchet.decision"] == "promote"
    assert tags["ratchet.champion_version"] == "8"
    assert tags["ratchet.moved"] == "true"
    assert tags["ratchet.asked_for"] == "weekly schedule"
    assert len(tags["ratchet.config_fingerprint"]) == 64


def test_a_tag_without_a_value_is_left_out() -> None:
    assert "ratchet.challenger" not in tags_of(make_refused_data_story())
    assert "ratchet.data_fingerprint" not in tags_of(make_story(table=None))

"""A story answers what the pages ask most."""

from dataclasses import replace

import pytest

from builders.records import (
    make_candidate,
    make_challenger,
    make_data_report,
    make_evaluation,
    make_expectation,
    make_gain,
    make_gate,
    make_no_promotion,
    make_promotion,
    make_split,
    make_verdict,
)
from builders.stories import (
    ENDINGS,
    make_first_story,
    make_held_story,
    make_refused_data_story,
    make_rejected_story,
    make_story,
)
from ratchet.gates.weights import ADVICE
from ratchet.records.judgement import Decision, Outcome
from ratchet.reports.run_report import run_report_html
from ratchet.reports.story import (
    DRY_END,
    Story,
    check_summary,
    failed_expectations,
    headline_of,
    metrics_of,
    next_steps,
    tags_of,
    undo_command,
)

AGAINST = " In the way, the gravest first:"
HEADLINES = {
    "promoted": ("Promoted", "good", "boosting is the champion now, as version 8, in place of version 7."),
    "rejected": ("Rejected", "bad", f"Version 7 stays champion.{AGAINST} beats_champion."),
    "held": (
        *("On hold", "wait"),
        f"boosting needs a person's decision; version 7 stays champion.{AGAINST} no_slice_worse.",
    ),
    "first": ("Promoted", "good", "boosting is the champion now, as version 1, the first one."),
    "refused data": ("Rejected", "bad", f"Version 7 stays champion.{AGAINST} data_check."),
}


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


def dry(story: Story) -> Story:
    """The same run, asked only to judge."""
    run = story.run.model_copy(update={"dry_run": True})
    return replace(story, run=run, promotion=make_no_promotion(reason="the verdict is promote, and this is a dry run"))


@pytest.mark.parametrize("ending", ENDINGS)
def test_each_ending_has_its_word_tone_and_sentence(ending: str) -> None:
    headline = headline_of(ENDINGS[ending]())
    assert (headline.word, headline.tone, headline.sentence) == HEADLINES[ending]


def test_a_rejection_without_a_champion_says_so() -> None:
    story = replace(make_rejected_story(), promotion=make_no_promotion(version=None, previous=None))
    assert headline_of(story).sentence.startswith("There is still no champion.")


def test_a_held_challenger_that_was_moved_was_approved() -> None:
    assert headline_of(replace(make_held_story(), promotion=make_promotion())).word == "Promoted after approval"


def test_a_renewal_is_called_one() -> None:
    renewal = replace(make_story(), verdict=make_verdict(renews=7))
    assert headline_of(renewal).word == "Renewed"
    assert "version 7 was last shown to be better" in run_report_html(renewal, "runs/sales/run-1")


def test_a_dry_run_never_says_promoted() -> None:
    assert headline_of(dry(make_story())).word == "Not promoted"
    assert next_steps(dry(make_story())) == (
        "This was a dry run, which changes nothing: run again without it to let the verdict count.",
    )


def test_a_dry_run_gives_the_remedies_of_every_open_gate_the_gravest_first() -> None:
    gates = tuple(
        make_gate(name, outcome=Outcome.FAIL, consequence=consequence)
        for name, consequence in (
            ("serving_cost", Decision.REJECT),
            ("beats_champion", Decision.REJECT),
            ("fair", Decision.HOLD),
            ("no_leak", Decision.HOLD),
        )
    )
    story = dry(replace(make_rejected_story(), verdict=make_verdict(decision=Decision.REJECT, gates=gates)))
    named = ("no_leak", "fair", "beats_champion", "serving_cost")
    assert next_steps(story) == (*(ADVICE[name].remedy for name in named), DRY_END)
    assert headline_of(story).sentence.endswith(
        " In the way, the gravest first: no_leak, fair, beats_champion, serving_cost."
    )


@pytest.mark.parametrize("ending", ENDINGS)
def test_there_is_always_something_said_to_do(ending: str) -> None:
    assert next_steps(ENDINGS[ending]())


def test_each_open_gate_has_its_remedy() -> None:
    assert next_steps(make_rejected_story()) == (ADVICE["beats_champion"].remedy,)
    assert ADVICE["no_slice_worse"].remedy in next_steps(make_held_story())
    assert next_steps(make_refused_data_story()) == (ADVICE["data_check"].remedy,)


@pytest.mark.parametrize(("over_champion", "is_alarming"), [(0.01, False), (0.05, True), (0.3, True), (None, False)])
def test_a_champion_that_is_no_better_than_guessing_is_spoken_of_first(
    over_champion: float | None, *, is_alarming: bool
) -> None:
    evaluation = make_evaluation(
        baseline_gain=make_gain(opponent="baseline", estimate=0.05, opponent_value=0.5),
        champion_gain=make_gain(estimate=over_champion, opponent_value=0.1193),
    )
    steps = next_steps(replace(make_rejected_story(), evaluation=evaluation))
    assert ("no better than a trivial baseline" in steps[0]) is is_alarming
    assert ("0.1193 against 0.5000" in steps[0]) is is_alarming
    assert steps[-1] == ADVICE["beats_champion"].remedy


def test_a_champion_that_was_replaced_raises_no_alarm() -> None:
    evaluation = make_evaluation(
        baseline_gain=make_gain(opponent="baseline", estimate=0.3), champion_gain=make_gain(estimate=0.6)
    )
    assert next_steps(make_story(evaluation=evaluation))[0] == "Nothing: the new champion is in use."


def test_a_split_that_leaves_most_rows_out_is_spoken_of() -> None:
    split = make_split(embargoed_rows=2_000_000)
    (plain,) = (step for step in next_steps(make_story(split=split)) if "took no part" in step)
    assert "`data.label_delay` is long" in plain
    run = make_story().run
    grouped = run.config.model_copy(update={"data": run.config.data.model_copy(update={"group": "shop"})})
    story = replace(make_rejected_story(), split=split, run=run.model_copy(update={"config": grouped}))
    assert "groups of `shop` reach into later parts" in next_steps(story)[-1]
    assert not any("took no part" in step for step in next_steps(make_story()))


def test_a_promotion_that_did_not_happen_is_to_be_looked_into() -> None:
    story = make_story(promotion=make_no_promotion(reason="somebody else moved the alias"))
    assert next_steps(story) == ("Find out why the champion did not change: somebody else moved the alias",)


def test_only_a_replaced_champion_can_be_put_back() -> None:
    assert undo_command(make_story()) == 'ratchet rollback sales --reason "why"'
    assert undo_command(make_rejected_story()) is None
    assert undo_command(make_story(promotion=make_promotion(previous=None))) is None


def test_what_could_not_be_computed_counts_as_not_passed() -> None:
    unknown = make_expectation(outcome=Outcome.INCONCLUSIVE)
    story = make_story(data_report=make_data_report(expectations=(unknown, make_expectation())))
    assert failed_expectations(story) == (unknown,)
    assert check_summary(story) == "1 of 2 expectations passed, 1 blocking did not"


def test_warnings_are_counted_apart() -> None:
    assert check_summary(make_story()) == "5 of 6 expectations passed, 1 warning"
    passed = make_data_report(expectations=(make_expectation(),))
    assert check_summary(make_story(data_report=passed)) == "1 of 1 expectation passed"

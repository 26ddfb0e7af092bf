"""Builders of stories: a run of each ending."""

from dataclasses import replace
from pathlib import Path

from builders.records import (
    make_challenger,
    make_data_report,
    make_evaluation,
    make_expectation,
    make_first_evaluation,
    make_gain,
    make_gate,
    make_hold,
    make_no_promotion,
    make_promotion,
    make_rejection,
    make_split,
    make_table,
    make_verdict,
)
from builders.runs import make_config, make_run
from ratchet.config.model import ModelConfig
from ratchet.records.judgement import Decision, Outcome
from ratchet.reports.story import Story


def make_described_config(**changes: object) -> ModelConfig:
    """A model that somebody has described."""
    told = {"owner": "growth team", "description": "Says which visitors will buy within seven days."}
    return make_config(**(told | changes))


def make_story(**changes: object) -> Story:
    """A promotion from version 7 to 8."""
    story = Story(
        run=make_run(Path("home"), make_described_config(), reason="weekly schedule"),
        table=make_table(),
        data_report=make_data_report(),
        verdict=make_verdict(),
        promotion=make_promotion(),
        split=make_split(),
        challenger=make_challenger(),
        evaluation=make_evaluation(),
        versions=(("python", "3.11.7"), ("ratchet", "0.1.0")),
    )
    return replace(story, **changes)  # type: ignore[arg-type]


def make_rejected_story() -> Story:
    """A challenger that is no better."""
    gain = make_gain(estimate=-0.0008, lower=-0.0049, upper=0.0033)
    return make_story(
        verdict=make_rejection(), promotion=make_no_promotion(), evaluation=make_evaluation(champion_gain=gain)
    )


def make_held_story() -> Story:
    """A challenger that waits."""
    return make_story(verdict=make_hold(), promotion=make_no_promotion())


def make_first_story() -> Story:
    """The first champion."""
    return make_story(
        verdict=make_verdict(unopposed=True, expected_champion=None),
        promotion=make_promotion(previous=None, version=1),
        evaluation=make_first_evaluation(),
    )


def make_refused_data_story() -> Story:
    """A delivery that nothing was trained on."""
    reason = "34 % of age is missing, at most 10 % may be"
    failed = make_expectation(outcome=Outcome.FAIL, reason=reason)
    gate = make_gate("data_check", outcome=Outcome.FAIL, reason=reason, consequence=Decision.REJECT)
    return make_story(
        data_report=make_data_report(outcome=Outcome.FAIL, expectations=(failed, make_expectation(column="city"))),
        verdict=make_rejection(challenger=None, gates=(gate,), reason=f"rejected: data_check: {reason}"),
        promotion=make_no_promotion(),
        split=None,
        challenger=None,
        evaluation=None,
    )


ENDINGS = {
    "promoted": make_story,
    "rejected": make_rejected_story,
    "held": make_held_story,
    "first": make_first_story,
    "refused data": make_refused_data_story,
}

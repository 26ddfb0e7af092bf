"""The plot of importances, and the sections on behaviour."""

import math

import pytest

from builders.behaviour import (
    make_attention,
    make_behaviour,
    make_case_finding,
    make_importance,
    make_importances,
    make_piece,
    make_stress,
)
from builders.stories import make_story
from ratchet.records.behaviour import Attention, Behaviour
from ratchet.reports.importance import SHOWN, place_importances
from ratchet.reports.run_report import run_report_html, run_report_markdown


def make_many(count):
    return tuple(make_importance(f"f{place}", drop=0.1 / (place + 1), rank=place + 1) for place in range(count))


def test_features_are_in_the_order_of_the_larger_drop_of_both_models():
    champion = make_attention("champion", features=(make_importance("city", drop=0.5, upper=0.6),))
    bars = place_importances(make_behaviour(importances=make_importances(champion=champion)))
    assert [row.feature for row in bars.features] == ["city", "age", "member"]
    assert bars.features[1].champion is None
    assert bars.has_champion


def test_everything_is_on_one_scale_with_zero():
    bars = place_importances(make_behaviour())
    places = [
        place
        for row in bars.features
        for bar in (row.challenger, row.champion)
        for place in (bar.left, bar.at, bar.right)
    ]
    assert all(0 <= place <= 100 for place in (*places, bars.zero_at, *(tick.at for tick in bars.ticks)))
    assert bars.features[0].challenger.left < bars.features[0].challenger.at < bars.features[0].challenger.right
    assert bars.features[2].challenger.at < bars.zero_at


def test_crumbs_are_counted_and_not_shown():
    attention = make_attention(features=make_many(SHOWN + 4))
    bars = place_importances(make_behaviour(importances=make_importances(challenger=attention, champion=None)))
    assert (len(bars.features), bars.left_out, bars.has_champion) == (SHOWN, 4, False)


@pytest.mark.parametrize("drops", [(0.0, 0.0), (math.nan, 0.2), (0.0, math.inf)])
def test_odd_drops_still_have_a_scale(drops):
    features = tuple(
        make_importance(f"f{place}", drop=drop, lower=drop, upper=drop) for place, drop in enumerate(drops)
    )
    attention = make_attention(features=features)
    bars = place_importances(make_behaviour(importances=make_importances(challenger=attention, champion=None)))
    assert len(bars.features) == sum(map(math.isfinite, drops))


@pytest.mark.parametrize("behaviour", [None, Behaviour(), make_behaviour(importances=None)])
def test_what_was_not_measured_is_not_drawn(behaviour):
    assert place_importances(behaviour) is None
    assert "What it looks at" not in run_report_html(make_story(behaviour=behaviour), "runs/sales/run-1")


def test_the_page_shows_every_part():
    findings = (make_case_finding(), make_case_finding("monotone age", measured=0.031, rows=500, worst=0.2))
    story = make_story(behaviour=make_behaviour(cases=findings))
    for page in (run_report_html(story, "runs/sales/run-1"), run_report_markdown(story)):
        for text in ("What it looks at", "Robustness", "known-buyer", "3.1", "10 % of the values", "0.9070"):
            assert text in page


def test_problems_are_told_and_escaped():
    story = make_story(
        behaviour=make_behaviour(
            problem="odd <b>rows",
            champion_problem="other columns",
            importances=make_importances(challenger=Attention(model="challenger", problem="one class")),
            stresses=(make_stress(gain=None, loss=None, problem="<script>"), make_stress("drift", skipped="no order")),
            past_holdouts=(make_piece(gain=None, known_share=None, problem="gone"),),
            cases=(make_case_finding(measured=None, problem="no such city"),),
        )
    )
    page = run_report_html(story, "runs/sales/run-1")
    assert "<b>rows" not in page
    assert "<script>" not in page
    for text in ("other columns", "one class", "no order", "gone", "no such city"):
        assert text in page
        assert text in run_report_markdown(story)


def test_a_feature_of_one_model_only_is_told():
    new = make_attention(features=(make_importance("fresh"),))
    importances = make_importances(challenger=new, new_features=("fresh",))
    page = run_report_html(make_story(behaviour=make_behaviour(importances=importances)), "runs/sales/run-1")
    assert "does not have it" in page
    assert "gone" in page
    assert "fresh (new)" in run_report_markdown(make_story(behaviour=make_behaviour(importances=importances)))

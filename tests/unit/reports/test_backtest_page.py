"""The page of a backtest."""

from dataclasses import replace
from datetime import timedelta

import pytest

from builders.backtests import BEGIN, PERIODS, make_backtest, make_cost
from builders.pages import ATTACK, outline
from ratchet.records.backtest import Choice
from ratchet.reports.backtest_page import backtest_html, draw, headline_of, lede_of, remark_on


def test_the_page_says_what_to_use_and_what_it_costs():
    page = backtest_html(make_backtest())
    assert "Retrain monthly and on a loss" in page
    assert "cron: &#39;@monthly&#39;" in page
    assert "<script" not in page
    for policy in ("never", "drift", "hybrid"):
        assert f"what {policy} does" in page
    assert page.count('class="promoted"') == 3  # two promotions and the key


def test_what_comes_from_data_is_escaped():
    page = backtest_html(make_backtest())
    assert "<b>+0.1</b>" not in page
    assert "&lt;b&gt;+0.1&lt;/b&gt;" in page


def test_a_page_whose_every_text_wants_to_be_markup_is_well_formed_and_fetches_nothing():
    whole = make_backtest()
    costs = tuple(replace(cost, policy=ATTACK, description=ATTACK) for cost in whole.costs)
    tracks = tuple(
        replace(track, policy=ATTACK, retrains=tuple(replace(each, reason=ATTACK) for each in track.retrains))
        for track in whole.tracks
    )
    texts = dict.fromkeys(("model", "metric", "unit", "recommended", "schedule"), ATTACK)
    choices = (Choice(period=0, setting=ATTACK),)
    found = outline(
        backtest_html(replace(whole, costs=costs, tracks=tracks, choices=choices, notes=(ATTACK,), **texts))
    )
    assert {"script", "img"}.isdisjoint(found.seen)
    assert not any("//" in address for address in found.addresses)


def test_the_hybrid_is_set_beside_the_cheapest_of_the_others():
    assert lede_of(make_backtest()).endswith(
        "would have cost 53.00, 0.883 of the cheapest of the others in hindsight, never, 60.00"
    )


@pytest.mark.parametrize("kept", [1, 2])
def test_without_a_hybrid_or_without_others_there_is_nothing_to_set_beside(kept):
    whole = make_backtest()
    only = slice(0, 2) if kept == 2 else slice(2, 3)
    result = replace(whole, costs=whole.costs[only], tracks=whole.tracks[only])
    assert lede_of(result).startswith("Replayed: 6 periods")
    assert backtest_html(result)
    assert headline_of(result) == "Retrain monthly and on a loss"


@pytest.mark.parametrize(("errors", "said"), [(61.0, "; never would have cost 60.00"), (60.0, ""), (50.0, "")])
def test_a_schedule_that_was_cheaper_than_the_recommended_one_is_named(errors, said):
    result = make_backtest(in_hindsight=make_cost("recommended", errors=errors))
    assert remark_on(result) == f"it was chosen knowing this history: expect a little more{said}"
    assert remark_on(result) in backtest_html(result)


def test_savings_are_counted_from_never_and_runs_are_taken_off():
    strips = draw(make_backtest()).strips
    ends = [float(strip.saved.split(" ")[-1].split(",")[1]) for strip in strips]
    assert ends[2] < ends[0] < ends[1]  # a picture's zero is at the top
    assert [strip.is_best for strip in strips] == [False, False, True]


def test_a_line_is_cut_where_a_period_has_no_figure():
    pictures = draw(make_backtest())
    assert len(pictures.yardstick) == 2
    assert len(pictures.yardstick[0].split(" ")) == 1


def test_better_is_up_for_losses_too():
    gains, losses = (draw(make_backtest(is_loss=is_loss)).strips[0].quality[1] for is_loss in (False, True))
    heights = [[float(point.split(",")[1]) for point in line.split(" ")] for line in (gains, losses)]
    assert heights[0][0] > heights[0][-1]
    assert heights[1][0] < heights[1][-1]


def test_no_figure_at_all_and_no_clock_and_gains_as_costs_make_a_page_too():
    whole = make_backtest()
    silent = tuple(replace(track, quality=(None,) * PERIODS) for track in whole.tracks)
    costs = tuple(replace(cost, quality=None, error_cost=-50.0, total=-50.0) for cost in whole.costs)
    page = backtest_html(replace(whole, tracks=silent, costs=costs, has_clock=False, notes=()))
    assert "period 1" in page
    assert "Keep in mind" not in page
    assert "of the cheapest" not in page


def test_dates_are_those_of_the_periods():
    dates = draw(make_backtest()).dates
    assert dates[0] == (0.0, "2025-01-06")
    assert dates[-1][1] == (BEGIN + timedelta(weeks=PERIODS - 1)).date().isoformat()

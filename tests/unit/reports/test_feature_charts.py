"""What features do to the score, and how they lie in both parts, is shown with the right numbers."""

import pytest

from builders.behaviour import make_behaviour
from builders.diagnostics import make_categories, make_dependence, make_spread
from builders.pages import ATTACK, outline
from builders.stories import make_story
from ratchet.records.behaviour import Behaviour
from ratchet.records.drift import MovedBin
from ratchet.reports.feature_charts import (
    describe_dependence,
    describe_spread,
    place_dependences,
    place_spreads,
)
from ratchet.reports.run_report import run_report_html, run_report_markdown


def test_numbers_have_a_line_and_categories_a_mark_each_on_one_scale() -> None:
    number, city = place_dependences(make_behaviour(dependences=(make_dependence(), make_categories())))
    assert number.chart is not None
    assert number.marks == ()
    assert (city.chart, [mark.point.label for mark in city.marks]) == (None, ["Oslo", "Bern"])
    heights = [100 - float(point.split(",")[1]) for point in number.chart.lines[0].path.split()]
    assert heights[0] < heights[1] < heights[2]
    assert heights[1] == pytest.approx(city.marks[1].at)  # both say 0.6
    assert heights[1] != pytest.approx(city.marks[0].at)


def test_the_words_say_where_the_score_goes() -> None:
    assert describe_dependence(make_dependence()) == "rises, 0.4000 → 0.8000"
    assert describe_dependence(make_categories()) == "0.2000 for Oslo to 0.6000 for Bern"
    turning = make_dependence(direction="rises and falls")
    assert describe_dependence(turning) == "rises and falls between 0.4000 and 0.8000"
    assert describe_dependence(make_dependence(of_class="high")).startswith("probability of high: rises")


def test_the_words_name_the_bin_that_is_furthest_apart() -> None:
    told = describe_spread(make_spread()).replace("\N{NO-BREAK SPACE}", " ")
    assert told == "furthest apart: 18 to 30, 25 % of train, 75 % of the holdout"
    assert describe_spread(make_spread(bins=(MovedBin(label="any", then=1.0, now=1.0),))) == "alike in both"
    assert describe_spread(make_spread(bins=(), problem="it is a key")) == "it is a key"
    assert describe_spread(make_spread(bins=())) == "neither has a value"


def test_bars_are_as_high_as_their_shares() -> None:
    (card,) = place_spreads(make_behaviour(spreads=(make_spread(),)))
    assert [(bar.then, bar.now) for bar in card.bars] == [(33.33, 100.0), (100.0, 33.33)]


@pytest.mark.parametrize("behaviour", [None, Behaviour()])
def test_nothing_measured_is_no_figure(behaviour) -> None:
    assert place_dependences(behaviour) == place_spreads(behaviour) == ()


def test_both_are_on_the_page_and_names_are_shown_as_text() -> None:
    behaviour = make_behaviour(
        dependences=(make_dependence(ATTACK), make_categories(ATTACK, **{ATTACK: 0.5, "größe": 0.1})),
        spreads=(make_spread(ATTACK), make_spread("key", bins=(), problem=ATTACK)),
    )
    story = make_story(behaviour=behaviour)
    html = run_report_html(story, "runs/sales/run-1")
    assert "Which way the score goes" in html
    assert "Train beside the holdout" in html
    assert not {"script", "img"} & set(outline(html).seen)
    assert "rises, 0.4000 → 0.8000" in run_report_markdown(story)

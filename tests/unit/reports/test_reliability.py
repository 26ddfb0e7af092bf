from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest

from builders.calibration import make_calibration, make_costs, make_model_calibration, make_thresholds
from builders.records import make_challenger, make_evaluation
from builders.stories import make_story
from ratchet.records.calibration import CalibrationBin
from ratchet.records.decision import Thresholds
from ratchet.reports.model_card import model_card_html, model_card_markdown
from ratchet.reports.reliability import draw_reliability, explain_threshold
from ratchet.reports.run_report import run_report_html, run_report_markdown
from ratchet.reports.story import Story


def make_bin(predicted: float, observed: float) -> CalibrationBin:
    return CalibrationBin(rows=100, predicted=predicted, observed=observed, lower=observed, upper=observed)


def make_told_story(**changes: object) -> Story:
    evaluation = make_evaluation(costs=make_costs(), **changes)
    return make_story(evaluation=evaluation, challenger=make_challenger(thresholds=make_thresholds()))


def test_marks_sit_where_their_rates_are_on_one_scale() -> None:
    challenger = make_model_calibration(bins=(make_bin(0.1, 0.2), make_bin(0.4, 0.4)))
    diagram = draw_reliability(make_calibration(challenger=challenger, champion=None))
    assert diagram is not None
    low, high = diagram.challenger
    assert high.x == pytest.approx(100 / 1.05, abs=0.01)
    assert (high.x + high.y, low.x * 4) == (pytest.approx(100), pytest.approx(high.x, abs=0.05))
    assert low.y == pytest.approx(100 - 2 * low.x, abs=0.05)
    assert diagram.champion == ()
    assert diagram.ticks[0] == (0.0, 0.0)


@pytest.mark.parametrize("rate", [0.0, 1.0, 1e-9])
def test_the_ends_of_the_scale_are_drawn(rate: float) -> None:
    diagram = draw_reliability(make_calibration(challenger=make_model_calibration(bins=(make_bin(rate, rate),))))
    assert diagram is not None
    assert all(0 <= each <= 100 for point in diagram.challenger for each in (point.x, point.y, point.top, point.bottom))


@pytest.mark.parametrize("calibration", [None, make_calibration(challenger=None)])
def test_without_bins_nothing_is_drawn(calibration: object) -> None:
    assert draw_reliability(calibration) is None  # type: ignore[arg-type]
    assert draw_reliability(make_calibration(challenger=make_model_calibration(bins=()))) is None


@pytest.mark.parametrize(
    ("thresholds", "sentence"),
    [
        (Thresholds(overall=0.17), "A row is decided positive when its predicted probability is at least 0.1700."),
        (Thresholds(overall=0.0), "Every row is decided positive: "),
        (Thresholds(overall=1.0000000000000002), "No row is decided positive: "),
    ],
)
def test_a_threshold_is_put_into_words(thresholds: Thresholds, sentence: str) -> None:
    assert (explain_threshold(thresholds) or "").startswith(sentence)


def test_without_a_threshold_there_is_nothing_to_say() -> None:
    assert explain_threshold(None) is None


def test_the_run_report_shows_calibration_and_costs() -> None:
    page, text = run_report_html(make_told_story(), "runs/sales/run-1"), run_report_markdown(make_told_story())
    for shown in ("Calibration", "Costs", "members", "38 rows are too few, needs 50", "is at least 0.1700", "Oslo"):
        assert shown in page
        assert shown in text
    figure = page[page.index('<figure class="reliability">') : page.index("</figure>") + len("</figure>")]
    drawn = ElementTree.fromstring(figure)
    assert len(drawn.findall(".//circle[@class='own']")) == len(drawn.findall(".//circle[@class='other']")) == 4


def test_the_model_card_says_what_the_threshold_means_and_costs() -> None:
    for card in (model_card_html(make_told_story()), model_card_markdown(make_told_story())):
        assert "is at least 0.1700." in card
        assert "1,000 decisions cost 540.00, at most 560.00" in card


@pytest.mark.parametrize(
    "changes",
    [
        {"calibration": None, "costs": None},
        {"calibration": make_calibration(problem="0 rows <b>", challenger=None), "costs": make_costs(problem="none")},
        {"calibration": make_calibration(champion=None, change=None), "costs": make_costs(saving=None, segments=())},
        {"calibration": make_calibration(challenger=replace(make_model_calibration(), error=None, bins=()))},
    ],
    ids=["nothing", "problems", "no champion", "regression"],
)
def test_what_was_not_measured_is_said_or_left_out(changes: dict[str, object]) -> None:
    story = make_story(evaluation=make_evaluation(**changes))
    page = run_report_html(story, str(Path("runs") / "sales"))
    assert "0 rows <b>" not in page
    assert ("<h2>Calibration</h2>" in page) is (changes["calibration"] is not None)
    assert run_report_markdown(story)
    assert model_card_html(story)

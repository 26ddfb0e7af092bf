"""Base rates are shown by part and over time, with what changed."""

from dataclasses import replace

from builders.diagnostics import make_diagnostics
from builders.label_rates import make_label_rates, make_label_shift, make_rates
from builders.pages import ATTACK, outline
from builders.records import make_evaluation
from builders.stories import make_story
from ratchet.records.label_rates import LabelRates
from ratchet.reports.label_charts import place_labels
from ratchet.reports.run_report import run_report_html, run_report_markdown


def plot_of(rates: LabelRates | None):
    return place_labels(make_evaluation(label_rates=rates))


def test_each_part_has_its_share_and_dates() -> None:
    plot = plot_of(make_label_rates())
    assert [(part.name, part.rows, part.cells) for part in plot.parts] == [
        ("train", 6_000, ("24\N{NO-BREAK SPACE}%",)),
        ("validation", 6_000, ("25\N{NO-BREAK SPACE}%",)),
        ("holdout", 6_000, ("24.7\N{NO-BREAK SPACE}%",)),
    ]
    assert plot.parts[0].dates == "2024-01-01 to 2024-03-31"


def test_the_line_follows_the_blocks_and_the_holdout_and_a_change_are_marked() -> None:
    blocks = tuple(make_rates(share=0.36 if quarter < 6 else 0.96, quarter=quarter) for quarter in range(8))
    shift = make_label_shift(at=blocks[6].begin)
    plot = plot_of(make_label_rates(blocks=blocks, shifts=(shift,)))
    heights = [float(point.split(",")[1]) for point in plot.chart.lines[0].path.split()]
    assert heights[0] == heights[5] > heights[6] == heights[7]
    holdout, changed = plot.chart.rules
    assert (holdout.text, changed.text) == ("holdout", "yes changes")
    assert (changed.at, holdout.at) == (75, 87.5)  # behind six and seven of eight blocks
    assert plot.chart.about == "yes from 36\N{NO-BREAK SPACE}% to 96\N{NO-BREAK SPACE}%"


def test_a_number_has_its_median_and_band() -> None:
    def numbered(rates):
        return replace(rates, mean=5.0, quantiles=(1.0, 4.0, 9.0))

    rates = make_label_rates()
    rates = replace(rates, parts=tuple(map(numbered, rates.parts)), blocks=tuple(map(numbered, rates.blocks)))
    plot = plot_of(rates)
    assert plot.columns == ("mean", "10 %", "50 %", "90 %")
    assert plot.parts[0].cells == ("5.0000", "1.0000", "4.0000", "9.0000")
    assert len(plot.chart.bands) == 1
    assert plot_of(replace(rates, blocks=tuple(replace(each, quantiles=()) for each in rates.blocks))).chart is None


def test_of_many_classes_those_that_move_most_are_drawn() -> None:
    def shared(rates, place):
        return replace(rates, shares=(0.1, 0.1 + 0.05 * place, 0.3, 0.2 - 0.02 * place, 0.2 + 0.03 * place))

    rates = make_label_rates(names=tuple("abcde"))
    blocks = tuple(shared(each, place) for place, each in enumerate(rates.blocks))
    plot = plot_of(replace(rates, parts=tuple(shared(each, 0) for each in rates.parts), blocks=blocks))
    assert [line.name for line in plot.chart.lines] == ["b", "e", "d"]
    assert plot.columns == ("b", "e", "d")
    assert plot.parts[0].cells == tuple(f"{share}\N{NO-BREAK SPACE}%" for share in (10, 20, 20))


def test_rows_without_order_have_no_line_and_nothing_measured_no_section() -> None:
    assert plot_of(make_label_rates(blocks=())).chart is None
    assert plot_of(None) is None
    assert place_labels(None) is None
    unknown = make_story(evaluation=make_evaluation(label_rates=None))
    assert "What was to be predicted" not in run_report_html(unknown, "runs/sales/run-1")


def test_the_section_is_on_the_page_and_names_are_shown_as_text() -> None:
    rates = make_label_rates(names=(ATTACK,), problem=ATTACK, shifts=(make_label_shift(label=ATTACK),))
    story = make_story(evaluation=make_evaluation(label_rates=rates, diagnostics=make_diagnostics()))
    html, text = run_report_html(story, "runs/sales/run-1"), run_report_markdown(story)
    assert "What was to be predicted" in html
    assert "| train | 6,000 | 24" in text
    assert not {"script", "img"} & set(outline(html).seen)
    assert "<script" not in text

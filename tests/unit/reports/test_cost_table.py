"""What models take and what changed, in the report."""

import pytest

from builders.records import make_changes, make_evaluation, make_serving_cost, make_serving_costs
from builders.stories import make_story
from ratchet.records.review import Changes
from ratchet.records.serving_cost import ServingCost, ServingCosts
from ratchet.reports.cost_table import list_costs, tabulate_costs
from ratchet.reports.run_report import run_report_html, run_report_markdown
from ratchet.reports.story import Story
from ratchet.reports.wording import NOTHING


def read(story: Story) -> tuple[str, str]:
    """Both pages."""
    return run_report_html(story, "runs/sales/run-1"), run_report_markdown(story)


def test_a_row_has_a_cell_for_each_model() -> None:
    rows = {row.name: row.cells for row in tabulate_costs(list_costs(make_serving_costs()))}
    assert [cell.text for cell in rows["One row, p50"]] == ["6.4 ms", "6.4 ms"]
    assert rows["One row, p50"][0].note == "[6.1, 6.9]"
    assert rows["One row, p99"][0].note == "64 calls are too few for the slowest 1 %, needs 100"
    assert [cell.text for cell in rows["File"]] == ["5.4 MB", "5.1 MB"]
    assert "1,000 predictions in batches" not in rows


def test_costs_are_there_when_there_is_a_price() -> None:
    rows = tabulate_costs((make_serving_cost(cost_single=0.0021, cost_batch=0.0015),))
    assert [row.cells[0].text for row in rows[-2:]] == ["0.0021", "0.0015"]


def test_what_was_not_measured_is_a_dash() -> None:
    rows = tabulate_costs((ServingCost(model="challenger", size_bytes=0),))
    assert {cell.text for row in rows for cell in row.cells} == {NOTHING}


def test_nothing_is_listed_of_nothing() -> None:
    assert list_costs(None) == ()
    assert list_costs(ServingCosts()) == ()


@pytest.mark.parametrize("page", [0, 1])
def test_the_report_shows_what_models_take(page: int) -> None:
    shown = read(make_story(serving_costs=make_serving_costs()))[page]
    assert "Serving cost" in shown
    assert "61,000 rows/s" in shown
    problem = read(make_story(serving_costs=ServingCosts(problem="stopped after its time limit")))[page]
    assert "could not be measured: stopped after its time limit." in problem
    broken = make_serving_costs(champion=ServingCost(model="champion", size_bytes=1, problem="it has <b> in it"))
    assert "it has &lt;b" in read(make_story(serving_costs=broken))[page]
    assert "Serving cost" not in read(make_story(serving_costs=None))[page]


@pytest.mark.parametrize("page", [0, 1])
def test_the_report_shows_what_changed(page: int) -> None:
    changes = make_changes(new_features=("<i>age",))
    shown = read(make_story(evaluation=make_evaluation(changes=changes)))[page]
    assert "What changed" in shown
    assert "&lt;i" in shown
    assert "8 earlier fits let expect 11.9 s" in shown
    problem = make_evaluation(changes=Changes(problem="its records are gone"))
    assert "its records are gone." in read(make_story(evaluation=problem))[page]
    assert "What changed" not in read(make_story(evaluation=make_evaluation(changes=None)))[page]

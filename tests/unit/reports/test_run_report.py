"""The run report tells a busy person what happened, why, and what to do."""

from dataclasses import replace

import pytest

from builders.pages import ATTACK, outline
from builders.records import (
    make_changes,
    make_data_report,
    make_evaluation,
    make_gain,
    make_serving_cost,
    make_serving_costs,
    make_split,
    make_table,
)
from builders.stories import ENDINGS, make_held_story, make_refused_data_story, make_rejected_story, make_story
from ratchet.records.data import HoldoutPlan
from ratchet.records.judgement import ChampionRef
from ratchet.records.modelling import Refresh
from ratchet.records.review import Changes
from ratchet.records.serving_cost import ServingCost, ServingCosts
from ratchet.reports.run_report import list_costs, run_report_html, run_report_markdown, tabulate_costs
from ratchet.reports.story import Story
from ratchet.reports.wording import NOTHING

FOLDER = "runs/sales/run-1"


def attacked_story() -> Story:
    """A story whose every text wants to be markup."""
    story = make_held_story()
    gates = tuple(replace(gate, reason=ATTACK, gate=ATTACK) for gate in story.verdict.gates)
    candidates = story.challenger.leaderboard if story.challenger else ()
    board = tuple(replace(each, name=ATTACK, failure=ATTACK, estimator=ATTACK) for each in candidates)
    assert story.challenger is not None
    failed = replace(make_data_report().expectations[0], column=ATTACK, reason=ATTACK, rule=ATTACK)
    return replace(
        story,
        run=story.run.model_copy(update={"reason": ATTACK}),
        table=make_table(source=ATTACK, warnings=(ATTACK,)),
        verdict=replace(story.verdict, reason=ATTACK, gates=gates, challenger=ATTACK),
        promotion=replace(story.promotion, reason=ATTACK),
        challenger=replace(story.challenger, leaderboard=board, reason=ATTACK),
        evaluation=make_evaluation(
            challenger=ATTACK, slice_gains=(make_gain(ATTACK), make_gain("b", problem=ATTACK, estimate=None))
        ),
        data_report=make_data_report(expectations=(failed,), reference_run=ATTACK),
        versions=((ATTACK, ATTACK),),
    )


@pytest.mark.parametrize("ending", ENDINGS)
def test_every_ending_makes_a_well_formed_page_that_fetches_nothing(ending: str) -> None:
    page = outline(run_report_html(ENDINGS[ending](), FOLDER))
    assert "script" not in page.seen
    assert not any("//" in address for address in page.addresses)
    assert page.seen.count("h1") == 1


@pytest.mark.parametrize("ending", ENDINGS)
def test_html_and_markdown_say_the_same_first_sentence(ending: str) -> None:
    story = ENDINGS[ending]()
    first = run_report_markdown(story).splitlines()[0].removeprefix("# ").split(": ", 1)
    html = run_report_html(story, FOLDER)
    assert first[0] in html
    assert first[1].replace("'", "&#39;") in html


def test_texts_that_want_to_be_markup_are_shown_as_text() -> None:
    page = outline(run_report_html(attacked_story(), FOLDER))
    assert "script" not in page.seen
    assert "img" not in page.seen


def test_texts_that_want_to_be_markdown_are_shown_as_text() -> None:
    text = run_report_markdown(attacked_story())
    assert "<script" not in text
    assert "<img" not in text
    assert "\x00" not in text
    assert "\u202e" not in text
    for line in text.splitlines():
        if line.startswith("|"):
            assert "`" not in line.replace("\\`", "")


def test_the_champion_before_and_after_is_shown_with_the_way_back() -> None:
    html = run_report_html(make_story(), FOLDER)
    assert "v7 → v8" in html
    assert "ratchet rollback sales --reason &#34;why&#34;" in html
    assert "rollback" not in run_report_html(make_rejected_story(), FOLDER)


def test_every_gate_stands_there_with_outcome_and_reason() -> None:
    text = run_report_markdown(make_rejected_story())
    assert "| beats_champion | fail | roc_auc gain -0.0008 \\[-0.0049, +0.0033\\] against version 7" in text
    assert "| data_check | pass |" in text


def test_lost_candidates_stand_on_the_leaderboard_with_the_reason() -> None:
    assert "lost: stopped after its time limit of 1h" in run_report_html(make_story(), FOLDER)
    assert "lost: stopped after its time limit of 1h" in run_report_markdown(make_story())


def test_a_refreshed_candidate_says_what_it_was_made_from_and_how_far_it_is_from_a_full_fit() -> None:
    made = Refresh(name="boosting", way="incremental", reason="starts from version 7", parameters="{}")
    story = make_story()
    for refresh, expected in (
        (made, "starts from version 7"),
        (replace(made, distance=0.0214), "starts from version 7; on average 0.0214 from what a full fit says"),
        (replace(made, distance=0.0214, correlation=0.98765), "0.0214 from what a full fit says (correlation 0.988)"),
    ):
        board = (replace(story.challenger.leaderboard[0], refresh=refresh), *story.challenger.leaderboard[1:])
        told = replace(story, challenger=replace(story.challenger, leaderboard=board))
        assert expected in run_report_html(told, FOLDER)
        assert expected in run_report_markdown(told).replace("\\", "")


def test_the_data_docs_are_linked_from_where_the_page_is() -> None:
    assert 'href="data_docs/index.html"' in run_report_html(make_story(), FOLDER)
    elsewhere = make_story(data_report=make_data_report(docs="docs/a b/index.html"))
    assert 'href="../../../docs/a%20b/index.html"' in run_report_html(elsewhere, FOLDER)
    none = make_story(data_report=make_data_report(docs=None))
    assert "Data Docs" not in run_report_html(none, FOLDER)


def test_refused_data_is_explained_without_a_leaderboard() -> None:
    html = run_report_html(make_refused_data_story(), FOLDER)
    assert "34 % of age is missing, at most 10 % may be" in html
    assert "Leaderboard" not in html
    assert "Gains on the holdout" not in html


def test_a_champion_that_could_not_be_measured_is_said_to_be_so() -> None:
    unmeasured = make_evaluation(
        champion=ChampionRef(version=7, run_id="run-0", problem="it needs the column height"),
        champion_gain=make_gain(estimate=None, lower=None, upper=None, detectable=None, problem="no champion figure"),
        slice_gains=(),
    )
    for text in (
        run_report_html(make_story(evaluation=unmeasured), FOLDER),
        run_report_markdown(make_story(evaluation=unmeasured)),
    ):
        assert "it needs the column height." in text
        assert "Nothing could be measured: no champion figure." in text


def test_outcomes_are_words_and_signs_beside_their_colour() -> None:
    html = run_report_html(make_rejected_story(), FOLDER)
    assert html.count('<span class="badge bad') == html.count('<path d="M4 4l8 8M12 4l-8 8"/>') == 2
    assert "fail</span>" in html


def test_a_page_without_data_or_gates_is_still_a_page() -> None:
    story = replace(make_refused_data_story(), table=None)
    story = replace(story, verdict=replace(story.verdict, gates=()), versions=())
    outline(run_report_html(story, FOLDER))
    assert run_report_markdown(story)


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


def test_why_so_many_rows_judge_is_said_where_it_was_planned() -> None:
    plan = HoldoutPlan(rows=7_326, reason="7,326 rows judge: by run run-0 it takes 7,326")
    story = make_story(split=make_split(plan=plan))
    assert plan.reason in run_report_html(story, FOLDER)
    assert plan.reason in run_report_markdown(story)
    assert "rows judge" not in run_report_html(make_story(), FOLDER) + run_report_markdown(make_story())


def test_what_did_not_pass_is_open_and_what_passed_is_folded() -> None:
    html = run_report_html(make_rejected_story(), FOLDER)
    assert html.index("beats_champion</th>") < html.index("<details>") < html.index("gates passed</summary>")
    first = run_report_html(make_story(), FOLDER)
    assert "passed</summary>" not in first

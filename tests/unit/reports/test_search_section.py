"""What was tried before candidates were trained, as both reports tell it."""

from dataclasses import replace

from builders.stories import make_story
from ratchet.records.modelling import Search, TrainingWindow, Trial
from ratchet.reports.run_report import run_report_html, run_report_markdown


def make_trial(name, *scores, failure=None, parameters="{}", **window):
    return Trial(name=name, parameters=parameters, window=TrainingWindow(**window), scores=scores, failure=failure)


def test_the_report_says_what_was_tried_and_what_was_taken(tmp_path):
    every, newest = make_trial("one", -9.5, -8.5), make_trial("one", -4.25, -4.75, rows=1_500)
    lost = make_trial("two", failure="stopped after its time limit of 5 s")
    tuned = make_trial("two", -5.5, parameters='{"C": 0.0123456, "solver": "saga"}', failure="given up")
    search = Search(trials=(every, newest, lost, tuned), chosen=(newest, lost), reason="one is the best")
    story = replace(make_story(), search=search)
    for page in (run_report_html(story, tmp_path), run_report_markdown(story)):
        assert "Recipes that were tried" in page
        assert page.count("taken") == 1
        for text in ("the newest 1,500 rows", "4.25", "stopped after its time limit of 5 s", "ne is the best"):
            assert text in page
        for text in ("C 0.0123, solver saga", "given up"):
            assert text in page


def test_a_run_without_folds_has_no_such_section(tmp_path):
    search = Search(trials=(), chosen=(), reason="`search.folds` is 0")
    assert "Recipes that were tried" not in run_report_html(replace(make_story(), search=search), tmp_path)

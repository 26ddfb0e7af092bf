"""The model card says what a model is for and where its known good ends."""

from pathlib import Path

import pytest

from builders.runs import make_config, make_run
from builders.stories import ENDINGS, make_refused_data_story, make_rejected_story, make_story
from ratchet.reports.model_card import model_card_html, model_card_markdown, standing_of


@pytest.mark.parametrize("ending", ENDINGS)
def test_every_ending_has_a_card_in_both_forms(ending: str) -> None:
    story = ENDINGS[ending]()
    for text in (model_card_html(story), model_card_markdown(story)):
        assert "growth team" in text
        assert "Limits" in text
        assert "None" not in text


def test_a_card_says_whether_its_model_is_in_use() -> None:
    assert standing_of(make_story()).word == "In use"
    assert standing_of(make_rejected_story()).word == "Not in use: reject"
    assert standing_of(make_refused_data_story()).word == "No model"


def test_what_nobody_wrote_down_is_said_to_be_missing() -> None:
    story = make_story(run=make_run(Path("home"), make_config()))
    assert "Nobody has described this model yet" in model_card_html(story)
    assert "nobody is named" in model_card_markdown(story)


def test_sensitive_columns_are_listed_and_whether_the_model_sees_them() -> None:
    story = make_story(run=make_run(Path("home"), make_config(data={"sensitive": ["age", "sex"]})))
    html = model_card_html(story)
    assert 'age <span class="note">(a feature)</span>, sex <span class="note">(not a feature)</span>' in html
    assert "none named" in model_card_html(make_story())


def test_provenance_names_file_data_and_config_by_digest() -> None:
    story = make_story()
    assert story.challenger is not None
    assert story.table is not None
    for text in (model_card_html(story), model_card_markdown(story)):
        assert story.challenger.model.sha256 in text
        assert story.table.fingerprint in text
        assert "run-1" in text


def test_performance_by_slice_names_those_that_could_not_be_measured() -> None:
    assert "9 positives, at least 25 are needed" in model_card_markdown(make_story())
    assert "By slice" in model_card_html(make_story())

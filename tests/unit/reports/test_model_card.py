"""The model card says what a model is for and where its known good ends."""

from datetime import timedelta
from pathlib import Path

import pytest

from builders.behaviour import make_behaviour
from builders.label_rates import make_label_rates
from builders.records import make_evaluation, make_gain, make_part, make_split, make_table
from builders.runs import make_config, make_run
from builders.stories import ENDINGS, make_described_config, make_refused_data_story, make_rejected_story, make_story
from ratchet.config.model import ModelConfig
from ratchet.records.fairness import Attribute, Fairness, Group, GroupFigure
from ratchet.reports.model_card import caveats_of, model_card_html, model_card_markdown, standing_of
from ratchet.reports.story import Story

GROUPS = {"other": (), "women": (GroupFigure(measure="accuracy", count=12, others=12),)}


@pytest.mark.parametrize("ending", ENDINGS)
def test_every_ending_has_a_card_in_both_forms(ending: str) -> None:
    story = ENDINGS[ending]()
    for text in (model_card_html(story), model_card_markdown(story)):
        assert "growth team" in text
        assert "Limits" in text
        assert "None" not in text


def test_a_card_says_that_nobody_knows_what_taught_an_adopted_model() -> None:
    adoption = {"source": "models:/team@prod", "person": "ann"}
    story = make_story(run=make_run(Path("home"), make_described_config(), adoption=adoption))
    told = [each for each in caveats_of(story) if "adopted from models:/team@prod: what it has learnt" in each]
    assert len(told) == 1
    assert told[0] not in caveats_of(make_story())


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


def story_of(config: ModelConfig) -> Story:
    """A story of another config."""
    return make_story(run=make_run(Path("home"), config))


def test_nothing_is_claimed_beyond_the_holdout() -> None:
    assert "Nothing is known about how it does on rows later than 2025-12-31." in caveats_of(make_story())


def test_data_without_a_clock_has_no_such_end() -> None:
    split = make_split(holdout=make_part("holdout", time_from=None, time_to=None), embargoed_rows=0)
    assert not any("later than" in each or "took no part" in each for each in caveats_of(make_story(split=split)))


def test_rows_left_out_for_late_labels_are_counted() -> None:
    assert any(each.startswith("316 rows took no part") for each in caveats_of(make_story()))


def test_rows_left_out_for_their_group_are_not_blamed_on_late_labels() -> None:
    config = make_described_config()
    grouped = config.model_copy(
        update={"data": config.data.model_copy(update={"group": "shop", "label_delay": timedelta(0)})}
    )
    (left_out,) = (each for each in caveats_of(story_of(grouped)) if "took no part" in each)
    assert left_out == "316 rows took no part, because a later part has rows of the same shop."


def test_a_choice_that_knew_more_than_it_should_is_named() -> None:
    story = make_story(split=make_split(knows_validation=True))
    assert any("labels that were not known when validation began" in each for each in caveats_of(story))
    assert not any("when validation began" in each for each in caveats_of(make_story()))
    story = make_story(split=make_split(knows_validation=True, knows_holdout=True))
    assert any("not known when the holdout began" in each for each in caveats_of(story))
    assert not any("when validation began" in each for each in caveats_of(story))


def test_remarks_on_the_data_are_repeated() -> None:
    story = make_story(table=make_table(warnings=("3 rows repeat",)))
    assert "3 rows repeat" in caveats_of(story)
    assert not any("repeat" in each for each in caveats_of(make_story(table=None)))


def test_the_smallest_gain_that_would_be_seen_is_named() -> None:
    assert any("a true gain below 0.0052 roc_auc against the champion" in each for each in caveats_of(make_story()))
    unknown = make_evaluation(champion_gain=make_gain(detectable=None))
    assert not any("true gain" in each for each in caveats_of(make_story(evaluation=unknown)))


def test_classes_that_nothing_waited_for_are_named() -> None:
    settings = {"data": {"target": {"column": "bought"}}, "evaluation": {"rare_classes": ["cat"]}}
    story = story_of(make_config(task="multiclass", **settings))
    assert any(each.startswith("The config calls cat rare") for each in caveats_of(story))
    assert not any("rare:" in each for each in caveats_of(make_story()))


def test_slices_that_could_not_be_judged_are_named_with_the_reason() -> None:
    assert "Slice new-city could not be judged: 9 positives, at least 25 are needed." in caveats_of(make_story())


def test_a_model_that_was_never_judged_says_so() -> None:
    assert "It was never judged on a holdout." in caveats_of(make_refused_data_story())


def of_groups(fairness: Fairness | None) -> tuple[str, ...]:
    config = make_described_config(data={"sensitive": ["sex", "race"]})
    story = make_story(run=make_run(Path("home"), config), evaluation=make_evaluation(fairness=fairness))
    return caveats_of(story)


def test_groups_of_persons_that_nothing_is_known_of_are_named() -> None:
    small, known = (Group(name=name, rows=12, positives=1, figures=figures) for name, figures in GROUPS.items())
    sex = Attribute(name="sex", columns=("sex",), groups=(small, known))
    race = Attribute(name="race", columns=("race",), problem="the holdout has no column 'race'")
    both = Attribute(name="sex and race", columns=("sex", "race"), left_out=3)
    found = of_groups(Fairness(attributes=(sex, race, both)))
    assert "Too few rows to say how it treats sex other." in found
    assert "Too few rows to say how it treats 3 groups of sex and race." in found
    assert "Groups of race could not be compared: the holdout has no column 'race'." in found


def test_groups_of_persons_that_were_not_measured_at_all_are_a_limit() -> None:
    assert "Nothing was measured by group of persons." in of_groups(None)
    assert "Nothing was measured by group of persons: no rows." in of_groups(Fairness(problem="no rows"))


def test_naming_no_sensitive_column_is_a_limit_too() -> None:
    assert any(each.startswith("No column is named as sensitive") for each in caveats_of(make_story()))


def test_what_is_wrong_stands_before_everything_else_with_what_helps() -> None:
    html, text = model_card_html(make_rejected_story()), model_card_markdown(make_rejected_story())
    assert html.index("What is wrong with it") < html.index("Intended use") < html.index("<h2>Performance")
    assert "beats champion</b>: roc_auc gain" in html
    assert "What helps: The challenger is not shown to be better" in html
    assert "- fail: beats_champion: " in text
    assert "No gate found anything" in model_card_html(make_story())


def test_intended_use_is_told_or_said_to_be_missing() -> None:
    card = {"intended_use": "Ranks visitors.", "not_for": ["Credit.", "<b>Prices</b>"], "limits": ["Winter only."]}
    story = story_of(make_described_config(card=card))
    for text in (model_card_html(story), model_card_markdown(story)):
        assert "Ranks visitors." in text
        assert "&lt;b&gt;Prices" in text or "\\<b>" in text or "&lt;b>Prices" in text
        assert "Winter only." in text
    assert "`card.intended_use` in its YAML is empty" in model_card_html(make_story())
    assert "- not for: not said" in model_card_markdown(make_story())


def test_base_rates_stand_there_by_part_with_their_dates() -> None:
    story = make_story(evaluation=make_evaluation(label_rates=make_label_rates()))
    assert "| train | 6,000 | 24 % |" in model_card_markdown(story)
    assert "2024-01-01 to 2024-03-31" in model_card_html(story)
    unknown = make_story(evaluation=make_evaluation(label_rates=None))
    assert "by part" not in model_card_html(unknown)


def test_what_it_looks_at_is_in_the_card() -> None:
    html = model_card_html(make_story(behaviour=make_behaviour()))
    assert 'age <span class="note">(60\N{NO-BREAK SPACE}% of importance)</span>, city' in html
    assert "member <span" in html  # a feature, though of no importance


def test_the_furthest_group_of_each_measure_is_in_the_card() -> None:
    figures = [
        GroupFigure(measure="accuracy", count=50, others=90, value=0.8, difference=difference, lower=-0.2, upper=0.2)
        for difference in (0.02, -0.09)
    ]
    groups = tuple(
        Group(name=name, rows=50, positives=9, figures=(figure,))
        for name, figure in zip(("men", "women"), figures, strict=True)
    )
    fairness = Fairness(attributes=(Attribute(name="sex", columns=("sex",), groups=groups),), confidence=0.99)
    config = make_described_config(data={"sensitive": ["sex"]})
    story = make_story(run=make_run(Path("home"), config), evaluation=make_evaluation(fairness=fairness))
    assert "| accuracy | sex: women | 50 |" in model_card_markdown(story)
    assert "of 2 groups" in model_card_html(story)

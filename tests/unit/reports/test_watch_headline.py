import pytest

from builders.watch_stories import WATCHED, make_empty_story, make_green_story, make_watch_story
from ratchet.reports.watch_headline import tell_watch


@pytest.mark.parametrize(
    ("level", "tone", "title"),
    [
        ("red", "bad", "sales needs somebody now: 2 alerts"),
        ("yellow", "wait", "sales: worth a look"),
        ("green", "good", "sales is as it was"),
        ("unknown", "calm", "sales can't be judged yet"),
    ],
)
def test_each_level_has_a_title_and_a_colour(level, tone, title):
    headline = tell_watch(WATCHED[level]())
    assert (headline.word, headline.tone, headline.title) == (level, tone, title)


def test_the_sentence_does_not_repeat_the_level():
    assert tell_watch(make_watch_story()).sentence == "roc_auc is 0.861, 5.4 % below its baseline of 0.91"
    assert tell_watch(make_empty_story()).sentence == "unknown, which is not green: no rows came"
    assert tell_watch(make_green_story()).sentence.startswith("none of 1 signals")

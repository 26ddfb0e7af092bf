"""The first thing that a page of monitoring says."""

from dataclasses import dataclass

from ratchet.records.alerts import AlertLevel
from ratchet.reports.watch_story import WatchStory
from ratchet.reports.wording import plural

TONES = {AlertLevel.GREEN: "good", AlertLevel.YELLOW: "wait", AlertLevel.RED: "bad", AlertLevel.UNKNOWN: "calm"}


@dataclass(frozen=True, slots=True, kw_only=True)
class WatchHeadline:
    """The badge, the title and the sentence below it."""

    word: str
    tone: str
    title: str
    sentence: str


def tell_watch(story: WatchStory) -> WatchHeadline:
    """Say in one line whether anybody has to do anything."""
    watch = story.watch
    return WatchHeadline(
        word=watch.level.value,
        tone=TONES[watch.level],
        title=_find_title(story),
        sentence=watch.sentence.removeprefix(f"{watch.level.value}: "),
    )


def _find_title(story: WatchStory) -> str:
    model = story.run.model
    titles = {
        AlertLevel.GREEN: f"{model} is as it was",
        AlertLevel.YELLOW: f"{model}: worth a look",
        AlertLevel.RED: f"{model} needs somebody now",
        AlertLevel.UNKNOWN: f"{model} can't be judged yet",
    }
    moved = story.raised
    counted = f": {plural(len(moved), 'alert')}" if moved and story.watch.level is AlertLevel.RED else ""
    return titles[story.watch.level] + counted

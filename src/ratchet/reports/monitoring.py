"""The page of a monitoring run: whether anybody has to do anything, and what speaks for it."""

import posixpath
from collections.abc import Callable, Sequence
from itertools import groupby
from urllib.parse import quote

from ratchet.records.production import ConceptShift, Figure
from ratchet.reports.movement import place_movement
from ratchet.reports.rendering import render
from ratchet.reports.watch_headline import TONES, tell_watch
from ratchet.reports.watch_story import WatchStory
from ratchet.reports.weekly import place_weeks

MOST_SEGMENTS = 30  # rows of the table; a page is read by people


def monitoring_html(story: WatchStory, folder: str) -> str:
    """Return the page; `folder` is where it will be, relative to the home."""
    queue = story.queue.file
    return render(
        "monitoring.html.jinja",
        story=story,
        headline=tell_watch(story),
        tones={level.value: tone for level, tone in TONES.items()},
        weeks=place_weeks(story.performance, story.main_figure),
        everybody=_select(story, lambda each: each.segment is None),
        segments=list_segments(story),
        movement=place_movement(story.shift),
        concept=explain_concept(story.performance.concept, story.moved),
        queue_link=quote(posixpath.relpath(queue.path, folder)) if queue else None,
        evidently_link=quote(story.beside.file) if story.beside.file else None,
    )


def list_segments(story: WatchStory) -> tuple[tuple[str, tuple[Figure, ...]], ...]:
    """Return the figures of each segment, the largest loss first; a segment without a figure comes last."""
    figures = _select(story, lambda each: each.segment is not None and each.metric == story.run.config.metric)
    ordered = sorted(figures, key=lambda each: each.segment or "")
    grouped = [(name or "", tuple(found)) for name, found in groupby(ordered, key=lambda each: each.segment)]
    return tuple(sorted(grouped, key=lambda pair: -_worst(pair[1])))[:MOST_SEGMENTS]


def explain_concept(concept: ConceptShift, moved: Sequence[str]) -> str:
    """Say in one sentence what changed: the rows, where columns moved, or what becomes of rows that are alike."""
    if concept.problem or concept.concept_part is None:
        return f"It can't be told apart: {concept.problem or 'nothing was measured'}"
    if concept.shifted:
        return "The same inputs have other outcomes than before: what the model learnt no longer holds."
    if moved and (concept.data_part or 0) > max(concept.concept_part, 0):
        return "Other rows come than before; rows that are alike still have the outcomes they had."
    return "Rows that are alike have the outcomes they had, as far as these labels show."


def _select(story: WatchStory, is_wanted: Callable[[Figure], bool]) -> tuple[Figure, ...]:
    return tuple(each for each in story.performance.figures if is_wanted(each))


def _worst(figures: tuple[Figure, ...]) -> float:
    return max((each.loss for each in figures if each.loss is not None), default=float("-inf"))

"""The model card: what a model is for, what it was made from, how good it is, and where that ends."""

from dataclasses import dataclass
from itertools import chain

from ratchet.errors import list_names
from ratchet.records.fairness import Attribute
from ratchet.records.judgement import Decision, Evaluation
from ratchet.reports.concerns import concerns_of
from ratchet.reports.fairness_plot import GroupMark, MeasurePlot, place_groups
from ratchet.reports.gain_plots import place_importances
from ratchet.reports.label_charts import place_labels
from ratchet.reports.reliability import explain_threshold
from ratchet.reports.rendering import render
from ratchet.reports.story import Headline, Story
from ratchet.reports.wording import count, figure, moment, percent, plural


def model_card_html(story: Story) -> str:
    """Return the card as one self-contained page."""
    return render("model_card.html.jinja", **_values(story))


def model_card_markdown(story: Story) -> str:
    """Return the card as Markdown."""
    return render("model_card.md.jinja", **_values(story))


def standing_of(story: Story) -> Headline:
    """Say whether this run's model is in use."""
    version = story.promotion.version
    if story.promotion.moved:
        return Headline(word="In use", tone="good", sentence=f"{story.run.model}, version {version}")
    if story.challenger is None:
        return Headline(word="No model", tone="calm", sentence=f"{story.run.model}: this run made no model")
    return Headline(
        word=f"Not in use: {story.verdict.decision.value}",
        tone="bad" if story.verdict.decision is Decision.REJECT else "wait",
        sentence=f"{story.run.model}: {story.challenger.name} of this run",
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FurthestGroup:
    """The group that a measure tells furthest from everybody else, and how many were measured."""

    plot: MeasurePlot
    mark: GroupMark
    groups: int


def find_furthest(plots: tuple[MeasurePlot, ...]) -> tuple[FurthestGroup, ...]:
    """Find the group that is furthest from everybody else in each measure; measures without one are left out."""
    measured = [(plot, [mark for mark in plot.marks if mark.at is not None]) for plot in plots]
    return tuple(
        FurthestGroup(plot=plot, mark=max(marks, key=_distance), groups=len(marks)) for plot, marks in measured if marks
    )


def _distance(mark: GroupMark) -> float:
    return abs(mark.figure.difference or 0.0) if mark.figure else 0.0


def _values(story: Story) -> dict[str, object]:
    standing = standing_of(story)
    evaluation = story.evaluation
    plots = place_groups(evaluation.fairness if evaluation else None, story.run.config)
    return {
        "concerns": concerns_of(story),
        "furthest_groups": find_furthest(plots),
        "label_plot": place_labels(evaluation),
        "bars": place_importances(story.behaviour),
        "story": story,
        "standing": standing,
        "title": standing.sentence,
        "candidate": story.candidate,
        "caveats": caveats_of(story),
        "threshold": explain_threshold(story.challenger.thresholds if story.challenger else None),
        "cost": story.evaluation.costs.of("challenger") if story.evaluation and story.evaluation.costs else None,
        "config_fingerprint": story.run.config.fingerprint(),
    }


def caveats_of(story: Story) -> tuple[str, ...]:
    """Return one sentence for each limit that the YAML names or the records show; never empty."""
    told = story.run.config.card.limits
    return (*told, *_of_origin(story), *_of_data(story), *_of_judging(story), *_of_fairness(story))


def _of_origin(story: Story) -> tuple[str, ...]:
    adoption = story.run.adoption
    if adoption is None:
        return ()
    return (
        f"It was made elsewhere, and adopted from {adoption.source}: what it has learnt is not known, and where "
        "holdout rows are among it, its figures flatter it.",
    )


def _of_data(story: Story) -> tuple[str, ...]:
    warnings = story.table.warnings if story.table else ()
    if story.split is None:
        return warnings
    holdout, found = story.split.holdout, []
    if holdout.time_to is not None:
        found.append(f"Nothing is known about how it does on rows later than {moment(holdout.time_to)}.")
    if story.split.embargoed_rows:
        found.append(f"{plural(story.split.embargoed_rows, 'row')} took no part, {_why_left_out(story)}.")
    if story.split.knows_holdout:
        found.append(
            "Candidates had learnt labels that were not known when the holdout began: the rows since the change are "
            "few beside the label delay, which lies before the holdout in part only. Its figures may flatter them."
        )
    elif story.split.knows_validation:
        found.append(
            "Candidates had learnt labels that were not known when validation began, as too few rows would have been "
            "left without them: which one was chosen may depend on that. None was known later than the holdout's begin."
        )
    return (*found, *warnings)


def _why_left_out(story: Story) -> str:
    data = story.run.config.data
    delay = "because labels are known only after the delay that the config names"
    group = f"because a later part has rows of the same {data.group}"
    if data.group is None:
        return delay
    return f"{group}, or {delay}" if data.label_delay else group


def _of_judging(story: Story) -> tuple[str, ...]:
    if story.evaluation is None:
        return ("It was never judged on a holdout.",)
    return (*_of_precision(story), *_of_rare_classes(story), *_of_missing_slices(story.evaluation))


def _of_precision(story: Story) -> tuple[str, ...]:
    gain = story.main_gain
    if gain is None or gain.detectable is None:
        return ()
    return (
        f"On {count(gain.rows)} holdout rows a true gain below {figure(gain.detectable)} {gain.metric} against the "
        f"{gain.opponent} would be missed in more than one run of five, at {percent(gain.confidence)} confidence.",
    )


def _of_rare_classes(story: Story) -> tuple[str, ...]:
    rare = list_names(story.run.config.evaluation.rare_classes)
    return (
        (f"The config calls {rare} rare: how it does there may rest on a handful of rows, or on none.",) if rare else ()
    )


def _of_missing_slices(evaluation: Evaluation) -> tuple[str, ...]:
    return tuple(
        f"Slice {gain.slice} could not be judged: {gain.problem}." for gain in evaluation.slice_gains if gain.problem
    )


def _of_fairness(story: Story) -> tuple[str, ...]:
    if not story.run.config.data.sensitive:
        return ("No column is named as sensitive, so nothing was looked at by group of persons.",)
    fairness = story.evaluation.fairness if story.evaluation else None
    if fairness is None:
        return ("Nothing was measured by group of persons.",)
    if fairness.problem:
        return (f"Nothing was measured by group of persons: {fairness.problem}.",)
    return tuple(chain.from_iterable(map(_of_groups, fairness.attributes)))


def _of_groups(attribute: Attribute) -> tuple[str, ...]:
    """Say of which groups nothing is known."""
    if attribute.problem:
        return (f"Groups of {attribute.name} could not be compared: {attribute.problem}.",)
    small = [group.name for group in attribute.groups if not group.figures]
    unknown = [f"{attribute.name} {list_names(small)}"] if small else []
    unknown += [f"{plural(attribute.left_out, 'group')} of {attribute.name}"] if attribute.left_out else []
    return tuple(f"Too few rows to say how it treats {what}." for what in unknown)

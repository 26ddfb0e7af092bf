"""The model card: what a model is for, what it was made from, how good it is, and where that ends."""

from ratchet.reports.caveats import caveats_of
from ratchet.reports.headline import Headline
from ratchet.reports.reliability import explain_threshold
from ratchet.reports.rendering import render
from ratchet.reports.story import Story


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
        tone="calm",
        sentence=f"{story.run.model}: {story.challenger.name} of this run",
    )


def _values(story: Story) -> dict[str, object]:
    standing = standing_of(story)
    return {
        "story": story,
        "standing": standing,
        "title": standing.sentence,
        "candidate": story.candidate,
        "caveats": caveats_of(story),
        "threshold": explain_threshold(story.challenger.thresholds if story.challenger else None),
        "cost": story.evaluation.costs.of("challenger") if story.evaluation and story.evaluation.costs else None,
        "config_fingerprint": story.run.config.fingerprint(),
    }

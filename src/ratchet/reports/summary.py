"""A run in a few figures and words, as a tracking server shows them in its tables."""

from ratchet.reports.story import Story
from ratchet.reports.wording import as_of


def metrics_of(story: Story) -> dict[str, float]:
    """Return the measured figures by name; what could not be measured is not there."""
    if story.evaluation is None:
        return {}
    figures = {f"holdout.{each.metric}": each.challenger for each in story.evaluation.metrics}
    against = (story.evaluation.baseline_gain, story.evaluation.champion_gain, *story.evaluation.slice_gains)
    for gain in filter(None, against):
        name = f"gain.{gain.opponent}.{gain.slice}"
        figures |= {name: gain.estimate, f"{name}.lower": gain.lower, f"{name}.upper": gain.upper}
    return {name: value for name, value in figures.items() if value is not None}


def tags_of(story: Story) -> dict[str, str]:
    """Return what a run can be found by."""
    tags = {
        "decision": story.verdict.decision.value,
        "reason": story.verdict.reason,
        "challenger": story.verdict.challenger,
        "moved": str(story.promotion.moved).lower(),
        "champion_version": story.promotion.version,
        "previous_version": story.promotion.previous,
        "data_check": story.data_report.outcome.value,
        "data_fingerprint": story.table.fingerprint if story.table else None,
        "config_fingerprint": story.run.config.fingerprint(),
        "as_of": as_of(story.run.as_of),
        "asked_for": story.run.reason or None,
        "dry_run": str(story.run.dry_run).lower(),
    }
    return {f"ratchet.{name}": str(value) for name, value in tags.items() if value is not None}

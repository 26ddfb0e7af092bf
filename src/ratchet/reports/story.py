"""Everything that one run's pages are made from."""

from dataclasses import dataclass

from ratchet.config.run import Run
from ratchet.records.behaviour import Behaviour
from ratchet.records.data import DataReport, Split, Table
from ratchet.records.judgement import Evaluation, Gain, Verdict
from ratchet.records.leakage import Audit
from ratchet.records.modelling import Candidate, Challenger
from ratchet.records.promotion import Promotion
from ratchet.records.serving_cost import ServingCosts
from ratchet.reports.wording import as_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """One run, told by its records; what is None never came to be.

    Attributes:
        run: what was asked for, and the config it was asked with.
        table: the snapshot.
        data_report: the data check.
        verdict: what was decided.
        promotion: what was done about it.
        split: how the rows were divided.
        challenger: the candidate that faced the holdout.
        evaluation: what was measured there.
        audit: what was found out about leaks.
        behaviour: what the challenger looks at, and what it says about changed rows.
        serving_costs: what it takes to run it.
        versions: name and version of each library that had a part in it.
    """

    run: Run
    table: Table | None
    data_report: DataReport
    verdict: Verdict
    promotion: Promotion
    split: Split | None = None
    challenger: Challenger | None = None
    evaluation: Evaluation | None = None
    audit: Audit | None = None
    behaviour: Behaviour | None = None
    serving_costs: ServingCosts | None = None
    versions: tuple[tuple[str, str], ...] = ()

    @property
    def candidate(self) -> Candidate | None:
        """The challenger's own line of the leaderboard."""
        if self.challenger is None:
            return None
        return next((each for each in self.challenger.leaderboard if each.name == self.challenger.name), None)

    @property
    def main_gain(self) -> Gain | None:
        """The gain that the verdict rests on: against the champion where there is one, else against the baseline."""
        if self.evaluation is None:
            return None
        return self.evaluation.champion_gain or self.evaluation.baseline_gain

    @property
    def plotted_gains(self) -> tuple[Gain, ...]:
        """Gains against one opponent, so that they share a scale: overall first, then by slice."""
        if self.evaluation is None or self.main_gain is None:
            return ()
        return (self.main_gain, *self.evaluation.slice_gains)


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

"""Everything that one run's pages are made from, what happened in one sentence, and what to do about it."""

from dataclasses import dataclass
from shlex import quote

from ratchet.config.run import Run
from ratchet.gates.weights import list_open, list_remedies
from ratchet.records.behaviour import Behaviour
from ratchet.records.data import DataReport, Expectation, Split, Table
from ratchet.records.judgement import Decision, Evaluation, Gain, Outcome, Verdict
from ratchet.records.leakage import Audit
from ratchet.records.modelling import Candidate, Challenger, Refit, Search
from ratchet.records.promotion import Promotion
from ratchet.records.serving_cost import ServingCosts
from ratchet.reports.wording import as_of, count, figure, plural

DRY_STEP = "This was a dry run, which changes nothing: run again without it to let the verdict count."
DRY_END = "This was a dry run, which changed nothing."
HOLD_STEP = "Look at the open gates below: the evidence is neither for nor against, and silence changes nothing."


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
        search: what was tried before candidates were trained.
        challenger: the candidate that faced the holdout.
        evaluation: what was measured there.
        audit: what was found out about leaks.
        behaviour: what the challenger looks at, and what it says about changed rows.
        serving_costs: what it takes to run it.
        refit: what a promotion puts into service in its place.
        versions: name and version of each library that had a part in it.
    """

    run: Run
    table: Table | None
    data_report: DataReport
    verdict: Verdict
    promotion: Promotion
    split: Split | None = None
    search: Search | None = None
    challenger: Challenger | None = None
    evaluation: Evaluation | None = None
    audit: Audit | None = None
    behaviour: Behaviour | None = None
    serving_costs: ServingCosts | None = None
    refit: Refit | None = None
    versions: tuple[tuple[str, str], ...] = ()

    @property
    def candidate(self) -> Candidate | None:
        """The challenger's own line of the leaderboard."""
        return self.challenger.candidate if self.challenger else None

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


@dataclass(frozen=True, slots=True, kw_only=True)
class Headline:
    """The top of a page.

    Attributes:
        word: what happened, in a word or two.
        tone: "good", "wait" or "bad": the colour and the sign beside the word.
        sentence: what that means for the model in use.
    """

    word: str
    tone: str
    sentence: str


def headline_of(story: Story) -> Headline:
    """Say what the run means for the model in use."""
    decision, who, stays = story.verdict.decision, story.verdict.challenger or "The challenger", _who_stays(story)
    if story.promotion.moved:
        done = "Renewed" if story.verdict.renews else "Promoted"
        word = done if decision is Decision.PROMOTE else f"{done} after approval"
        return Headline(word=word, tone="good", sentence=f"{who} {_describe_move(story)}.")
    if decision is Decision.PROMOTE:
        return Headline(word="Not promoted", tone="wait", sentence=f"{who} passed every gate; {stays}.")
    against = _name_open(story.verdict)
    if decision is Decision.HOLD:
        return Headline(word="On hold", tone="wait", sentence=f"{who} needs a person's decision; {stays}.{against}")
    return Headline(word="Rejected", tone="bad", sentence=f"{stays[:1].upper()}{stays[1:]}.{against}")


def _name_open(verdict: Verdict) -> str:
    """Name the gates that stand in the way, the gravest first."""
    names = tuple(dict.fromkeys(gate.gate for gate in list_open(verdict.gates)))
    return f" In the way, the gravest first: {', '.join(names)}." if names else ""


def _describe_move(story: Story) -> str:
    promotion = story.promotion
    before = f"in place of version {promotion.previous}" if promotion.previous else "the first one"
    return f"is the champion now, as version {promotion.version}, {before}"


def next_steps(story: Story) -> tuple[str, ...]:
    """Say what a person should do, the most urgent first; never empty."""
    remedies = list_remedies(story.verdict.gates)
    if story.promotion.moved:
        return ("Nothing: the new champion is in use.", *_undo(story), *_waste(story))
    return (*_alarm(story), *_steps_without_a_move(story, remedies), *_waste(story))


def champion_alarm(evaluation: Evaluation | None) -> str | None:
    """Say that the champion in use guesses no better than the trivial baseline on the holdout; None when it does."""
    if evaluation is None or evaluation.champion_gain is None:
        return None
    gain, baseline = evaluation.champion_gain, evaluation.baseline_gain
    if gain.estimate is None or baseline.estimate is None:
        return None
    if gain.estimate < baseline.estimate:  # both are the challenger's: the smaller is over the stronger model
        return None
    figures = f"{gain.metric} {figure(gain.opponent_value)} against {figure(baseline.opponent_value)}"
    return (
        f"The champion in use is no better than a trivial baseline on these rows ({figures}): don't rely on it. "
        "Where the world has moved, `split.window` trains on the newest rows only."
    )


def undo_command(story: Story) -> str | None:
    """Return the command that puts the previous champion back; None when there is nothing to undo."""
    if not story.promotion.moved or story.promotion.previous is None:
        return None
    return f'ratchet rollback {quote(story.run.model)} --reason "why"'


def failed_expectations(story: Story) -> tuple[Expectation, ...]:
    """Return the expectations that did not pass."""
    return tuple(each for each in story.data_report.expectations if each.outcome is not Outcome.PASS)


def check_summary(story: Story) -> str:
    """Count the expectations in one phrase."""
    expectations = story.data_report.expectations
    failed = failed_expectations(story)
    blocking = sum(each.blocking for each in failed)
    parts = [f"{len(expectations) - len(failed)} of {plural(len(expectations), 'expectation')} passed"]
    parts += [f"{blocking} blocking did not"] if blocking else []
    parts += [plural(len(failed) - blocking, "warning")] if len(failed) > blocking else []
    return ", ".join(parts)


def _alarm(story: Story) -> tuple[str, ...]:
    alarm = champion_alarm(story.evaluation)
    return (alarm,) if alarm else ()


def _waste(story: Story) -> tuple[str, ...]:
    """Say so where more rows were left out of the split than took part: the model knows a fraction of its data."""
    split = story.split
    if split is None:
        return ()
    used = split.train.rows + split.validation.rows + split.holdout.rows
    if split.embargoed_rows <= used:
        return ()
    left = f"{count(split.embargoed_rows)} of {plural(split.embargoed_rows + used, 'row')} took no part"
    advice = (
        f"groups of `{story.run.config.data.group}` reach into later parts: consider `split.method: group`"
        if story.run.config.data.group
        else "`data.label_delay` is long beside the time that the rows span"
    )
    return (f"{left} and {count(split.train.rows)} were trained on, because {advice}.",)


def _steps_without_a_move(story: Story, remedies: tuple[str, ...]) -> tuple[str, ...]:
    if story.run.dry_run:
        return (*remedies, DRY_END) if remedies else (DRY_STEP,)
    if story.verdict.decision is Decision.PROMOTE:
        return (f"Find out why the champion did not change: {story.promotion.reason}",)
    if story.verdict.decision is Decision.HOLD:
        approve = f"To promote it all the same: ratchet approve {quote(story.run.model)} {quote(story.run.run_id)}"
        return (HOLD_STEP, *remedies, f'{approve} --reason "why"')
    return remedies or ("Nothing: the champion is as good as it was before this run.",)


def _undo(story: Story) -> tuple[str, ...]:
    if story.promotion.previous is None:
        return ("There is no earlier champion to go back to.",)
    return (f"To undo, put version {story.promotion.previous} back with the command below.",)


def _who_stays(story: Story) -> str:
    version = story.promotion.version
    return f"version {version} stays champion" if version is not None else "there is still no champion"

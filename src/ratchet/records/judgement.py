"""What judging gives: measured gains, gate results, and the verdict."""

from dataclasses import dataclass
from enum import StrEnum

from ratchet.records.calibration import Calibration
from ratchet.records.decision import CostReport
from ratchet.records.diagnostics import Diagnostics
from ratchet.records.fairness import Fairness
from ratchet.records.holdout import HoldoutHistory, Periods, SliceFinding
from ratchet.records.label_rates import LabelRates
from ratchet.records.review import Changes


@dataclass(frozen=True, slots=True, kw_only=True)
class Gain:
    """Challenger minus an opponent on the same rows, turned so that positive is better.

    Attributes:
        metric: the metric's name.
        opponent: "champion" or "baseline".
        slice: the slice's name, "overall" for all rows.
        rows: holdout rows it was measured on.
        positives: rows of the rarest class among them that a minimum waits for; None for regression.
        challenger: the challenger's figure as the metric is usually read; NaN-free, None when it can't be measured.
        opponent_value: the opponent's figure.
        estimate: the gain; None when it can't be measured.
        lower: one-sided lower bound of the gain at `confidence`; None when it can't be measured.
        upper: one-sided upper bound of the gain at `confidence`.
        confidence: of each bound, e.g. 0.99.
        detectable: the smallest true gain that this many rows would show in four runs of five; None where the two
            predict alike.
        resampling: how rows were drawn: "rows", "blocks" or "groups".
        problem: why nothing could be measured; None when it was.
        interval: where the bounds come from: "delong" (a standard error of its own) or "bootstrap" (paired draws).
        rarest: the name of that class, where there are more than two.
    """

    metric: str
    opponent: str
    slice: str
    rows: int
    positives: int | None
    challenger: float | None
    opponent_value: float | None
    estimate: float | None
    lower: float | None
    upper: float | None
    confidence: float
    detectable: float | None
    resampling: str
    problem: str | None = None
    interval: str = "bootstrap"
    rarest: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One metric on the whole holdout, as it is usually read (a loss is positive).

    Attributes:
        metric: its name.
        challenger: the challenger's figure; None when it can't be measured.
        champion: the champion's figure; None when there is none.
        baseline: the trivial baseline's figure.
    """

    metric: str
    challenger: float | None
    champion: float | None
    baseline: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ChampionRef:
    """The champion that a challenger was measured against.

    Attributes:
        version: its version in the registry.
        run_id: the run that made it.
        problem: why it could not score these rows; None when it could.
    """

    version: int
    run_id: str
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """What there is to know of a challenger that may be the champion's own recipe on newer rows.

    Attributes:
        problem: why it is not, or can't be judged as such, one sentence; None when it can.
        unlearnt: share of what is known now that the champion has not learnt, of time or of rows; None when unknown.
        proven: version of the champion that was last shown to be better; None where that is the champion itself.
        proven_gain: primary metric against that one; None where it was not measured.
    """

    problem: str | None = None
    unlearnt: float | None = None
    proven: int | None = None
    proven_gain: Gain | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """Everything measured on the holdout, for one challenger. It says what is, never whether that is enough.

    Attributes:
        challenger: the challenger's name.
        champion: the champion it faced, None when there is none yet.
        metrics: each metric on the whole holdout.
        baseline_gain: primary metric against the trivial baseline.
        champion_gain: primary metric against the champion, None when there is none or it could not score.
        slice_gains: primary metric against the champion by slice; missing slices are there, with their problem.
        rows: rows in the holdout.
        positives: rows of the rarest class in it, None for regression.
        seed: what the resampling was drawn with.
        challenger_sha256: digest of the model file that was measured.
        guard_gains: each guard metric against the champion.
        weak_slices: slices that looked weakest on validation, measured on the holdout against the champion.
        slice_search: what came of the search for them; None where none was made.
        periods: the primary metric by period of the holdout.
        period_gains: primary metric against the champion by period.
        holdout_uses: how many runs have judged on these very rows, this one included.
        holdout_history: which runs these were, and which had a holdout that overlaps this one in time.
        calibration: predicted against observed rates; None for regression.
        costs: what the decisions cost; None unless the YAML gives costs.
        diagnostics: what a person looks at and no gate asks for; None where nobody did.
        fairness: figures by sensitive group; None without sensitive columns.
        changes: what differs from the champion's own run.
        lost_since: that the champion is shown to have lost, as this run found it or an open incident says, one
            sentence; None where it has not.
        few_since: that the rows since a change are too few to look into parts of them, one sentence; None where they
            are not, or nothing has changed.
        renewal: whether it is the champion's own recipe, and how that has to be judged; None when there is no champion
            that can score.
        label_rates: the base rate by part and over time; None in records of versions that did not measure it.
    """

    challenger: str
    champion: ChampionRef | None
    metrics: tuple[Measurement, ...]
    baseline_gain: Gain
    champion_gain: Gain | None
    slice_gains: tuple[Gain, ...]
    rows: int
    positives: int | None
    seed: int
    challenger_sha256: str | None = None
    guard_gains: tuple[Gain, ...] = ()
    weak_slices: tuple[Gain, ...] = ()
    slice_search: SliceFinding | None = None
    periods: Periods | None = None
    period_gains: tuple[Gain, ...] = ()
    holdout_uses: int = 1
    holdout_history: HoldoutHistory | None = None
    calibration: Calibration | None = None
    costs: CostReport | None = None
    diagnostics: Diagnostics | None = None
    fairness: Fairness | None = None
    changes: Changes | None = None
    lost_since: str | None = None
    few_since: str | None = None
    renewal: Renewal | None = None
    label_rates: LabelRates | None = None


class Decision(StrEnum):
    """What a verdict asks for: move the alias, wait for a person, or keep the champion."""

    PROMOTE = "promote"
    HOLD = "hold"
    REJECT = "reject"


class Outcome(StrEnum):
    """What one rule found. Only `PASS` is a pass: nothing passes because nothing was measured."""

    PASS = "pass"  # noqa: S105 (an outcome, not a password)
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    NOT_APPLICABLE = "not applicable"


@dataclass(frozen=True, slots=True, kw_only=True)
class GateResult:
    """One gate's answer.

    Attributes:
        gate: the gate's name, that of its module.
        outcome: what it found.
        reason: one sentence with the measured value and the limit.
        consequence: what this outcome asks of the verdict.
    """

    gate: str
    outcome: Outcome
    reason: str
    consequence: Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """What is to happen with the challenger, and why.

    Attributes:
        decision: promote only when every gate asks for it.
        unopposed: True when there was no champion to beat.
        reason: the sentence to show first.
        gates: every gate's answer, in the order they were asked.
        challenger: the challenger's name; None when the run ended before there was one.
        expected_champion: version of the champion this was decided against; None when there was none.
        challenger_sha256: digest of the model file that was judged: this one may be promoted, and no other.
        renews: version of the champion that was last shown to be better, where this one is not: a renewal, the same
            recipe on newer rows, shown to be not worse; else None.
    """

    decision: Decision
    unopposed: bool
    reason: str
    gates: tuple[GateResult, ...]
    challenger: str | None
    expected_champion: int | None
    challenger_sha256: str | None = None
    renews: int | None = None

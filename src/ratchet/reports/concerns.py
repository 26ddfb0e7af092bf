"""What is wrong with a model, as far as a run found out: what weighs most first, each with what to do about it."""

from collections.abc import Iterator
from dataclasses import dataclass

from ratchet.records.fairness import GroupFigure
from ratchet.records.judgement import Decision, GateResult, Outcome
from ratchet.records.leakage import Strength
from ratchet.reports.fairness_plot import MeasurePlot
from ratchet.reports.story import REMEDIES, Story
from ratchet.reports.wording import figure, interval, sentence, signed

# A leak makes every other figure worthless; harm to persons comes before any gain; then what is worse; then cost.
WEIGHTS = (
    "data_check",
    "no_leak",
    "fair",
    "beats_champion",
    "beats_baseline",
    "no_slice_worse",
    "weakest_slice",
    "guard_metrics",
    "no_regression",
    "stable_over_time",
    "calibrated",
    "decision_cost",
    "robust",
    "behaves",
)
SHOWN = 5  # groups or leaks that a concern names; their sections have all of them


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """One gate that did not pass.

    Attributes:
        gate: its name.
        word: its outcome, in words.
        tone: "bad" for what was shown, "wait" for what could not be told or was waived.
        stands: whether it stands in the way; one that the YAML or the run waives does not.
        reason: what it found, one sentence.
        details: each leak or each harmed group, where the gate is about these.
        remedy: what usually helps; None where nothing in general does.
    """

    gate: str
    word: str
    tone: str
    stands: bool
    reason: str
    details: tuple[str, ...] = ()
    remedy: str | None = None


def concerns_of(story: Story, plots: tuple[MeasurePlot, ...] = ()) -> tuple[Concern, ...]:
    """Return every gate that did not pass, those that stand in the way first; none where all passed.

    Args:
        story: the run.
        plots: its groups, to name the ones that are beyond a limit.
    """
    return tuple(_raise(gate, story, plots) for gate in rank_gates(story.verdict.gates) if did_not_pass(gate))


def did_not_pass(gate: GateResult) -> bool:
    """Tell whether a gate found something, or could not tell: what is waived was still found."""
    return gate.consequence is not Decision.PROMOTE or gate.outcome in {Outcome.FAIL, Outcome.INCONCLUSIVE}


def _raise(gate: GateResult, story: Story, plots: tuple[MeasurePlot, ...]) -> Concern:
    stands = gate.consequence is not Decision.PROMOTE
    return Concern(
        gate=gate.gate,
        word=gate.outcome.value if stands else f"{gate.outcome.value}, waived",
        tone="bad" if stands and gate.outcome is Outcome.FAIL else "wait",
        stands=stands,
        reason=sentence(gate.reason),
        details=tuple(_details(gate, story, plots))[:SHOWN],
        remedy=REMEDIES.get(gate.gate) if stands else None,
    )


def rank_gates(gates: tuple[GateResult, ...]) -> tuple[GateResult, ...]:
    """Put gates in the order of their weight: a leak even where only suspected, then what fails, then the rest."""
    outcomes = (Outcome.FAIL, Outcome.INCONCLUSIVE, Outcome.PASS, Outcome.NOT_APPLICABLE)

    def weigh(gate: GateResult) -> tuple[bool, bool, int, int]:
        place = WEIGHTS.index(gate.gate) if gate.gate in WEIGHTS else len(WEIGHTS)
        stands = gate.consequence is not Decision.PROMOTE
        return not stands, not (stands and gate.gate == "no_leak"), outcomes.index(gate.outcome), place

    return tuple(sorted(gates, key=weigh))


def _details(gate: GateResult, story: Story, plots: tuple[MeasurePlot, ...]) -> Iterator[str]:
    if gate.gate == "no_leak" and story.audit is not None:
        ranked = sorted(story.audit.findings, key=lambda each: each.strength is not Strength.CERTAIN)
        yield from (f"{each.strength.value}: {each.reason}" for each in ranked)
    if gate.gate == "fair" and story.evaluation is not None and story.evaluation.fairness is not None:
        yield from name_harmed(plots, story.evaluation.fairness.unit)


def name_harmed(plots: tuple[MeasurePlot, ...], unit: float) -> tuple[str, ...]:
    """Name each group whose figure, by itself, is beyond a limit with both its bounds, the furthest first."""
    beyond = [
        (_distance(mark.figure) - plot.limit * unit, f"{mark.label}: {_describe(plot, mark.figure, unit)}")
        for plot in plots
        for mark in plot.marks
        if plot.limit is not None and mark.figure is not None and _distance(mark.figure) > plot.limit * unit
    ]
    return tuple(text for _, text in sorted(beyond, reverse=True))


def _distance(found: GroupFigure) -> float:
    """Return how far a group is from everybody else at least; 0 where that may be nothing."""
    if found.lower is None or found.upper is None or found.lower <= 0 <= found.upper:
        return 0.0
    return min(abs(found.lower), abs(found.upper))


def _describe(plot: MeasurePlot, found: GroupFigure, unit: float) -> str:
    measure, accepted = plot.measure.replace("_", " "), figure((plot.limit or 0.0) * unit)
    bounds = interval(found.lower, found.upper)
    return f"{measure} {signed(found.difference)} {bounds} from everybody else, accepted {accepted}"

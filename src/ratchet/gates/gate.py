"""What a gate is: a section of the YAML, the evidence that it looks at, and the rule that judges one by the other."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from enum import Enum, auto
from typing import Generic, Literal, TypeVar

from pydantic import Field, ValidationError

from ratchet.errors import ConfigError
from ratchet.metrics.metric import Task
from ratchet.records.behaviour import Behaviour
from ratchet.records.data import DataReport
from ratchet.records.judgement import ChampionRef, Decision, Evaluation, GateResult, Outcome
from ratchet.records.leakage import Audit
from ratchet.records.serving_cost import ServingCosts
from ratchet.sections import Section

OnFail = Literal["reject", "hold"]
OnInconclusive = Literal["hold", "reject", "ignore"]


class GateSection(Section):
    """A gate: what a failure and a "can't say" do to the verdict."""

    on_fail: OnFail = Field(default="reject", description="What a failure does: reject, or hold for a person.")
    on_inconclusive: OnInconclusive = Field(
        default="hold", description='What "not enough data to say" does: hold for a person, reject, or ignore.'
    )


S = TypeVar("S", bound=GateSection)
E = TypeVar("E")
Kind = TypeVar("Kind")


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What must come of a case that the YAML names.

    Attributes:
        name: the case's.
        at_least: the score must reach this.
        at_most: the score must not be above this.
        max_share: of the rows, how many may move too far; None for a case with a score.
    """

    name: str
    at_least: float | None = None
    at_most: float | None = None
    max_share: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the YAML asks beside the gates' own sections.

    Attributes:
        task: the model's.
        min_rows: fewest rows that the holdout can judge with.
        min_positives: fewest rows of the rarest class.
        guards: the loss that is not called worse, as a share of the champion's figure, by guard metric.
        slices: whether it is cut into several parts, by named slice.
        searches_slices: whether weak slices are looked for.
        periods: how many periods the holdout is cut into.
        sensitive: the sensitive columns.
        has_costs: whether decisions have costs.
        measures_importance: whether importances are measured.
        scores_past_holdouts: whether past champions' holdouts are scored.
        cases: what must come of each named case.
        stresses: which changed copies of the holdout are scored.
        constraints: how many constraints the policy has.
    """

    task: Task
    min_rows: int
    min_positives: int
    guards: Mapping[str, float]
    slices: Mapping[str, bool]
    searches_slices: bool
    periods: int
    sensitive: tuple[str, ...]
    has_costs: bool
    measures_importance: bool
    scores_past_holdouts: bool
    cases: tuple[Expected, ...]
    stresses: tuple[str, ...]
    constraints: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """Everything that was measured about a challenger.

    Attributes:
        data_report: what the data check found.
        evaluation: what it is worth on the holdout.
        audit: leaks between training rows and holdout.
        behaviour: what it looks at, and what it says about changed rows.
        serving_costs: what it takes to run it.
    """

    data_report: DataReport
    evaluation: Evaluation
    audit: Audit
    behaviour: Behaviour
    serving_costs: ServingCosts


@dataclass(frozen=True, slots=True, kw_only=True)
class Opposed(Generic[Kind]):
    """One kind of figures about a challenger, and the champion that it faced.

    Attributes:
        champion: None when there is none yet.
        found: the figures; None when they were not measured.
    """

    champion: ChampionRef | None
    found: Kind | None


class AfterChange(Enum):
    """Which answers still hold a run for a person where the champion is shown to have lost."""

    EVERY = auto()  # as ever
    FAILURES = auto()  # it needs many rows of each kind, and those since the change are few
    SEARCHED = auto()  # the same, and in later runs as well until validation can be cut into slices
    NONE = auto()  # it compares with a world that is gone


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate(Generic[S, E]):
    """A row of the table of gates; another package's entry point of the group `ratchet.gates` names one.

    Attributes:
        name: its key under `gates:` in the YAML, and what its results are called.
        section: its settings; each has a default.
        evidence: what its rule looks at.
        pick: from what the YAML asks and all findings to that, or to a sentence that says why nothing is asked.
        judge: the rule; it passes on finite numbers only.
        after_change: what it holds a run for where the champion is shown to have lost. What the YAML rejects stays
            rejected.
    """

    name: str
    section: type[S]
    evidence: type[E]
    pick: Callable[[Asked, Findings], E | str]
    judge: Callable[[S, E], GateResult | tuple[GateResult, ...]]
    after_change: AfterChange = AfterChange.EVERY

    def ask(self, section: GateSection, asked: Asked, found: Findings) -> tuple[GateResult, ...]:
        """Pick the evidence and judge it; what the YAML does not ask for is not applicable.

        Raises:
            ConfigError: the section is not this gate's: the run began with another version of a plug-in.
        """
        settings = section if isinstance(section, self.section) else self._read(section)
        evidence = self.pick(asked, found)
        if isinstance(evidence, str):
            decision, outcome = Decision.PROMOTE, Outcome.NOT_APPLICABLE
            return (GateResult(gate=self.name, outcome=outcome, reason=evidence, consequence=decision),)
        return tuple(self._waive(each, found.evaluation) for each in self.answer(settings, evidence))

    def answer(self, section: S, evidence: E) -> tuple[GateResult, ...]:
        """Judge the evidence; most rules give one result."""
        answers = self.judge(section, evidence)
        return (answers,) if isinstance(answers, GateResult) else answers

    def _waive(self, result: GateResult, found: Evaluation) -> GateResult:
        """Let nothing wait for a person because it differs from a world that is gone, or because that one is young."""
        lost, is_shown = found.lost_since, result.outcome is Outcome.FAIL
        reasons = {
            AfterChange.EVERY: None,
            AfterChange.FAILURES: None if is_shown else lost,
            AfterChange.SEARCHED: None if is_shown else lost or found.few_since,
            AfterChange.NONE: lost,
        }
        why = reasons[self.after_change]
        if why is None or result.consequence is not Decision.HOLD:
            return result
        return replace(result, consequence=Decision.PROMOTE, reason=f"{result.reason}; waived: {why}")

    def _read(self, section: GateSection) -> S:
        try:
            return self.section.model_validate(section.model_dump())
        except ValidationError as error:
            first = error.errors()[0]
            where, said = ".".join(map(str, first["loc"])), first["msg"].removeprefix("Value error, ")
            raise ConfigError(
                f"the gate '{self.name}' does not take its `{where}`: {said}; put it right in the YAML"
            ) from error

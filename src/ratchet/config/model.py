"""The whole of a model's YAML file."""

from collections.abc import Collection, Iterable, Iterator
from hashlib import sha256
from typing import Self

from pydantic import Field, SerializeAsAny, model_validator

from ratchet.config.backtest import BacktestPlan
from ratchet.config.behaviour import BehaviourPlan, find_behaviour_mistake
from ratchet.config.data import Data
from ratchet.config.decision import CalibrationPlan, DecisionPlan, find_calibration_mistake, find_decision_mistake
from ratchet.config.evaluation import (
    EvaluationPlan,
    Guard,
    Resources,
    default_guards,
    find_guard_mistake,
    find_slice_mistake,
)
from ratchet.config.gates import Gates
from ratchet.config.monitoring import MonitoringPlan, ScoringPlan, find_drift_mistake, find_monitoring_mistake
from ratchet.config.notify import ChannelSpec
from ratchet.config.policy import Policy, find_policy_mistake
from ratchet.config.throttle import Throttle, check_cron, check_zone
from ratchet.config.training import (
    CandidateSpec,
    RefitPlan,
    SearchPlan,
    SplitBy,
    find_constraint_mistakes,
    find_size_mistake,
)
from ratchet.errors import did_you_mean
from ratchet.gates.gate import Asked
from ratchet.metrics.metric import Task
from ratchet.metrics.registry import DEFAULT_METRIC, find_metric, metrics_of
from ratchet.sections import Name, Section, find_repeats

MIN_POSITIVES = {"binary": 100, "multiclass": 25, "regression": 1}
DEFAULT_CANDIDATES = (
    CandidateSpec(name="linear", estimator="linear"),
    CandidateSpec(name="boosting", estimator="hist_gradient_boosting"),
    CandidateSpec(name="xgboost", estimator="xgboost"),
    CandidateSpec(name="blend", estimator="blend"),
)


class Schedule(Section):
    """When the model is retrained."""

    cron: str | None = Field(default="@weekly", description="A cron line or preset; null for no baseline.")
    zone: str = Field(default="UTC", description="IANA zone of `cron`, such as Europe/Berlin.")
    throttle: Throttle = Throttle()
    seed: int = Field(default=20240501, ge=0, description="Every run of this model draws from it.")

    @model_validator(mode="after")
    def _is_cron(self) -> Self:
        check_cron(self.cron)
        check_zone(self.zone)
        return self


class Card(Section):
    """What the model card says that no figure can: who may rely on the model for what."""

    intended_use: str = Field(default="", description="Who uses its answers, and for which decision.")
    not_for: tuple[str, ...] = Field(
        default=(), strict=False, description="Uses that it was not made or judged for, one sentence each."
    )
    limits: tuple[str, ...] = Field(
        default=(), strict=False, description="What the data can't support and no check can see, one sentence each."
    )


class ModelConfig(Section):
    """One model, described once."""

    model: Name = Field(description="Its name in the registry, in the UI and on disk.")
    description: str = Field(default="", description="What it predicts and for whom: one or two sentences.")
    owner: str = Field(default="", description="Who answers for it.")
    card: Card = Card()
    task: Task = Field(description="Two classes, several classes, or a number.")
    data: Data
    split: SplitBy = SplitBy()
    search: SearchPlan = SearchPlan()
    candidates: tuple[CandidateSpec, ...] = Field(
        default=DEFAULT_CANDIDATES, min_length=1, strict=False, description="What is fitted and ranked in each run."
    )
    refit: RefitPlan = RefitPlan()
    calibration: CalibrationPlan = CalibrationPlan()
    decision: DecisionPlan = DecisionPlan()
    policy: Policy = Policy()
    resources: Resources = Resources()
    evaluation: EvaluationPlan = EvaluationPlan()
    behaviour: BehaviourPlan = BehaviourPlan()
    gates: SerializeAsAny[Gates] = Gates()
    schedule: Schedule = Schedule()
    scoring: ScoringPlan = ScoringPlan()
    monitoring: MonitoringPlan = MonitoringPlan()
    notify: tuple[ChannelSpec, ...] = Field(
        default=(), strict=False, description="Channels that are told when an incident opens, changes or closes."
    )
    backtest: BacktestPlan = BacktestPlan()

    @property
    def metric(self) -> str:
        """The primary metric: the YAML's, or the task's."""
        return self.evaluation.metric or DEFAULT_METRIC[self.task]

    @property
    def guards(self) -> tuple[Guard, ...]:
        """The guard metrics: the YAML's, or the one that goes with the primary metric."""
        chosen = self.evaluation.guards
        return default_guards(self.task, self.metric) if chosen is None else chosen

    @model_validator(mode="after")
    def _parts_fit_together(self) -> Self:
        if mistakes := [mistake for mistake in find_mismatches(self) if mistake]:
            raise ValueError("\n".join(mistakes))  # a line each: whoever writes the file sees them all at once
        return self

    @property
    def min_rows(self) -> int:
        """Fewest rows that the holdout can judge with."""
        return self.evaluation.min_rows

    @property
    def min_positives(self) -> int:
        """Fewest rows of the rarest class that it can judge with: the rarest of many says little about the whole."""
        return self.evaluation.min_positives or MIN_POSITIVES[self.task]

    @property
    def asked(self) -> Asked:
        """What gates look at beside their own sections."""
        evaluation, behaviour = self.evaluation, self.behaviour
        return Asked(
            task=self.task,
            min_rows=self.min_rows,
            min_positives=self.min_positives,
            guards={guard.metric: guard.tolerance for guard in self.guards},
            slices={part.name: part.bins is not None for part in evaluation.slices},
            searches_slices=evaluation.slice_search.enabled,
            periods=evaluation.periods,
            sensitive=tuple(self.data.sensitive),
            has_costs=self.decision.costs is not None,
            measures_importance=behaviour.importance,
            scores_past_holdouts=behaviour.past_holdouts > 0,
            cases=behaviour.expected,
            stresses=behaviour.stress.chosen,
            constraints=len(self.policy.constraints),
        )

    def fingerprint(self) -> str:
        """Return a digest of what it means: the same settings give the same digest however they are written."""
        return sha256(self.model_dump_json().encode()).hexdigest()

    @property
    def taught_columns(self) -> tuple[str, ...]:
        """Columns that a fit takes: features, target, order, and what keeps groups apart and thresholds by segment."""
        keys = (name for name in (self.data.group, self.decision.by) if name is not None)
        return tuple(dict.fromkeys((*self.data.features, self.data.target.column, *keys, self.data.order_column)))

    @property
    def judged_columns(self) -> tuple[str, ...]:
        """Columns that rows can be told apart by: features and keys."""
        return (*self.data.features, *self.data.keys)


def find_mismatches(config: ModelConfig) -> Iterator[str | None]:
    """Yield what is wrong where parts of the file do not fit together, topic by topic; None for a topic in order."""
    task, data, asked, known = config.task, config.data, config.evaluation, config.judged_columns
    yield _find_task_mistake(config)
    yield find_guard_mistake(task, config.metric, asked.guards or ())
    yield _find_split_mistake(config)
    # A candidate's name is a folder and a task of its own: two of one name would overwrite each other.
    yield find_repeats("candidate names", [candidate.name for candidate in config.candidates])
    yield from find_constraint_mistakes(config.candidates, task, data.features)
    yield find_slice_mistake(asked.slices, known, has_clock=data.has_clock)
    yield _name_foreign("evaluation.slice_search", asked.slice_search.columns, known)
    grouped = (*data.sensitive, *asked.fairness.given)
    yield _name_foreign("evaluation.fairness.bins", asked.fairness.bins, grouped, which=", which is not sensitive")
    within = [name for name in known if name not in data.sensitive]
    yield _name_foreign(
        "evaluation.fairness.given", asked.fairness.given, within, which=", no feature or key that is not sensitive"
    )
    yield find_calibration_mistake(task, config.calibration, config.candidates)
    yield find_decision_mistake(task, config.decision, known)
    yield find_policy_mistake(config.policy, metrics_of(task))
    yield find_behaviour_mistake(task, config.behaviour, data.features)
    yield find_monitoring_mistake(config.monitoring, has_clock=data.has_clock)
    yield _name_foreign("monitoring.segments", config.monitoring.segments, known)
    watched = (*data.features, *config.monitoring.segments)
    yield _name_foreign("monitoring.queue.by", config.monitoring.queue.by or (), watched)
    yield find_drift_mistake(config.monitoring.drift)
    yield _name_foreign("monitoring.drift.ignore", config.monitoring.drift.ignore, data.features)


def _find_task_mistake(config: ModelConfig) -> str | None:
    if config.task not in find_metric(config.metric).tasks:
        allowed = ", ".join(metrics_of(config.task))
        return f"metric '{config.metric}' is not for a {config.task} task; allowed: {allowed}"
    if config.task != "multiclass" and config.evaluation.rare_classes:
        return f"`evaluation.rare_classes` is for a multiclass task: a {config.task} task has no class to leave out"
    if config.task == "binary" and config.data.target.positive is None:
        return "a binary task names `data.target.positive`, the value that counts as positive"
    return None


def _find_split_mistake(config: ModelConfig) -> str | None:
    split, data = config.split, config.data
    if split.method == "group" and data.group is None:
        return "`split.method: group` needs `data.group`"
    if split.fixed_window and not data.has_clock:
        return "`split.window` needs a clock: give `time` a column, or `start` and `every`"
    return find_size_mistake(split, has_clock=data.has_clock)


def _name_foreign(where: str, names: Iterable[str], known: Collection[str], *, which: str = "") -> str | None:
    foreign = next((name for name in names if name not in known), None)
    return f"`{where}` names '{foreign}'{which}{did_you_mean(foreign, known)}" if foreign else None

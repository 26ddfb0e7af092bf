"""The whole of a model's YAML file."""

from collections.abc import Collection, Iterable
from hashlib import sha256
from typing import Literal, Self

from pydantic import Field, model_validator

from ratchet.config.base import Name, Section
from ratchet.config.behaviour import BehaviourPlan, find_behaviour_mistake
from ratchet.config.calibration import CalibrationPlan, find_calibration_mistake
from ratchet.config.cron import check_cron
from ratchet.config.data import Data
from ratchet.config.decision import DecisionPlan, find_decision_mistake
from ratchet.config.judging import EvaluationPlan, Gates
from ratchet.config.monitoring import MonitoringPlan, find_monitoring_mistake
from ratchet.config.performance import Guard, MetricsOf, default_guards, find_guard_mistake
from ratchet.config.policy import Policy, find_policy_mistake
from ratchet.config.repeats import find_repeats
from ratchet.config.resources import Resources
from ratchet.config.scoring import ScoringPlan
from ratchet.config.slices import find_slice_mistake
from ratchet.config.throttle import Throttle
from ratchet.config.training import CandidateSpec, SplitBy
from ratchet.errors import did_you_mean

Task = Literal["binary", "multiclass", "regression"]
METRIC_OF_TASK = {"binary": "roc_auc", "multiclass": "log_loss", "regression": "rmse"}
MIN_POSITIVES = {"binary": 100, "multiclass": 25, "regression": 1}
DEFAULT_CANDIDATES = (
    CandidateSpec(name="linear", estimator="linear"),
    CandidateSpec(name="forest", estimator="random_forest"),
    CandidateSpec(name="boosting", estimator="hist_gradient_boosting"),
    CandidateSpec(name="xgboost", estimator="xgboost"),
)


class Schedule(Section):
    """When the model is retrained."""

    cron: str | None = Field(default="@weekly", description="A cron line or preset in UTC; null for by hand only.")
    throttle: Throttle = Throttle()
    seed: int = Field(default=20240501, ge=0, description="Every run of this model draws from it.")

    @model_validator(mode="after")
    def _is_cron(self) -> Self:
        check_cron(self.cron)
        return self


def _first_foreign(names: Iterable[str], known: Collection[str]) -> str | None:
    return next((name for name in names if name not in known), None)


class ModelConfig(Section):
    """One model, described once."""

    model: Name = Field(description="Its name in the registry, in the UI and on disk.")
    description: str = Field(default="", description="What it predicts and for whom: one or two sentences.")
    owner: str = Field(default="", description="Who answers for it.")
    task: Task
    data: Data
    split: SplitBy = SplitBy()
    candidates: tuple[CandidateSpec, ...] = Field(default=DEFAULT_CANDIDATES, min_length=1, strict=False)
    calibration: CalibrationPlan = CalibrationPlan()
    decision: DecisionPlan = DecisionPlan()
    policy: Policy = Policy()
    resources: Resources = Resources()
    evaluation: EvaluationPlan = EvaluationPlan()
    behaviour: BehaviourPlan = BehaviourPlan()
    gates: Gates = Gates()
    schedule: Schedule = Schedule()
    scoring: ScoringPlan = ScoringPlan()
    monitoring: MonitoringPlan = MonitoringPlan()

    @property
    def metric(self) -> str:
        """The primary metric: the YAML's, or the task's."""
        return self.evaluation.metric or METRIC_OF_TASK[self.task]

    @property
    def guards(self) -> tuple[Guard, ...]:
        """The guard metrics: the YAML's, or the one that goes with the primary metric."""
        chosen = self.evaluation.guards
        return default_guards(self.task, self.metric) if chosen is None else chosen

    # The parts of the file must fit together. One validator a topic: the first that finds a mistake ends the search.

    @model_validator(mode="after")
    def _task_has_what_it_needs(self) -> Self:
        if self.metric not in MetricsOf[self.task]:
            raise ValueError(
                f"metric '{self.metric}' is not for a {self.task} task; allowed: {', '.join(MetricsOf[self.task])}"
            )
        if self.task == "binary" and self.data.target.positive is None:
            raise ValueError("a binary task names `data.target.positive`, the value that counts as positive")
        return self

    @model_validator(mode="after")
    def _guards_are_other_metrics(self) -> Self:
        if mistake := find_guard_mistake(self.task, self.metric, self.evaluation.guards or ()):
            raise ValueError(mistake)
        return self

    @model_validator(mode="after")
    def _split_has_what_it_needs(self) -> Self:
        if self.split.method == "group" and self.data.group is None:
            raise ValueError("`split.method: group` needs `data.group`")
        if self.split.window and not self.data.has_clock:
            raise ValueError("`split.window` needs a clock: give `time` a column, or `start` and `every`")
        return self

    @model_validator(mode="after")
    def _enough_is_left_to_train_on(self) -> Self:
        # Each share is below a half on its own, so only their sum can leave nothing.
        if self.split.validation + self.split.holdout >= 0.8:
            raise ValueError("`split.validation` and `split.holdout` together leave less than a fifth to train on")
        return self

    @model_validator(mode="after")
    def _names_are_clear(self) -> Self:
        # A candidate's name is a folder and a task of its own: two of one name would overwrite each other.
        if repeats := find_repeats("candidate names", [candidate.name for candidate in self.candidates]):
            raise ValueError(repeats)
        return self

    @model_validator(mode="after")
    def _parts_are_of_known_columns(self) -> Self:
        known, asked = self.judged_columns, self.evaluation
        if mistake := find_slice_mistake(asked.slices, known, has_clock=self.data.has_clock):
            raise ValueError(mistake)
        if unknown := _first_foreign(asked.slice_search.columns, known):
            raise ValueError(f"`evaluation.slice_search` names '{unknown}'{did_you_mean(unknown, known)}")
        if foreign := _first_foreign(asked.fairness.bins, self.data.sensitive):
            hint = did_you_mean(foreign, self.data.sensitive)
            raise ValueError(f"`evaluation.fairness.bins` names '{foreign}', which is not sensitive{hint}")
        return self

    @model_validator(mode="after")
    def _probabilities_have_what_they_need(self) -> Self:
        mistake = find_calibration_mistake(self.task, self.calibration, self.candidates)
        mistake = mistake or find_decision_mistake(self.task, self.decision, self.judged_columns)
        mistake = mistake or find_policy_mistake(self.policy, MetricsOf[self.task])
        mistake = mistake or find_behaviour_mistake(self.task, self.behaviour, self.data.features)
        if mistake:
            raise ValueError(mistake)
        return self

    @model_validator(mode="after")
    def _monitoring_has_what_it_needs(self) -> Self:
        mistake = find_monitoring_mistake(self.monitoring, has_clock=self.data.has_clock)
        known = self.judged_columns
        if foreign := _first_foreign(self.monitoring.segments, known):
            mistake = mistake or f"`monitoring.segments` names '{foreign}'{did_you_mean(foreign, known)}"
        if mistake:
            raise ValueError(mistake)
        return self

    @property
    def min_rows(self) -> int:
        """Fewest rows that the holdout can judge with."""
        return self.evaluation.min_rows

    @property
    def min_positives(self) -> int:
        """Fewest rows of the rarest class that it can judge with: the rarest of many says little about the whole."""
        return self.evaluation.min_positives or MIN_POSITIVES[self.task]

    def fingerprint(self) -> str:
        """Return a digest of what it means: the same settings give the same digest however they are written."""
        return sha256(self.model_dump_json().encode()).hexdigest()

    @property
    def judged_columns(self) -> tuple[str, ...]:
        """Columns that rows can be told apart by: features and keys."""
        return (*self.data.features, *self.data.keys)

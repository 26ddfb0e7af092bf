"""`evaluation:` and `gates:` in the YAML: what is measured, and what it must reach."""

from typing import Literal

from pydantic import Field

from ratchet.config.behaviour import BehavesGate, ImportanceGate, RegressionGate, RobustGate
from ratchet.config.calibration import CalibratedGate
from ratchet.config.decision import DecisionCostGate
from ratchet.config.fairness import FairGate, FairnessPlan
from ratchet.config.gate import GateSection
from ratchet.config.leakage import LeakGate
from ratchet.config.performance import Guard, GuardGate, HoldoutGate, MetricName, StabilityGate
from ratchet.config.policy import PolicyGate
from ratchet.config.resources import ServingCostGate
from ratchet.config.review import ReviewGate
from ratchet.config.slices import Slice, SliceSearch, WeakestSliceGate
from ratchet.metrics.metric import MetricOptions
from ratchet.sections import Section


class EvaluationPlan(Section):
    """What is measured on the holdout, and how sure a bound must be."""

    metric: MetricName | None = Field(
        default=None, description="The primary metric; without it roc_auc, log_loss or rmse, by task."
    )
    guards: tuple[Guard, ...] | None = Field(
        default=None,
        strict=False,
        description="Metrics that must not get worse; null for the task's own (log_loss beside roc_auc), [] for none.",
    )
    # the usual call list is a tenth of the customers
    top: float = Field(default=0.1, gt=0, le=1, description="precision_at_k: the share of rows with the best scores.")
    quantile: float = Field(default=0.5, gt=0, lt=1, description="pinball: the quantile that is predicted.")
    # quarters of the holdout: the fewest parts that tell a bad start from a bad end and leave each some hundred rows
    periods: int = Field(default=4, ge=1, le=52, description="Into how many periods the holdout is cut; 1 for none.")
    slices: tuple[Slice, ...] = Field(
        default=(), strict=False, description="Parts of the rows that must not get worse."
    )
    slice_search: SliceSearch = SliceSearch()
    fairness: FairnessPlan = FairnessPlan()
    confidence: float = Field(
        default=0.99,
        ge=0.8,
        lt=1,
        description="Of each one-sided bound. 0.99 for promotions nobody looks at, 0.95 where a person decides.",
    )
    resamples: int = Field(default=2000, ge=200, le=20000, description="Bootstrap draws.")
    resampling: Literal["auto", "rows", "blocks", "groups"] = Field(
        default="auto",
        description="auto: groups where rows repeat a group or entity, blocks where they have an order, else rows.",
    )
    min_positives: int | None = Field(
        default=None,
        ge=1,
        description="Rarest-class rows below which the holdout can't judge; without it 100, or 25 where there are "
        "more than two classes.",
    )
    rare_classes: tuple[str, ...] = Field(
        default=(),
        strict=False,
        description="Classes too rare to wait for, of a multiclass task: their rows count in every figure, and in no "
        "`min_positives`. With few such rows, how the model does on them stays unknown.",
    )
    min_rows: int = Field(default=200, ge=1, description="Holdout rows below which it can't judge.")

    @property
    def options(self) -> MetricOptions:
        """What some metrics need beside labels and predictions."""
        return MetricOptions(top=self.top, quantile=self.quantile)


class BaselineGate(GateSection):
    """The challenger must beat a trivial baseline."""

    min_gain: float = Field(default=0.0, ge=0, description="The gain's lower bound must be above this.")


class ChampionGate(GateSection):
    """The challenger must beat the champion."""

    min_gain: float = Field(default=0.0, ge=0, description="The gain's lower bound must be above this.")
    stale: bool = Field(
        default=False, description="Say that the champion is stale: then 'not worse by `margin`' is enough."
    )
    margin: float = Field(default=0.0, ge=0, description="For a stale champion only: how much worse is not worse.")


class SliceGate(GateSection):
    """No slice may get worse."""

    tolerance: float = Field(
        default=0.05,
        ge=0,
        le=1,
        description="As a share of the champion's figure on that slice: less is not called worse.",
    )
    min_rows: int = Field(default=100, ge=1, description="Holdout rows below which a slice can't be judged.")
    min_positives: int = Field(default=25, ge=1, description="The same for rows of the rarest class.")


class DataGate(GateSection):
    """The data check must pass."""

    # nothing is trained on such data, so there is nothing to hold
    on_fail: Literal["reject"] = Field(default="reject", description="Always: nothing is trained on failed data.")


class Gates(Section):
    """What a challenger must get past; every gate is on unless the YAML says otherwise."""

    data_check: DataGate = DataGate()
    beats_baseline: BaselineGate = BaselineGate()
    beats_champion: ChampionGate = ChampionGate()
    guard_metrics: GuardGate = GuardGate()
    no_slice_worse: SliceGate = SliceGate()
    weakest_slice: WeakestSliceGate = WeakestSliceGate()
    calibrated: CalibratedGate = CalibratedGate()
    decision_cost: DecisionCostGate = DecisionCostGate()
    fair: FairGate = FairGate()
    stable_over_time: StabilityGate = StabilityGate()
    holdout_fresh: HoldoutGate = HoldoutGate()
    no_leak: LeakGate = LeakGate()
    feature_importance: ImportanceGate = ImportanceGate()
    no_regression: RegressionGate = RegressionGate()
    behaves: BehavesGate = BehavesGate()
    robust: RobustGate = RobustGate()
    review: ReviewGate = ReviewGate()
    policy: PolicyGate = PolicyGate()
    serving_cost: ServingCostGate = ServingCostGate()

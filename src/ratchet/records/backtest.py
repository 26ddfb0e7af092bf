"""What would have become of a model under several schedules."""

from dataclasses import dataclass
from datetime import datetime

from ratchet.records.admission import TriggerKind
from ratchet.records.decision import Thresholds
from ratchet.timeline import Moment


@dataclass(frozen=True, slots=True, kw_only=True)
class Unjudged:
    """A fit on some of the known rows, put into service without asking any gate.

    Attributes:
        errors: its mistakes in each period from its own on; 0 for earlier periods.
        quality: its figure in each period; None before its own, and where there is none.
        seconds: what fitting took.
    """

    errors: tuple[float, ...]
    quality: tuple[float | None, ...]
    seconds: float


@dataclass(frozen=True, slots=True, kw_only=True)
class PastModel:
    """The model that a retrain would have made at the start of a period, from what was known then.

    Attributes:
        period: the period that begins when it is made.
        problem: why there is none; None when there is.
        candidate: which candidate was chosen on validation.
        train_rows: how many rows it learnt from.
        seconds: what fitting took.
        thresholds: what it decides with; None unless the task is binary.
        baseline: its figure on its holdout; None when it has none.
        holdout_error: mean mistake of a row of its holdout.
        beats_baseline: whether it passed the gate that asks for more than a trivial baseline.
        errors: what its mistakes in service are in each period from its own on: wrong decisions, or units of absolute
            error, or the YAML's costs of decisions; 0 for earlier periods.
        quality: its figure in each period; None before its own, and where there is none.
        broken: constraints of the policy that it does not meet, one sentence each.
        since: after a change, the moment after which the rows are that judge; None without one.
        newest: the same recipe, fitted on all known rows; None where no policy asks for it.
        rolling: the same recipe, fitted on the newest known rows only; None where no policy asks for it.
    """

    period: int
    problem: str | None
    candidate: str | None = None
    train_rows: int = 0
    seconds: float = 0.0
    thresholds: Thresholds | None = None
    baseline: float | None = None
    holdout_error: float = 0.0
    beats_baseline: bool = False
    errors: tuple[float, ...] = ()
    quality: tuple[float | None, ...] = ()
    broken: tuple[str, ...] = ()
    since: Moment | None = None
    newest: Unjudged | None = None
    rolling: Unjudged | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Loss:
    """How a model did on the newest rows with a label, beside its own holdout.

    Attributes:
        rows: how many.
        value: by how much worse, as a share of the holdout's figure; None when it can't be told.
        lower: one-sided lower bound of it, 95 %.
    """

    rows: int
    value: float | None = None
    lower: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """How far the newest rows are from those that a model was judged on.

    Attributes:
        measured: how many features could be compared.
        moved: how many of these have moved far enough to act.
        prediction: whether the model's own answers have.
    """

    measured: int
    moved: int
    prediction: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Faceoff:
    """A challenger judged against a champion.

    Attributes:
        promoted: whether it would have been promoted without asking anybody.
        reason: why, or why not.
        renewal: whether it is the champion's own recipe, and shown to be not worse only.
    """

    promoted: bool
    reason: str
    renewal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Retrain:
    """The runs that one period's end saw.

    Attributes:
        period: the period that begins then.
        why: who asked, the most urgent first.
        runs: how many runs are paid for; only the last one is replayed.
        seconds: what they took to fit.
        promoted: whether the challenger was promoted.
        reason: why, or why not.
    """

    period: int
    why: tuple[TriggerKind, ...]
    runs: int
    seconds: float
    promoted: bool
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Track:
    """What one schedule would have done.

    Attributes:
        policy: its name.
        serving: the model in service in each period, by the period that it was made at.
        retrains: the runs.
        errors: the mistakes of each period.
        quality: the figure of each period; None where there is none.
    """

    policy: str
    serving: tuple[int, ...]
    retrains: tuple[Retrain, ...]
    errors: tuple[float, ...]
    quality: tuple[float | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyCost:
    """What one schedule would have cost.

    Attributes:
        policy: its name.
        description: what it does, one sentence.
        runs: how many runs.
        promotions: how many of them put another model into service.
        seconds: of fitting.
        quality: mean of the periods' figures, weighted by their rows; None without any.
        error_cost: the mistakes, at the YAML's price.
        retrain_cost: the runs and the seconds.
        total: both.
    """

    policy: str
    description: str
    runs: int
    promotions: int
    seconds: float
    quality: float | None
    error_cost: float
    retrain_cost: float
    total: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """The hybrid setting that was in use from a period on, chosen from what was known before it.

    Attributes:
        period: from this one on.
        setting: what it does.
    """

    period: int
    setting: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayPeriod:
    """One period of the replay.

    Attributes:
        start: its start, which is no part of it.
        end: its end.
        rows: how many rows happened in it.
    """

    start: datetime
    end: datetime
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Backtest:
    """The schedules side by side.

    Attributes:
        model: the model.
        metric: what quality is measured by.
        is_loss: whether a smaller figure is better.
        unit: what a mistake is, in the plural.
        prices: of a mistake, of a run, and of a second of fitting.
        has_clock: without one, the times are made up: a week is as many rows as monitoring's window.
        first_rows: rows from before it went live.
        periods: the periods.
        costs: one a schedule, in the order of the YAML.
        tracks: what each did, in the same order.
        choices: the hybrid's settings over time.
        recommended: the setting to use from now on.
        in_hindsight: what that setting would have cost over the whole history, for which it was chosen.
        schedule: the recommendation as YAML.
        notes: one sentence for each thing to keep in mind.
    """

    model: str
    metric: str
    is_loss: bool
    unit: str
    prices: tuple[float, float, float]
    has_clock: bool
    first_rows: int
    periods: tuple[ReplayPeriod, ...]
    costs: tuple[PolicyCost, ...]
    tracks: tuple[Track, ...]
    choices: tuple[Choice, ...]
    recommended: str
    in_hindsight: PolicyCost
    schedule: str
    notes: tuple[str, ...] = ()

"""What a schedule does period by period, given what could be known: a pure replay, with the throttle of production."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Protocol

from ratchet.backtest.periods import Timeline
from ratchet.backtest.schedules import RetrainingSchedule
from ratchet.config.alerts import AlertPlan
from ratchet.records.admission import Attempt, Trigger, TriggerKind
from ratchet.records.backtest import Faceoff, Loss, Moved, PastModel, Retrain, Track
from ratchet.throttle.admission import PRIORITY, admit

Request = tuple[datetime, tuple[Trigger, ...]]  # when, and who asks
LEAST_MOVED = 1  # features that must have moved beside the predictions, as in the alerts' own composite


class Known(Protocol):
    """What a schedule may ask; every answer is made from what was known when the period begins."""

    def model(self, period: int) -> PastModel:
        """Return the model of a period."""

    def face_off(self, champion: int, challenger: int, proven: int | None = None) -> Faceoff:
        """Judge a challenger; `proven` was last shown to be better, where the champion was not."""

    def lost(self, model: int, period: int) -> Loss:
        """Measure matured performance."""

    def moved(self, model: int, period: int) -> Moved:
        """Measure drift."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """What every schedule meets.

    Attributes:
        timeline: the periods.
        known: what can be known.
        alerts: from which loss on performance asks for a run, and from how much drift on drift does.
    """

    timeline: Timeline
    known: Known
    alerts: AlertPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class _State:
    """A schedule on its way through time: the model in service, who waits for a run, and the runs so far.

    `proven` is the model that was last shown to be better, None where that is the one in service.
    """

    serving: int = 0
    proven: int | None = None
    pending: tuple[Trigger, ...] = ()
    attempts: tuple[Attempt, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Admitted:
    """The runs of one period's end, and whom they answer."""

    runs: int
    kinds: frozenset[TriggerKind]


def replay(schedules: Sequence[RetrainingSchedule], world: World) -> Track:
    """Go through the periods, in each by that period's schedule; the first model is in service from the start.

    Args:
        schedules: one a period; the same one throughout where nobody touches it.
        world: what it meets.
    """
    state, serving, retrains = _State(), [0], []
    for period in range(1, world.timeline.periods):
        state, retrain = _step(state, schedules[period], world, period)
        retrains += [retrain] if retrain else []
        serving.append(state.serving)
    models = [world.known.model(model) for model in serving]
    return Track(
        policy=schedules[-1].name,
        serving=tuple(serving),
        retrains=tuple(retrains),
        errors=tuple(model.errors[period] for period, model in enumerate(models)),
        quality=tuple(model.quality[period] for period, model in enumerate(models)),
    )


def _step(state: _State, schedule: RetrainingSchedule, world: World, period: int) -> tuple[_State, Retrain | None]:
    """Ask for runs as the schedule does, and make those that are admitted; a period's model serves all of them."""
    state, admitted = _admit(state, schedule, world, period)
    if not admitted.runs:
        return state, None
    result = world.known.face_off(state.serving, period, state.proven)
    retrain = Retrain(
        period=period,
        why=tuple(sorted(admitted.kinds, key=lambda kind: PRIORITY[kind])),
        runs=admitted.runs,
        seconds=admitted.runs * world.known.model(period).seconds,
        promoted=result.promoted,
        reason=result.reason,
    )
    if not result.promoted:
        return state, retrain
    proven = (state.serving if state.proven is None else state.proven) if result.renewal else None
    return replace(state, serving=period, proven=proven), retrain


def _admit(state: _State, schedule: RetrainingSchedule, world: World, period: int) -> tuple[_State, _Admitted]:
    """Put every request of a period to the throttle, in the order of time; one that had to wait is put again."""
    model, runs, kinds = world.known.model(period), 0, frozenset[TriggerKind]()
    requests = _list_requests(state.serving, schedule, world, period)
    for at, triggers in (*requests, (world.timeline.start_of(period), ())):
        state = replace(state, pending=(*state.pending, *triggers))
        if not admit(schedule.throttle, now=at, triggers=state.pending, attempts=state.attempts).admitted:
            continue
        runs, kinds = runs + 1, kinds | {each.kind for each in state.pending}
        attempt = Attempt(run_id=f"{period}-{runs}", started=at, seconds=model.seconds, succeeded=not model.problem)
        state = replace(state, pending=(), attempts=(*state.attempts, attempt))
    return state, _Admitted(runs=runs, kinds=kinds)


def _list_requests(serving: int, schedule: RetrainingSchedule, world: World, period: int) -> list[Request]:
    """Return when somebody asks for a run: the cron line at its times, the alarms together at the period's end."""
    timeline, now = world.timeline, world.timeline.start_of(period)
    fires = timeline.list_fires(schedule.cron, period)
    requests: list[Request] = [(at, (_make_trigger(TriggerKind.SCHEDULE, at),)) for at in fires]
    alarms = tuple(_make_trigger(kind, now) for kind in _list_alarms(serving, schedule, world, period))
    return [*requests, (now, alarms)] if alarms else requests


def _list_alarms(serving: int, schedule: RetrainingSchedule, world: World, period: int) -> list[TriggerKind]:
    found = []
    if schedule.on_loss and has_lost(world.known.lost(serving, period), world.alerts):
        found.append(TriggerKind.PERFORMANCE)
    if schedule.on_drift and has_moved(world.known.moved(serving, period), world.alerts):
        found.append(TriggerKind.DRIFT)
    return found


def has_lost(loss: Loss, alerts: AlertPlan) -> bool:
    """Tell whether a loss is red: large enough, and more than chance."""
    if loss.value is None or loss.lower is None:
        return False
    return loss.value >= alerts.performance.red and loss.lower > 0


def has_moved(moved: Moved, alerts: AlertPlan) -> bool:
    """Tell whether a drift is red: features and predictions have moved, or a large share of the features has."""
    if moved.prediction and moved.moved >= LEAST_MOVED:
        return True
    return moved.measured > 0 and moved.moved >= alerts.feature_share.red * moved.measured


def _make_trigger(kind: TriggerKind, at: datetime) -> Trigger:
    return Trigger(key=f"{kind}-{at.isoformat()}", kind=kind, model="", at=at, actor="backtest", reason="")

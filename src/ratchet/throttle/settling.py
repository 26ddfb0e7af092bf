"""What becomes of the triggers when a run starts, and when it ends."""

from datetime import datetime, timedelta

from ratchet.records.admission import Admission, Fate, Settlement, Trigger, TriggerKind

# What an alert says is about the model in use, which the run under way is about to judge; a person, new data and the
# baseline ask for a run that has not begun yet.
ANSWERED_UNDER_WAY = frozenset({TriggerKind.PERFORMANCE, TriggerKind.DRIFT, TriggerKind.EXTERNAL})
ASKED_AGAIN = frozenset({*ANSWERED_UNDER_WAY, TriggerKind.DATA})  # a person sees what broke, the baseline comes again
PUNCTUAL = timedelta(minutes=15)  # what a scheduler may take from a tick to the run
OWN_REQUEST = "run:"  # begins the key of what a run itself asks for; its id follows
DECIDED_WITHIN = timedelta(minutes=1)  # that a run's own request is written until the run is decided about


def is_being_decided(trigger: Trigger, now: datetime) -> bool:
    """Tell whether a run has just asked for itself: it is about to be answered, with all else that waits."""
    return trigger.key.startswith(OWN_REQUEST) and abs(now - trigger.at) < DECIDED_WITHIN


def settle_admitted(admission: Admission, run_id: str) -> tuple[Settlement, ...]:
    """Return the fate of every trigger that an admitted run answers: the most urgent one is why it runs."""
    if not admission.admitted:
        return ()
    first, *others = admission.triggers
    reason = "overrules the throttle" if admission.overridden else "the run starts for it"
    together = f"answered by the run that starts for '{first}'"
    return (
        Settlement(trigger=first, fate=Fate.CONSUMED, run_id=run_id, reason=reason),
        *(Settlement(trigger=key, fate=Fate.COALESCED, run_id=run_id, reason=together) for key in others),
    )


def settle_ended(pending: tuple[Trigger, ...], run_id: str) -> tuple[Settlement, ...]:
    """Return the fate of the alerts that were raised while a run was under way that has now reached a verdict."""
    reason = "raised while the run was under way, which has reached a verdict since"
    return tuple(
        Settlement(trigger=each.key, fate=Fate.SUPPRESSED, run_id=run_id, reason=reason)
        for each in pending
        if each.kind in ANSWERED_UNDER_WAY
    )


def ask_again(answered: tuple[Trigger, ...], *, model: str, run_id: str, now: datetime) -> Trigger | None:
    """Return the trigger that repeats what a broken run was to answer; None where somebody asks again anyway."""
    unanswered = [each.kind for each in answered if each.kind in ASKED_AGAIN]
    if not unanswered:
        return None
    return Trigger(
        key=f"again:{run_id}",
        kind=min(unanswered, key=tuple(TriggerKind).index),
        model=model,
        at=now,
        actor=f"{model}.retrain",
        reason=f"run {run_id} broke before it reached a verdict, so what it was to answer is asked again",
    )


def count_from(now: datetime, answered: tuple[Trigger, ...]) -> datetime:
    """Return what intervals count from: a baseline run's tick when it is punctual, else its admission.

    Counted from their admissions, weekly runs would each come some seconds too early for an interval of a week.
    """
    ticks = [each.at for each in answered if each.kind is TriggerKind.SCHEDULE and now - PUNCTUAL <= each.at <= now]
    return max(ticks, default=now)

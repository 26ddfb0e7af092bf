"""The ledger's vocabulary: what happened to a model, in order, each entry chained to the one before."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Kind(StrEnum):
    """What an entry is about."""

    TRIGGER = "trigger"  # somebody or something asked for a retrain
    ADMISSION = "admission"  # a run may train, or must wait
    SETTLEMENT = "settlement"  # what became of one trigger
    RUN = "run"  # a run ended
    VERDICT = "verdict"
    APPROVAL = "approval"  # a person's yes to a run that was held
    PROMOTION = "promotion"
    ADOPTION = "adoption"  # a model from elsewhere became champion
    ROLLBACK = "rollback"
    ALERT = "alert"
    INCIDENT = "incident"
    NOTICE = "notice"  # a channel was told of an incident, or could not be


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What is to be written down.

    Attributes:
        kind: what it is about.
        model: the model it is about.
        at: when it happened, with its zone; the ledger's order is that of writing, whatever the clocks said.
        actor: who or what: a person, a DAG, an alerting system.
        reason: why, one sentence.
        payload: the facts, as JSON text.
        key: what a second delivery of the same is known by, at most 200 characters; None where each one is new.
    """

    kind: Kind
    model: str
    at: datetime
    actor: str
    reason: str
    payload: str = "{}"
    key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of the ledger.

    Attributes:
        number: counts all entries from 1, without gaps.
        note: what was written down.
        previous: hash of the entry before; that of nothing for the first.
        hash: SHA-256 over the number, the note and the previous hash.
    """

    number: int
    note: Note
    previous: str
    hash: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Breach:
    """Where the chain is broken.

    Attributes:
        number: the entry that it shows at.
        problem: one sentence.
    """

    number: int
    problem: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Inspection:
    """What reading the whole chain came to.

    Attributes:
        entries: how many entries were found whole, from the first on.
        last: hash of the last of them: kept elsewhere, it shows later whether entries were cut off at the end.
        breach: where the chain is broken; None when it is whole.
    """

    entries: int
    last: str
    breach: Breach | None


@dataclass(frozen=True, slots=True, kw_only=True)
class RunEnd:
    """How a run ended.

    Attributes:
        run_id: its id.
        succeeded: whether it reached a verdict, whatever that was.
        seconds: how long it took.
        ended: when, UTC.
    """

    run_id: str
    succeeded: bool
    seconds: float
    ended: datetime

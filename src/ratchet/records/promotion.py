"""What the registry did, and what a run left behind."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ratchet.records.decision import Thresholds
from ratchet.records.files import FileRef
from ratchet.records.modelling import Challenger


@dataclass(frozen=True, slots=True, kw_only=True)
class Champion:
    """The model that the champion alias names.

    Attributes:
        model_name: the registered model.
        version: its version.
        run_id: the run that made it.
        candidate: the candidate's name in that run.
        sha256: digest of the model file, as recorded when it was registered.
        since: when the alias was moved to it, UTC.
        previous: the version that a rollback goes back to; None for the first champion.
        as_of: the as-of time of the data it was made from, as text; None when the run had none.
        thresholds: when its score counts as positive; None unless the task is binary.
        classes: the target's classes in the order of its probabilities; empty for regression.
        twin_sha256: digest of the model that was judged in its place, where it has learnt the rows that it would be
            judged on; None where it was judged itself.
    """

    model_name: str
    version: int
    run_id: str
    candidate: str
    sha256: str
    since: datetime
    previous: int | None
    as_of: str | None
    thresholds: Thresholds | None = None
    classes: tuple[str, ...] = ()
    twin_sha256: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Shipped:
    """What a promotion registers.

    Attributes:
        judged: the challenger that the verdict is about.
        refitted: its recipe on every known row; None where the judged model is put into service itself.
    """

    judged: Challenger
    refitted: FileRef | None = None

    @property
    def model(self) -> FileRef:
        """The file that scores."""
        return self.refitted or self.judged.model


@dataclass(frozen=True, slots=True, kw_only=True)
class Promotion:
    """What `promote` or a rollback did to the alias.

    Attributes:
        moved: whether the alias names another version now than when the run began.
        version: the version that the alias names now; None when there is no champion.
        previous: the version it named before, which is where a rollback goes.
        reason: one sentence.
    """

    moved: bool
    version: int | None
    previous: int | None
    reason: str


class AliasMoveKind(StrEnum):
    """Which way the champion alias was moved."""

    PROMOTE = "promote"
    ADOPT = "adopt"  # a promotion of a model from elsewhere
    ROLL_BACK = "roll back"


class AliasMoveState(StrEnum):
    """How far a move came: a process that dies leaves an intent, which the next one closes."""

    INTENT = "intent"
    DONE = "done"
    ABORTED = "aborted"


@dataclass(frozen=True, slots=True, kw_only=True)
class AliasMove:
    """One move of the champion alias.

    Attributes:
        kind: which way.
        version: the version the alias was to name.
        previous: the version it named before; None when there was none.
        at: when, UTC.
        reason: why, one sentence.
        run_id: the run that asked; None for a rollback.
        key: what a second try of the same move is known by; None for a rollback from the command line.
        number: counts a model's moves from 1: the order of things, whatever the clock said; 0 before it is kept.
        state: how far it came.
        actor: who or what asked; None for moves that were made before this was kept.
    """

    kind: AliasMoveKind
    version: int
    previous: int | None
    at: datetime
    reason: str
    run_id: str | None = None
    key: str | None = None
    number: int = 0
    state: AliasMoveState = AliasMoveState.INTENT
    actor: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RollbackRequest:
    """Who wants the champion before back, and why.

    Attributes:
        reason: why, one sentence.
        actor: who or what asks.
        at: when, UTC.
        key: what a second try is known by; None where each one goes back once more.
    """

    reason: str
    actor: str
    at: datetime
    key: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """The pages made for people.

    Attributes:
        run_html: the run report.
        run_markdown: the same as Markdown.
        card_html: the model card.
        card_markdown: the same as Markdown.
        tracking_url: where MLflow shows this run; None when it was not logged.
    """

    run_html: FileRef
    run_markdown: FileRef
    card_html: FileRef
    card_markdown: FileRef
    tracking_url: str | None

"""What the registry did, and what a run left behind."""

from dataclasses import dataclass
from datetime import datetime

from ratchet.records.files import FileRef


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
    """

    model_name: str
    version: int
    run_id: str
    candidate: str
    sha256: str
    since: datetime
    previous: int | None
    as_of: str | None


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

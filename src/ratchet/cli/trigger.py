"""`ratchet trigger`: ask for a retrain; the ledger keeps it until a run answers it."""

from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from uuid import uuid4

from typer import Option

from ratchet.cli.output import AsJson, ModelName, print_json, read_reason, say
from ratchet.config.load import load_model, locate_model
from ratchet.config.model import ModelConfig
from ratchet.config.settings import name_person, read_settings
from ratchet.errors import ConfigError
from ratchet.records.admission import Admission, Trigger, TriggerKind
from ratchet.reports.wording import moment


class AskedKind(StrEnum):
    """Why a retrain may be asked for from a shell; the baseline asks for itself."""

    PERSON = "person"
    PERFORMANCE = "performance"
    DRIFT = "drift"
    DATA = "data"
    EXTERNAL = "external"


def trigger(
    model: ModelName,
    *,
    reason: Annotated[str, Option(help="Why; it is kept with the run.", show_default=False)],
    kind: Annotated[AskedKind, Option(help="What asks: a person, or something that a script has seen.")] = (
        AskedKind.PERSON
    ),
    override: Annotated[bool, Option("--override", help="Run now, whatever the throttle says; people only.")] = False,
    key: Annotated[
        str | None, Option(help="What the request is known by: sent twice, it is one. Without it each one is new.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Ask for a retrain through Airflow: at once, or as soon as the throttle allows it.

    The request waits in the ledger, and the DAG is started by itself when it is due, unless it is paused.
    """
    settings = read_settings()
    config = load_model(locate_model(settings, model))
    asked = make_request(config.model, kind, reason, override=override, key=key)
    is_new = keep(asked, settings.home)
    if not as_json:  # before the outlook: where the ledger can't tell that, the request is in it all the same
        say(f"Request:  {'written' if is_new else 'known already, nothing was written'}")
    outlook = look_out(config, settings.home, asked.at)
    if as_json:
        print_json({"key": asked.key, "new": is_new, "outlook": outlook})
    else:
        say(f"Retrain:  {tell_outlook(outlook)}")


def make_request(model: str, kind: AskedKind, reason: str, *, override: bool, key: str | None) -> Trigger:
    """Put a request together, in the name of who is at the keyboard.

    Raises:
        ConfigError: it gives no reason, or would overrule the throttle and is no person's.
    """
    if override and kind is not AskedKind.PERSON:
        raise ConfigError(
            f"--override: only a person overrules the throttle, not '{kind.value}'; leave out one of both"
        )
    return Trigger(
        key=f"cli:{key or uuid4()}",
        kind=TriggerKind(kind.value),
        model=model,
        at=datetime.now(UTC),
        actor=name_person(),
        reason=read_reason(reason),
        override=override,
    )


def keep(asked: Trigger, home: Path) -> bool:
    """Write a request into the ledger; return whether it is new."""
    from ratchet.ledger.database import open_ledger  # noqa: PLC0415 (loads SQLAlchemy)
    from ratchet.ledger.triggers import write_trigger  # noqa: PLC0415

    return write_trigger(open_ledger(home), asked)


def look_out(config: ModelConfig, home: Path, now: datetime) -> Admission:
    """Return what would be decided about a run that started now."""
    from ratchet.ledger.database import open_ledger  # noqa: PLC0415 (loads SQLAlchemy)
    from ratchet.stages.admit import foresee  # noqa: PLC0415

    with open_ledger(home).connect() as connection:
        return foresee(connection, config, now)


def tell_outlook(outlook: Admission) -> str:
    """Return when what waits will run, and what it waits for."""
    if not outlook.triggers:
        return "nothing waits"
    waiting = f"{len(outlook.triggers)} waiting, the most urgent from {outlook.kind}"
    if outlook.admitted:
        return f"due now ({waiting})"
    when = moment(outlook.at) if outlook.at else "never: blackouts leave no time"
    return f"{when} ({waiting}; {'; '.join(outlook.reasons)})"

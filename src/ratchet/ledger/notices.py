"""Tell channels of incidents, each change once: the ledger says what was told, and to whom."""

import logging
from collections.abc import Iterable
from hashlib import sha256

from sqlalchemy.engine import Engine

from ratchet.config.notify import ChannelSpec
from ratchet.errors import RatchetError, describe_foreign
from ratchet.ledger.database import writing
from ratchet.ledger.journal import append, append_to, find_key, write_payload
from ratchet.ledger.triggers import name_entry
from ratchet.records.alerts import IncidentNotice
from ratchet.records.ledger import Kind, Note

logger = logging.getLogger(__name__)


def tell_channels(engine: Engine, channels: Iterable[ChannelSpec], notices: Iterable[IncidentNotice]) -> None:
    """Tell every channel of every change that it was not told of before.

    It is written down first: a task that is killed in between has told nobody, and one that is tried again tells
    nobody twice. A channel that fails is noted, and holds up nothing.
    """
    told = tuple(channels)
    for notice in notices:
        for channel in told:
            if _claim(engine, channel, notice):
                _tell(engine, channel, notice)


def _claim(engine: Engine, channel: ChannelSpec, notice: IncidentNotice) -> bool:
    """Write down that a channel is told; False where an earlier try has."""
    note = _make_note(channel, notice, f"'{channel.name}' is told that {_say(notice)}")
    with writing(engine) as connection:
        if find_key(connection, str(note.key)):
            return False
        append_to(connection, note)
    return True


def _tell(engine: Engine, channel: ChannelSpec, notice: IncidentNotice) -> None:
    try:
        channel.load().send(notice)
    except Exception as error:  # another package's code may raise anything
        reason = str(error) if isinstance(error, RatchetError) else describe_foreign(error)
        problem = f"'{channel.name}' could not be told that {_say(notice)}: {reason}"
        logger.warning("%s", problem)
        append(engine, _make_note(channel, notice, problem, suffix=":failed"))


def _say(notice: IncidentNotice) -> str:
    return f"incident {notice.incident} {notice.change}"


def _make_note(channel: ChannelSpec, notice: IncidentNotice, reason: str, *, suffix: str = "") -> Note:
    # Two channels of one name have other options, of which the ledger keeps none: they may say who is told where.
    options = sha256(channel.model_dump_json().encode()).hexdigest()[:8]
    return Note(
        kind=Kind.NOTICE,
        model=notice.model,
        at=notice.at,
        actor="monitor",
        reason=reason,
        payload=write_payload(channel=channel.name, notice=notice),
        key=name_entry(Kind.NOTICE, notice.model, f"{notice.key}:{channel.name}-{options}{suffix}"),
    )

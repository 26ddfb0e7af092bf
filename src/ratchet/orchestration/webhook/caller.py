"""Who calls the webhook: the holder of its own token, or a user of Airflow."""

import hashlib
import hmac
import logging
import os
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from starlette.exceptions import HTTPException

from ratchet.records.admission import dag_of

logger = logging.getLogger(__name__)

VARIABLE = "RATCHET_WEBHOOK_TOKEN"
FILE_VARIABLE = "RATCHET_WEBHOOK_TOKEN_FILE"
UNAUTHORIZED = 401
FORBIDDEN = 403


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Who may write.

    Attributes:
        name: what the ledger calls them.
        may_ask: says whether they may ask for a retrain of a model.
    """

    name: str
    may_ask: Callable[[str], bool]


FindUser = Callable[[str], Awaitable[Caller | None]]  # from one of Airflow's tokens to its user; None for no such user


async def identify(authorization: str | None, find_user: FindUser) -> Caller:
    """Return who a request is from; only the header counts, never a cookie that a browser sends by itself.

    Raises:
        HTTPException: 401 without a token, 403 with a wrong one.
    """
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise HTTPException(
            UNAUTHORIZED,
            "send a token: 'Authorization: Bearer …'",
            headers={"WWW-Authenticate": "Bearer"},
        )
    if is_ours(token.strip(), read_tokens()):
        return Caller(name="Alertmanager", may_ask=lambda _model: True)
    user = await find_user(token.strip())
    if user is None:
        raise HTTPException(FORBIDDEN, "this token is neither the webhook's nor one of Airflow's")
    return user


def read_tokens() -> tuple[str, ...]:
    """Return the webhook's own tokens: that of the environment, and those of the file, one a line.

    The file is read each time, so that a token can be changed, the old one beside the new one, without a restart.
    """
    return tuple(each for each in (os.environ.get(VARIABLE, "").strip(), *_read_file()) if each)


def is_ours(token: str, tokens: tuple[str, ...]) -> bool:
    """Tell whether a token is one of ours, in a time that does not tell how much of it was right."""
    asked = _digest(token)
    return any(hmac.compare_digest(asked, _digest(each)) for each in tokens)


def _read_file() -> list[str]:
    path = os.environ.get(FILE_VARIABLE)
    if not path:
        return []
    try:
        return [line.strip() for line in Path(path).read_text(encoding="utf-8").splitlines()]
    except (OSError, UnicodeDecodeError) as error:
        logger.error("%s can't be read, so none of its tokens is taken: %s", FILE_VARIABLE, error)
        return []


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()


async def find_airflow_user(token: str) -> Caller | None:
    """Return the user of one of Airflow's tokens, who may ask for what they may start in the UI; None for a wrong one.

    Only inside Airflow's API server, which has made its auth manager by then.
    """
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity, DagDetails
    from airflow.models.dag import DagModel
    from jwt import InvalidTokenError

    manager = get_auth_manager()
    try:
        user = await manager.get_user_from_token(token)
    except InvalidTokenError:  # an expired one as well
        return None

    def may_start(model: str) -> bool:
        dag_id = dag_of(model)
        details = DagDetails(id=dag_id, team_name=DagModel.get_team_name(dag_id))
        return manager.is_authorized_dag(method="POST", access_entity=DagAccessEntity.RUN, details=details, user=user)

    return Caller(name=f"{user.get_name()} by the webhook", may_ask=may_start)

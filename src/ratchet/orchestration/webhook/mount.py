"""What Airflow mounts: the application is made at its first request, so that no other process loads it."""

from functools import cache
from typing import TYPE_CHECKING

from ratchet.config.settings import read_settings

if TYPE_CHECKING:
    from starlette.applications import Starlette
    from starlette.types import Receive, Scope, Send

PREFIX = "/ratchet/api"


async def serve(scope: "Scope", receive: "Receive", send: "Send") -> None:
    """Serve a request (ASGI)."""
    await _app()(scope, receive, send)


@cache
def _app() -> "Starlette":
    from ratchet.orchestration.webhook.app import make_app
    from ratchet.orchestration.webhook.caller import find_airflow_user

    return make_app(read_settings(), find_airflow_user)

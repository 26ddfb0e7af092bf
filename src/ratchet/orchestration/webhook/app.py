"""The web application: one address that takes alerts, and says nothing to those who may not write."""

import asyncio
import logging
from datetime import UTC, datetime

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from ratchet.config.load import find_models
from ratchet.config.settings import Settings
from ratchet.errors import LedgerError
from ratchet.ledger.triggers import TriggerWriter
from ratchet.orchestration.webhook.alertmanager import Delivery, MalformedError, make_requests, read_delivery
from ratchet.orchestration.webhook.caller import FORBIDDEN, Caller, FindUser, identify

logger = logging.getLogger(__name__)

MOST_BYTES = 1 << 20  # of a body: some 1,000 alerts
TOO_LARGE, UNPROCESSABLE, UNAVAILABLE = 413, 422, 503
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
}
AGAIN_SECONDS = "10"


def make_app(settings: Settings, find_user: FindUser) -> Starlette:
    """Make the application for one installation.

    Args:
        settings: where its models and its ledger are.
        find_user: finds a user of Airflow by a token.
    """
    writer = TriggerWriter(settings.home)

    async def receive(request: Request) -> JSONResponse:
        caller = await identify(request.headers.get("authorization"), find_user)
        delivery = read_delivery(await read_body(request))
        known = {path.stem for path in find_models(settings.models)}
        await check_any_right(caller, known)
        if delivery.truncated:
            logger.warning("Alertmanager left out %s alerts: set max_alerts to 0", delivery.truncated)
        requests = make_requests(delivery, known, actor=caller.name, now=datetime.now(UTC))
        await check_rights(caller, {each.trigger.model for each in requests})
        new = await writer.write([(each.trigger, each.payload) for each in requests]) if requests else 0
        return answer(200, count(delivery, new))

    return Starlette(
        routes=[Route("/alerts", receive, methods=["POST"])],
        exception_handlers={
            HTTPException: refuse,
            MalformedError: refuse_malformed,
            LedgerError: ask_again,
            ClientDisconnect: refuse_half,
        },
    )


async def read_body(request: Request) -> bytes:
    """Return a request's body.

    Raises:
        HTTPException: 413: it is too large, whatever its header says.
    """
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MOST_BYTES:
            raise HTTPException(TOO_LARGE, f"a delivery may have {MOST_BYTES:,} bytes; set max_alerts in Alertmanager")
    return bytes(body)


async def check_any_right(caller: Caller, models: set[str]) -> None:
    """Check that a caller may ask for one of the models: nobody else is told their names.

    Raises:
        HTTPException: 403: for none of them.
    """
    for model in sorted(models):
        if await asyncio.to_thread(caller.may_ask, model):
            return
    if models:
        raise HTTPException(FORBIDDEN, f"{caller.name} may start no retraining")


async def check_rights(caller: Caller, models: set[str]) -> None:
    """Check that a caller may ask for each of the models.

    Raises:
        HTTPException: 403: not for one of them.
    """
    for model in sorted(models):
        if not await asyncio.to_thread(caller.may_ask, model):  # Airflow may have to ask its database
            raise HTTPException(FORBIDDEN, f"{caller.name} may not start {model}.retrain")


def count(delivery: Delivery, new: int) -> dict[str, int]:
    """Say what became of each alert of a delivery."""
    firing = len(delivery.firing)
    return {
        "recorded": new,
        "known": firing - new,
        "resolved": len(delivery.alerts) - firing,
        "truncated": delivery.truncated,
    }


def answer(status: int, content: object, headers: dict[str, str] | None = None) -> JSONResponse:
    """Return JSON that no browser keeps, guesses at or shows in a frame."""
    return JSONResponse(content, status_code=status, headers={**HEADERS, **(headers or {})})


def refuse(_request: Request, error: Exception) -> JSONResponse:
    """Answer a request that was refused."""
    assert isinstance(error, HTTPException)
    return answer(error.status_code, {"detail": error.detail}, dict(error.headers or {}))


def refuse_malformed(_request: Request, error: Exception) -> JSONResponse:
    """Answer a delivery that can't be taken: 422, and each field with what is wrong with it."""
    assert isinstance(error, MalformedError)
    return answer(UNPROCESSABLE, {"detail": [{"loc": list(where), "msg": what} for where, what in error.problems]})


def refuse_half(_request: Request, _error: Exception) -> JSONResponse:
    """Answer a caller that went away half-way, though nobody listens."""
    return answer(400, {"detail": "the request ended before its body"})


def ask_again(_request: Request, error: Exception) -> JSONResponse:
    """Answer that nothing was written; Alertmanager delivers again what was answered so."""
    return answer(UNAVAILABLE, {"detail": str(error)}, {"Retry-After": AGAIN_SECONDS})

"""What Airflow mounts makes its application at the first request, with this installation's settings."""

import asyncio

import httpx

from builders.alertmanager import make_delivery
from builders.projects import make_project
from ratchet.ledger.database import open_ledger
from ratchet.ledger.triggers import read_triggers
from ratchet.orchestration.webhook import mount


async def post(**headers):
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=mount.serve), base_url="http://ratchet") as client:
        return await client.post("/alerts", json=make_delivery(), headers=headers)


def test_the_installation_of_the_environment_is_written_to(tmp_path, monkeypatch):
    make_project(tmp_path)
    monkeypatch.setenv("RATCHET_PROJECT", str(tmp_path))
    monkeypatch.setenv("RATCHET_HOME", str(tmp_path / "var"))
    monkeypatch.setenv("RATCHET_WEBHOOK_TOKEN", "of-ours")
    monkeypatch.delenv("RATCHET_LEDGER_URL", raising=False)
    mount._app.cache_clear()
    try:
        assert asyncio.run(post()).status_code == 401
        assert asyncio.run(post(Authorization="Bearer of-ours")).json()["recorded"] == 1
    finally:
        mount._app.cache_clear()
    with open_ledger(tmp_path / "var").connect() as connection:
        assert len(read_triggers(connection, "sales")) == 1

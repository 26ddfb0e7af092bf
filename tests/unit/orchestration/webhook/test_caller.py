"""The webhook's tokens: where they are from, and how they are changed without a restart."""

import asyncio
import logging

import pytest
from starlette.exceptions import HTTPException

from ratchet.orchestration.webhook.caller import identify, is_ours, read_tokens


@pytest.fixture(autouse=True)
def nothing_set_up(monkeypatch):
    for name in ("RATCHET_WEBHOOK_TOKEN", "RATCHET_WEBHOOK_TOKEN_FILE"):
        monkeypatch.delenv(name, raising=False)


async def no_user(token):
    return None


def ask(authorization):
    return asyncio.run(identify(authorization, no_user))


def test_without_a_set_up_there_is_no_token():
    assert read_tokens() == ()


@pytest.mark.parametrize(
    ("ours", "token", "is_right"),
    [
        ((), "", False),
        ((), "one", False),
        (("one",), "one", True),
        (("one",), "One", False),
        (("one",), "", False),
        (("one", "two"), "two", True),
        (("é",), "é", True),
    ],
)
def test_a_token_is_compared_whole(ours, token, is_right):
    assert is_ours(token, ours) is is_right


def test_an_old_and_a_new_token_work_side_by_side_until_the_old_one_is_taken_out(tmp_path, monkeypatch):
    file = tmp_path / "tokens"
    monkeypatch.setenv("RATCHET_WEBHOOK_TOKEN_FILE", str(file))
    file.write_text("old\n\nnew\n")
    assert read_tokens() == ("old", "new")
    assert ask("Bearer old").name == ask("bearer new").name == "Alertmanager"
    file.write_text("new\n")
    with pytest.raises(HTTPException, match="403"):
        ask("Bearer old")


def test_a_file_that_is_gone_lets_nobody_in_and_is_told(tmp_path, monkeypatch, caplog):
    monkeypatch.setenv("RATCHET_WEBHOOK_TOKEN_FILE", str(tmp_path / "nowhere"))
    with caplog.at_level(logging.ERROR), pytest.raises(HTTPException, match="403"):
        ask("Bearer x")
    assert "RATCHET_WEBHOOK_TOKEN_FILE can't be read" in caplog.text


def test_the_refusal_names_no_token_and_no_path(tmp_path, monkeypatch):
    monkeypatch.setenv("RATCHET_WEBHOOK_TOKEN_FILE", str(tmp_path / "nowhere"))
    with pytest.raises(HTTPException) as refused:
        ask("Bearer guess")
    assert "guess" not in refused.value.detail
    assert str(tmp_path) not in refused.value.detail

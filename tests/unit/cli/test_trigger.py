"""`ratchet trigger`: a request in the ledger, and what is told about it."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from builders.ledgers import make_note
from builders.projects import make_project
from builders.throttles import make_trigger
from ratchet.cli.trigger import AskedKind, tell_outlook, trigger
from ratchet.config.throttle import Throttle
from ratchet.errors import ConfigError, LedgerError
from ratchet.ledger.admissions import settle, write_admission
from ratchet.ledger.database import open_ledger, writing
from ratchet.ledger.journal import append
from ratchet.ledger.triggers import read_pending
from ratchet.records.admission import Admission, Applicant, TriggerKind
from ratchet.records.ledger import Kind
from ratchet.throttle.admission import admit

NOW = datetime.now(UTC)


@pytest.fixture
def home(tmp_path, monkeypatch):
    make_project(tmp_path)
    monkeypatch.setenv("RATCHET_PROJECT", str(tmp_path))
    monkeypatch.setenv("RATCHET_HOME", str(tmp_path / "var"))
    return tmp_path / "var"


def pending(home):
    with open_ledger(home).connect() as connection:
        return read_pending(connection, "sales")


def keep_an_attempt(home, started):
    """A run that was admitted, and is the reason why others wait."""
    with writing(open_ledger(home)) as connection:
        admission = admit(Throttle(), now=started, triggers=(make_trigger(key="first"),), attempts=())
        applicant = Applicant(model="sales", run_id="run-1", actor="sales.retrain", at=started)
        write_admission(connection, applicant, admission, counts_from=started)
        settle(connection, applicant, ())


def test_a_request_is_written_and_due_at_once(home, capsys):
    trigger("sales", reason="prices have changed")
    (asked,) = pending(home)
    assert (asked.kind, asked.reason, asked.override) == (TriggerKind.PERSON, "prices have changed", False)
    out = capsys.readouterr().out
    assert "Request:  written" in out
    assert "due now (1 waiting, the most urgent from person)" in out


def test_each_request_is_new_unless_it_has_a_key(home, capsys):
    for _ in range(2):
        trigger("sales", reason="again", kind=AskedKind.DATA)
    for _ in range(2):
        trigger("sales", reason="delivery 7", kind=AskedKind.DATA, key="delivery-7")
    assert len(pending(home)) == 3
    assert "known already, nothing was written" in capsys.readouterr().out


def test_a_request_that_must_wait_says_until_when(home, capsys):
    keep_an_attempt(home, NOW - timedelta(hours=1))
    trigger("sales", reason="drift", kind=AskedKind.DRIFT, as_json=True)
    told = json.loads(capsys.readouterr().out)
    assert (told["new"], told["outlook"]["admitted"]) == (True, False)
    assert datetime.fromisoformat(told["outlook"]["at"]) > NOW + timedelta(hours=22)


def test_a_person_overrules_the_throttle(home, capsys):
    keep_an_attempt(home, NOW - timedelta(hours=1))
    trigger("sales", reason="now", override=True)
    assert "due now" in capsys.readouterr().out


def test_a_request_is_told_as_written_though_nobody_knows_what_comes_of_it(home, capsys):
    append(open_ledger(home), make_note(kind=Kind.TRIGGER, payload="{}"))
    with pytest.raises(LedgerError, match="can't be read"):
        trigger("sales", reason="now")
    assert capsys.readouterr().out == "Request:  written\n"


def test_nobody_else_overrules_it(home):
    with pytest.raises(ConfigError, match="only a person"):
        trigger("sales", reason="now", kind=AskedKind.DRIFT, override=True)
    assert pending(home) == ()


@pytest.mark.parametrize(
    ("outlook", "text"),
    [
        (Admission(admitted=False, at=None, reasons=("nobody asked",), triggers=(), kind=None), "nothing waits"),
        (
            Admission(admitted=False, at=None, reasons=("a blackout",), triggers=("a",), kind=TriggerKind.DATA),
            "never: blackouts leave no time (1 waiting, the most urgent from data; a blackout)",
        ),
    ],
)
def test_an_outlook_in_words(outlook, text):
    assert tell_outlook(outlook) == text


def test_a_request_without_a_reason_is_not_written(home):
    with pytest.raises(ConfigError, match="--reason"):
        trigger("sales", reason=" ")
    assert not pending(home)

"""`ratchet ledger`, as a person and a script read it."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from builders.ledgers import make_note
from ratchet.ledger.database import open_ledger
from ratchet.ledger.journal import append_all
from ratchet.records.ledger import Kind

Command = Callable[..., object]


@pytest.fixture
def written(project: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The file of a ledger with four entries."""
    monkeypatch.delenv("RATCHET_LEDGER_URL", raising=False)
    notes = [
        make_note(1),
        make_note(2, kind=Kind.VERDICT, payload='{"decision": "promote"}'),
        make_note(3, model="rents", reason="[red]not a colour[/] é"),
        make_note(4, key=None),
    ]
    append_all(open_ledger(project / "var"), notes)
    return project / "var" / "ledger.db"


def change(file: Path, statement: str) -> None:
    with sqlite3.connect(file) as connection:
        for name in ("no_update", "no_delete"):
            connection.execute(f"DROP TRIGGER ledger_{name}")
        connection.execute(statement)


def numbers(shown) -> list[int]:
    return [entry["number"] for entry in json.loads(shown.stdout)]


def test_a_whole_ledger_is_told_with_its_last_hash(ratchet: Command, written: Path) -> None:
    done = ratchet("ledger", "verify")
    found = json.loads(ratchet("ledger", "verify", "--json").stdout)
    assert (done.exit_code, found["entries"], found["breach"]) == (0, 4, None)
    assert "4 entries, the chain is whole." in done.stdout
    assert found["last"] in done.stdout


def test_an_empty_ledger_is_whole(ratchet: Command) -> None:
    assert "0 entries" in ratchet("ledger", "verify").stdout
    assert "Nothing in the ledger" in ratchet("ledger", "show").stdout
    assert json.loads(ratchet("ledger", "show", "--json").stdout) == []


def test_a_changed_entry_is_told_and_the_exit_code_says_so(ratchet: Command, written: Path) -> None:
    change(written, "UPDATE ledger SET reason = 'x' WHERE number = 2")
    done = ratchet("ledger", "verify")
    assert done.exit_code == 1
    assert "Broken at entry 2: entry 2 was changed after it was written." in done.stderr
    scripted = ratchet("ledger", "verify", "--json")
    assert (scripted.exit_code, json.loads(scripted.stdout)["breach"]["number"]) == (1, 2)


def test_a_cut_off_end_is_told_by_the_hash_of_an_earlier_verify(ratchet: Command, written: Path) -> None:
    kept = json.loads(ratchet("ledger", "verify", "--json").stdout)["last"]
    assert ratchet("ledger", "verify", "--expect", kept.upper()).exit_code == 0
    change(written, "DELETE FROM ledger WHERE number = 4")
    assert ratchet("ledger", "verify").exit_code == 0
    done = ratchet("ledger", "verify", "--expect", kept)
    assert (done.exit_code, "the end was cut off" in done.stderr) == (1, True)


def test_entries_are_shown_as_a_table_with_their_text_as_it_is(ratchet: Command, written: Path) -> None:
    shown = ratchet("ledger", "show").stdout
    assert "[red]not a colour[/] é" in shown
    assert "2026-03-02 08:01:00" in shown
    assert "when (UTC)" in shown


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ((), [1, 2, 3, 4]),
        (("rents",), [3]),
        (("rents", "--kind", "verdict"), []),
        (("--kind", "verdict"), [2]),
        (("--kind", "verdict", "--kind", "alert", "sales"), [1, 2, 4]),
        (("--limit", "2"), [3, 4]),
        (("--since", "2026-03-02T08:03:00"), [3, 4]),
        (("--since", "2026-03-02T09:03:00+01:00", "--limit", "1"), [4]),
        (("--since", "2027-01-01"), []),
    ],
)
def test_entries_are_chosen(options, expected, ratchet: Command, written: Path) -> None:
    assert numbers(ratchet("ledger", "show", *options, "--json")) == expected


def test_facts_are_shown_as_json_and_not_as_text_of_json(ratchet: Command, written: Path) -> None:
    (entry,) = json.loads(ratchet("ledger", "show", "--kind", "verdict", "--json").stdout)
    assert entry["payload"] == {"decision": "promote"}
    assert (entry["at"], len(entry["hash"])) == ("2026-03-02T08:02:00Z", 64)


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--since", "yesterday"), "--since: 'yesterday' is not a time"),
        (("--kind", "prophecy"), "prophecy"),
        (("--limit", "0"), "--limit"),
    ],
)
def test_an_option_that_makes_no_sense_is_told(options, said, ratchet: Command) -> None:
    done = ratchet("ledger", "show", *options)
    assert done.exit_code != 0
    assert said in done.stderr


def test_facts_that_an_edit_left_unreadable_are_shown_as_they_are(ratchet: Command, written: Path) -> None:
    change(written, "UPDATE ledger SET payload = 'x' WHERE number = 3")
    (entry,) = json.loads(ratchet("ledger", "show", "rents", "--json").stdout)
    assert entry["payload"] == "x"


def test_a_model_that_nothing_is_known_of_is_told(ratchet: Command, written: Path) -> None:
    done = ratchet("ledger", "show", "sale", "--json")
    assert (done.exit_code, done.stdout) == (1, "")
    assert "no model 'sale' (did you mean 'sales'?)" in done.stderr


@pytest.mark.parametrize("text", ["", "zzz", "0" * 63])
def test_a_hash_that_is_none_is_not_taken_for_a_broken_chain(text, ratchet: Command, written: Path) -> None:
    done = ratchet("ledger", "verify", "--expect", text)
    assert done.exit_code == 1
    assert done.stderr.startswith(f"--expect: '{text}' is no hash")


def test_a_file_that_is_no_database_is_one_sentence(ratchet: Command, written: Path) -> None:
    written.write_bytes(b"not a database" * 100)
    done = ratchet("ledger", "verify")
    assert done.exit_code == 1
    assert done.stderr.startswith("the registry or the ledger can't be used: ")

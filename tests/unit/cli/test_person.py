import getpass

import pytest

from ratchet.cli.person import name_person


def test_a_person_is_named_by_their_account(monkeypatch):
    monkeypatch.setattr(getpass, "getuser", lambda: "ann")
    assert name_person() == "ann"


@pytest.mark.parametrize("error", [KeyError, OSError])
def test_an_account_without_a_name_is_known_by_its_number(error, monkeypatch):
    def nameless():
        raise error

    monkeypatch.setattr(getpass, "getuser", nameless)
    assert name_person().startswith("user ")

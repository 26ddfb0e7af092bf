import getpass

import pytest

from ratchet.cli.person import name_person, read_reason
from ratchet.errors import ConfigError


def test_a_person_is_named_by_their_account(monkeypatch):
    monkeypatch.setattr(getpass, "getuser", lambda: "ann")
    assert name_person() == "ann"


@pytest.mark.parametrize("error", [KeyError, OSError])
def test_an_account_without_a_name_is_known_by_its_number(error, monkeypatch):
    def nameless():
        raise error

    monkeypatch.setattr(getpass, "getuser", nameless)
    assert name_person().startswith("user ")


def test_a_reason_is_kept_without_the_blanks_around_it():
    assert read_reason(" prices have changed ") == "prices have changed"


@pytest.mark.parametrize("text", ["", "  "])
def test_a_reason_that_says_nothing_is_refused(text):
    with pytest.raises(ConfigError, match="say why in a few words"):
        read_reason(text)

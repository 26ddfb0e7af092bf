import pytest

from ratchet.cli.options import read_reason
from ratchet.errors import ConfigError


def test_a_reason_is_kept_without_the_blanks_around_it():
    assert read_reason(" prices have changed ") == "prices have changed"


@pytest.mark.parametrize("text", ["", "  "])
def test_a_reason_that_says_nothing_is_refused(text):
    with pytest.raises(ConfigError, match="say why in a few words"):
        read_reason(text)

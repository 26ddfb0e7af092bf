from datetime import UTC, datetime

import pytest

from builders.runs import make_config
from ratchet.config.as_of import read_as_of
from ratchet.errors import ConfigError

NOW = datetime(2026, 2, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-01-31T01:00:00+01:00", datetime(2026, 1, 31, tzinfo=UTC)),
        ("2026-01-31", datetime(2026, 1, 31, tzinfo=UTC)),  # without a zone it is UTC
        (None, None),
        ("", None),
    ],
)
def test_a_time(text, moment):
    assert read_as_of(text, make_config(), NOW) == moment


def test_rows_in_order_are_counted():
    config = make_config(data={"time": {"order": "rows"}})
    assert read_as_of("500", config, NOW) == 500
    with pytest.raises(ConfigError, match="not a number of rows"):
        read_as_of("2026-01-01", config, NOW)


@pytest.mark.parametrize("text", ["0", "-3", "1.5"])
def test_no_rows_at_all_are_refused(text):
    config = make_config(data={"time": {"order": "rows"}})
    with pytest.raises(ConfigError, match=f"'{text}' is not a number of rows"):
        read_as_of(text, config, NOW)


def test_a_time_that_has_not_come_is_refused():
    assert read_as_of("2026-02-01T12:00:00Z", make_config(), NOW) == NOW
    with pytest.raises(ConfigError, match="'2026-02-01T12:01:00Z' has not come yet; it is 2026-02-01T12:00Z"):
        read_as_of("2026-02-01T12:01:00Z", make_config(), NOW)

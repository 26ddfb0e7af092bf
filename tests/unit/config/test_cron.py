"""What a schedule may say: every kind of line both ways."""

import pytest

from ratchet.config.cron import PRESETS, check_cron, check_zone


@pytest.mark.parametrize("cron", [None, *PRESETS, "30 2 * * *", "0 6 * * mon-fri", "0 0 29 2 *"])
def test_a_cron_that_comes_stays_as_it_is(cron):
    assert check_cron(cron) == cron


@pytest.mark.parametrize(
    ("cron", "said"),
    [
        ("", "neither a cron line"),
        ("@fortnightly", "neither a cron line"),
        ("61 * * * *", "neither a cron line"),
        ("0 0 30 2 *", "no moment that ever comes; found '0 0 30 2"),
        ("0 0 31 4,6 *", "no moment that ever comes"),
    ],
)
def test_a_cron_that_never_comes_is_refused(cron, said):
    with pytest.raises(ValueError, match=said.replace("*", r"\*")):
        check_cron(cron)


def test_a_zone_is_one_that_is_known():
    assert check_zone("Europe/Berlin") == "Europe/Berlin"
    with pytest.raises(ValueError, match="'Mars/Utopia' is not an IANA zone"):
        check_zone("Mars/Utopia")

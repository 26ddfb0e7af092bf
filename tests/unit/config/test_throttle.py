"""Blackouts across days, weeks and changes of the clock, and what the section refuses."""

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import ValidationError

from builders.runs import make_config
from ratchet.config.throttle import DAYS, PRESETS, Blackout, Throttle, check_cron, check_zone

BERLIN, NEW_YORK = "Europe/Berlin", "America/New_York"


def blackout(**changes: object) -> Blackout:
    return Blackout.model_validate(changes)


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


@pytest.mark.parametrize(
    ("at", "end"),
    [
        ("2026-03-10T21:59:59Z", None),
        ("2026-03-10T22:00:00Z", "2026-03-11T06:00:00Z"),
        ("2026-03-11T03:00:00Z", "2026-03-11T06:00:00Z"),  # it began the day before
        ("2026-03-11T06:00:00Z", None),
    ],
)
def test_a_night_ends_on_the_next_day(at, end):
    assert blackout(start="22:00", end="06:00").end_of(moment(at)) == (moment(end) if end else None)


def test_the_same_time_twice_is_a_whole_day():
    assert blackout(start="00:00", end="00:00").end_of(moment("2026-03-10T23:59:59Z")) == moment("2026-03-11T00:00:00Z")


@pytest.mark.parametrize("day", range(7))
def test_only_the_days_that_are_named(day):
    at = moment("2026-03-09T12:00:00Z") + timedelta(days=day)  # a Monday
    named = blackout(days=[DAYS[day]], start="10:00", end="14:00")
    others = blackout(days=[each for each in DAYS if each != DAYS[day]], start="10:00", end="14:00")
    assert named.end_of(at) == at + timedelta(hours=2)
    assert others.end_of(at) is None


def test_a_night_belongs_to_the_day_on_which_it_begins():
    friday_night = blackout(days=["fri"], start="22:00", end="06:00")
    assert friday_night.end_of(moment("2026-03-14T03:00:00Z"))  # Saturday morning
    assert friday_night.end_of(moment("2026-03-13T03:00:00Z")) is None  # Friday morning


@pytest.mark.parametrize(
    ("zone", "at", "end"),
    [
        # Spring: 02:00 to 03:00 does not exist, so a night from 01:00 to 04:00 has two hours.
        (BERLIN, "2026-03-29T01:00:00+01:00", "2026-03-29T04:00:00+02:00"),
        (NEW_YORK, "2026-03-08T01:00:00-05:00", "2026-03-08T04:00:00-04:00"),
        # Autumn: 02:00 to 03:00 comes twice, so it has four.
        (BERLIN, "2026-10-25T01:00:00+02:00", "2026-10-25T04:00:00+01:00"),
        (NEW_YORK, "2026-11-01T01:00:00-04:00", "2026-11-01T04:00:00-05:00"),
    ],
)
def test_a_blackout_follows_the_clock_on_the_wall(zone, at, end):
    night = blackout(start="01:00", end="04:00", zone=zone)
    first, last = moment(at), moment(end)
    assert night.end_of(first) == night.end_of(last - timedelta(seconds=1)) == last
    assert night.end_of(first - timedelta(seconds=1)) is None
    assert night.end_of(last) is None
    assert last - first == timedelta(hours=2 if "03-" in at else 4)


def test_an_hour_that_does_not_exist_is_no_blackout():
    gone = blackout(start="02:00", end="03:00", zone=BERLIN)
    assert [gone.end_of(moment(f"2026-03-29T{hour}:30:00Z")) for hour in ("00", "01", "02")] == [None] * 3


def test_an_hour_that_comes_twice_is_two_hours_of_blackout():
    twice = blackout(start="02:00", end="03:00", zone=BERLIN)
    held = [bool(twice.end_of(moment(f"2026-10-24T{hour}:30:00Z") + timedelta(days=1))) for hour in ("00", "01", "02")]
    assert held == [True, True, False]  # 02:30 in summer time, 02:30 in winter time, 03:30


def test_two_zones_are_two_times():
    at = moment("2026-07-01T12:00:00Z")  # 14:00 in Berlin, 08:00 in New York
    assert blackout(start="13:00", end="15:00", zone=BERLIN).end_of(at) == at + timedelta(hours=1)
    assert blackout(start="13:00", end="15:00", zone=NEW_YORK).end_of(at) is None


def test_a_leap_day_is_a_day():
    leap = blackout(days=["tue"], start="00:00", end="00:00")  # 29 February 2028
    assert leap.end_of(moment("2028-02-29T12:00:00Z")) == moment("2028-03-01T00:00:00Z")


@pytest.mark.parametrize(("at", "held"), [("23", False), ("24", True), ("26", True), ("27", False)])
def test_once_is_from_one_moment_to_another(at, held):
    once = blackout(since="2026-12-24T00:00:00+01:00", until="2026-12-27T00:00:00Z")
    assert bool(once.end_of(moment(f"2026-12-{at}T00:00:00Z"))) is held


@pytest.mark.parametrize(
    "wrong",
    [
        {},
        {"start": "22:00"},
        {"start": "22:00", "end": "25:00"},
        {"start": "22:00", "end": "23:00", "zone": "Mars/Olympus"},
        {"start": "22:00", "end": "23:00", "since": "2026-01-01T00:00:00Z"},
        {"since": "2026-01-02T00:00:00Z", "until": "2026-01-01T00:00:00Z"},
        {"days": ["someday"], "start": "22:00", "end": "23:00"},
    ],
)
def test_what_is_no_blackout_is_refused(wrong):
    with pytest.raises(ValidationError):
        blackout(**wrong)


@pytest.mark.parametrize("wrong", [{"max_runs": 0}, {"daily_seconds": 0}, {"min_interval": "soon"}, {"max_run": 3}])
def test_what_is_no_rule_is_refused(wrong):
    with pytest.raises(ValidationError):
        Throttle.model_validate(wrong)


def test_a_baseline_has_a_zone_that_somebody_knows():
    assert make_config(schedule={"cron": "@daily", "zone": BERLIN}).schedule.zone == BERLIN
    with pytest.raises(ValidationError, match="is not an IANA zone"):
        make_config(schedule={"zone": "Mars/Olympus"})


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

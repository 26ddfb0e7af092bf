from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from builders.leakage import HOURS, ORDER, make_material, make_table
from builders.snapshots import START
from ratchet.evaluation.leakage.timing import find_late_rows, find_late_values, find_memory_across
from ratchet.records.leakage import Finding, LeakKind, Strength

FRAME = make_table(1000)
PARTS = [range(700), range(700, 850), range(850, 1000)]


def late_rows(frame: pd.DataFrame = FRAME, **changes: object) -> list[Finding]:
    return find_late_rows(make_material(frame, **{"method": "time", "time": HOURS, "parts": PARTS} | changes))


def late_values(frame: pd.DataFrame = FRAME, **changes: object) -> list[Finding]:
    return find_late_values(make_material(frame, **{"method": "time", "time": HOURS, "parts": PARTS} | changes))


def filled_in(hours: pd.Series | float, frame: pd.DataFrame = FRAME) -> pd.DataFrame:
    """A column of the times at which `a` came in: so many hours after each row."""
    return frame.assign(a_at=START.tz_localize(None) + pd.to_timedelta(np.arange(len(frame)) + hours, unit="h"))


@pytest.mark.parametrize(("delay", "late"), [("0s", []), ("1h", []), ("2h", [1 / 150]), ("152h", [2 / 700, 1.0])])
def test_labels_known_after_the_holdout_begins_are_late(delay, late):
    found = late_rows(label_delay=delay)
    assert [each.measured for each in found] == pytest.approx(late, abs=0.01)
    assert all(each.strength is Strength.CERTAIN and each.kind is LeakKind.TIME for each in found)


def test_labels_that_the_split_says_are_known_are_no_news_and_later_rows_still_are():
    material = make_material(FRAME, method="time", time=HOURS, parts=PARTS, label_delay="152h")
    assert find_late_rows(replace(material, knows=("validation",))) != []
    assert find_late_rows(replace(material, knows=("validation", "holdout"))) == []
    later = make_material(FRAME, method="time", time=HOURS, parts=[range(700), range(700, 860), range(850, 1000)])
    assert find_late_rows(replace(later, knows=("validation", "holdout"))) != []


@pytest.mark.parametrize(("last", "is_late"), [(850, False), (851, True)])
def test_without_a_clock_rows_are_late_by_their_order(last, is_late):
    parts = [range(700), range(700, last), range(850, 1000)]
    assert bool(late_rows(time=ORDER, parts=parts)) is is_late


def test_rows_divided_by_chance_may_be_later_and_empty_parts_are_not():
    assert late_rows(method="random", parts=None) == []
    assert late_rows(parts=[range(0), range(0), range(850, 1000)]) == []


def remembering(weight: float) -> pd.DataFrame:
    mood = pd.Series(np.random.default_rng(6).normal(size=2000)).ewm(alpha=0.1).mean()
    noise = np.random.default_rng(7).normal(size=2000)
    return make_table(2000).assign(y=(weight * mood / mood.std() + noise > 0).astype(np.int8))


@pytest.mark.parametrize(("time", "strength"), [(HOURS, Strength.CERTAIN), (ORDER, Strength.SUSPECTED)])
def test_rows_that_tell_of_their_neighbours_must_not_be_divided_by_chance(time, strength):
    found = find_memory_across(make_material(remembering(3.0), time=time))
    assert [each.strength for each in found] == [strength]
    assert all(each.measured > each.limit for each in found)


@pytest.mark.parametrize(
    ("frame", "method"),
    [
        (remembering(0.0), "random"),
        (remembering(3.0), "time"),
        (remembering(3.0).sort_values("y", ignore_index=True), "random"),
        (remembering(3.0).assign(y=1), "random"),
        (remembering(3.0).iloc[:30], "random"),
    ],
    ids=["no memory", "split by time", "sorted by the target", "one class", "tiny"],
)
def test_without_memory_or_without_chance_nothing_is_told_across(frame, method):
    assert find_memory_across(make_material(frame, method=method, time=HOURS)) == []


@pytest.mark.parametrize(("delay", "after", "is_late"), [("2h", "1h", True), ("2h", "2h", False), ("0s", "0s", False)])
def test_a_value_that_takes_longer_than_the_prediction_waits_is_late(delay, after, is_late):
    found = late_values(availability={"a": {"delay": delay}}, predicted_after=after)
    assert [(each.columns, each.strength) for each in found] == ([(("a",), Strength.CERTAIN)] if is_late else [])


@pytest.mark.parametrize(("hours", "late"), [(-1, False), (0, False), (1, True)])
@pytest.mark.parametrize("after", [0, 5])
def test_a_value_filled_in_after_the_prediction_is_late(hours, late, after):
    found = late_values(
        filled_in(hours + after), availability={"a": {"known_at": "a_at"}}, predicted_after=timedelta(hours=after)
    )
    assert [each.measured for each in found] == ([1.0] if late else [])


@pytest.mark.parametrize(("limit", "is_found"), [(0.1, False), (0.099, True)])
def test_so_many_late_values_as_the_yaml_allows(limit, is_found):
    frame = filled_in(np.where(np.arange(1000) < 100, 1, -1))
    found = late_values(frame, availability={"a": {"known_at": "a_at"}}, gate={"max_late_share": limit})
    assert bool(found) is is_found


@pytest.mark.parametrize(("missing", "measured"), [("a", [0.5]), ("a_at", [0.25]), ("both", [])])
def test_only_values_that_are_there_are_late_and_only_by_times_that_are(missing, measured):
    frame = filled_in(np.where(np.arange(1000) % 2, 1, -1))
    half, odd = np.arange(1000) < 500, np.arange(1000) % 2 == 1
    if missing != "a_at":
        frame["a"] = frame["a"].mask(half if missing == "a" else odd)
    if missing != "a":
        frame["a_at"] = frame["a_at"].mask(half)
    found = late_values(frame, availability={"a": {"known_at": "a_at"}})
    assert [each.measured for each in found] == measured


def test_a_column_without_any_value_is_never_late():
    assert late_values(filled_in(9).assign(a=np.nan), availability={"a": {"known_at": "a_at"}}) == []


def test_times_that_can_not_be_read_are_for_a_person():
    (found,) = late_values(
        filled_in(9), availability={"a": {"known_at": "a_at"}}, unreadable={"a_at": "'soon' is no time"}
    )
    assert (found.strength, found.measured) == (Strength.SUSPECTED, None)
    assert "'soon' is no time" in found.reason


@pytest.mark.parametrize(("delay", "parts"), [("1h", []), ("2h", ["training", "validation"])])
def test_labels_known_after_the_next_part_begins_are_late(delay, parts):
    found = late_values(availability={"y": {"delay": delay}})
    assert [part for part in ("training", "validation") if any(part in each.reason for each in found)] == parts
    assert late_values(availability={"y": {"delay": delay}}, method="random", parts=None) == []


@pytest.mark.parametrize(("hours", "is_late"), [(0, False), (200, True)])
def test_labels_may_have_a_time_each(hours, is_late):
    found = late_values(filled_in(hours), availability={"y": {"known_at": "a_at"}})
    assert [each.columns for each in found] == ([("y",)] * 2 if is_late else [])
    assert all(each.kind is LeakKind.TIME for each in found)


def test_what_the_yaml_does_not_say_is_not_asked():
    assert late_values() == []

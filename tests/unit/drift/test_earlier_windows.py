from datetime import UTC, datetime, timedelta

import pytest

from builders.drifts import draw, make_profile, profile_reference
from ratchet.drift.earlier_windows import MOST_WINDOWS, find_trends, list_earlier, measure_earlier
from ratchet.records.files import FileRef
from ratchet.records.monitoring import StoredProfile
from ratchet.timeline import Moment, Window

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
DAY = timedelta(days=1)


def store(start: Moment, end: Moment, name: str = "p") -> StoredProfile:
    file = FileRef(path=name, sha256="0" * 64, size_bytes=1)
    return StoredProfile(window=Window(start=start, end=end), file=file, rows=1)


def days(first: int, last: int) -> list[StoredProfile]:
    return [store(BEGIN + at * DAY, BEGIN + (at + 1) * DAY) for at in range(first, last)]


def test_windows_are_as_long_as_the_last_and_share_no_rows():
    window = Window(start=BEGIN + 21 * DAY, end=BEGIN + 28 * DAY)
    found = list_earlier(window, days(0, 21))
    assert [len(stored) for _, stored in found] == [7, 7, 7]
    assert [each.start for each, _ in found] == [BEGIN, BEGIN + 7 * DAY, BEGIN + 14 * DAY]
    assert all(each.end - each.start == 7 * DAY for each, _ in found)


def test_rows_of_data_without_a_clock_are_windows_too():
    found = list_earlier(Window(start=300, end=400), [store(at, at + 50) for at in range(0, 300, 50)])
    assert [(each.start, each.end, len(stored)) for each, stored in found] == [
        (0, 100, 2),
        (100, 200, 2),
        (200, 300, 2),
    ]


def test_a_gap_ends_the_row():
    window = Window(start=BEGIN + 21 * DAY, end=BEGIN + 28 * DAY)
    assert len(list_earlier(window, [*days(0, 7), *days(14, 21)])) == 1
    assert list_earlier(window, []) == []


def test_only_so_many_are_looked_at():
    assert len(list_earlier(Window(start=100, end=101), [store(at, at + 1) for at in range(100)])) == MOST_WINDOWS


def test_each_is_measured_from_its_profiles():
    reference, whole = profile_reference({"x": draw(2_000)})
    profiles = {
        "a": make_profile(reference, {"x": draw(500, 1)}),
        "b": make_profile(reference, {"x": draw(500, 2) + 2}),
    }
    windows = list_earlier(Window(start=20, end=30), [store(0, 10, "a"), store(10, 20, "b")])
    first, second = measure_earlier(windows, lambda each: profiles[each.file.path], reference, whole, {})
    assert first.effects["x"] == pytest.approx(0, abs=0.02)
    assert second.effects["x"] is not None
    assert second.effects["x"] > 1
    assert second.window == Window(start=10, end=20)


@pytest.mark.parametrize(
    ("effects", "rises"),
    [
        ([0.0, 0.1, 0.2, 0.3], 3),
        ([0.5, 0.1, 0.2, 0.3], None),
        ([0.5, 0.0, 0.1, 0.2, 0.3], 3),
        ([0.1, 0.2, 0.3, 0.3], None),
        ([0.1, 0.2, 0.3, 0.2], None),
        ([0.0, None, 0.1, 0.2], None),
        ([0.1], None),
        ([], None),
    ],
)
def test_a_trend_rises_in_each_window_up_to_the_last(effects, rises):
    trends = find_trends([{"x": effect} for effect in effects], windows=3)
    assert [trend.windows for trend in trends] == ([] if rises is None else [rises])


def test_a_trend_says_from_where_to_where_and_how_often_by_chance():
    (trend,) = find_trends([{"x": effect} for effect in (0.9, 0.0, 0.1, 0.2, 0.3)], windows=2)
    assert (trend.column, trend.first, trend.last) == ("x", 0.0, 0.3)
    assert trend.p_value == pytest.approx(1 / 24)

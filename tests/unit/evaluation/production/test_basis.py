"""What an performance stands on."""

from datetime import timedelta

import numpy as np
import pytest

from builders.matured import make_material, tick
from builders.observations import after, draw_stream
from builders.runs import make_config
from ratchet.evaluation.production.basis import find_windows, make_basis
from ratchet.timeline import DAY, Window

STREAM = draw_stream(days=60, per_day=20)
TICKS = {day: tick(after(day)) for day in range(60)}


def test_windows_end_where_rows_have_matured():
    basis = make_basis(make_material(STREAM, after(60)))
    assert basis.window == (TICKS[52], TICKS[59])
    assert basis.long_window == (TICKS[29], TICKS[59])


def test_the_baseline_is_before_the_long_window():
    basis = make_basis(make_material(STREAM, after(60)))
    ticks = basis.matured.rows.ticks
    assert (ticks[basis.baseline] < TICKS[29]).all()
    assert len(basis.baseline) == len(basis.long_baseline) == 29 * 20


def test_red_windows_are_no_baseline():
    red = (Window(start=after(5), end=after(12)),)
    basis = make_basis(make_material(STREAM, after(60), red=red))
    chosen = basis.matured.rows.ticks[basis.baseline]
    assert len(chosen) == 22 * 20
    assert not ((chosen >= TICKS[5]) & (chosen < TICKS[12])).any()


def test_of_a_short_history_the_baseline_is_before_the_window_only():
    basis = make_basis(make_material(STREAM, after(30)))
    assert len(basis.baseline) == 22 * 20
    assert not len(basis.long_baseline)
    assert "what is before it, the long window with the champion's holdout" in basis.warnings[0]


def test_of_a_new_model_there_is_no_baseline():
    basis = make_basis(make_material(STREAM, after(12)))
    assert not len(basis.baseline)


@pytest.mark.parametrize(("day", "count"), [(60, 7), (30, 3), (8, 0)])
def test_earlier_windows_are_whole_and_do_not_overlap(day, count):
    basis = make_basis(make_material(STREAM, after(day)))
    windows = find_windows(basis)
    assert len(windows) == count
    assert all(end - start == 7 * DAY for start, end in windows)
    assert [end for _, end in windows] == [start for start, _ in windows[1:]] + [basis.window[0]] * bool(count)


def test_only_rows_of_the_same_version_tell_whether_outcomes_changed():
    stream = STREAM.assign(model_version=np.where(np.arange(len(STREAM)) < 300, 1, 2))
    basis = make_basis(make_material(stream, after(60)))
    now, then = basis.concept
    assert set(now.rows.versions) == set(then.rows.versions) == {2}


def test_rows_without_their_features_explain_nothing():
    material = make_material(STREAM, after(60))
    material.rows.has_features[:] = np.arange(len(material.rows)) % 2 == 0
    basis = make_basis(material)
    assert (basis.wanted % 2 == 0).all()
    assert len(basis.wanted)


@pytest.mark.parametrize(("after_", "until"), [("10d", 50), (100, 59)])
def test_an_age_of_the_wrong_kind_is_learnt_instead(after_, until):
    config = make_config(monitoring={"labels": {"mature_after": after_}})
    basis = make_basis(make_material(STREAM, after(60), config))
    assert basis.window[1] == TICKS[until]
    assert any("mature_after" in each for each in basis.warnings) is (after_ == 100)


def test_labels_known_at_once_mature_at_the_end_of_the_window():
    material = make_material(draw_stream(days=30, delays=((0, 0), (0, 0))), after(30))
    earlier = Window(start=after(20), end=after(27))
    basis = make_basis(make_material(draw_stream(days=30, delays=((0, 0), (0, 0))), after(30), window=earlier))
    assert make_basis(material).window[1] - basis.window[1] == timedelta(days=3) / timedelta(microseconds=1)


@pytest.mark.parametrize(("split", "is_ordered"), [("time", True), ("random", False)])
def test_the_order_of_rows_counts_where_the_split_follows_it(split, is_ordered):
    basis = make_basis(make_material(STREAM, after(60), make_config(split={"method": split})))
    assert basis.matured.units.is_ordered is is_ordered


def test_a_window_of_hours_has_earlier_ones_within_the_history_only():
    config = make_config(monitoring={"window": "6h", "long_window": "2d"})
    material = make_material(draw_stream(days=10, per_day=200), after(10), config)
    basis = make_basis(material)
    first = find_windows(basis)[0]
    assert basis.calendar.period < DAY / 24
    assert first[0] >= material.rows.ticks[0] - basis.calendar.period

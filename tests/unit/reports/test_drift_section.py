from dataclasses import replace

import pytest

from builders.drifts import draw, make_column_drift
from builders.monitoring_stories import make_shift
from ratchet.records.columns import ColumnKind
from ratchet.records.drift import CategoryShift, ColumnDrift, DriftLevel, MovedBin, Movement
from ratchet.reports.drift_section import MOST_BARS, SHOWN, describe_movement, place_movement


def make_column(name: str = "age", effect: float | None = 0.3, **changes: object) -> ColumnDrift:
    level = None if effect is None else DriftLevel.ACT if effect >= 0.25 else DriftLevel.NONE
    bins = (MovedBin(label="low", then=0.5, now=0.2), MovedBin(label="high", then=0.5, now=0.8))
    column = ColumnDrift(
        column=name,
        kind=ColumnKind.NUMERIC,
        level=level,
        effect=effect,
        movement=Movement(bins=bins, distribution=bins),
    )
    return replace(column, **changes)  # type: ignore[arg-type]


def place(*columns: ColumnDrift, **changes: object):
    shift = make_shift(**changes)
    return place_movement(replace(shift, drift=replace(shift.drift, columns=columns)))


def test_the_furthest_moved_stand_first_and_unknown_before_what_is_as_usual():
    plot = place(
        make_column("calm", 0.01), make_column("lost", None, problem="gone"), make_column("b", 0.3), make_column("a", 2)
    )
    assert [each.drift.column for each in plot.columns] == ["a", "b", "lost", "calm"]
    assert [each.word for each in plot.columns] == ["act", "act", "not known", "none"]


def test_limits_and_drifts_are_on_one_scale_that_ends_where_the_furthest_do():
    plot = place(make_column("a", 0.5), make_column("b", 0.25))
    assert (plot.look_at, plot.act_at) == (20.0, 50.0)
    assert [each.effect_at for each in plot.columns] == [100.0, 50.0]


def test_a_very_far_column_does_not_squeeze_the_others():
    plot = place(make_column("far", 40.0), make_column("b", 0.25))
    assert [each.effect_at for each in plot.columns] == [100.0, 25.0]


def test_bins_have_one_width_and_the_highest_fills_the_picture():
    low, high = place(make_column()).columns[0].bars
    assert (low.x, low.width, low.then, low.now) == (0.0, 50.0, 62.5, 25.0)
    assert (high.x, high.then, high.now) == (50.0, 62.5, 100.0)


@pytest.mark.parametrize("bins", [0, 1, MOST_BARS + 1])
def test_too_few_or_too_many_bins_are_no_picture(bins):
    every = tuple(MovedBin(label=str(at), then=0.1, now=0.1) for at in range(bins))
    plot = place(make_column(movement=Movement(distribution=every)))
    assert plot.columns[0].bars == ()
    assert plot.pictured == ()


def test_so_many_columns_have_a_picture_and_all_a_row():
    plot = place(*(make_column(f"x{at}") for at in range(SHOWN + 3)))
    assert (len(plot.columns), len(plot.pictured)) == (SHOWN + 3, SHOWN)


def test_weeks_before_lead_to_this_one_and_a_gap_is_left_out():
    shift = make_shift()
    earlier = tuple(
        replace(each, effects={"age": effect}) for each, effect in zip(shift.earlier, (0.0, None), strict=False)
    )
    (column,) = place(make_column(effect=0.25), earlier=earlier).columns
    assert column.weeks == ((0.0, 100.0), (100.0, 0.0))
    assert place(make_column(), earlier=()).columns[0].weeks == ()


def test_the_label_stands_with_the_columns_where_it_was_measured():
    shift = make_shift()
    told = place_movement(replace(shift, label_drift=replace(shift.drift, columns=(make_column("label"),))))
    assert "label" in [each.drift.column for each in told.columns]


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"problem": "it holds texts"}, "it holds texts"),
        (
            {"new_share": 0.25, "new_categories": (CategoryShift(name="Kyiv", share=0.25),)},
            "25\N{NO-BREAK SPACE}% of the rows have new categories, such as 'Kyiv'",
        ),
        (
            {"lost_categories": (CategoryShift(name="Rome", share=0.3),)},
            "no longer there: 'Rome' (30\N{NO-BREAK SPACE}% of the rows then)",
        ),
        ({"movement": Movement(bins=(MovedBin(label="low", then=0.2, now=0.2001),))}, "nothing worth a word"),
        (
            {"null_share_then": 0.0, "null_share_now": 0.1},
            "missing values: 0\N{NO-BREAK SPACE}% → 10\N{NO-BREAK SPACE}%",
        ),
        ({"movement": Movement(median_shift=-0.66)}, "its median moved by \N{MINUS SIGN}0.7 standard deviations"),
        ({"movement": Movement(median_shift=float("nan"))}, "nothing worth a word"),
        ({"movement": Movement()}, "nothing worth a word"),
        ({}, "low: 50\N{NO-BREAK SPACE}% → 20\N{NO-BREAK SPACE}%"),
    ],
)
def test_what_moved_is_said_in_a_few_words(changes, text):
    assert describe_movement(make_column(**changes)) == text


def test_a_measured_column_has_its_bins_in_their_order():
    bars = place(make_column_drift(draw(5_000), draw(2_000, seed=1) + 1)).columns[0].bars
    assert sum(bar.bin.then for bar in bars) == pytest.approx(1)
    assert sum(bar.bin.now for bar in bars) == pytest.approx(1)
    assert bars[0].bin.now < bars[-2].bin.now

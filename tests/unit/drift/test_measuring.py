import numpy as np
import pyarrow as pa
import pytest
from pydantic import TypeAdapter

from builders.drifts import draw, make_column_drift, make_drift, profile_reference
from ratchet.drift.distances import DISTANCES
from ratchet.drift.measuring import compare_profiles, give_levels
from ratchet.errors import DataError
from ratchet.records.columns import ColumnKind
from ratchet.records.drift import ColumnDrift, Distance, Drift, DriftLevel, DriftLimits

ODD = {
    "all null": pa.array([None] * 30, pa.float64()),
    "no type": pa.nulls(30),
    "constant": [7.0] * 30,
    "one row": [1.5],
    "no rows": pa.array([], pa.float64()),
    "all infinite": [np.inf, -np.inf] * 15,
    "booleans": [True, False] * 15,
    "huge integers": [2**62 + step for step in range(30)],
    "huge numbers": [1.7e308, -1.7e308] * 15,
    "tiny numbers": [5e-324, 0.0] * 15,
    "texts": ["a", "A"] * 15,
    "many texts": [f"k{number}" for number in range(10_000)],
    "a key": [f"k{number}" for number in range(30_000)],
    "lists": [[1], [2]] * 15,
    "times": pa.array(range(30), pa.timestamp("us", "UTC")),
    "usual": draw(300),
}


@pytest.mark.parametrize("kind", [ColumnKind.NUMERIC, ColumnKind.CATEGORICAL, ColumnKind.BOOLEAN])
@pytest.mark.parametrize(
    ("then", "now"), [pair for odd in ODD for pair in ((odd, odd), (odd, "usual"), ("usual", odd))]
)
def test_odd_data_gives_a_record_that_travels(then, now, kind):
    drift = make_drift({"x": ODD[then]}, {"x": ODD[now]}, x=kind)
    column = drift.columns[0]
    assert (column.level is None) == (column.problem is not None)
    adapter = TypeAdapter(Drift)
    assert adapter.validate_json(adapter.dump_json(drift)) == drift


def test_no_rows_are_no_data_and_not_no_drift():
    drift = make_drift({"x": draw(100)}, {"x": pa.array([], pa.float64())})
    assert (drift.level, drift.columns[0].level) == (None, None)
    assert drift.problem == "the window has no rows: no data, which is not no drift"


def test_a_lost_column_hides_no_other():
    drift = make_drift({"x": draw(500), "y": draw(500)}, {"y": draw(500) + 2})
    assert [column.level for column in drift.columns] == [None, DriftLevel.ACT]
    assert drift.level is DriftLevel.ACT


def test_other_bins_are_refused():
    reference, then = profile_reference({"x": draw(100)})
    with pytest.raises(DataError, match="the window's profile was made with the bins of reference"):
        compare_profiles(reference, then, profile_reference({"x": draw(100, seed=1)})[1])


@pytest.mark.parametrize(
    ("shift", "rows", "level"),
    [
        (0.0, 2000, DriftLevel.NONE),
        (0.1, 100_000, DriftLevel.NONE),  # certain, and too small to matter
        (0.45, 2000, DriftLevel.LOOK),
        (0.8, 2000, DriftLevel.ACT),
        (0.8, 6, DriftLevel.NONE),  # large, and may be chance
    ],
)
def test_a_level_needs_effect_and_significance(shift, rows, level):
    assert make_column_drift(draw(20_000), draw(rows, seed=3) + shift).level is level


def test_one_outlier_hides_no_shift():
    column = make_column_drift(draw(20_000), np.append(draw(2000, seed=1) + 1, 1e6))
    assert column.level is DriftLevel.ACT
    assert column.movement.median_shift == pytest.approx(1, abs=0.1)


def test_one_row_more_than_a_thousand_changes_nothing():
    then, now = draw(20_000), draw(1001, seed=2) + 0.4
    fewer, more = make_column_drift(then, now[:1000]), make_column_drift(then, now)
    assert fewer.level is more.level is DriftLevel.LOOK
    assert fewer.effect == pytest.approx(more.effect, abs=0.01)


def test_rows_far_out_are_reported_as_what_they_are():
    now = np.concatenate([draw(1960, seed=1), np.full(40, 6.0)])
    column = make_column_drift(draw(20_000), now)
    moved = column.movement.bins[0]
    assert column.level is DriftLevel.LOOK
    assert moved.label.startswith("above ")
    assert moved.label.endswith("the reference's highest")
    assert (moved.then, moved.now) == (0.0, pytest.approx(0.02, abs=0.001))


@pytest.mark.parametrize(("value", "label"), [(np.nan, "null"), (np.inf, "+infinity"), (-np.inf, "-infinity")])
def test_null_and_infinities_have_bins_of_their_own(value, label):
    now = draw(2000, seed=1)
    now[:300] = value
    column = make_column_drift(draw(5000), now)
    assert column.level is DriftLevel.ACT
    assert (column.movement.bins[0].label, column.movement.bins[0].now) == (label, 0.15)


def test_new_and_lost_categories_are_named():
    then, now = ["a", "b", "c", None] * 500, ["a", "b", "B ", None] * 500
    column = make_column_drift(then, now, ColumnKind.CATEGORICAL)
    assert column.level is DriftLevel.ACT
    assert [(new.name, new.share, new.like) for new in column.new_categories] == [("B ", 0.25, "b")]
    assert [(lost.name, lost.share) for lost in column.lost_categories] == [("c", 0.25)]


@pytest.mark.parametrize(("rows", "lost"), [(458, 0), (459, 1)])
def test_a_category_is_lost_once_so_many_rows_would_hold_it(rows, lost):
    """By hand: 459 rows lack what one row in a hundred has once in a hundred times, log 0.01 / log 0.99 is 458.2."""
    drift = make_column_drift(["a"] * 3960 + ["b"] * 40, ["a"] * rows, ColumnKind.CATEGORICAL)
    assert len(drift.lost_categories) == lost


def test_a_rare_category_is_not_lost_by_chance():
    assert make_column_drift(["a"] * 999 + ["b"], ["a"] * 50, ColumnKind.CATEGORICAL).lost_categories == ()


def test_a_column_s_figures_depend_on_no_other_column():
    then, now = draw(1000), draw(60, seed=5)
    alone = make_drift({"x": then}, {"x": now}).columns[0]
    beside = make_drift({"y": then, "x": then}, {"y": now, "x": now}).columns[1]
    assert (alone.psi, alone.distances) == (beside.psi, beside.distances)


def total_variation(then, now):
    return np.abs(then / then.sum(-1, keepdims=True) - now / now.sum(-1, keepdims=True)).sum(-1) / 2


def test_every_distance_of_the_table_is_measured_with_its_chance(monkeypatch):
    before = make_column_drift(draw(1000), draw(300, seed=5) + 1)
    monkeypatch.setitem(DISTANCES, "total_variation", total_variation)
    column = make_column_drift(draw(1000), draw(300, seed=5) + 1)
    assert set(column.distances) == {"chi_square", "jensen_shannon", "total_variation"}
    found = column.distances.pop("total_variation")
    assert 0.25 < found.value < 0.5  # two normal distributions a standard deviation apart: 0.38
    assert found.p_value < 1e-3
    assert column == before  # and nothing else changes


def test_p_values_are_corrected_for_the_number_of_columns():
    names = [f"x{place}" for place in range(10)]
    then = {name: draw(2000, seed=place) for place, name in enumerate(names)}
    now = {name: draw(300, seed=100 + place) for place, name in enumerate(names)}
    drift = make_drift(then, now | {"x3": draw(300, seed=100) + 0.25})
    for column in drift.columns:
        assert column.psi.p_value <= column.adjusted_p <= min(1, 10 * column.psi.p_value)
    least = min(drift.columns, key=lambda each: each.psi.p_value)
    assert least.adjusted_p == pytest.approx(10 * least.psi.p_value)


@pytest.mark.parametrize(
    ("effect", "p_value", "level"),
    [
        (0.0999, 0.01, DriftLevel.NONE),
        (0.1, 0.01, DriftLevel.LOOK),  # Siddiqi 2006: from 0.1 and from 0.25 on; both limits belong to the level
        (0.2499, 0.001, DriftLevel.LOOK),
        (0.25, 0.01, DriftLevel.ACT),
        (0.9, 0.0101, DriftLevel.NONE),
    ],
)
def test_a_limit_belongs_to_its_level(effect, p_value, level):
    column = ColumnDrift(
        column="x", kind=ColumnKind.NUMERIC, effect=effect, psi=Distance(value=effect, p_value=p_value)
    )
    assert [each.level for each in give_levels([column], DriftLimits())] == [level]

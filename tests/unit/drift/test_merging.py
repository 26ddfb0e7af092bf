import math
from dataclasses import replace

import numpy as np
import pytest
from pydantic import TypeAdapter

from builders.drifts import draw, make_profile, profile_reference
from ratchet.drift.measuring import compare_profiles
from ratchet.drift.merging import merge_profiles, narrow_profile, narrow_reference
from ratchet.errors import DataError
from ratchet.records.columns import ColumnKind
from ratchet.records.profile import Profile, Reference


def make_parts():
    chance = np.random.default_rng(0)
    reference, _ = profile_reference({"x": draw(5000), "c": list("abc") * 1666 + ["d", "e"]}, c=ColumnKind.CATEGORICAL)
    rows = [
        {
            "x": np.append(chance.normal(size=size) * 9, [np.nan, np.inf, 1e9]),
            "c": [f"k{name}" for name in chance.integers(0, 400, size)] + ["a", None, "d"],
        }
        for size in (10, 700, 3000)
    ]
    whole = {"x": np.concatenate([part["x"] for part in rows]), "c": [name for part in rows for name in part["c"]]}
    return reference, [make_profile(reference, part) for part in rows], make_profile(reference, whole)


def without_moments(profile: Profile) -> list[object]:
    return [replace(column, moments=None, below=None, above=None) for column in profile.columns]


def test_parts_in_any_order_make_the_profile_of_the_whole():
    _, (one, two, three), whole = make_parts()
    ways = [
        merge_profiles([one, two, three]),
        merge_profiles([three, merge_profiles([one, two])]),
        merge_profiles([merge_profiles([three, one]), two]),
    ]
    for merged in ways:
        assert merged.rows == whole.rows
        assert without_moments(merged) == without_moments(whole)
        found, expected = merged.columns[0].moments, whole.columns[0].moments
        assert (found.count, found.mean) == (expected.count, pytest.approx(expected.mean, rel=1e-12))
        assert found.squares == pytest.approx(expected.squares, rel=1e-9)


def test_moments_keep_their_digits_far_from_zero():
    reference, _ = profile_reference({"x": draw(100)})
    values = 1e9 + np.arange(1000) / 1000
    parts = [make_profile(reference, {"x": part}) for part in np.split(values, 10)]
    moments = merge_profiles(parts).columns[0].moments
    assert math.sqrt(moments.squares / moments.count) == pytest.approx(values.std(), rel=1e-6)


def test_profiles_of_another_reference_are_refused():
    one, other = (
        profile_reference({"x": draw(100)})[1],
        profile_reference({"x": draw(100, seed=1)})[1],
    )
    with pytest.raises(DataError, match="bins of different references"):
        merge_profiles([one, other])


def test_nothing_can_not_be_merged():
    with pytest.raises(DataError, match="no profile to merge"):
        merge_profiles([])


def test_a_column_that_one_part_lacks_stays_a_problem():
    reference, profile = profile_reference({"x": draw(100)})
    merged = merge_profiles([profile, make_profile(reference, {"y": [1.0]})])
    assert merged.columns[0].problem == "column 'x' is not in these rows"


def test_profile_and_reference_travel_as_small_json():
    reference, (_, _, profile), _ = make_parts()
    for kind, record in ((Reference, reference), (Profile, profile)):
        text = TypeAdapter(kind).dump_json(record)
        assert TypeAdapter(kind).validate_json(text) == record
        assert len(text) < 20_000


def test_other_columns_are_left_out_and_the_rest_is_measured_as_before():
    reference, profile = profile_reference({"x": draw(500), "y": draw(500), "z": draw(500)})
    narrow = narrow_reference(reference, {"z", "x"})
    assert [each.name for each in narrow.columns] == ["x", "z"]
    assert narrow.digest == reference.digest
    whole = compare_profiles(reference, profile, profile)
    part = compare_profiles(narrow, narrow_profile(profile, narrow), narrow_profile(profile, narrow))
    assert [each.psi for each in part.columns] == [whole.columns[0].psi, whole.columns[2].psi]


def test_a_column_that_a_profile_lacks_is_a_problem_and_not_no_drift():
    reference, profile = profile_reference({"x": draw(500), "y": draw(500)})
    lacking = narrow_profile(profile, narrow_reference(reference, {"x"}))
    (_, y) = compare_profiles(reference, profile, narrow_profile(lacking, reference)).columns
    assert (y.level, y.problem) == (None, "column 'y' was not counted in these rows")

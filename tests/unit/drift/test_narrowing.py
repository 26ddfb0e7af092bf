from builders.drifts import draw, make_watch
from ratchet.drift.measuring import compare_profiles
from ratchet.drift.narrowing import narrow_profile, narrow_reference


def test_other_columns_are_left_out_and_the_rest_is_measured_as_before():
    reference, profile = make_watch({"x": draw(500), "y": draw(500), "z": draw(500)})
    narrow = narrow_reference(reference, {"z", "x"})
    assert [each.name for each in narrow.columns] == ["x", "z"]
    assert narrow.digest == reference.digest
    whole = compare_profiles(reference, profile, profile)
    part = compare_profiles(narrow, narrow_profile(profile, narrow), narrow_profile(profile, narrow))
    assert [each.psi for each in part.columns] == [whole.columns[0].psi, whole.columns[2].psi]


def test_a_column_that_a_profile_lacks_is_a_problem_and_not_no_drift():
    reference, profile = make_watch({"x": draw(500), "y": draw(500)})
    lacking = narrow_profile(profile, narrow_reference(reference, {"x"}))
    (_, y) = compare_profiles(reference, profile, narrow_profile(lacking, reference)).columns
    assert (y.level, y.problem) == (None, "column 'y' was not counted in these rows")

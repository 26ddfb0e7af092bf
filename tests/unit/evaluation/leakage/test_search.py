import numpy as np
import pytest

from builders.leakage import HOURS, find_kind, make_material, make_table
from ratchet.evaluation.leakage import search
from ratchet.evaluation.leakage.search import compare_skills, search_leaks
from ratchet.evaluation.leakage.shift import FEWEST_GROUPS
from ratchet.records.leakage import Audit, LeakKind, Strength

FRAME = make_table(1200)


def problem_of(found: Audit, kind: LeakKind) -> str | None:
    (check,) = [each for each in found.checks if each.kind is kind]
    return check.problem


@pytest.mark.parametrize(("limit", "is_found"), [(0.5, False), (0.51, True)])
def test_half_the_error_of_all_earlier_runs_is_too_good(limit, is_found):
    material = make_material(FRAME, gate={"min_error_left": limit})
    found = compare_skills(0.75, [0.2, 0.5, 0.4], material)
    assert [each.strength for each in found] == ([Strength.SUSPECTED] if is_found else [])
    assert [each.measured for each in found] == ([0.5] if is_found else [])


@pytest.mark.parametrize(("skill", "past"), [(None, [0.2]), (0.99, []), (None, []), (1.0, [1.0]), (0.2, [0.9])])
def test_without_a_skill_or_an_error_to_compare_nothing_is_too_good(skill, past):
    assert compare_skills(skill, past, make_material(FRAME)) == []


@pytest.mark.parametrize("task", ["binary", "multiclass", "regression"])
def test_every_kind_is_looked_for_once(task):
    found = search_leaks(make_material(make_table(1200, task=task), task=task), [0.4])
    assert sorted(each.kind for each in found.checks) == sorted(LeakKind)
    assert [each.problem for each in found.checks] == [None] * len(LeakKind)
    assert found.findings == ()
    assert 0 < (found.skill or 0) < 1


@pytest.mark.parametrize(("positives", "is_enough"), [(25, False), (80, True)])
def test_too_few_rows_of_an_answer_in_all_that_may_judge_are_named(positives, is_enough):
    chosen = [FRAME.index[FRAME["y"] == answer][:most] for answer, most in ((1, positives), (0, 500))]
    seen = np.random.default_rng(1).permutation(np.concatenate(chosen))
    rest = sorted(set(FRAME.index) - set(seen))
    found = search_leaks(make_material(FRAME, parts=[sorted(seen[60:]), sorted(seen[:60]), rest]), [0.4])
    for kind in (LeakKind.COLUMN, LeakKind.TOO_GOOD):
        assert (problem_of(found, kind) is None) is is_enough
    assert (found.skill is not None) is is_enough
    assert problem_of(found, LeakKind.DUPLICATES) is None


@pytest.mark.parametrize("method", ["random", "time", "group"])
def test_a_copy_of_numbers_is_found_though_few_rows_validate(method):
    frame = make_table(400, task="regression").assign(who=[f"p{at // 2}" for at in range(400)])
    frame["again"] = frame["y"] + 0.05 * frame["y"].std() * np.random.default_rng(2).normal(size=400)
    parts = [range(300), range(300, 340), range(340, 400)]
    about = {"task": "regression", "method": method, "group": "who", "parts": parts}
    assert [each.columns for each in find_kind(search_leaks(make_material(frame, **about)), LeakKind.COLUMN)] == [
        ("again",)
    ]
    honest = search_leaks(make_material(frame.drop(columns="again"), **about))
    assert (honest.findings, problem_of(honest, LeakKind.COLUMN)) == ((), None)


@pytest.mark.parametrize(("rows", "is_enough"), [(99, False), (100, True)])
def test_a_training_part_of_few_rows_has_no_copies_to_look_for(rows, is_enough):
    found = search_leaks(make_material(FRAME, parts=[range(rows), range(300, 600), range(600, 1200)]))
    assert (problem_of(found, LeakKind.DUPLICATES) is None) is is_enough


@pytest.mark.parametrize(("groups", "is_found"), [(FEWEST_GROUPS - 1, False), (FEWEST_GROUPS, True)])
def test_few_groups_may_differ_by_themselves(groups, is_found):
    frame = FRAME.assign(d=FRAME["d"] + np.where(FRAME.index >= 600, 3.0, 0.0))
    frame["who"] = [f"t{at}" if at < 600 else f"h{at % groups}" for at in range(1200)]
    parts = [range(500), range(500, 600), range(600, 1200)]
    found = search_leaks(make_material(frame, parts=parts, group="who", method="group"))
    assert bool(find_kind(found, LeakKind.SHIFT)) is is_found


@pytest.mark.parametrize("parts", [[range(1000), range(1000, 1200), []], [[], [], []], [range(3), range(3, 5), [5]]])
@pytest.mark.parametrize("method", ["random", "time"])
@pytest.mark.filterwarnings("error")
def test_empty_and_tiny_parts_stop_nothing(parts, method):
    found = search_leaks(make_material(FRAME, parts=parts, method=method, time=HOURS))
    assert sorted(each.kind for each in found.checks) == sorted(LeakKind)
    assert found.findings == ()


def test_what_can_not_be_looked_for_is_named_and_the_rest_is_looked_for():
    parts = [range(1000), range(1000, 1200), []]
    found = search_leaks(make_material(FRAME, parts=parts, method="time", time=HOURS))
    assert problem_of(found, LeakKind.TIME) == "the holdout has no rows, so there is no cut"
    assert problem_of(found, LeakKind.COLUMN) is None


SEARCHES = sorted(name for name in vars(search) if name.startswith("find_"))


@pytest.mark.parametrize("name", SEARCHES)
@pytest.mark.parametrize("error", [TypeError, ValueError, KeyError, ZeroDivisionError])
def test_a_search_that_breaks_ends_the_run(monkeypatch, name, error):
    def broken(*_arguments: object) -> list[object]:
        raise error("a fault of the search")

    monkeypatch.setattr(search, name, broken)
    with pytest.raises(error, match="a fault of the search"):
        search_leaks(make_material(FRAME.assign(copied=FRAME["y"]), method="time", time=HOURS))


@pytest.mark.parametrize(
    "frame",
    [FRAME.assign(y=1), FRAME.assign(a=1.0, b=np.nan, city=None, shop="one"), FRAME[["a", "y"]].assign(a=np.nan)],
    ids=["one class", "partly odd", "empty"],
)
def test_odd_tables_have_no_leaks(frame):
    assert search_leaks(make_material(frame)).findings == ()


def test_certain_leaks_come_first_and_each_once():
    frame = FRAME.assign(no=np.arange(1200.0), rate=FRAME.groupby("shop")["y"].transform("mean"))
    found = search_leaks(make_material(frame))
    assert [each.strength for each in found.findings] == [Strength.CERTAIN, Strength.SUSPECTED]
    assert [each.columns for each in found.findings] == [("rate",), ("no",)]

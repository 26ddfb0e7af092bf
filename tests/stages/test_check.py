import shutil
from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from builders.runs import STARTED, make_config, make_run
from builders.snapshots import accept, make_rows, write_snapshot
from ratchet.artifacts.run_store import folder_of
from ratchet.config.run import Run
from ratchet.records.columns import TIME
from ratchet.records.data import DataReport, Expectation
from ratchet.records.judgement import Outcome
from ratchet.stages.check import check

HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(2)>"


def later_run(home: Path, **changes: object) -> Run:
    return make_run(home, **({"run_id": "run-2", "started": STARTED + timedelta(days=7)} | changes))


def accepted(home: Path, frame: pd.DataFrame) -> DataReport:
    run = make_run(home)
    return accept(run, check(run, write_snapshot(run, frame)))


@pytest.fixture(scope="module")
def once(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, DataReport]:
    """A home with 400 accepted rows, and the report on them: made once, because a check takes long."""
    home = tmp_path_factory.mktemp("accepted")
    return home, accepted(home, make_rows())


@pytest.fixture
def home(once: tuple[Path, DataReport], tmp_path: Path) -> Path:
    """A copy of that home."""
    return shutil.copytree(once[0], tmp_path / "home")


def delivered(home: Path, **new_columns: object) -> DataReport:
    """The report on 400 accepted rows and 100 new ones, of which some columns are replaced."""
    new = make_rows(100, start=400).assign(**new_columns)
    run = later_run(home)
    return check(run, write_snapshot(run, pd.concat([make_rows(), new], ignore_index=True)))


def problems(report: DataReport) -> list[Expectation]:
    return [each for each in report.expectations if each.outcome in {Outcome.FAIL, Outcome.INCONCLUSIVE}]


def test_the_first_snapshot_passes_and_says_that_there_was_nothing_to_compare_with(once):
    _, report = once
    assert report.outcome is Outcome.PASS
    assert report.reference_run is None
    assert (report.rows, report.new_rows) == (400, 400)
    assert problems(report) == []
    remark = report.expectations[0]
    assert (remark.outcome, remark.blocking) == (Outcome.NOT_APPLICABLE, False)
    assert "no accepted snapshot yet" in remark.reason


def test_new_rows_like_the_accepted_ones_pass(home):
    report = delivered(home)
    assert report.outcome is Outcome.PASS
    assert (report.reference_run, report.rows, report.new_rows) == ("run-1", 500, 100)
    assert any(each.origin == "reference" for each in report.expectations)


def test_the_report_profiles_the_whole_snapshot(once):
    profile = {column.name: column for column in once[1].profile}
    assert profile["city"].categories == ("Oslo", "Bern", "Rome")
    assert profile["age"].quantiles == tuple(sorted(profile["age"].quantiles))
    assert profile["member"].kind == "boolean"
    assert set(profile) == {"age", "city", "member", "bought"}


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"age": make_rows(100, start=400)["age"] * 100}, "expect_column_median_to_be_between"),
        ({"age": make_rows(100, start=400)["age"] / 100}, "expect_column_values_to_be_between"),
        ({"age": [np.nan] * 20 + [40.0] * 80}, "expect_column_values_to_not_be_null"),
        ({"age": np.nan}, "expect_column_values_to_not_be_null"),
        ({"age": [400.0] * 10 + [40.0] * 90}, "expect_column_values_to_be_between"),
        ({"city": ["Riga"] * 6 + ["Oslo"] * 94}, "expect_column_values_to_be_in_set"),
        ({"age": [np.inf] + [40.0] * 99}, "expect_column_values_to_be_between"),
        ({"member": [None] * 30 + [True] * 70}, "expect_column_values_to_not_be_null"),
    ],
)
def test_a_broken_delivery_is_caught(home, changes, rule):
    report = delivered(home, **changes)
    assert report.outcome is Outcome.FAIL
    assert rule in {each.rule for each in problems(report)}
    assert all(each.outcome is not Outcome.PASS for each in report.expectations[: len(problems(report))])


@pytest.mark.parametrize(
    "changes",
    [
        {"age": make_rows(100, start=400)["age"] + 15},
        {"city": ["Riga"] * 5 + ["Oslo"] * 95},
        {"age": [np.nan] * 10 + [40.0, 50.0, 60.0] * 30},
    ],
)
def test_an_honest_change_passes(home, changes):
    assert delivered(home, **changes).outcome is Outcome.PASS


def test_a_constant_that_wakes_up_warns_and_does_not_block(tmp_path):
    accepted(tmp_path, make_rows().assign(age=3.0))
    frame = pd.concat([make_rows().assign(age=3.0), make_rows(100, start=400)], ignore_index=True)
    run = later_run(tmp_path)
    report = check(run, write_snapshot(run, frame))
    assert report.outcome is Outcome.PASS
    assert {(each.column, each.blocking) for each in problems(report)} == {("age", False)}


def test_a_column_that_begins_to_be_filled_passes(tmp_path):
    empty = make_rows().assign(city=None)
    accepted(tmp_path, empty)
    run = later_run(tmp_path)
    frame = pd.concat([empty, make_rows(100, start=400)], ignore_index=True)
    assert check(run, write_snapshot(run, frame)).outcome is Outcome.PASS


def test_without_new_rows_nothing_is_compared_and_the_report_says_so(home):
    run = later_run(home)
    report = check(run, write_snapshot(run, make_rows()))
    assert (report.outcome, report.new_rows) == (Outcome.PASS, 0)
    assert not any(each.origin == "reference" for each in report.expectations[1:])
    assert "no row is newer than the snapshot of run-1" in report.expectations[0].reason


@pytest.mark.parametrize("new_rows", [0, 100])
@pytest.mark.parametrize("factor", [100, 0.01])
def test_accepted_rows_that_are_spoilt_afterwards_are_caught(home, new_rows, factor):
    spoilt = make_rows().assign(age=lambda rows: rows["age"] * factor)
    frame = pd.concat([spoilt, make_rows(new_rows, start=400)], ignore_index=True) if new_rows else spoilt
    run = later_run(home)
    report = check(run, write_snapshot(run, frame))
    assert report.outcome is Outcome.FAIL
    assert {(each.column, each.rows_checked) for each in problems(report)} == {("age", "earlier rows")}


def test_a_file_that_replaces_another_is_compared_though_no_row_counts_as_new(tmp_path):
    config = make_config(data={"time": {"order": "rows"}})
    first, second = make_run(tmp_path, config), later_run(tmp_path, config=config)
    accept(first, check(first, write_snapshot(first, make_rows().drop(columns=TIME))))
    other = make_rows(350).drop(columns=TIME).assign(city="Riga")
    report = check(second, write_snapshot(second, other))
    assert (report.outcome, report.new_rows) == (Outcome.FAIL, 0)
    assert [each.column for each in problems(report)] == ["city"]


def test_a_corrected_row_among_the_accepted_ones_passes_with_a_remark(home):
    corrected = make_rows()
    corrected.loc[7, "city"] = None
    run = later_run(home)
    report = check(run, write_snapshot(run, pd.concat([corrected, make_rows(100, start=400)], ignore_index=True)))
    assert report.outcome is Outcome.PASS
    remark = next(each for each in report.expectations if each.rule == "compare_with_accepted_snapshot")
    assert "400 rows from the time of the snapshot of run-1 do not look as they did there" in remark.reason


def test_a_few_odd_new_rows_warn_and_do_not_block(home):
    run = later_run(home)
    odd = make_rows(10, start=400).assign(city="Riga")
    report = check(run, write_snapshot(run, pd.concat([make_rows(), odd], ignore_index=True)))
    assert report.outcome is Outcome.PASS
    assert [each.column for each in problems(report)] == ["city"]


def test_without_a_clock_rows_beyond_the_accepted_number_are_new(tmp_path):
    config = make_config(data={"time": {"order": "rows"}})
    first, second = make_run(tmp_path, config), later_run(tmp_path, config=config)
    frame = make_rows(500).drop(columns=TIME)
    accept(first, check(first, write_snapshot(first, frame[:400])))
    assert check(second, write_snapshot(second, frame)).new_rows == 100


def test_a_refused_snapshot_is_never_the_reference(home):
    bad = later_run(home, run_id="run-bad", started=STARTED + timedelta(days=1))
    frame = make_rows(500).assign(age=np.inf)
    assert accept(bad, check(bad, write_snapshot(bad, frame))).outcome is Outcome.FAIL
    run = later_run(home)
    assert check(run, write_snapshot(run, make_rows(500))).reference_run == "run-1"


def test_a_dry_run_is_never_the_reference_as_its_yaml_may_be_a_first_draft(tmp_path):
    run = make_run(tmp_path, dry_run=True)
    accept(run, check(run, write_snapshot(run, make_rows().assign(age=0.001 * make_rows()["age"]))))
    later = later_run(tmp_path)
    report = check(later, write_snapshot(later, make_rows()))
    assert (report.outcome, report.reference_run) == (Outcome.PASS, None)


def test_a_run_done_again_meets_neither_itself_nor_a_later_one(tmp_path):
    first, second = make_run(tmp_path), later_run(tmp_path)
    for run, rows in ((first, 400), (second, 500)):
        accept(run, check(run, write_snapshot(run, make_rows(rows))))
    again = write_snapshot(first, make_rows(400))
    assert check(first, again).reference_run is None


def test_the_same_run_gives_the_same_report_again(tmp_path):
    run = make_run(tmp_path)
    table = write_snapshot(run, make_rows())
    assert check(run, table) == check(run, table)


@pytest.mark.parametrize(
    ("frame", "column"),
    [
        (make_rows(199), None),
        (make_rows().drop(columns="city"), "city"),
        (make_rows().assign(age="forty"), "age"),
        (make_rows().assign(bought=np.int8(1)), "bought"),
        (make_rows().iloc[:0], None),
    ],
)
def test_a_snapshot_of_the_wrong_form_fails(tmp_path, frame, column):
    report = accepted(tmp_path, frame)
    assert report.outcome is Outcome.FAIL
    assert column in {each.column for each in report.expectations if each.outcome is Outcome.FAIL}


def test_a_group_without_a_key_fails_and_its_values_are_not_written_down(tmp_path):
    config = make_config(data={"group": "household"})
    run = make_run(tmp_path, config)
    homes = [f"h{at}" for at in range(399)]
    good = check(run, write_snapshot(run, make_rows().assign(household=[*homes, "h399"])))
    bad = check(run, write_snapshot(run, make_rows().assign(household=[*homes, None])))
    assert (good.outcome, bad.outcome) == (Outcome.PASS, Outcome.FAIL)
    (profile,) = (column for column in good.profile if column.name == "household")
    assert (profile.categories, profile.distinct) == ((), 400)


def test_pages_load_nothing_run_nothing_and_show_the_results(home):
    report = delivered(home, city=[HOSTILE] * 40 + ["Oslo"] * 60)
    assert report.outcome is Outcome.FAIL
    pages = {page: page.read_text() for page in folder_of(later_run(home)).file("data_docs").rglob("*.html")}
    assert home / report.docs in pages
    for text in pages.values():
        assert not any(hidden in text for hidden in ("<script", "<img", "onerror=", "src=", "<link", 'href="http'))
    assert any("was never seen" in text or "expect" in text.lower() for text in pages.values())
    assert not list(folder_of(later_run(home)).path.glob(".*.tmp"))


def test_a_hostile_value_that_was_accepted_stays_text(tmp_path):
    frame = make_rows().assign(city=[HOSTILE, "Oslo"] * 200)
    accepted(tmp_path, frame)
    run = later_run(tmp_path)
    report = check(run, write_snapshot(run, pd.concat([frame, make_rows(100, start=400)], ignore_index=True)))
    texts = [page.read_text() for page in folder_of(run).file("data_docs").rglob("*.html")]
    assert report.docs
    assert any("&lt;img src=x" in text for text in texts)
    assert not any("<script" in text or "<img" in text for text in texts)


def test_the_team_suite_is_applied_to_all_rows(tmp_path):
    folder = tmp_path / "include" / "expectations"
    folder.mkdir(parents=True)
    (folder / "sales.json").write_text(
        """{"name": "sales", "expectations": [
        {"type": "expect_column_values_to_be_between", "kwargs": {"column": "age", "min_value": 50}},
        {"type": "expect_column_values_to_be_in_set", "severity": "warning",
         "kwargs": {"column": "city", "value_set": ["Oslo"]}},
        {"type": "expect_column_max_to_be_between", "kwargs": {"column": "height", "max_value": 3}},
        {"type": "expect_column_values_to_match_regex", "kwargs": {"column": "city", "regex": "^("}},
        {"type": "expect_table_row_count_to_equal", "kwargs": {"value": 400}},
        {"type": "expect_column_values_to_match_regex", "kwargs": {"column": "city", "regex": "^[OBR]"}}]}"""
    )
    run = make_run(tmp_path, make_config(data={"checks": {"suite": "sales.json"}}))
    report = check(run, write_snapshot(run, make_rows()))
    team = {(each.column, each.outcome, each.blocking) for each in report.expectations if each.origin == "team"}
    assert team == {
        ("age", Outcome.FAIL, True),
        ("city", Outcome.FAIL, False),
        ("height", Outcome.INCONCLUSIVE, True),
        ("city", Outcome.INCONCLUSIVE, True),
        (None, Outcome.PASS, True),
        ("city", Outcome.PASS, True),
    }
    assert report.outcome is Outcome.FAIL
    assert "'height' is not in the snapshot" in " ".join(each.reason for each in report.expectations)

import os
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from builders.champions import again
from builders.runs import make_config, make_run
from ratchet.artifacts.files import refer_to, write_text
from ratchet.artifacts.monitoring_store import (
    ProfileStore,
    find_alert_reports,
    find_latest_alert_report,
    find_reference,
    keep_moment,
    keep_monitoring,
    keep_reference,
    monitoring_folder,
    reference_folder,
    sweep_heavy,
)
from ratchet.artifacts.run_store import find_runs
from ratchet.config.run import Run
from ratchet.errors import ArtifactError
from ratchet.records.alerts import AlertLevel, AlertReport
from ratchet.records.profile import Profile, Reference
from ratchet.timeline import Moment, Window

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
REFERENCE = Reference(digest="d" * 16, time_column=None, columns=())
PROFILE = Profile(reference="d" * 16, rows=24, start=None, end=None, columns=())


@pytest.fixture
def run(tmp_path: Path) -> Run:
    return make_run(tmp_path)


def day(number: float) -> datetime:
    return BEGIN + timedelta(days=number)


def keep_watch(run: Run, name: str, as_of: Moment, *, started: float = 0, sentence: str = "all is well") -> None:
    """Leave what a finished run leaves."""
    run = again(run, name, started=day(started).isoformat())
    report = AlertReport(
        model=run.model, run_id=name, as_of=as_of, window=Window(start=as_of, end=as_of), level=AlertLevel.GREEN,
        alerts=(), muted=None, asks_for=None, incident=None, sentence=sentence,
    )  # fmt: skip
    keep_moment(run, as_of)
    keep_monitoring(run, "alert", report)


def found(run: Run, before: Moment, **options: int) -> list[str]:
    return [report.run_id for report in find_alert_reports(run.home, run.model, before, **options)]


def test_earlier_runs_are_found_in_the_order_of_what_they_knew(run):
    keep_watch(run, "third", day(3), started=1)
    keep_watch(run, "first", day(1), started=9)
    keep_watch(run, "second", day(2), started=5)
    assert found(run, day(3)) == ["first", "second"]
    assert found(run, day(9), at_most=2) == ["second", "third"]
    assert found(run, day(1)) == []


def test_the_latest_watch_is_that_of_the_latest_as_of(run):
    home = run.home
    assert find_latest_alert_report(home, run.model, has_clock=True) is None
    keep_watch(run, "latest", day(3), started=1)
    keep_watch(run, "past-day-again", day(1), started=9)
    assert find_latest_alert_report(home, run.model, has_clock=True).run_id == "latest"
    assert find_latest_alert_report(home, run.model, has_clock=False) is None


def test_of_several_runs_with_one_as_of_the_last_counts(run):
    keep_watch(run, "tried-first", day(1), started=2)
    keep_watch(run, "asked-again", day(1), started=8)
    assert found(run, day(2)) == ["asked-again"]


def test_runs_that_never_came_so_far_are_left_out(run):
    keep_moment(again(run, "broken"), day(1))
    keep_monitoring(again(run, "without-moment"), "alert", PROFILE)
    assert found(run, day(2)) == []


def test_moments_of_another_kind_say_nothing(run):
    keep_watch(run, "by-rows", 1000)
    keep_watch(run, "by-time", day(1))
    assert found(run, 2000) == ["by-rows"]
    assert found(run, day(2)) == ["by-time"]


def test_a_damaged_record_is_named(run):
    keep_watch(run, "first", day(1))
    write_text(monitoring_folder(again(run, "first")).file("alert.json"), "{}")
    with pytest.raises(ArtifactError, match=r"alert\.json is not a AlertReport record"):
        found(run, day(2))


def test_what_is_heavy_is_kept_for_the_newest_runs_only(run, monkeypatch):
    monkeypatch.setattr("ratchet.artifacts.monitoring_store.KEPT_RUNS", 1)
    for age, name in enumerate(("newer", "older")):
        folder = monitoring_folder(again(run, name))
        for file in ("observed.parquet", "evidently-9-of-9-rows.html", "monitoring.html"):
            write_text(folder.file(file), name)
            os.utime(folder.file(file), (1_000 - age, 1_000 - age))
    vanished = monitoring_folder(again(run, "swept-meanwhile")).path
    vanished.mkdir()
    (vanished / "observed.parquet").symlink_to("gone.parquet")
    sweep_heavy(run.home, run.model)
    older, newer = (monitoring_folder(again(run, name)).path for name in ("older", "newer"))
    assert [path.name for path in older.iterdir()] == ["monitoring.html"]
    assert len(list(newer.iterdir())) == 3


def test_monitoring_runs_are_no_training_runs(run):
    keep_watch(run, "first", day(1))
    assert find_runs(run.home, run.model) == []


def make_reference_of(run: Run) -> tuple:
    folder = reference_folder(run, 1)
    write_text(folder.file("rows.parquet"), "rows")
    return folder, keep_reference(
        folder, REFERENCE, PROFILE, refer_to(folder.file("rows.parquet"), folder.home), ("a",)
    )


def test_a_reference_is_kept_and_made_again_when_it_is_damaged(run):
    assert find_reference(reference_folder(run, 1)) is None
    folder, kept = make_reference_of(run)
    assert find_reference(folder) == kept
    assert (kept.digest, kept.warnings) == ("d" * 16, ("a",))
    write_text(folder.file("rows.parquet"), "other rows")
    assert find_reference(folder) is None


def test_a_reference_whose_making_was_killed_is_none(run):
    folder, _ = make_reference_of(run)
    folder.file("made.json").unlink()
    assert find_reference(folder) is None


def test_other_features_or_segments_have_another_reference(run):
    config = make_config(data={"features": {"age": "numeric"}})
    other = run.model_copy(update={"config": config})
    assert reference_folder(run, 1) != reference_folder(other, 1)
    assert reference_folder(run, 1) != reference_folder(run, 2)
    assert reference_folder(run, 1) == reference_folder(again(run, "another"), 1)


@pytest.fixture
def store(tmp_path: Path) -> ProfileStore:
    return ProfileStore(tmp_path, "sales", "d" * 16)


WINDOW = Window(start=day(0), end=day(1))


def test_a_profile_is_found_by_its_stretch_and_its_rows(store):
    kept = store.keep(WINDOW, 7, PROFILE)
    assert store.find(WINDOW, 7, 24) == kept
    assert store.find(WINDOW, 7, 20) == kept
    assert store.find(WINDOW, 7, 25) is None  # more can be counted now
    assert store.find(WINDOW, 8, 24) is None  # other predictions
    assert store.find(replace(WINDOW, end=day(2)), 7, 24) is None


def test_of_several_profiles_of_the_same_predictions_the_fullest_counts(store):
    store.keep(WINDOW, 7, PROFILE)
    fuller = store.keep(WINDOW, 7, replace(PROFILE, rows=100))
    assert store.find(WINDOW, 7, 1) == fuller


@pytest.mark.parametrize(
    "window",
    [Window(start=0, end=1000), Window(start=day(0), end=day(0.5) + timedelta(microseconds=1)), WINDOW],
)
def test_every_stretch_has_a_file_of_its_own(store, window):
    store.keep(WINDOW, 1, PROFILE)
    other = store.keep(window, 1, PROFILE)
    assert store.find(window, 1, 24) == other
    assert (store.find(WINDOW, 1, 24) == other) == (window == WINDOW)

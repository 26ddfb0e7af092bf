import json
import os
import shutil
import signal
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from builders.champions import again, make_champion
from builders.production import (
    TRAINED,
    after,
    label_of,
    labels_from,
    make_production,
    read_observed,
    row_of,
    write_csv,
    write_labels,
    write_scored,
)
from builders.registry import processes
from builders.runs import make_config, make_run
from ratchet.artifacts.monitoring_store import find_alert_reports, monitoring_folder, monitoring_of
from ratchet.artifacts.run_store import read_record
from ratchet.config.run import Run
from ratchet.errors import DataError, NothingYetError, RatchetError
from ratchet.records.profile import Profile, Reference
from ratchet.stages import collect as stage
from ratchet.stages.collect import collect
from ratchet.stages.score import score
from ratchet.timeline import Window

NEW = range(TRAINED, TRAINED + 240)
BY_ROWS = {"time": {"order": "rows"}}  # data without a clock


@pytest.fixture(autouse=True)
def _own_registry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)


def look(run: Run, name: str = "monitor-1", *, days: float | None = None, **changes: object) -> Run:
    """A monitoring run, as of so many days after the first row."""
    return again(run, name, **({"as_of": after(days).isoformat()} if days else {}) | changes)


def with_monitoring(run: Run, **monitoring: object) -> Run:
    config = run.config.model_dump(mode="json")
    return again(run, run.run_id, config=config | {"monitoring": config["monitoring"] | monitoring})


def with_data(run: Run, **data: object) -> Run:
    config = run.config.model_dump(mode="json")
    return again(run, run.run_id, config=config | {"data": config["data"] | data})


def home_of(run: Run) -> Path:
    return run.home


def profile_of(run: Run, stored) -> Profile:
    return read_record(stored.file, home_of(run), Profile)


def test_a_prediction_stands_beside_the_row_that_it_was_made_from(tmp_path):
    run = make_production(tmp_path)
    seen = collect(look(run, days=20))
    rows = read_observed(run, seen)
    assert len(rows) == 240
    assert rows["prediction_id"].is_unique
    assert list(rows["entity"]) == [f"person {number}" for number in NEW]
    assert list(rows["age"]) == [float(row_of(number)[1]) for number in NEW]
    assert list(rows["city"]) == [row_of(number)[2] for number in NEW]
    assert rows["has_features"].all()
    assert rows["_time"].is_monotonic_increasing
    assert (rows["prediction"] == rows["score"]).all()
    assert (seen.version, seen.classes) == (1, ("no", "yes"))


def test_the_window_ends_at_the_as_of_and_only_its_rows_are_counted(tmp_path):
    run = make_production(tmp_path)
    seen = collect(look(run, days=18))
    assert seen.window == Window(start=after(11), end=after(18))
    assert seen.long_window.start == after(-12)
    assert seen.rows == 7 * 24
    assert read_observed(run, seen)["_time"].max() < pd.Timestamp(after(18))
    assert [each.rows for each in seen.profiles] == [24] * 7
    assert [each.rows for each in seen.earlier] == [24]
    assert sum(profile_of(run, each).rows for each in seen.profiles) == seen.rows


def test_a_label_counts_from_when_it_was_known(tmp_path):
    run = with_monitoring(make_production(tmp_path), **labels_from())
    write_labels(home_of(run), [(number, label_of(number), after(number / 24 + 5)) for number in NEW])
    seen = collect(look(run, days=18))
    rows = read_observed(run, seen)
    is_known = rows["_time"] + pd.Timedelta(days=5) <= pd.Timestamp(after(18))
    assert (rows["label"].notna() == is_known).all()
    assert list(rows.loc[is_known, "label"]) == [label_of(number) for number in NEW][: is_known.sum()]
    assert (rows.loc[is_known, "label_known_at"] == rows.loc[is_known, "_time"] + pd.Timedelta(days=5)).all()
    assert seen.labelled == 2 * 24 + 1


def test_a_revised_label_counts_from_its_own_time_and_a_past_day_shows_what_was_known_then(tmp_path):
    run = with_monitoring(make_production(tmp_path), **labels_from())
    first, revised = (TRAINED, "yes", after(11)), (TRAINED, "no", after(15))
    write_labels(home_of(run), [first])
    before = collect(look(run, days=12))
    write_labels(home_of(run), [revised, first])  # in whichever order they stand there
    assert collect(look(run, days=12)) == before
    assert read_observed(run, before)["label"].iloc[0] == "yes"
    later = read_observed(run, collect(look(run, "monitor-2", days=16)))
    assert (later["label"].iloc[0], later["label_known_at"].iloc[0]) == ("no", pd.Timestamp(after(15)))
    assert later["label_first_known_at"].iloc[0] == pd.Timestamp(after(11))


def test_without_a_column_that_says_when_a_label_is_known_after_the_delay(tmp_path):
    run = with_data(make_production(tmp_path), label_delay="12h")
    run = with_monitoring(run, **labels_from(known_at=None))
    write_labels(home_of(run), [(number, label_of(number), after(0)) for number in NEW])
    rows = read_observed(run, collect(look(run, days=15)))
    assert (rows["label"].notna() == (rows["_time"] <= pd.Timestamp(after(14.5)))).all()


def test_labels_find_predictions_by_their_id(tmp_path):
    run = with_monitoring(make_production(tmp_path), **labels_from())
    ids = read_observed(run, collect(look(run, days=20)))["prediction_id"]
    known = after(19).isoformat()
    write_csv(
        home_of(run) / "labels.csv",
        ("prediction_id", "bought", "known"),
        [(ids[3], "yes", known), (ids[5], "no", known)],
    )
    rows = read_observed(run, collect(look(run, days=20)))
    assert rows["label"].dropna().to_dict() == {3: "yes", 5: "no"}


def test_where_nobody_is_named_the_features_and_the_time_tell_rows_apart(tmp_path):
    run = make_production(tmp_path, data={"entity": None})
    rows = [(*row_of(number), label_of(number)) for number in range(TRAINED + 240)]
    write_csv(home_of(run) / "data.csv", ("when", "age", "city", "member", "who", "bought"), rows)
    found = read_observed(run, collect(look(run, days=20)))
    assert list(found["label"]) == [label_of(number) for number in NEW]


def test_people_who_look_alike_have_their_labels_in_turn(tmp_path):
    run = make_production(tmp_path, data={"entity": None})
    twin = row_of(TRAINED + 240)
    write_csv(home_of(run) / "new.csv", ("when", "age", "city", "member", "who"), [twin, twin])
    score(again(run, "score-2", started=after(60).isoformat()))
    rows = [(*twin, "yes"), (*twin, "no")]
    write_csv(home_of(run) / "data.csv", ("when", "age", "city", "member", "who", "bought"), rows)
    found = read_observed(run, collect(look(run, days=21)))
    assert list(found["label"].dropna()) == ["yes", "no"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("who,when,bought,known\nperson 240,2025-01-11T00:00:00Z,perhaps,2025-01-12T00:00:00Z\n", "neither 'yes' nor"),
        ("who,when,known\n1,2,3\n", "column 'bought' is missing"),
        (None, "there is no such file"),
        ("who,when,bought,known\n", "there is no label yet in labels.csv"),
        (
            "who,when,bought,known\nnobody,2025-01-11T00:00:00Z,yes,2025-01-12T00:00:00Z\n",
            "240 predictions are old enough for a label, and none that is known in labels.csv is theirs",
        ),
        ("shop,bought,known\n1,yes,2025-01-12T00:00:00Z\n", "labels can't be told to belong to predictions"),
    ],
)
def test_labels_that_cannot_be_read_are_told_and_do_not_hide_drift(tmp_path, text, said):
    run = with_monitoring(make_production(tmp_path), **labels_from())
    if text:
        (home_of(run) / "labels.csv").write_text(text)
    seen = collect(look(run, days=20))
    assert said in seen.warnings[0]
    assert (seen.rows, seen.labelled) == (168, 0)
    assert seen.profiles


def test_without_a_clock_windows_are_numbers_of_rows(tmp_path):
    plan = {"window": 100, "long_window": 150, "history": 200}
    run = with_monitoring(make_production(tmp_path, data=BY_ROWS), **plan)
    seen = collect(again(run, "monitor-1", as_of=220))
    assert (seen.window, seen.history) == (Window(start=120, end=220), Window(start=20, end=220))
    rows = read_observed(run, seen)
    assert list(rows["_row"]) == list(range(20, 220))
    assert "_time" not in rows
    assert seen.rows == 100
    assert (sum(each.rows for each in seen.profiles), sum(each.rows for each in seen.earlier)) == (100, 100)
    whole = collect(again(run, "monitor-2", as_of=None))
    assert whole.as_of == 240
    assert collect(again(run, "monitor-3", as_of=9_999)).window == whole.window


def test_without_a_clock_labels_stand_in_the_rows_themselves(tmp_path):
    plan = {"window": 100, "long_window": 150, "history": 200}
    run = with_monitoring(make_production(tmp_path, data=BY_ROWS | {"entity": None}), **plan)
    rows = [(*row_of(number), label_of(number)) for number in range(TRAINED + 240)]
    write_csv(home_of(run) / "data.csv", ("when", "age", "city", "member", "who", "bought"), rows)
    config = run.config.model_dump(mode="json") | {"scoring": {}}
    score(again(run, "score-2", config=config))
    found = read_observed(run, collect(again(run, "monitor-1", config=config)))
    assert list(found["label"]) == [label_of(number) for number in range(TRAINED + 40, TRAINED + 240)]


def test_a_delivery_that_takes_the_place_of_another_counts_instead_of_it(tmp_path):
    plan = {"window": 100, "long_window": 150, "history": 240}
    run = with_monitoring(make_production(tmp_path, data=BY_ROWS), **plan)
    write_scored(home_of(run), range(1000, 1240))
    score(again(run, "score-2", started=after(90).isoformat()))
    seen = collect(again(run, "monitor-1"))
    assert set(read_observed(run, seen)["entity"]) == {f"person {number}" for number in range(1000, 1240)}
    assert "240 row numbers were given to several rows" in " ".join(seen.warnings)


def test_of_several_versions_the_newest_prediction_counts_and_drift_is_that_of_one_version(tmp_path):
    run = make_production(tmp_path)
    config = run.config.model_dump(mode="json")
    make_champion(again(run, "retrained"), "linear")
    write_scored(home_of(run), range(NEW[-24], NEW[-1] + 1))
    score(again(run, "score-2", config=config, started=after(61).isoformat()), again=True)
    seen = collect(look(run, days=62))
    assert seen.version == 2
    seen = collect(look(run, days=20, as_of=after(61.5).isoformat()))
    assert "24 rows were predicted by several versions" in " ".join(seen.warnings)


def test_a_row_that_was_scored_later_was_not_known_then(tmp_path):
    run = make_production(tmp_path)
    live = again(run, "live", as_of=after(20).isoformat(), started=after(20).isoformat())
    write_scored(home_of(run), [*NEW, 2000])  # a new time, so that something is scored as of day 20
    (home_of(run) / "predictions" / "sales" / "_runs" / "score-1.json").unlink()
    for path in (home_of(run) / "predictions" / "sales").glob("date=*"):
        shutil.rmtree(path)
    score(live)
    before = collect(look(run, days=20))
    late = row_of(NEW[100])
    write_csv(home_of(run) / "late.csv", ("when", "age", "city", "member", "who"), [(*late[:4], "somebody late")])
    score(again(run, "late", started=after(25).isoformat()).reading("late.csv"))
    assert collect(look(run, days=20)) == before
    assert "somebody late" in set(read_observed(run, collect(look(run, "monitor-2", days=26)))["entity"])


def test_what_was_scored_from_another_file_is_found_there(tmp_path):
    run = make_production(tmp_path)
    write_scored(home_of(run), range(NEW[-1] + 1, NEW[-1] + 25), name="other.csv")
    score(again(run, "score-2", started=after(60).isoformat()).reading("other.csv"))
    seen = collect(look(run, days=21))
    assert read_observed(run, seen)["has_features"].all()
    assert seen.rows == 168


def test_only_days_that_were_not_counted_are_counted(tmp_path, monkeypatch):
    run = make_production(tmp_path)
    first = collect(look(run, days=18))
    counted = []
    genuine = stage.profile_rows
    monkeypatch.setattr(stage, "profile_rows", lambda *args, **named: counted.append(1) or genuine(*args, **named))
    again_now = collect(look(run, days=18))
    assert (again_now, counted) == (first, [])
    assert len(collect(look(run, "monitor-2", days=20)).profiles) == 7
    assert len(counted) == 2


def test_a_day_with_late_rows_is_counted_again_and_the_record_of_before_still_holds(tmp_path):
    run = make_production(tmp_path)
    before = collect(look(run, days=18))
    late = row_of(NEW[100])
    write_csv(
        home_of(run) / "new.csv", ("when", "age", "city", "member", "who"), [*map(row_of, NEW), (*late[:4], "late")]
    )
    score(again(run, "score-2", started=after(60).isoformat()))
    seen = collect(look(run, "monitor-2", days=18))
    assert [each.rows for each in seen.profiles].count(25) == 1
    assert all(profile_of(run, each).rows == 24 for each in before.profiles)


def test_the_reference_is_rows_that_the_champion_was_not_fitted_on_with_its_scores(tmp_path):
    run = make_production(tmp_path)
    seen = collect(look(run, days=18))
    rows = pd.read_parquet(home_of(run) / seen.reference_rows.path)
    split = json.loads((home_of(run) / "runs" / "sales" / "run-1" / "split.json").read_text())
    assert len(rows) == split["validation"]["rows"] + split["holdout"]["rows"]
    assert rows["score"].between(0, 1).all()
    assert set(rows["label"]) == {"no", "yes"}
    reference = read_record(seen.reference, home_of(run), Reference)
    assert [bins.name for bins in reference.columns] == ["age", "city", "member", "prediction", "label"]
    profile = read_record(seen.reference_profile, home_of(run), Profile)
    assert (profile.rows, profile.reference) == (len(rows), reference.digest)
    assert [each.name for each in profile_of(run, seen.profiles[0]).columns if each.problem] == ["label"]


def test_a_champion_whose_run_is_gone_is_compared_with_what_it_first_predicted(tmp_path):
    run = make_production(tmp_path)
    shutil.rmtree(home_of(run) / "runs" / "sales")
    seen = collect(look(run, days=20))
    assert "the records of run run-1 are gone" in " ".join(seen.warnings)
    rows = pd.read_parquet(home_of(run) / seen.reference_rows.path)
    assert rows["_time"].min() == pd.Timestamp(after(10))
    assert len(rows) == 7 * 24


def test_nothing_to_compare_with_is_said_in_a_sentence(tmp_path):
    run = make_production(tmp_path)
    shutil.rmtree(home_of(run) / "runs" / "sales")
    with pytest.raises(RatchetError, match="version 1 of sales has nothing to be compared with"):
        collect(look(run, days=11))


def test_rows_that_left_the_source_are_told_and_drift_is_that_of_the_others(tmp_path):
    run = make_production(tmp_path)
    write_scored(home_of(run), NEW[-24:])
    seen = collect(look(run, days=20))
    assert "144 of 168 predictions of the window can't be found in the source any more" in " ".join(seen.warnings)
    assert sum(each.rows for each in seen.profiles) == 24


def test_where_all_rows_left_the_source_the_drift_of_the_prediction_remains(tmp_path):
    run = make_production(tmp_path)
    (home_of(run) / "new.csv").unlink()
    seen = collect(look(run, days=20))
    assert "there is no such file" in " ".join(seen.warnings)
    assert sum(each.rows for each in seen.profiles) == 168
    columns = {each.name: each.problem for each in profile_of(run, seen.profiles[0]).columns}
    assert columns["prediction"] is None
    assert columns["age"]


def test_days_that_were_counted_before_their_rows_left_are_still_known(tmp_path):
    run = make_production(tmp_path)
    collect(look(run, days=20))
    write_scored(home_of(run), NEW[-24:])
    assert sum(each.rows for each in collect(look(run, "monitor-2", days=20)).profiles) == 168


@pytest.mark.parametrize("task", ["multiclass", "regression"])
def test_every_task_is_observed(tmp_path, task):
    run = make_production(tmp_path, task=task)
    run = with_monitoring(run, **labels_from())
    write_labels(home_of(run), [(number, label_of(number, task), after(20)) for number in NEW])
    seen = collect(look(run, days=20))
    rows = read_observed(run, seen)
    assert seen.labelled == 168
    if task == "multiclass":
        assert seen.classes == ("a", "b", "c")
        assert (rows["prediction"] == rows["decision"]).all()
        assert rows["scores"].map(len).eq(3).all()
    else:
        assert seen.classes == ()
        assert rows["label"].isin([1.0, 2.0, 3.0, 4.0]).all()


def test_segments_need_be_no_features(tmp_path):
    run = with_monitoring(make_production(tmp_path), segments=["city", "who"])
    rows = read_observed(run, collect(look(run, days=20)))
    assert list(rows["who"]) == list(rows["entity"])
    assert list(rows.columns).count("city") == 1


def test_before_anything_was_predicted_the_sentence_says_what_is_waited_for(tmp_path):
    run = make_production(tmp_path)
    with pytest.raises(NothingYetError, match="nothing of sales was predicted before 2025-01-02"):
        collect(look(run, days=1))
    other = make_config(gates={}).model_copy(update={"model": "rents"})
    with pytest.raises(NothingYetError, match="rents has no champion yet"):
        collect(make_run(home_of(run), other))


def test_a_window_without_predictions_is_observed_as_empty(tmp_path):
    run = make_production(tmp_path)
    seen = collect(look(run, days=300))
    assert (seen.rows, seen.profiles, seen.version) == (0, (), 1)
    assert "the newest prediction is of 2025-01-20T23:00:00+00:00" in " ".join(seen.warnings)
    assert read_observed(run, seen).empty


def test_a_feature_with_a_name_that_is_taken_is_refused(tmp_path):
    data = {"features": {"age": "numeric", "city": "categorical", "score": "numeric"}}
    with pytest.raises(DataError, match="column 'score' can't be monitored"):
        collect(make_run(tmp_path, make_config(data=data)))


@pytest.mark.parametrize(("as_of", "said"), [(500, "is a number of rows"), (0, "is a number of rows")])
def test_an_as_of_of_the_wrong_kind_is_refused(tmp_path, as_of, said):
    with pytest.raises(DataError, match=said):
        collect(make_run(tmp_path, make_config(gates={}), as_of=as_of))


def die_while_writing(run: Run) -> None:
    """Observe, and be killed when the rows are about to be shown."""

    def dying(self: Path, target: Path) -> Path:
        os.kill(os.getpid(), signal.SIGKILL)
        return target

    Path.replace = dying  # type: ignore[method-assign]
    collect(run)


def test_a_killed_run_leaves_nothing_half_written_and_the_next_try_is_whole(tmp_path):
    run = look(make_production(tmp_path), days=20)
    process = processes().Process(target=die_while_writing, args=(run,))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    visible = [path for path in monitoring_of(home_of(run), "sales").rglob("[!.]*") if path.is_file()]
    assert [path for path in visible if not any(part.startswith(".work-") for part in path.parts)] == []
    seen = collect(run)
    assert seen.rows == 168
    assert not list(monitoring_folder(run).path.glob(".work-*"))


def test_a_run_that_is_repeated_makes_the_same_files(tmp_path):
    run = look(make_production(tmp_path), days=20)
    assert collect(run) == collect(run)
    assert find_alert_reports(home_of(run), "sales", after(30)) == ()


def test_the_rows_of_old_runs_are_removed_and_their_records_are_kept(tmp_path, monkeypatch):
    run = make_production(tmp_path)
    monkeypatch.setattr("ratchet.artifacts.monitoring_store.KEPT_RUNS", 1)
    first = collect(look(run, "monitor-1", days=18))
    folder = monitoring_folder(look(run, "monitor-1"))
    second = collect(look(run, "monitor-2", days=19))
    assert not (home_of(run) / first.observed.path).exists()
    assert (home_of(run) / second.observed.path).exists()
    assert folder.file("as_of.json").is_file()


def test_windows_of_another_length_are_made_of_whole_stretches(tmp_path):
    run = with_monitoring(make_production(tmp_path), window="36h")
    seen = collect(look(run, days=18.25))
    assert sum(each.rows for each in seen.profiles) == 36
    assert any(each.window.end == seen.window.start for each in seen.earlier)
    assert any(each.window.start == seen.window.start - timedelta(hours=36) for each in seen.earlier)

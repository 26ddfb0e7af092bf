import os
import signal
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from builders.champions import (
    again,
    make_champion,
    make_champion_home,
    read_predictions,
    with_source,
    without_times,
    write_new_rows,
)
from builders.registry import make_home, processes
from builders.runs import make_config, make_run
from builders.tables import make_csv, make_rows
from ratchet.artifacts.files import refer_to
from ratchet.artifacts.predictions import find_scorings
from ratchet.config.run import Run
from ratchet.errors import DataError, RegistryError
from ratchet.stages import score as stage
from ratchet.stages.score import score


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """A model with a champion, whose new rows stand in a file of their own."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    home = make_champion_home(tmp_path)
    run = make_run(home, make_config(gates={}))
    make_champion(run)
    write_new_rows(home, 60, first=240)
    return again(Run.model_validate(run.model_dump(mode="json") | {"config": with_source(run.config)}), "scoring-1")


def home_of(run: Run) -> Path:
    return run.home


def visible(run: Run) -> list[str]:
    folder = home_of(run) / "predictions"
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*.parquet") if "/." not in str(path))


def test_every_new_row_is_predicted_with_all_that_is_known_of_it(run):
    scoring = score(run)
    found = read_predictions(home_of(run))
    assert (scoring.rows, scoring.version, scoring.rows_known, len(found)) == (60, 1, 0, 60)
    assert found.prediction_id.is_unique
    assert found.prediction_id.str.fullmatch("[0-9a-f]{32}").all()
    assert found.feature_hash.str.fullmatch("[0-9a-f]{16}").all()
    assert set(found.model) == {"sales"}
    assert set(found.model_version) == {1}
    assert set(found.run_id) == {"scoring-1"}
    assert (found.latency_ms > 0).all()
    assert ((found.score >= 0.5) == (found.decision == "yes")).all()
    assert scoring.time_from == datetime(2025, 1, 11, tzinfo=UTC)
    assert list(found.event_time) == sorted(found.event_time)
    assert scoring.warnings == ()


def test_a_partition_is_a_day_and_its_digest_is_in_the_record(run):
    scoring = score(run)
    assert [each.name for each in scoring.partitions] == ["date=2025-01-11", "date=2025-01-12", "date=2025-01-13"]
    assert [each.rows for each in scoring.partitions] == [24, 24, 12]
    home = home_of(run)
    assert all(refer_to(home / each.file.path, home) == each.file for each in scoring.partitions)
    assert find_scorings(home, "sales") == [scoring]


def test_a_repeated_run_replaces_its_own_files_and_nothing_else(run):
    first = score(run)
    before = read_predictions(home_of(run)).drop(columns="latency_ms")
    repeated = score(run)
    assert without_times(repeated) == without_times(first)
    assert read_predictions(home_of(run)).drop(columns="latency_ms").equals(before)


def test_another_run_predicts_only_what_was_added(run):
    score(run)
    write_new_rows(home_of(run), 100, first=240)
    second = score(again(run, "scoring-2"))
    assert (second.rows, second.rows_known) == (40, 60)
    found = read_predictions(home_of(run))
    assert len(found) == 100
    assert found.prediction_id.is_unique


def test_a_delivery_that_drops_old_rows_keeps_their_predictions(run):
    score(run)
    write_new_rows(home_of(run), 30, first=290)  # ten of them were there before, under other row numbers
    second = score(again(run, "scoring-2"))
    assert (second.rows, second.rows_known) == (20, 10)
    assert len(read_predictions(home_of(run))) == 80


def test_another_version_predicts_again_only_when_asked(run):
    score(run)
    make_champion(again(run, "retrained", config=run.config.model_dump(mode="json")), "linear")
    assert score(again(run, "scoring-2")).rows == 0
    asked = score(again(run, "scoring-3"), again=True)
    assert (asked.rows, asked.version) == (60, 2)
    assert score(again(run, "scoring-4"), again=True).rows == 0
    found = read_predictions(home_of(run))
    assert found.prediction_id.is_unique
    assert found.groupby("model_version").size().to_dict() == {1: 60, 2: 60}


def test_rows_in_any_order_give_the_same_predictions(run):
    score(run)
    before = read_predictions(home_of(run)).set_index("prediction_id").score.sort_index()
    rows = [row[:-1] for row in make_rows(300)[240:]]
    mixed = [rows[place] for place in np.random.default_rng(1).permutation(60)]
    for number, part in enumerate((mixed[:20], mixed[20:])):  # two files, so that batches are out of order as well
        folder = home_of(run) / "mixed"
        folder.mkdir(exist_ok=True)
        (folder / f"{number}.csv").write_text(make_csv(part, header=("when", "age", "city", "member")))
    assert score(again(run, "other").reading("mixed")).rows_known == 60
    assert score(again(run, "scoring-1").reading("mixed")).rows == 60
    after = read_predictions(home_of(run)).set_index("prediction_id").score.sort_index()
    assert after.equals(before)


def test_people_who_look_alike_are_all_predicted_and_one_delivered_twice_is_not(run, tmp_path):
    row = make_rows(241)[240][:-1]
    header = ("when", "age", "city", "member", "who")
    path = home_of(run) / "new.csv"
    path.write_text(make_csv([(*row, "a"), (*row, "a"), (*row, "b")], header=header))
    assert score(run).rows == 3
    data = run.config.data.model_dump(mode="json") | {"entity": "who"}
    named = again(run, "scoring-2", config=run.config.model_dump(mode="json") | {"data": data})
    scoring = score(named)
    assert scoring.rows == 2
    assert scoring.warnings == ("1 rows repeat another in 'who', time and features: scored once",)


def test_without_a_source_of_its_own_only_rows_newer_than_the_champions_are_scored(run):
    config = run.config.model_dump(mode="json") | {"scoring": {}}
    (home_of(run) / "data.csv").write_text(make_csv(make_rows(250)))
    scoring = score(again(run, "scoring-2", config=config))
    assert (scoring.rows, scoring.rows_seen, scoring.newer_than) == (10, 250, datetime(2025, 1, 10, 23, tzinfo=UTC))
    (home_of(run) / "data.csv").write_text(make_csv())
    nothing = score(again(run, "scoring-3", config=config))
    assert nothing.rows == 0
    assert "no row is newer than those that version 1 was made from (2025-01-10 23:00 UTC)" in nothing.warnings[-1]


def test_rows_that_the_champion_was_made_from_are_told(run):
    scoring = score(run.reading("data.csv"))
    assert scoring.rows == 240
    assert "240 of the rows are not newer than those that version 1 was made from" in scoring.warnings[-1]


def test_rows_after_the_as_of_wait(run):
    scoring = score(again(run, "scoring-2", as_of="2025-01-11T11:00:00+00:00"))
    assert scoring.rows == 12
    assert score(again(run, "scoring-3")).rows == 48


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("when,age,city,member\n2025-02-01T00:00:00Z,old,Oslo,true\n", "row 1: column 'age' holds 'old'"),
        ("when,city,member\n2025-02-01T00:00:00Z,Oslo,true\n", "column 'age' is missing"),
        ("when,age,city,member\n", "the source has no rows"),
        ("when,age,city,member\n2031-02-01T00:00:00Z,3,Oslo,true\n", "is later than the run"),
    ],
)
def test_a_bad_delivery_writes_nothing(run, text, said):
    (home_of(run) / "new.csv").write_text(text)
    with pytest.raises(DataError, match=said):
        score(run)
    assert visible(run) == []


def test_a_fault_in_the_last_row_leaves_the_predictions_of_before(run):
    score(run)
    before = visible(run)
    write_new_rows(home_of(run), 90, first=240)
    with (home_of(run) / "new.csv").open("a") as file:
        file.write("2025-03-01T00:00:00Z,inf,Oslo,true\n")
    with pytest.raises(DataError, match="row 91: column 'age'"):
        score(again(run, "scoring-2"))
    assert visible(run) == before


def test_a_model_without_a_champion_says_so(tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    with pytest.raises(RegistryError, match="sales has no champion: nothing can be scored"):
        score(make_run(make_home(tmp_path)))


def test_a_damaged_champion_is_refused(run):
    home = home_of(run)
    for file in home.rglob("*.skops"):
        if "runs" not in file.parts:
            file.write_bytes(file.read_bytes()[:-1] + b"x")
    with pytest.raises(RegistryError, match="was changed after it was registered"):
        score(run)
    assert visible(run) == []


def test_a_champion_of_other_columns_is_refused(run):
    data = run.config.data.model_dump(mode="json")
    data["features"] = {"years": "numeric", "city": "categorical", "member": "boolean"}
    config = run.config.model_dump(mode="json") | {"data": data}
    with pytest.raises(DataError, match="the model was fitted on age, which the config does not name"):
        score(again(run, "scoring-2", config=config))


def die_while_publishing(run: Run) -> None:
    """Score, and be killed when the second partition is about to be shown."""
    shown = iter(range(10))
    genuine = Path.replace

    def dying(self: Path, target: Path) -> Path:
        if self.parent.name.startswith(".staging-") and next(shown) == 1:
            os.kill(os.getpid(), signal.SIGKILL)
        return genuine(self, target)

    Path.replace = dying  # type: ignore[method-assign]
    score(run)


def test_a_killed_run_leaves_whole_partitions_and_the_next_try_the_same_rows(run):
    process = processes().Process(target=die_while_publishing, args=(run,))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    assert visible(run) == ["sales/date=2025-01-11/run-scoring-1.parquet"]
    assert len(read_predictions(home_of(run))) == 24
    assert find_scorings(home_of(run), "sales") == []
    assert score(again(run, "scoring-2")).rows == 36  # another run takes up what is left
    assert score(run).rows_known == 36
    assert read_predictions(home_of(run)).prediction_id.is_unique
    assert len(read_predictions(home_of(run))) == 60
    assert not list((home_of(run) / "predictions" / "sales").glob(".staging-*"))


def test_two_runs_at_once_predict_each_row_once(run):
    context = processes()
    both = [context.Process(target=score, args=(again(run, f"racer-{number}"),)) for number in (1, 2)]
    for process in both:
        process.start()
    for process in both:
        process.join()
    assert [process.exitcode for process in both] == [0, 0]
    found = read_predictions(home_of(run))
    assert len(found) == 60
    assert found.prediction_id.is_unique


def test_a_run_that_waits_in_vain_changes_nothing(run, monkeypatch):
    monkeypatch.setattr(stage, "WAIT_SECONDS", 0.1)
    with stage.held_lock(home_of(run) / "locks" / "score-sales.lock"), pytest.raises(TimeoutError):
        score(run)
    assert visible(run) == []

from dataclasses import replace

import pyarrow as pa
import pytest

from builders.champions import again
from builders.production import TRAINED, after, make_production, write_scored
from ratchet.artifacts.predictions import find_scorings
from ratchet.data.predicted_rows import Predictions, open_predictions
from ratchet.data.row_keys import Keys
from ratchet.errors import ArtifactError
from ratchet.stages.score import score
from ratchet.timeline import to_number


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return make_production(tmp_path)


def opened(run) -> Predictions:
    return open_predictions(run.home, run.model, has_clock=True, has_scores=False)


def read(run, start: float, end: float, as_of: float = 90) -> pa.Table:
    found = opened(run)
    batches = found.read(to_number(after(start)), to_number(after(end)), after(as_of))
    return pa.Table.from_batches(batches, found.schema)


def test_only_the_days_that_are_asked_for_are_read(run):
    rows = read(run, 12, 14)
    assert rows.num_rows == 48
    assert min(rows.column("event_time").to_pylist()) == to_number(after(12))


def test_a_key_and_a_version_make_the_prediction_id(run):
    rows = read(run, 12, 13)
    first, second = (rows.column(name).to_numpy() for name in ("first", "second"))
    assert Keys(first=first, second=second).signed("sales", 1).to_hex() == rows.column("prediction_id").combine_chunks()


def test_a_prediction_is_known_when_its_run_was_done(run):
    assert not any(read(run, 12, 13, as_of=59).column("is_known").to_pylist())
    assert all(read(run, 12, 13, as_of=60).column("is_known").to_pylist())


def test_a_run_for_a_past_time_counts_as_done_then(run):
    write_scored(run.home, range(TRAINED + 240, TRAINED + 264))
    score(again(run, "score-2", as_of=after(21).isoformat(), started=after(80).isoformat()))
    assert all(read(run, 20, 21, as_of=21).column("is_known").to_pylist())
    assert opened(run).find_frontier(after(30)) == to_number(after(20 + 23 / 24))
    assert opened(run).find_frontier(after(20)) is None


def test_the_newest_prediction_is_found_and_its_version(run):
    found = opened(run)
    assert found.find_end() == to_number(after(20 - 1 / 24)) + 1
    assert found.find_version(to_number(after(12))) == 1
    assert found.find_version(to_number(after(300))) == 1
    assert found.find_version(to_number(after(10))) is None


def test_without_a_prediction_nothing_is_found(tmp_path):
    found = open_predictions(tmp_path, "sales", has_clock=True, has_scores=False)
    assert (found.find_end(), found.find_version(10**18), list(found.read(0, 10**18, None))) == (None, None, [])


def test_the_sources_of_runs_are_named_the_newest_first(run):
    home = run.home
    write_scored(home, range(TRAINED + 240, TRAINED + 264), name="other.csv")
    score(again(run, "score-2", started=after(80).isoformat()).reading("other.csv"))
    assert opened(run).sources(to_number(after(0)), to_number(after(30))) == ("other.csv", "new.csv")
    assert opened(run).sources(to_number(after(0)), to_number(after(19))) == ("new.csv",)


def test_a_run_that_was_killed_before_its_record_is_the_oldest_and_never_known(run):
    home = run.home
    (home / "predictions" / "sales" / "_runs" / "score-1.json").unlink()
    assert find_scorings(home, "sales") == []
    rows = read(run, 12, 13)
    assert set(rows.column("made").to_pylist()) == {0}
    assert not any(rows.column("is_known").to_pylist())


def test_a_damaged_file_is_named(run):
    path = next((run.home / "predictions" / "sales").glob("date=2025-01-13/*.parquet"))
    path.write_bytes(path.read_bytes()[:-5])
    with pytest.raises(ArtifactError, match=r"date=2025-01-13.*no intact file of predictions.*score its rows again"):
        read(run, 12, 13)


def test_predictions_of_rows_without_a_clock_are_another_dataset(run):
    found = replace(opened(run), has_clock=False)
    assert found.find_end() is None

"""Earlier runs, read from their records."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from builders.records import (
    make_candidate,
    make_challenger,
    make_evaluation,
    make_first_evaluation,
    make_lost_candidate,
    make_part,
    make_split,
)
from builders.runs import STARTED, make_config, make_run
from ratchet.artifacts.run_store import folder_of, keep_record
from ratchet.config.run import Run
from ratchet.records.judgement import ChampionRef, Measurement
from ratchet.records.modelling import Candidate, Refresh
from ratchet.records.review import Changes
from ratchet.stages.evaluate import compare_with_past

MADE_BY = "week-0"
EVALUATION = make_evaluation(champion=ChampionRef(version=7, run_id=MADE_BY))


def keep_week(home: Path, week: int, *, rows: int = 1000, fitted: Candidate | None = None, **changes: object) -> Run:
    """A run of an earlier week, with the records that it leaves."""
    facts = {"run_id": f"week-{week}", "started": STARTED - timedelta(weeks=20 - week)} | changes
    run = make_run(home, **facts)  # type: ignore[arg-type]
    keep_record(run, "run", run)
    keep_record(run, "split", make_split(train=make_part("train", rows=rows)))
    keep_record(run, "train-boosting", fitted or make_candidate(fit_seconds=10.0 + week / 10))
    metrics = (Measurement(metric="roc_auc", challenger=0.9 + week / 1000, champion=None, baseline=0.5),)
    keep_record(run, "evaluate", make_evaluation(metrics=metrics))
    return run


def compare(home: Path, **changes: object) -> Changes | None:
    """Compare a run of today."""
    run = make_run(home, run_id="today", **changes)
    keep_record(run, "run", run)
    return compare_with_past(run, make_challenger(), make_split(), EVALUATION)


def test_without_a_champion_nothing_is_compared(tmp_path: Path) -> None:
    run = make_run(tmp_path)
    assert compare_with_past(run, make_challenger(), make_split(), make_first_evaluation()) is None


def test_a_champion_whose_records_are_gone_is_a_problem(tmp_path: Path) -> None:
    keep_week(tmp_path, 1)
    changes = compare(tmp_path)
    assert changes is not None
    assert changes.problem == "run week-0, which made the champion, has no readable records any more"


def test_rows_features_fits_and_metrics_are_read(tmp_path: Path) -> None:
    for week in range(6):
        keep_week(tmp_path, week)
    features = {"age": "numeric", "city": "categorical", "income": "numeric"}
    changes = compare(tmp_path, config=make_config(data={"features": features}))
    assert changes is not None
    assert changes.problem is None
    assert (changes.champion_run, changes.rows, changes.champion_rows) == (MADE_BY, 34_000, 1000)
    assert (changes.new_features, changes.removed_features) == (("income",), ("member",))
    assert changes.fit is not None
    assert changes.fit.runs == 6
    assert changes.fit.expected == pytest.approx(34 * 10.25, rel=0.01)
    first = changes.metrics[0]
    assert (first.metric, first.runs, first.value) == ("roc_auc", 6, 0.9162)
    assert first.mean == pytest.approx(0.9025)


def test_later_runs_and_the_run_itself_are_not_earlier_ones(tmp_path: Path) -> None:
    for week in (*range(5), 25):
        keep_week(tmp_path, week)
    keep_week(tmp_path, 9, run_id="today")
    changes = compare(tmp_path)
    assert changes is not None
    assert changes.fit is not None
    assert changes.fit.runs == 5


@pytest.mark.parametrize(
    "other",
    [
        make_lost_candidate("boosting"),
        make_candidate(parameters='{"max_iter": 9000}'),
        make_candidate(estimator="random_forest"),
        make_candidate(refresh=Refresh(name="boosting", way="ages", reason="as asked", parameters="{}")),
    ],
)
def test_only_fits_with_the_same_settings_count(tmp_path: Path, other: Candidate) -> None:
    for week in range(6):
        keep_week(tmp_path, week, fitted=other if week > 2 else None)
    changes = compare(tmp_path)
    assert changes is not None
    assert changes.fit is not None
    assert changes.fit.runs == 3


@pytest.mark.parametrize("name", ["run", "split", "evaluate", "train-boosting"])
def test_a_damaged_record_is_left_out(tmp_path: Path, name: str) -> None:
    keep_week(tmp_path, 0)
    broken = keep_week(tmp_path, 1)
    folder_of(broken).file(f"{name}.json").write_text('{"of": "another time"}')
    changes = compare(tmp_path)
    assert changes is not None
    assert changes.problem is None


def test_only_so_many_runs_are_looked_at(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ratchet.artifacts.past_runs.MOST_RUNS", 5)
    for week in range(8):
        keep_week(tmp_path, week)
    changes = compare(tmp_path)
    assert changes is not None
    assert changes.metrics[0].mean == pytest.approx(0.905)  # of the newest five; the champion's own is still found


def test_a_challenger_that_is_not_on_its_own_leaderboard_has_no_fit(tmp_path: Path) -> None:
    keep_week(tmp_path, 0)
    run = make_run(tmp_path, run_id="today")
    challenger = replace(make_challenger(), leaderboard=())
    changes = compare_with_past(run, challenger, make_split(), EVALUATION)
    assert changes is not None
    assert changes.fit is None

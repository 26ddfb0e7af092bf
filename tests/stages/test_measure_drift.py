from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pydantic import TypeAdapter

from builders.observations import draw_multiclass, draw_regression, draw_stream, without_clock
from builders.runs import make_config, make_run
from builders.shifts import make_monitored
from ratchet.artifacts.frames import read_frame, write_frame
from ratchet.config.model import ModelConfig
from ratchet.config.run import Run
from ratchet.errors import ArtifactError
from ratchet.records.columns import LABEL, PREDICTION, TIME
from ratchet.records.drift import ColumnDrift, DriftLevel
from ratchet.records.monitoring import Shift
from ratchet.stages.measure_drift import measure_drift

SPLIT = 4_000  # rows of the reference: 40 days
WEEK = 700


def configure(*, task: str = "binary", clock: bool = True, **plan: object) -> ModelConfig:
    data: dict[str, object] = {} if task == "binary" else {"target": {"column": "bought"}}
    time: dict[str, object] = {} if clock else {"time": {"order": "rows"}}
    # separation takes most of the time, and is told of in tests of its own
    return make_config(task=task, data=data | time, monitoring={"drift": {"separation": False} | plan})


def look(home: Path, stream: pd.DataFrame, config: ModelConfig | None = None, split: int = SPLIT) -> Shift:
    """Compare the end of a stream with its first rows."""
    config = config or configure(clock=TIME in stream.columns)
    return measure_drift(make_run(home, config), make_monitored(home, stream, split=split, config=config))


def column(shift: Shift, name: str) -> ColumnDrift:
    return next(each for each in shift.drift.columns if each.column == name)


def move(stream: pd.DataFrame, by: float, first: int = -WEEK) -> pd.DataFrame:
    """Make the last rows older."""
    moved = stream.copy()
    moved.loc[moved.index[first:], "age"] += by
    return moved


def wander(stream: pd.DataFrame) -> pd.DataFrame:
    """Give each week its own mean age: rows of one week hang together."""
    week = np.arange(len(stream)) // WEEK
    return stream.assign(age=stream["age"] + np.random.default_rng(3).normal(0, 10, week.max() + 1)[week])


@pytest.mark.parametrize("clock", [True, False])
@pytest.mark.parametrize(
    ("task", "draw"), [("binary", draw_stream), ("multiclass", draw_multiclass), ("regression", draw_regression)]
)
def test_a_stable_stream_shows_nothing(tmp_path, task, draw, clock):
    stream = draw() if clock else without_clock(draw())
    shift = look(tmp_path, stream, configure(task=task, clock=clock))
    assert [each.column for each in shift.drift.columns] == ["age", "city", "member", PREDICTION]
    assert shift.drift.level is DriftLevel.NONE
    assert shift.drift.rows_now == (WEEK if clock else 1_000)
    assert shift.label_drift is not None
    assert shift.label_drift.level is DriftLevel.NONE
    assert [each.column for each in shift.label_drift.columns] == [LABEL]
    assert shift.separation is None
    assert shift.trends == ()


def test_a_moved_column_is_found_and_no_other(tmp_path):
    shift = look(tmp_path, move(draw_stream(), 10), configure(separation=True))
    assert {each.column: each.level for each in shift.drift.columns if each.level is not DriftLevel.NONE} == {
        "age": DriftLevel.ACT
    }
    assert shift.separation is not None
    assert shift.separation.lower is not None
    assert shift.separation.seasonal_baseline is not None
    assert shift.separation.lower > 0.6 > shift.separation.seasonal_baseline


def test_weeks_that_always_differ_are_no_drift_and_one_further_out_is(tmp_path):
    stream = wander(draw_stream())
    age = column(look(tmp_path, stream), "age")
    assert age.psi is not None
    assert age.seasonal_baseline is not None
    assert age.psi.value > 0.25
    assert age.psi.p_value < 0.001
    assert age.seasonal_baseline > 0.5
    assert age.level is DriftLevel.NONE
    assert column(look(tmp_path, move(stream, 60)), "age").level is DriftLevel.ACT


def test_the_seasonal_baseline_can_be_left_out(tmp_path):
    alone = column(look(tmp_path, wander(draw_stream()), configure(seasonal_baseline=False)), "age")
    assert (alone.level, alone.seasonal_baseline) == (DriftLevel.ACT, None)


def test_a_reference_of_two_windows_has_no_seasonal_baseline(tmp_path):
    shift = look(tmp_path, draw_stream(), configure(separation=True), split=2 * WEEK)
    assert {each.seasonal_baseline for each in shift.drift.columns} == {None}
    assert shift.separation is not None
    assert shift.separation.seasonal_baseline is None


def test_an_ignored_column_is_left_out_everywhere(tmp_path):
    shift = look(tmp_path, move(draw_stream(), 30), configure(ignore=["age"], separation=True))
    assert [each.column for each in shift.drift.columns] == ["city", "member", PREDICTION]
    assert shift.drift.level is DriftLevel.NONE
    assert shift.separation is not None
    assert shift.separation.p_value is not None
    assert shift.separation.p_value > 0.01


def test_a_column_that_moves_a_little_every_week_is_a_trend(tmp_path):
    stream = draw_stream()
    week = np.clip(np.arange(len(stream)) - SPLIT, 0, None) // WEEK
    shift = look(tmp_path, stream.assign(age=stream["age"] + 2.0 * week))
    (trend,) = shift.trends
    assert trend.column == "age"
    assert trend.windows >= 4
    assert trend.last == column(shift, "age").effect
    effects = [each.effects["age"] for each in shift.earlier]
    assert effects[-5:] == sorted(effects[-5:])
    assert [each.window.end for each in shift.earlier[:-1]] == [each.window.start for each in shift.earlier[1:]]
    assert shift.earlier[-1].window.end == shift.window.start


def test_labels_count_once_they_have_matured(tmp_path):
    """Every "no" is known after a day, every "yes" after three weeks: young rows have no "yes" at all."""
    stream = draw_stream(delays=((1, 1), (21, 21)))
    shift = look(tmp_path, stream)
    assert shift.label_drift is not None
    assert shift.label_drift.rows_now == 2_900  # of the 50 days that were observed, the 29 that are old enough
    assert shift.label_drift.level is DriftLevel.NONE


def test_labels_that_never_come_are_no_drift_of_labels(tmp_path):
    config = configure()
    observation = make_monitored(tmp_path, draw_stream(), split=SPLIT, config=config)
    rows = read_frame(observation.observed, tmp_path)
    rows["label"], rows["label_known_at"] = None, pd.Series(pd.NaT, rows.index, "datetime64[us, UTC]")
    unlabelled = replace(observation, observed=write_frame(rows, tmp_path / "open.parquet", tmp_path))
    assert measure_drift(make_run(tmp_path, config), unlabelled).label_drift is None


def test_a_window_without_rows_is_a_problem_and_not_green(tmp_path):
    config = configure()
    observation = replace(make_monitored(tmp_path, draw_stream(), split=SPLIT, config=config), profiles=(), rows=0)
    drift = measure_drift(make_run(tmp_path, config), observation).drift
    assert (drift.level, drift.problem) == (None, "the window has no rows: no data, which is not no drift")


ODD = {
    "all null": np.full(9_000, np.nan),
    "constant": np.full(9_000, 7.0),
    "infinite": np.tile([np.inf, -np.inf, 1.0], 3_000),
    "huge": np.tile([1.7e308, -1.7e308], 4_500),
}


@pytest.mark.parametrize("odd", ODD)
def test_odd_columns_are_told_and_break_nothing(tmp_path, odd):
    shift = look(tmp_path, draw_stream().assign(age=ODD[odd]))
    assert column(shift, "age").level is DriftLevel.NONE
    assert column(shift, "city").level is DriftLevel.NONE


def test_rows_whose_features_are_lost_do_not_count_as_null_in_the_separation(tmp_path):
    stream = draw_stream().assign(has_features=True)
    stream.loc[stream.index[-WEEK:-200], ["age", "city", "has_features"]] = [np.nan, None, False]
    separation = look(tmp_path, stream, configure(separation=True)).separation
    assert separation is not None
    assert (separation.rows_now, separation.problem) == (200, None)


def test_the_sample_of_the_separation_has_its_size(tmp_path):
    separation = look(tmp_path, draw_stream(), configure(sample=300, separation=True)).separation
    assert separation is not None
    assert (separation.rows_then, separation.rows_now) == (300, 300)


def test_it_crosses_as_json_and_is_the_same_when_repeated(tmp_path):
    config, record = configure(), TypeAdapter(Shift)
    run, observation = (
        make_run(tmp_path, config),
        make_monitored(tmp_path, draw_stream(), split=SPLIT, config=config),
    )
    first = measure_drift(run, observation)
    assert measure_drift(run, observation) == first
    assert record.validate_json(record.dump_json(first)) == first


def test_a_changed_profile_is_refused(tmp_path):
    config = configure()
    run: Run = make_run(tmp_path, config)
    observation = make_monitored(tmp_path, draw_stream(), split=SPLIT, config=config)
    (tmp_path / observation.profiles[0].file.path).write_text("{}")
    with pytest.raises(ArtifactError, match="was changed after it was written"):
        measure_drift(run, observation)

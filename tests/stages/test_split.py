from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from builders.records import make_evaluation, make_gain
from builders.runs import STARTED, make_config, make_run
from builders.snapshots import make_rows, write_snapshot
from ratchet.artifacts.frames import read_frame
from ratchet.artifacts.run_store import keep_record
from ratchet.config.model import ModelConfig
from ratchet.errors import DataError
from ratchet.records.columns import ROW, TIME
from ratchet.records.data import Part, Split
from ratchet.stages.split import split


def divided(home: Path, frame: pd.DataFrame, config: ModelConfig | None = None, **changes: object) -> Split:
    run = make_run(home, config, **changes)
    return split(run, write_snapshot(run, frame))


def rows_of(home: Path, part: Part) -> pd.DataFrame:
    return read_frame(part.file, home)


def by_group(**data: object) -> ModelConfig:
    return make_config(data={"group": "home"} | data, split={"method": "group"})


def with_homes(rows: int) -> pd.DataFrame:
    return make_rows(rows).assign(home=[f"h{at % 97}" for at in range(rows)])


def test_by_time_the_newest_rows_judge(tmp_path):
    done = divided(tmp_path, make_rows(400))
    assert (done.train.rows, done.validation.rows, done.holdout.rows) == (280, 60, 60)
    assert done.train.time_to < done.validation.time_from <= done.validation.time_to < done.holdout.time_from
    assert (done.method, done.classes, done.embargoed_rows) == ("time", ("no", "yes"), 0)


def test_parts_hold_the_snapshot_rows_unchanged(tmp_path):
    frame = make_rows(400).astype({"member": bool})
    done = divided(tmp_path, frame)
    parts = [rows_of(tmp_path, part) for part in (done.train, done.validation, done.holdout)]
    pd.testing.assert_frame_equal(pd.concat(parts, ignore_index=True), frame)
    assert [part.positives for part in (done.train, done.validation, done.holdout)] == [
        int(part["bought"].sum()) for part in parts
    ]


def test_every_part_has_the_snapshot_types_even_where_a_column_is_empty(tmp_path):
    frame = make_rows(400)
    frame.loc[:350, ["city", "member"]] = None
    run = make_run(tmp_path)
    table = write_snapshot(run, frame)
    done = split(run, table)
    schemas = [pq.read_schema(tmp_path / ref.path) for ref in (table.file, done.train.file, done.holdout.file)]
    assert schemas[0].equals(schemas[1])
    assert schemas[0].equals(schemas[2])


def test_the_label_delay_is_an_embargo(tmp_path):
    done = divided(tmp_path, make_rows(400), make_config(data={"label_delay": "5h"}))
    assert done.embargoed_rows == 8
    assert done.train.time_to + timedelta(hours=5) <= done.validation.time_from
    assert done.validation.time_to + timedelta(hours=5) <= done.holdout.time_from


def test_a_delay_that_would_leave_too_little_lies_before_the_holdout_only(tmp_path):
    done = divided(tmp_path, make_rows(240), make_config(data={"label_delay": "3d"}))
    assert done.knows_validation
    assert done.validation.time_to + timedelta(days=3) <= done.holdout.time_from
    assert (done.train.rows, done.validation.rows, done.holdout.rows, done.embargoed_rows) == (118, 26, 25, 71)


def test_rows_and_lengths_of_time_are_what_the_yaml_says(tmp_path):
    done = divided(tmp_path, make_rows(400), make_config(split={"validation": "2d", "holdout": 50}))
    assert (done.train.rows, done.validation.rows, done.holdout.rows) == (302, 48, 50)
    assert done.plan is None


def test_a_holdout_is_planned_by_what_earlier_runs_have_measured(tmp_path):
    config = make_config(split={"holdout": {"detects": 0.01}}, evaluation={"min_positives": 10, "min_rows": 40})
    first = divided(tmp_path, make_rows(400), config)
    assert (first.holdout.rows, first.plan.detectable) == (60, None)
    run = make_run(tmp_path, config)
    keep_record(run, "run", run)
    keep_record(run, "evaluate", make_evaluation(champion_gain=make_gain(rows=400, detectable=0.005)))
    later = divided(tmp_path, make_rows(400), config, run_id="run-2", started=STARTED + timedelta(days=7))
    assert (later.holdout.rows, later.plan.rows) == (100, 100)
    assert later.plan.detectable == pytest.approx(0.01)
    assert "by run run-1" in later.plan.reason


def test_a_planned_holdout_waits_for_the_rarest_class(tmp_path):
    rows = make_rows(400)
    rows["bought"] = (np.arange(400) % 20 == 0).astype(np.int8)
    config = make_config(split={"holdout": {"detects": 0.01}}, evaluation={"min_positives": 5, "min_rows": 20})
    assert divided(tmp_path, rows, config).holdout.positives == 5


def test_a_window_trains_on_the_newest_rows_only(tmp_path):
    done = divided(tmp_path, make_rows(400), make_config(split={"window": "2d"}))
    assert done.train.rows == 48
    assert (done.validation.rows, done.embargoed_rows) == (60, 0)


def test_without_a_clock_the_order_of_rows_is_cut(tmp_path):
    frame = make_rows(400).drop(columns=TIME)
    done = divided(tmp_path, frame, make_config(data={"time": {"order": "rows"}}))
    assert rows_of(tmp_path, done.holdout)[ROW].tolist() == list(range(340, 400))
    assert (done.train.time_from, done.holdout.time_to) == (None, None)


def test_by_group_nobody_moves_when_rows_come(tmp_path):
    config = by_group()
    before = divided(tmp_path, with_homes(400), config)
    after = divided(tmp_path, with_homes(900), config, run_id="run-2", started=STARTED + timedelta(days=7))
    judged = [set(rows_of(tmp_path, done.holdout)["home"]) for done in (before, after)]
    fitted = [set(rows_of(tmp_path, done.train)["home"]) for done in (before, after)]
    assert judged[0] == judged[1]
    assert not judged[1] & fitted[0]
    assert before.method == "group"


def test_by_group_another_seed_moves_nobody(tmp_path):
    config = by_group()
    other = config.model_copy(update={"schedule": config.schedule.model_copy(update={"seed": 1})})
    first, second = divided(tmp_path, with_homes(400), config), divided(tmp_path, with_homes(400), other)
    assert first == second


def test_by_time_no_group_stands_on_two_sides(tmp_path):
    frame = make_rows(400).assign(home=[f"h{at // 2 % 190}" for at in range(400)])
    done = divided(tmp_path, frame, make_config(data={"group": "home"}))
    homes = [set(rows_of(tmp_path, part)["home"]) for part in (done.train, done.validation, done.holdout)]
    assert not homes[0] & (homes[1] | homes[2])
    assert not homes[1] & homes[2]
    assert done.holdout.rows == 60
    assert done.embargoed_rows > 0


def test_at_random_a_row_stays_where_it_is_and_the_seed_decides(tmp_path):
    config = make_config(split={"method": "random"})
    other = make_config(split={"method": "random"}, schedule={"seed": 1})
    few, many = divided(tmp_path, make_rows(300), config), divided(tmp_path, make_rows(500), config, run_id="run-2")
    kept = rows_of(tmp_path, many.holdout)[ROW]
    assert rows_of(tmp_path, few.holdout)[ROW].tolist() == kept[kept < 300].tolist()
    moved = divided(tmp_path, make_rows(500), other, run_id="run-3")
    assert rows_of(tmp_path, moved.holdout)[ROW].tolist() != kept.tolist()


def test_multiclass_names_its_classes_and_counts_the_rarest(tmp_path):
    frame = make_rows(400).assign(bought=np.resize(["red", "blue", "green", "red"], 400).astype(object))
    config = make_config(task="multiclass", data={"target": {"column": "bought"}})
    done = divided(tmp_path, frame, config)
    assert done.classes == ("blue", "green", "red")
    assert done.holdout.positives == 15


def test_regression_has_neither_classes_nor_positives(tmp_path):
    config = make_config(task="regression", data={"target": {"column": "bought"}})
    done = divided(tmp_path, make_rows(400).assign(bought=np.arange(400.0)), config)
    assert (done.classes, done.train.positives) == ((), None)


def test_a_binary_target_without_a_named_negative_calls_it_other(tmp_path):
    config = make_config(data={"target": {"column": "bought", "positive": "yes"}})
    assert divided(tmp_path, make_rows(400), config).classes == ("other", "yes")


@pytest.mark.parametrize(
    ("frame", "config", "words"),
    [
        (make_rows(400).assign(_time=make_rows(1)[TIME].iloc[0]), None, "the validation part has no rows"),
        (make_rows(400), make_config(data={"label_delay": "52w"}), "the validation part has no rows.*label_delay"),
        (make_rows(400), make_config(split={"holdout": 300}), r"ask for 360 of 400 rows, .* a fifth to train on"),
        (make_rows(400), make_config(split={"validation": "14d"}), r"ask for 396 of 400 rows"),
        (make_rows(0), None, "has no rows"),
        (make_rows(400).assign(bought=np.int8(0)), None, "one class only in 'bought'"),
        (with_homes(400).assign(home="h1"), by_group(), "has no rows after a split by group"),
    ],
)
def test_a_split_that_could_teach_or_judge_nothing_is_refused(tmp_path, frame, config, words):
    with pytest.raises(DataError, match=words):
        divided(tmp_path, frame, config)


def test_the_same_snapshot_gives_the_same_files(tmp_path):
    assert divided(tmp_path, make_rows(400)) == divided(tmp_path, make_rows(400))

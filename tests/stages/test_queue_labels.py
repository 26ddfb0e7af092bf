from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from builders.observations import (
    after,
    draw_multiclass,
    draw_regression,
    draw_stream,
    make_observation,
    without_clock,
)
from builders.runs import make_config, make_run
from ratchet.artifacts.files import refer_to, write_text
from ratchet.artifacts.frames import read_frame
from ratchet.artifacts.predictions import queue_path
from ratchet.config.model import ModelConfig
from ratchet.drift.profiles import profile_rows
from ratchet.drift.reference import make_reference
from ratchet.errors import ArtifactError
from ratchet.records.columns import ColumnKind
from ratchet.records.files import FileRef
from ratchet.records.monitoring import Queue
from ratchet.stages.queue_labels import queue_labels
from ratchet.timeline import Moment

LATE = ((20, 20), (20, 20))  # no label of the window is known


def stream(**changes: object) -> pd.DataFrame:
    return draw_stream(**({"days": 30, "per_day": 60, "delays": LATE} | changes))  # type: ignore[arg-type]


def ask(
    home: Path, rows: pd.DataFrame, as_of: Moment | None = None, config: ModelConfig | None = None, **changes
) -> Queue:
    config = config or make_config()
    return queue_labels(make_run(home, config), make_observation(home, rows, config, as_of, **changes))


def unlabelled(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.assign(label_known_at=rows["label_known_at"] + pd.Timedelta(days=60))


def asked(home: Path, queue: Queue) -> pd.DataFrame:
    assert queue.file is not None
    return read_frame(queue.file, home)


def with_queue(**plan: object) -> ModelConfig:
    segments = plan.pop("segments", [])
    return make_config(monitoring={"queue": plan, "segments": segments})


def test_the_least_certain_rows_of_each_day_are_asked_for(tmp_path):
    rows = stream()
    queue = ask(tmp_path, rows, config=with_queue(rows=70))
    found = asked(tmp_path, queue)
    window = rows[rows["_time"] >= after(23)]
    distance = (window["score"] - 0.5).abs()
    day = window["_time"].dt.date
    nearest = distance.groupby(day).nsmallest(10).droplevel(0).index
    assert (queue.rows, queue.eligible) == (70, 420)
    assert set(found["prediction_id"]) == set(window.loc[nearest, "prediction_id"])
    assert list(found["_certainty"]) == pytest.approx((found["score"] - 0.5).abs())


def test_a_row_is_asked_for_with_what_a_person_needs_to_label_it(tmp_path):
    found = asked(tmp_path, ask(tmp_path, stream(), config=with_queue(rows=5)))
    assert {"prediction_id", "entity", "_time", "age", "city", "member", "score", "decision"} <= set(found.columns)
    assert found["age"].notna().all()
    assert "label" not in found.columns


def test_rows_with_a_label_are_not_asked_for(tmp_path):
    rows = stream(delays=((2, 2), (2, 2)))
    queue = ask(tmp_path, rows)
    assert queue.eligible == 119  # one became known at the as-of
    assert asked(tmp_path, queue)["_time"].min() >= pd.Timestamp(after(28))


def test_parts_share_the_rows_whatever_their_size(tmp_path):
    rows = stream()
    rows["city"] = np.where(np.arange(len(rows)) % 30 == 0, "Bern", "Oslo")  # two of 60 a day
    found = asked(tmp_path, ask(tmp_path, rows, config=with_queue(rows=28, segments=["city"])))
    assert found.groupby("city").size().to_dict() == {"Bern": 14, "Oslo": 14}
    assert found["_stratum"].nunique() == 14


def test_what_parts_share_the_rows_can_be_told(tmp_path):
    found = asked(
        tmp_path, ask(tmp_path, stream(), config=with_queue(rows=28, segments=["city"], by=["member", "age"]))
    )
    assert found["_stratum"].str.contains("true, ").any()
    assert found["_stratum"].str.contains(" to below ").any()


def test_the_threshold_is_where_decisions_change(tmp_path):
    rows = stream()
    rows["decision"] = np.where(rows["score"] >= 0.2, "yes", "no")
    found = asked(tmp_path, ask(tmp_path, rows, config=with_queue(rows=30)))
    assert found["score"].between(0.1, 0.3).all()


def test_a_repeated_run_asks_for_the_same_rows_and_a_later_one_for_others(tmp_path):
    rows = stream()
    first = ask(tmp_path, rows, after(28))
    second = ask(tmp_path, rows, after(29))
    again = ask(tmp_path, rows, after(28))
    assert again == first
    one, two = asked(tmp_path, first), asked(tmp_path, second)
    assert (len(one), len(two)) == (200, 200)
    assert not set(one["prediction_id"]) & set(two["prediction_id"])
    assert second.eligible == 420 - (one["_time"] >= pd.Timestamp(after(22))).sum()


def test_every_row_is_asked_for_at_most_once_until_none_is_left(tmp_path):
    rows = stream(per_day=30)
    queues = [ask(tmp_path, rows, after(29 + hour / 100)) for hour in range(4)]
    assert [queue.rows for queue in queues[:2]] == [200, 11]
    assert queues[3].rows <= 2
    names = [name for queue in queues if queue.file for name in asked(tmp_path, queue)["prediction_id"]]
    assert len(names) == len(set(names))


def test_of_several_classes_the_closest_race_is_asked_for(tmp_path):
    config = make_config(task="multiclass", data={"target": {"column": "bought"}}, monitoring={"queue": {"rows": 14}})
    rows = unlabelled(draw_multiclass(days=30, per_day=50))
    found = asked(tmp_path, ask(tmp_path, rows, config=config))
    scores = np.sort(np.stack(rows["scores"].tail(350)), axis=1)
    lead = pd.Series(scores[:, 2] - scores[:, 1], index=rows["prediction_id"].tail(350))
    assert found["_certainty"].max() < lead.quantile(0.2)
    assert list(found["_certainty"]) == pytest.approx(list(lead[found["prediction_id"]]))


def keep_reference(home: Path, rows: pd.DataFrame) -> dict[str, FileRef]:
    """The bins and the profile of rows, as files that an observation points to."""
    from pydantic import TypeAdapter

    batches = pa.Table.from_pandas(rows[["age", "city", "member"]], preserve_index=False).to_batches()
    reference = make_reference(
        batches, {"age": ColumnKind.NUMERIC, "city": ColumnKind.CATEGORICAL, "member": ColumnKind.BOOLEAN}
    )
    found = {}
    for name, record in (("reference", reference), ("reference_profile", profile_rows(batches, reference))):
        write_text(home / f"{name}.json", TypeAdapter(type(record)).dump_json(record).decode())
        found[name] = refer_to(home / f"{name}.json", home)
    return found


def test_of_a_value_what_training_never_saw_comes_first_and_the_rest_is_spread_over_its_size(tmp_path):
    config = make_config(task="regression", data={"target": {"column": "bought"}}, monitoring={"queue": {"rows": 70}})
    rows = unlabelled(draw_regression(days=30, per_day=50))
    files = keep_reference(tmp_path, rows)
    strange = rows.index[[1300, 1400]]
    rows.loc[strange[0], "age"] = 900.0
    rows.loc[strange[1], "city"] = "Lima"
    found = asked(tmp_path, ask(tmp_path, rows, config=config, **files))
    assert set(rows.loc[strange, "prediction_id"]) <= set(found["prediction_id"])
    assert found["_certainty"].value_counts().to_dict() == {0.0: 68, -1.0: 2}
    fifths = pd.qcut(rows["score"].tail(350), 5).cat.categories
    assert pd.cut(found["score"], fifths).value_counts().min() >= 10


def test_data_without_a_clock_is_spread_over_the_window(tmp_path):
    rows = without_clock(stream()).assign(label=None)
    found = asked(
        tmp_path,
        ask(tmp_path, rows, config=make_config(data={"time": {"order": "rows"}}, monitoring={"queue": {"rows": 50}})),
    )
    assert np.histogram(found["_row"], bins=5, range=(800, 1800))[0].tolist() == [10] * 5


@pytest.mark.parametrize(
    ("rows", "words"),
    [(0, "`monitoring.queue.rows` is 0"), (200, "no recent prediction is without a label")],
)
def test_nothing_to_ask_for_is_said(tmp_path, rows, words):
    data = stream() if not rows else stream(delays=((0, 0), (0, 0)))
    queue = ask(tmp_path, data, config=with_queue(rows=rows))
    assert (queue.file, queue.rows) == (None, 0)
    assert words in queue.reason


def test_a_window_without_rows_asks_for_nothing(tmp_path):
    queue = ask(tmp_path, stream(), after(50))
    assert (queue.file, queue.rows, queue.eligible) == (None, 0, 0)


def test_odd_rows_are_left_out_or_kept_without_a_word(tmp_path):
    rows = stream(per_day=10)
    rows.loc[rows.index[-5:], "score"] = [np.nan, np.inf, -np.inf, 0.5, 1e300]
    rows["city"] = None
    rows["has_features"] = np.arange(len(rows)) % 2 == 0
    found = asked(tmp_path, ask(tmp_path, rows, config=with_queue(segments=["city"])))
    assert found["score"].notna().all()
    assert (found["_row"] % 2 == 0).all()
    assert found["_stratum"].str.startswith("(missing), ").all()


def test_a_damaged_queue_is_named(tmp_path):
    rows = stream()
    ask(tmp_path, rows, after(28))
    queue_path(tmp_path, "sales", after(28)).write_bytes(b"PAR1")
    with pytest.raises(ArtifactError, match=r"2026-01-29.*delete it"):
        ask(tmp_path, rows, after(29))

"""Appraise production: from observed rows to what a person reads."""

import math
from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pydantic import TypeAdapter

from builders.observations import (
    CLASSES,
    KNOWN_AT,
    after,
    draw_multiclass,
    draw_regression,
    draw_stream,
    make_observation,
    without_clock,
)
from builders.records import make_evaluation
from builders.runs import make_config, make_run
from builders.weeks import make_alert, make_signal
from ratchet.artifacts.monitoring_store import keep_moment, keep_monitoring
from ratchet.artifacts.run_store import keep_record
from ratchet.config.model import ModelConfig
from ratchet.errors import ArtifactError
from ratchet.records.alerts import AlertLevel, AlertReport
from ratchet.records.judgement import Measurement
from ratchet.records.production import Figure, ProductionPerformance
from ratchet.records.promotion import Promotion
from ratchet.stages.measure_performance import measure_performance
from ratchet.timeline import Moment, Window

TARGET = {"target": {"column": "bought"}}
ORDERED = make_config(data={"time": {"order": "rows"}})
NUMBERS = make_config(task="regression", data=TARGET)
SEVERAL = make_config(task="multiclass", data=TARGET)
LATE = ((1, 10), (10, 45))
STREAM = draw_stream(days=60, per_day=40)
NEVER = pd.Series(pd.NaT, index=STREAM.index, dtype="datetime64[us, UTC]")


def look(
    home: Path, stream: pd.DataFrame, config: ModelConfig | None = None, as_of: Moment | None = None, **changes: object
) -> ProductionPerformance:
    """Observe a stream and appraise it."""
    config = config or make_config()
    return measure_performance(make_run(home, config), make_observation(home, stream, config, as_of, **changes))


def find(performance: ProductionPerformance, metric: str, segment: str | None = None) -> tuple[Figure, Figure]:
    """The figures of the window and of the long window."""
    window, long_window = (each for each in performance.figures if (each.metric, each.segment) == (metric, segment))
    return window, long_window


def test_a_healthy_model_loses_nothing(tmp_path):
    found = look(tmp_path, STREAM)
    window, long_window = find(found, "roc_auc")
    assert found.matured_until == after(59)
    assert (window.window, window.rows) == (Window(start=after(52), end=after(59)), 280)
    assert long_window.rows == 1200
    assert window.lower < window.value < window.upper
    assert window.loss_lower < 0
    assert found.concept.shifted is False
    assert {each.metric for each in found.figures} == {"roc_auc", "log_loss"}
    assert [each.metric for each in found.estimates] == ["roc_auc", "log_loss"]


def test_a_flip_of_meaning_shows_in_every_part(tmp_path):
    found = look(tmp_path, draw_stream(days=60, per_day=60, flip=50))
    assert find(found, "roc_auc")[0].loss_lower > 0.5
    assert found.concept.shifted
    assert all(each.confirmed is False for each in found.estimates)
    assert found.estimates[0].value > 0.8
    assert found.weekly[-1].value < 0.8 < found.weekly[-2].value


@pytest.mark.parametrize("seed", range(2))
def test_open_labels_are_made_up_for(tmp_path, seed):
    stream = draw_stream(delays=LATE, per_day=400, seed=seed)
    found = look(tmp_path, stream)
    window = find(found, "roc_auc")[0].window
    inside = stream[(stream["_time"] >= window.start) & (stream["_time"] < window.end)]
    recent = stream[(stream["_time"] >= after(83)) & (stream[KNOWN_AT] <= after(90))]
    truth = (inside["label"] == "yes").mean()
    assert found.calibration.observed == pytest.approx(truth, abs=0.01)
    assert (recent["label"] == "yes").mean() < truth - 0.05  # what a join on what is there would say
    assert 0 < find(found, "roc_auc")[0].open_share < 0.05
    assert found.maturity == pytest.approx(0.95, abs=0.002)


def test_a_past_day_is_told_as_it_was_known_then(tmp_path):
    stream = draw_stream(delays=LATE, per_day=60)
    then = look(tmp_path, stream[stream["_time"] < after(80)], as_of=after(80))
    again = look(tmp_path, stream, as_of=after(80))
    assert again == then


def test_a_label_known_after_the_as_of_does_not_count(tmp_path):
    observation = make_observation(tmp_path, STREAM)
    early = measure_performance(make_run(tmp_path), replace(observation, as_of=after(40)))
    assert early.matured_until == after(39)


def test_a_revised_label_revises_the_figure(tmp_path):
    revised = STREAM["_row"].between(2200, 2250)
    labels = STREAM["label"].mask(revised, "yes")
    corrected = STREAM.assign(label=labels)
    before, after_ = (find(look(tmp_path, each), "log_loss")[0] for each in (STREAM, corrected))
    assert before.rows == after_.rows
    assert before.value != after_.value


def test_revisions_do_not_make_labels_late(tmp_path):
    is_late = STREAM["_row"] % 8 == 0
    last = STREAM[KNOWN_AT].mask(is_late, STREAM["_time"] + pd.Timedelta(days=30)).astype("datetime64[us, UTC]")
    revised = STREAM.assign(**{KNOWN_AT: last, "label_first_known_at": STREAM[KNOWN_AT]})
    assert look(tmp_path, revised).matured_until == after(59)
    assert look(tmp_path, revised.drop(columns="label_first_known_at")).matured_until == after(30)


def test_segments_come_after_everybody_and_have_baselines_of_their_own(tmp_path):
    config = make_config(monitoring={"segments": ["city", "member"]})
    found = look(tmp_path, STREAM, config)
    segments = list(dict.fromkeys(each.segment for each in found.figures))
    assert segments[0] is None
    assert set(segments[1:]) == {"city = Oslo", "city = Bern", "city = Rome", "member = true", "member = false"}
    rows = {each: find(found, "roc_auc", each)[0] for each in segments[1:4]}
    assert sum(each.rows for each in rows.values()) == 280
    assert len({each.baseline for each in rows.values()}) == 3


def test_no_more_segments_are_watched_than_wanted(tmp_path):
    config = make_config(monitoring={"segments": ["city"], "labels": {"max_segments": 2}})
    assert len({each.segment for each in look(tmp_path, STREAM, config).figures}) == 3


@pytest.mark.parametrize(
    ("stream", "config", "until"),
    [
        (without_clock(draw_stream(days=90)), ORDERED, 9000),
        (draw_regression(days=60, per_day=40), NUMBERS, after(59)),
        (draw_multiclass(days=60, per_day=40), SEVERAL, after(59)),
    ],
)
def test_every_task_is_appraised_with_a_clock_or_without(tmp_path, stream, config, until):
    found = look(tmp_path, stream, config)
    assert found.matured_until == until
    assert all(each.value is not None and each.baseline is not None for each in found.figures[:1])
    assert found.spread
    assert found.calibration.problem is None


def test_classes_are_in_the_order_of_the_scores(tmp_path):
    stream = draw_multiclass(days=60, per_day=40)
    turned = stream.assign(scores=[each[::-1] for each in stream["scores"]])
    ours, theirs = (
        look(tmp_path, each, SEVERAL, classes=classes) for each, classes in ((stream, CLASSES), (turned, CLASSES[::-1]))
    )
    assert theirs.figures[0].value == pytest.approx(ours.figures[0].value)


def test_a_red_window_is_no_baseline(tmp_path):
    spoilt = STREAM.assign(label=STREAM["label"].mask(STREAM["_row"] < 400, "no"))
    window = Window(start=after(0), end=after(10))
    lost = make_alert(make_signal(0.1, window=window), AlertLevel.RED)
    report = AlertReport(
        model="sales", run_id="earlier", as_of=after(10), window=window,
        level=AlertLevel.RED, alerts=(lost,), muted=None, asks_for=None, incident=None, sentence="red",
    )  # fmt: skip
    before = find(look(tmp_path, spoilt), "log_loss")[0].baseline
    earlier = make_run(tmp_path, run_id="earlier")
    keep_moment(earlier, after(10))
    keep_monitoring(earlier, "alert", report)
    assert find(look(tmp_path, spoilt), "log_loss")[0].baseline != before


def test_a_new_model_is_compared_with_its_holdout(tmp_path):
    evaluation = make_evaluation(
        metrics=(Measurement(metric="roc_auc", challenger=0.9, champion=None, baseline=0.5),), rows=500
    )
    retrain = make_run(tmp_path, run_id="retrain")
    keep_record(retrain, "evaluate", evaluation)
    keep_record(retrain, "promote", Promotion(moved=True, version=1, previous=None, reason="better"))
    window, _ = find(look(tmp_path, STREAM, as_of=after(10)), "roc_auc")
    assert window.baseline == 0.9
    assert window.loss == pytest.approx((0.9 - window.value) / 0.9)
    assert window.loss_lower < window.loss
    later = look(tmp_path, STREAM)
    assert find(later, "roc_auc")[0].baseline != later.holdout == 0.9  # production's own, once there is one


def odd_streams() -> dict[str, tuple[pd.DataFrame, ModelConfig | None, Moment | None]]:
    """Rows that say little or nothing."""
    chance = np.random.default_rng(1)
    open_ = without_clock(STREAM)
    several = draw_multiclass(days=30, per_day=40)
    several.loc[5, "label"] = "yak"
    several["scores"] = [np.array([0.5, 0.5]) if row == 7 else each for row, each in enumerate(several["scores"])]
    numbers = draw_regression(days=30, per_day=40)
    hole = (STREAM["_row"] < 800) | (STREAM["_row"] >= 2000)
    return {
        "no label": (STREAM.assign(**{"label": None, KNOWN_AT: NEVER}), None, None),
        "one class": (STREAM.assign(label="no"), None, None),
        "constant score": (STREAM.assign(score=0.5, decision="yes"), None, None),
        "tiny": (draw_stream(days=3, per_day=3), None, None),
        "no rows": (STREAM, None, after(-5)),
        "young and slow": (draw_stream(days=20, per_day=40, delays=((1, 30), (10, 60))), None, None),
        "no features": (STREAM.assign(age=np.nan, city=None, member=None, has_features=False), None, None),
        "infinite features": (STREAM.assign(age=np.where(STREAM["_row"] % 3, np.inf, STREAM["age"])), None, None),
        "lost scores": (STREAM.assign(score=STREAM["score"].mask(STREAM["_row"] % 50 == 0)), None, None),
        "nobody": (STREAM.assign(entity=None), None, None),
        "a few persons": (
            STREAM.assign(entity=[f"p{each}" for each in chance.integers(0, 5, len(STREAM))]),
            None,
            None,
        ),
        "one moment": (STREAM.assign(_time=STREAM["_time"].iloc[0], **{KNOWN_AT: STREAM["_time"].iloc[0]}), None, None),
        "a hole": (STREAM[hole], None, None),
        "perfect": (
            STREAM.assign(score=(STREAM["label"] == "yes").astype(float), decision=STREAM["label"]),
            None,
            None,
        ),
        "open without a clock": (open_.assign(label=None), ORDERED, None),
        "strange classes": (several, SEVERAL, None),
        "huge": (numbers.assign(label=numbers["label"].mask(numbers["_row"] % 90 == 5, 1e308)), NUMBERS, None),
        "infinite": (numbers.assign(label=numbers["label"].mask(numbers["_row"] % 90 == 5, np.inf)), NUMBERS, None),
        "constant": (numbers.assign(label=3.0, score=3.0), NUMBERS, None),
    }


@pytest.mark.parametrize("name", odd_streams())
def test_odd_rows_never_raise_and_leave_no_number_that_is_none(tmp_path, name):
    stream, config, as_of = odd_streams()[name]
    found = look(tmp_path, stream, config, as_of)
    assert all(map(math.isfinite, numbers_in(found)))
    assert all((each.value is None) is (each.problem is not None) for each in found.figures)
    kind = TypeAdapter(ProductionPerformance)
    assert kind.validate_python(kind.dump_python(found, mode="json")) == found


def numbers_in(value: object) -> Iterator[float]:
    """Every number of a record, which must be Python's own."""
    if is_dataclass(value):
        for field in fields(value):
            yield from numbers_in(getattr(value, field.name))
    elif isinstance(value, tuple):
        for each in value:
            yield from numbers_in(each)
    elif type(value) in {int, float}:
        yield value
    else:
        assert value is None or type(value) in {str, bool, datetime}, value
        assert not isinstance(value, datetime) or value.tzinfo is UTC


@pytest.mark.parametrize(
    ("stream", "words"),
    [
        (STREAM.assign(score=STREAM["score"].mask(STREAM["_row"] == 9)), "1 predictions are not finite numbers"),
        (STREAM.assign(**{KNOWN_AT: STREAM[KNOWN_AT].mask(STREAM["_row"] > 1500)}), "no label has come for"),
        (STREAM.assign(**{KNOWN_AT: STREAM[KNOWN_AT].mask(STREAM["_row"] % 9 == 0)}), "are not made up for"),
    ],
)
def test_what_was_left_out_is_told(tmp_path, stream, words):
    assert any(words in each for each in look(tmp_path, stream).warnings)


def test_rows_whose_labels_stopped_coming_are_overdue(tmp_path):
    stopped = STREAM.assign(**{KNOWN_AT: STREAM[KNOWN_AT].mask(STREAM["_row"] > 1500)})
    overdue = look(tmp_path, stopped).overdue
    assert overdue is not None
    assert overdue.rows > 0
    assert overdue.open_share == 1
    assert look(tmp_path / "plain", STREAM).overdue is None


def test_without_a_clock_rows_without_a_label_are_overdue_too(tmp_path):
    stopped = without_clock(draw_stream(days=60, per_day=80))
    stopped.loc[stopped.index >= 3300, "label"] = None
    found = look(tmp_path, stopped, ORDERED)
    assert 3100 < found.matured_until <= 3300
    assert (found.overdue.rows, found.overdue.open_share) == (1000, 1)
    assert "none of the newest 1,500 rows has a label" in found.warnings[0]


def test_rows_that_are_no_parquet_are_refused(tmp_path):
    observation = make_observation(tmp_path, STREAM)
    (tmp_path / observation.observed.path).write_text("nothing")
    with pytest.raises(ArtifactError):
        measure_performance(make_run(tmp_path), observation)


def test_the_appraisal_crosses_as_json(tmp_path):
    found, record = look(tmp_path, STREAM), TypeAdapter(ProductionPerformance)
    assert record.validate_json(record.dump_json(found)) == found

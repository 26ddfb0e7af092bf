import pyarrow as pa
import pytest

from builders.runs import make_config
from ratchet.data.schemas import (
    labels_schema,
    observed_schema,
    predictions_schema,
    read_predictions_schema,
    reference_schema,
    snapshot_schema,
)


@pytest.mark.parametrize(("task", "has_clock"), [("binary", True), ("multiclass", True), ("regression", False)])
def test_columns_follow_the_task_and_the_clock(task, has_clock):
    names = predictions_schema(task, has_clock=has_clock).names
    assert ("scores" in names) == (task == "multiclass")
    assert ("event_time" in names) == has_clock
    assert {"prediction_id", "entity", "row", "score", "decision", "feature_hash", "latency_ms", "run_id"} <= set(names)


def test_a_sensitive_target_is_stored_once():
    schema = snapshot_schema(make_config(data={"sensitive": ["bought", "sex"]}))
    assert schema.names == ["_time", "_row", "age", "city", "member", "bought", "sex"]
    assert schema.field("bought").type == pa.int8()


@pytest.mark.parametrize("has_scores", [False, True])
def test_predictions_are_read_back_with_the_time_as_a_number(has_scores):
    schema = read_predictions_schema(has_scores=has_scores)
    assert schema.field("event_time").type == pa.int64()
    assert ("scores" in schema.names) == has_scores


def test_labels_have_the_columns_that_they_are_matched_by():
    assert labels_schema(make_config(), {"row", "entity"}).names == ["label", "known", "place", "entity", "row"]


def test_a_reference_has_what_observed_rows_have_and_does_not_say_who_predicted_when():
    config = make_config(data={"sensitive": ["shop"]}, monitoring={"segments": ["shop"]})
    assert {"prediction_id", "model_version", "label_known_at"} <= set(observed_schema(config).names)
    names = reference_schema(config, ["age"]).names
    assert names == [
        "_time",
        "_row",
        "score",
        "decision",
        "prediction",
        "label",
        "age",
    ]

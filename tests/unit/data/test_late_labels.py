from datetime import UTC, datetime

import pyarrow as pa
import pytest

from builders.runs import make_config
from ratchet.config.model import ModelConfig
from ratchet.data.late_labels import Match, explain_no_match, find_matches, open_late_labels

FEATURES = {"age", "city", "member"}
ROWS = {"time": {"order": "rows"}}


def config(entity: str | None = None, *, scoring: str | None = None, data: dict | None = None, **labels) -> ModelConfig:
    plan = {"scoring": {"source": {"path": scoring}}} if scoring else {}
    return make_config(data={"entity": entity, **(data or {})}, monitoring={"labels": labels}, **plan)


@pytest.mark.parametrize(
    ("asked", "there", "expected"),
    [
        (config("who"), {"prediction_id", "who", "when"}, [("prediction_id",)]),
        (config("who"), {"who", "when"}, [("entity", "event_time")]),
        (config("who"), {"who"}, [("entity",)]),
        (config("who"), {"who"} | FEATURES, [("entity", "feature_hash")]),
        (config("who"), {"when"}, []),
        (config("who"), {"when"} | FEATURES, [("feature_hash", "event_time")]),
        (config(), {"when"} | FEATURES, [("feature_hash", "event_time"), ("event_time",)]),
        (config(), {"when"}, [("event_time",)]),
        (config(), FEATURES, []),  # the same features at another time are another row
        (config(data=ROWS), FEATURES, [("feature_hash", "row")]),
        (config(data=ROWS, scoring="new.csv"), FEATURES, [("feature_hash",)]),
        (config("who", data=ROWS), {"who"}, [("entity",)]),
        (config(data=ROWS), {"age"}, []),
    ],
)
def test_labels_find_predictions_by_the_surest_columns_there_are(asked, there, expected):
    assert [match.columns for match in find_matches(asked, frozenset(there))] == expected


def test_only_what_tells_no_one_apart_must_stand_alone():
    by_features, by_time = find_matches(config(), frozenset({"when"} | FEATURES))
    assert by_features == Match(columns=("feature_hash", "event_time"), in_turn=True)
    assert by_time == Match(columns=("event_time",), each_once=True)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (config("who"), "'prediction_id' or 'who';"),
        (config(), "'prediction_id' or 'when';"),
        (config(data=ROWS), "'prediction_id' or every feature;"),
    ],
)
def test_the_columns_that_would_help_are_named(asked, said):
    assert said in explain_no_match(asked)


def read(tmp_path, text: str, asked: ModelConfig) -> pa.Table:
    (tmp_path / "labels.csv").write_text(text)
    labels = open_late_labels(asked, tmp_path)
    return pa.Table.from_batches(labels.read(), labels.schema)


def test_classes_have_their_names_and_open_labels_are_left_out(tmp_path):
    asked = config("who", source={"path": "labels.csv"}, known_at="known")
    text = "who,when,bought,known\na,2025-01-01T00:00:00Z,yes,2025-01-03T00:00:00Z\nb,2025-01-01T00:00:00Z,,\n"
    found = read(tmp_path, text + "c,2025-01-01T00:00:00Z,no,\n", asked).to_pydict()
    moment = int(datetime(2025, 1, 3, tzinfo=UTC).timestamp() * 1e6)
    assert (found["label"], found["known"], found["entity"]) == (["yes", "no"], [moment, None], ["a", "c"])


def test_a_column_that_says_when_a_label_was_known_makes_later_ones_revisions(tmp_path):
    (tmp_path / "labels.csv").write_text("when,bought,known\n")
    plain = open_late_labels(config(source={"path": "labels.csv"}), tmp_path)
    assert plain.matches == ()  # no row: nothing is known of the columns
    (tmp_path / "labels.csv").write_text("when,bought,known\n2025-01-01T00:00:00Z,yes,2025-01-02T00:00:00Z\n")
    revised = open_late_labels(config(source={"path": "labels.csv"}, known_at="known"), tmp_path)
    assert revised.matches == (Match(columns=("event_time",), each_once=True, is_revised=True),)

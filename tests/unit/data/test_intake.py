from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pytest

from builders.runs import make_config, make_run
from builders.tables import HEADER, make_rows
from ratchet.data.chunks import Chunk, number_rows
from ratchet.data.intake import Intake, make_schema
from ratchet.errors import DataError
from ratchet.records.columns import TIME


def _intake(as_of: object = None, **data: object) -> Intake:
    return Intake(make_run(Path("home"), make_config(data=data), as_of=as_of), ("",))


def _chunk(rows: list[tuple[str, ...]], start: int = 0) -> Chunk:
    batch = pa.RecordBatch.from_arrays([pa.array(cells) for cells in zip(*rows, strict=True)], list(HEADER))
    return Chunk(rows=number_rows(batch, start), origin="data.csv", first=0)


def test_chunks_are_typed_and_counted() -> None:
    intake = _intake()
    batch = intake.take(_chunk(make_rows(10)))
    intake.take(_chunk(make_rows(20)[10:], 10))
    assert batch.schema.equals(intake.schema)
    assert (intake.rows, intake.is_sorted, intake.warnings) == (20, True, ())
    assert intake.time_from == datetime(2025, 1, 1, tzinfo=UTC)
    assert intake.time_to == datetime(2025, 1, 1, 19, tzinfo=UTC)


def test_disorder_is_seen_within_and_between_chunks() -> None:
    rows = make_rows(20)
    within, between = _intake(), _intake()
    within.take(_chunk(rows[::-1]))
    between.take(_chunk(rows[10:]))
    between.take(_chunk(rows[:10]))
    assert (within.is_sorted, between.is_sorted) == (False, False)


def test_it_is_full_when_the_as_of_is_reached() -> None:
    intake = _intake(as_of=15, time={"order": "rows"})
    intake.take(_chunk(make_rows(10)))
    assert not intake.is_full
    intake.take(_chunk(make_rows(10), 10))
    assert intake.is_full
    assert intake.rows == 15


def test_rows_are_cut_where_their_label_was_not_known_yet() -> None:
    intake = _intake(as_of="2025-01-01T10:00:00Z", label_delay="2h")
    batch = intake.take(_chunk(make_rows(20)))
    assert batch.num_rows == 9
    assert intake.time_to == datetime(2025, 1, 1, 10, tzinfo=UTC) - timedelta(hours=2)


def test_without_an_as_of_labels_must_be_known_when_the_run_begins() -> None:
    run = make_run(Path("home"), make_config(data={"label_delay": "2h"}), started="2025-01-01T10:00:00Z")
    batch = Intake(run, ("",)).take(_chunk(make_rows(20)))
    assert batch.column(TIME)[-1].as_py() == datetime(2025, 1, 1, 8, tzinfo=UTC)


def test_too_few_rows_are_refused_with_their_number() -> None:
    intake = _intake(as_of="2025-01-01T10:00:00Z")
    intake.take(_chunk(make_rows(20)))
    with pytest.raises(DataError, match=r"11 rows with a known label as of .*, of 20 in the source; at least 200"):
        intake.verify()


def test_categories_are_counted_over_all_chunks() -> None:
    intake = _intake(checks={"max_categories": 2})
    rows = make_rows(3)
    intake.take(_chunk(rows[:2]))
    with pytest.raises(DataError, match="'city' has more than 2 different values"):
        intake.take(_chunk(rows[2:], 2))


def test_a_time_after_the_run_is_refused_unless_an_as_of_is_asked_for() -> None:
    row = ("2026-01-07T00:00:00Z", *make_rows(1)[0][1:])
    with pytest.raises(DataError, match="later than the run"):
        _intake().take(_chunk([row]))
    assert _intake(as_of="2026-02-01T00:00:00Z").take(_chunk([row])).num_rows == 1


@pytest.mark.parametrize(
    ("as_of", "time", "words"),
    [
        (5, {"column": "when"}, "the data has a clock"),
        ("2025-01-01T00:00:00Z", {"order": "rows"}, "only has an order"),
        (0, {"order": "rows"}, "leaves nothing"),
    ],
)
def test_an_as_of_of_the_wrong_kind_is_refused(as_of: object, time: dict[str, object], words: str) -> None:
    with pytest.raises(DataError, match=words):
        _intake(as_of=as_of, time=time)


def test_a_sensitive_target_is_stored_once() -> None:
    run = make_run(Path("home"), make_config(data={"sensitive": ["bought", "sex"]}))
    assert make_schema(run).names == ["_time", "_row", "age", "city", "member", "bought", "sex"]

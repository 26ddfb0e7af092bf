"""A source of another package: what comes after it is the same as after a file; what goes wrong is one sentence."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import ClassVar

import pyarrow as pa
import pytest

from builders.runs import make_config, make_run
from builders.tables import BEGIN, HEADER, make_csv, make_frame, make_rows
from ratchet.config.data import DataSource, PluginSource, Wanted
from ratchet.config.read_plan import plan_snapshot
from ratchet.data import plugin_reader
from ratchet.data.predicted_rows import ScoredReader
from ratchet.data.sources import open_source
from ratchet.errors import ConfigError, DataError
from ratchet.stages.ingest import ingest
from ratchet.timeline import Window

NOON = datetime(2025, 1, 2, 12, tzinfo=UTC)
BY_NUMBER = {"time": {"order": "rows"}}


def write_json_lines(path: Path) -> None:
    path.write_text("".join(json.dumps(dict(zip(HEADER, row, strict=True))) + "\n" for row in make_rows()))


@pytest.mark.usefixtures("example_package")
def test_a_snapshot_of_it_is_that_of_a_file_with_the_same_rows(tmp_path: Path) -> None:
    write_json_lines(tmp_path / "rows.jsonl")
    (tmp_path / "rows.csv").write_text(make_csv())
    sources = {"plugin": {"name": "json_lines", "options": {"path": "rows.jsonl"}}, "file": {"path": "rows.csv"}}
    made = {
        name: ingest(make_run(tmp_path, make_config(data={"source": source}), run_id=name))
        for name, source in sources.items()
    }
    assert made["plugin"].source == "source 'json_lines'"
    assert made["plugin"].rows == made["file"].rows == len(make_rows())
    assert made["plugin"].fingerprint == made["file"].fingerprint


@pytest.mark.usefixtures("example_package")
def test_monitoring_reads_it_again_beside_other_files_that_were_scored(tmp_path: Path) -> None:
    write_json_lines(tmp_path / "rows.jsonl")
    (tmp_path / "more.csv").write_text(make_csv(make_rows()[:40]))
    run = make_run(tmp_path, make_config(data={"source": {"name": "json_lines", "options": {"path": "rows.jsonl"}}}))
    scored = ScoredReader(run, Window(start=BEGIN, end=NOON), ("source 'json_lines'", "more.csv"))
    rows = sum(batch.num_rows for batch in scored.read())
    assert scored.warnings == []
    assert rows == 37 + 37  # those up to noon of the second day, from either


class Given(DataSource):
    """Gives whatever a test puts there."""

    given: ClassVar[object]
    wanted: ClassVar[Wanted]

    def open(self, wanted: Wanted) -> pa.RecordBatchReader:
        Given.wanted = wanted
        if isinstance(self.given, Exception):
            raise self.given
        return self.given


class Ordered(Given):
    """The same, in order."""

    is_ordered = True


def read(given: object, kind: type[Given] = Given, monkeypatch: pytest.MonkeyPatch | None = None, **data: object):
    Given.given = given
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(PluginSource, "find_class", classmethod(lambda cls, name: kind))
        config = make_config(data={"source": {"name": "given"}} | data)
        reading = open_source(plan_snapshot(config.data), Path("/project"), as_of=NOON)
    return [row for chunk in reading.chunks for row in chunk.rows.to_pylist()], reading


def make_table() -> pa.Table:
    return pa.Table.from_pandas(make_frame(), preserve_index=False)


def failing(*rows: pa.RecordBatch) -> pa.RecordBatchReader:
    def give() -> Iterator[pa.RecordBatch]:
        yield from rows
        raise KeyError("page 2\nhas no 'items'")

    return pa.RecordBatchReader.from_batches(make_table().schema, give())


def test_rows_are_numbered_and_large_batches_are_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plugin_reader, "BATCH_ROWS", 100)
    Given.given = make_table().to_reader()
    monkeypatch.setattr(PluginSource, "find_class", classmethod(lambda cls, name: Given))
    plan = plan_snapshot(make_config(data={"source": {"name": "given"}}).data)
    chunks = list(open_source(plan, Path("/project")).chunks)
    assert [chunk.rows.num_rows for chunk in chunks] == [100, 100, 40]
    assert chunks[2].rows.column("_row").to_pylist() == list(range(200, 240))
    assert chunks[2].place(39) == "source 'given', row 240"


def test_it_is_told_what_is_wanted() -> None:
    _, reading = read(make_table().to_reader())
    assert Given.wanted == Wanted(
        required=("when", "age", "city", "member", "bought"),
        optional=(),
        newer_than=None,
        as_of=NOON,
        project=Path("/project"),
    )
    assert not reading.is_ordered


def test_no_row_is_left_out_where_rows_are_known_by_their_numbers() -> None:
    read(make_table().to_reader(), Ordered, **BY_NUMBER)
    assert Given.wanted.as_of is None


@pytest.mark.parametrize(
    ("given", "sentence"),
    [
        (make_table(), "source 'given': `open` gave a Table, not a pyarrow.RecordBatchReader"),
        (make_table().drop(["age"]).to_reader(), "source 'given': column 'age' is missing; the columns are"),
        (TimeoutError("no answer in 30 s"), "source 'given' can't be read: TimeoutError: no answer in 30 s; see its"),
        (ValueError(), "source 'given' can't be read: ValueError: no message; see its"),
        (DataError("ask for access"), "^ask for access$"),
        (failing(), "source 'given' can't be read: KeyError: .page 2"),
    ],
    ids=["table", "column", "raises", "says nothing", "says it itself", "breaks off"],
)
def test_what_goes_wrong_is_one_sentence(given: object, sentence: str) -> None:
    with pytest.raises(DataError, match=sentence) as caught:
        read(given)
    assert "\n" not in str(caught.value)


def test_a_source_without_its_method_is_named() -> None:
    class Empty(DataSource):
        """Nothing."""

    with pytest.raises(DataError, match="NotImplementedError: Empty has no method `open`"):
        read(None, Empty)  # type: ignore[arg-type]


def test_rows_in_no_order_have_no_time_by_their_place() -> None:
    with pytest.raises(DataError, match=r"source 'given' gives rows in no order.*name a column"):
        read(make_table().to_reader(), **BY_NUMBER)
    rows, reading = read(make_table().to_reader(), Ordered, **BY_NUMBER)
    assert reading.is_ordered
    assert len(rows) == 240


def test_a_source_that_nobody_has_is_named() -> None:
    config = make_config(data={"source": {"name": "nobody"}})
    with pytest.raises(ConfigError, match=r"no plug-in of ratchet\.sources is called 'nobody'; install the package"):
        open_source(plan_snapshot(config.data), Path("/project"))

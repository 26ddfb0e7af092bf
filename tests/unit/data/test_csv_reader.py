import gzip
import io
from pathlib import Path

import pytest

from builders.runs import make_config
from builders.tables import HEADER, make_csv, make_rows
from ratchet.config.data import FileSource
from ratchet.config.read_plan import plan_snapshot
from ratchet.data.csv_reader import CheckedStream, open_csv
from ratchet.errors import DataError

PLAN = plan_snapshot(make_config().data)


def _cells(folder: Path, *texts: str, **source: object) -> dict[str, list[object]]:
    paths = [folder / f"{number}.csv" for number in range(len(texts))]
    for path, text in zip(paths, texts, strict=True):
        path.write_text(text)
    chunks = list(open_csv(paths, FileSource.model_validate({"path": "in"} | source), PLAN).chunks)
    return {name: [cell for chunk in chunks for cell in chunk.rows[name].to_pylist()] for name in ("city", "_row")}


def test_rows_of_all_files_are_numbered_through(tmp_path: Path) -> None:
    cells = _cells(tmp_path, make_csv(make_rows(2)), make_csv(make_rows(3)))
    assert cells == {"city": ["Oslo", "Bern", "Oslo", "Bern", "Rome"], "_row": [0, 1, 2, 3, 4]}


def test_a_place_is_counted_in_its_own_file(tmp_path: Path) -> None:
    for name in ("1.csv", "2.csv"):
        (tmp_path / name).write_text(make_csv(make_rows(3)))
    paths = [tmp_path / "1.csv", tmp_path / "2.csv"]
    *_, last = open_csv(paths, FileSource(path="in"), PLAN).chunks
    assert last.place(0) == f"{tmp_path}/2.csv, row 1"


def test_files_may_have_their_columns_in_different_orders(tmp_path: Path) -> None:
    backwards = make_csv([row[::-1] for row in make_rows(2)], HEADER[::-1])
    assert _cells(tmp_path, make_csv(make_rows(1)), backwards)["city"] == ["Oslo", "Oslo", "Bern"]


def test_a_file_larger_than_a_block_is_read_in_pieces(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ratchet.data.csv_reader.BLOCK_BYTES", 500)
    assert _cells(tmp_path, make_csv(make_rows(100)))["_row"] == list(range(100))


def test_values_arrive_as_they_were_written(tmp_path: Path) -> None:
    rows = [(*row[:2], city, *row[3:]) for row, city in zip(make_rows(4), ("007", "NA", " x ", ""), strict=True)]
    assert _cells(tmp_path, make_csv(rows))["city"] == ["007", "NA", " x ", ""]


def test_a_stray_quote_inside_a_value_is_part_of_it(tmp_path: Path) -> None:
    text = make_csv(make_rows(1)).replace("Oslo", 'Os"lo')
    assert _cells(tmp_path, text)["city"] == ['Os"lo']


def test_a_row_longer_than_two_blocks_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ratchet.data.csv_reader.BLOCK_BYTES", 1 << 10)
    text = make_csv([*make_rows(50), (*make_rows(1)[0][:2], "x" * 5000, "true", "yes")])
    with pytest.raises(DataError, match="a row is longer than"):
        _cells(tmp_path, text)


def test_a_value_longer_than_any_is_named_by_its_line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ratchet.data.csv_reader.BLOCK_BYTES", 1 << 10)
    text = make_csv([*make_rows(50), (*make_rows(1)[0][:2], "x" * 200_000, "true", "yes")])
    with pytest.raises(DataError, match=r"line 52: .*a cell too long"):
        _cells(tmp_path, text)


def test_a_header_that_is_no_row_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="the header can't be read"):
        _cells(tmp_path, '"' + "x" * 200_000)


@pytest.mark.parametrize("delimiter", ['"', "\n", "§"])
def test_what_cannot_part_cells_is_refused(delimiter: str, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"data\.source\.delimiter"):
        _cells(tmp_path, make_csv(), delimiter=delimiter)


def _read(path: Path, content: bytes, size: int = 7) -> bytes:
    path.write_bytes(content)
    with CheckedStream(path) as stream:
        return b"".join(iter(lambda: stream.read(size), b""))


def test_plain_text_passes_unchanged(tmp_path: Path) -> None:
    assert _read(tmp_path / "a.csv", "a,ü\n1,😀\n".encode()) == "a,ü\n1,😀\n".encode()


def test_gzipped_text_is_unpacked(tmp_path: Path) -> None:
    assert _read(tmp_path / "a.csv.gz", gzip.compress(b"a\n1\n")) == b"a\n1\n"


def test_it_can_be_read_into_a_buffer(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b"a\n1\n")
    with CheckedStream(tmp_path / "a.csv") as stream:
        assert io.BufferedReader(stream).read() == b"a\n1\n"


def test_it_knows_a_byte_order_mark_and_counts_quotes(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_bytes(b'\xef\xbb\xbf"a"\n"')
    with CheckedStream(tmp_path / "a.csv") as stream:
        stream.read()
        assert (stream.has_bom, stream.quotes) == (True, 3)


@pytest.mark.parametrize("size", [1, 2, 3, 100])
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a\nb\n\xe9\n", "line 3: 0xE9 is not UTF-8"),
        (b"a\nb\n\0\n", "line 3: a NUL byte"),
        ("a\n😀".encode()[:-1], "is not UTF-8"),
    ],
)
def test_bytes_that_are_no_text_are_named_by_their_line(content: bytes, words: str, size: int, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=words):
        _read(tmp_path / "a.csv", content, size)


def test_strong_compression_is_refused_only_beyond_a_harmless_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bomb = gzip.compress(b"a" * 1_000_000)
    assert len(_read(tmp_path / "a.csv.gz", bomb, 1 << 16)) == 1_000_000
    monkeypatch.setattr("ratchet.data.csv_reader.RATIO_FREE", 1000)
    with pytest.raises(DataError, match="250 times"):
        _read(tmp_path / "a.csv.gz", bomb, 1 << 16)

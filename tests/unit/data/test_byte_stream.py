import gzip
import io
from pathlib import Path

import pytest

from ratchet.data.byte_stream import CheckedStream
from ratchet.errors import DataError


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
    monkeypatch.setattr("ratchet.data.byte_stream.RATIO_FREE", 1000)
    with pytest.raises(DataError, match="250 times"):
        _read(tmp_path / "a.csv.gz", bomb, 1 << 16)

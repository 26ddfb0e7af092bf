"""A file is written whole or not at all, and known by its digest."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ratchet.artifacts.files import adapter_of, hash_file, refer_to, verified_path, write_text, written_atomically
from ratchet.errors import ArtifactError
from ratchet.timeline import Window


def test_a_file_and_its_folders_are_made(tmp_path: Path) -> None:
    write_text(tmp_path / "a" / "b" / "note.txt", "Zürich")
    assert (tmp_path / "a" / "b" / "note.txt").read_text(encoding="utf-8") == "Zürich"


def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "note.txt"
    write_text(path, "old")
    with pytest.raises(RuntimeError, match="halfway"), written_atomically(path) as temporary:  # noqa: PT012
        temporary.write_text("new")
        raise RuntimeError("halfway")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_is_seen_under_the_name_before_it_is_whole(tmp_path: Path) -> None:
    path = tmp_path / "note.txt"
    with written_atomically(path) as temporary:
        temporary.write_text("new")
        assert not path.exists()
        assert temporary.name.startswith(".")
    assert path.read_text() == "new"


def test_a_reference_is_relative_to_the_home(tmp_path: Path) -> None:
    path = tmp_path / "runs" / "note.txt"
    write_text(path, "abc")
    ref = refer_to(path, tmp_path)
    assert (ref.path, ref.size_bytes) == ("runs/note.txt", 3)
    assert ref.sha256 == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert verified_path(ref, tmp_path) == path


def test_a_home_can_be_moved(tmp_path: Path) -> None:
    write_text(tmp_path / "old" / "note.txt", "abc")
    ref = refer_to(tmp_path / "old" / "note.txt", tmp_path / "old")
    (tmp_path / "old").rename(tmp_path / "new")
    assert verified_path(ref, tmp_path / "new").read_text() == "abc"


def test_a_changed_file_is_not_used(tmp_path: Path) -> None:
    write_text(tmp_path / "note.txt", "abc")
    ref = refer_to(tmp_path / "note.txt", tmp_path)
    (tmp_path / "note.txt").write_text("abd")
    with pytest.raises(ArtifactError, match="was changed after it was written"):
        verified_path(ref, tmp_path)


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    write_text(tmp_path / "note.txt", "abc")
    ref = replace(refer_to(tmp_path / "note.txt", tmp_path), path="gone.txt")
    with pytest.raises(ArtifactError, match="is missing; run again from the stage that makes it"):
        verified_path(ref, tmp_path)


def test_a_digest_is_that_of_the_whole_file(tmp_path: Path) -> None:
    path = tmp_path / "large"
    path.write_bytes(b"a" * 3_000_000)
    first = hash_file(path)
    path.write_bytes(b"a" * 2_999_999 + b"b")
    assert hash_file(path) != first


def test_a_record_comes_back_as_it_was_by_an_adapter_that_is_made_once():
    window, adapter = (
        Window(start=datetime(2026, 1, 1, tzinfo=UTC), end=datetime(2026, 1, 8, tzinfo=UTC)),
        adapter_of(Window),
    )
    assert adapter.validate_json(adapter.dump_json(window)) == window
    assert adapter_of(Window) is adapter

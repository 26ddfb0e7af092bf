"""Write a file whole or not at all, know it by its digest, and read and write records as JSON."""

import hashlib
import os
from collections.abc import Hashable, Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import TypeVar, cast
from uuid import uuid4

from pydantic import TypeAdapter

from ratchet.errors import ArtifactError
from ratchet.records.files import FileRef

CHUNK = 1 << 20
Record = TypeVar("Record")


@contextmanager
def written_atomically(path: Path) -> Iterator[Path]:
    """Give a temporary path beside `path`, and rename it when the block ends well.

    A killed process leaves a hidden file that starts with a dot, which no reader of ours looks at; an error
    leaves nothing. The content is on the disk before the name is.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{uuid4().hex}.tmp")
    try:
        yield temporary
        _flush(temporary)
        temporary.replace(path)
        _flush(path.parent)
    finally:
        temporary.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write text whole or not at all."""
    with written_atomically(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def hash_file(path: Path) -> str:
    """Return the SHA-256 of a file's content, in hex."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def refer_to(path: Path, home: Path) -> FileRef:
    """Describe a finished file so that a record can point to it."""
    return FileRef(path=str(path.relative_to(home)), sha256=hash_file(path), size_bytes=path.stat().st_size)


def verified_path(ref: FileRef, home: Path) -> Path:
    """Return the path of a file that is still what its record says.

    Raises:
        ArtifactError: the file is missing or its content has changed.
    """
    path = home / ref.path
    if not path.is_file():
        raise ArtifactError(f"{path} is missing; run again from the stage that makes it")
    if (found := hash_file(path)) != ref.sha256:
        raise ArtifactError(
            f"{path} was changed after it was written (sha256 {found[:12]}…, recorded {ref.sha256[:12]}…): not used"
        )
    return path


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def adapter_of(kind: type[Record]) -> TypeAdapter[Record]:
    """Return what reads and writes records of a kind; making one takes longer than reading a file with it."""
    return cast("TypeAdapter[Record]", _make_adapter(cast("Hashable", kind)))


@lru_cache
def _make_adapter(kind: Hashable) -> TypeAdapter[object]:
    return TypeAdapter(cast("type[object]", kind))

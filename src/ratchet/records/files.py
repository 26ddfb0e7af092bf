"""A file of a run: where it is and what must be in it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FileRef:
    """A file or folder that a record points to.

    Attributes:
        path: where it is, relative to Ratchet's home so that a home can be moved.
        sha256: hex digest of its content.
        size_bytes: its size.
    """

    path: str
    sha256: str
    size_bytes: int

"""A lock that the kernel drops when its holder dies, however it dies."""

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

LOCK_SECONDS = 120.0  # longer than an upload, shorter than a person's patience
POLL_SECONDS = 0.05


@contextmanager
def held_lock(path: Path, *, timeout_seconds: float = LOCK_SECONDS) -> Iterator[None]:
    """Hold the lock file for the length of the block; it stays on disk, only the lock on it goes.

    Raises:
        TimeoutError: another process held it all the time; an infrastructure failure, worth another try.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    # Deleting the file would let a third process lock a new one of its name beside the holder of the old one.
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        _acquire(descriptor, path, timeout_seconds)
        yield
    finally:
        os.close(descriptor)


def _acquire(descriptor: int, path: Path, timeout_seconds: float) -> None:
    deadline = time.monotonic() + timeout_seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if time.monotonic() >= deadline:
                raise TimeoutError(
                    f"{path} was held by another process for {timeout_seconds:g} s: nothing changed, try again later"
                ) from error
        else:
            return
        time.sleep(POLL_SECONDS)

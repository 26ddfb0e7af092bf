"""A child and everything below it: what memory they hold, and how they are ended."""

import contextlib
import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

PROCESSES = Path("/proc")
HELD = ("RssAnon", "RssShmem", "VmSwap")  # of a process's status: files that it has mapped can be dropped any time


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A child that works.

    Attributes:
        pid: its number.
        end: kill its whole group, and return its exit code as `os.waitstatus_to_exitcode` does.
        copied: bytes that the process held of which it is a copy, and that it shares until it changes them.
    """

    pid: int
    end: Callable[[], int]
    copied: int = 0


def end_group(child: int) -> int:
    """Kill a child's group and all below it, and wait for the child, so that neither it nor a zombie is left."""
    below = list_below(child)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)
    for pid in (child, *below):  # it may have had no time to make its group, and they have perhaps left it
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def measure_held(child: int) -> int:
    """Return the bytes that a child and all below it hold; pages that they share with a copy count for each."""
    return sum(read_memory(*HELD, pid=pid) or 0 for pid in (child, *list_below(child)))


def has_ended(child: int) -> bool:
    """Tell whether a child is dead, and only waits to be waited for."""
    return "\nState:\tZ" in _read_status(child)


def list_below(pid: int) -> list[int]:
    """Return every process below this one; none where the system does not tell."""
    below = [pid]
    for parent in below:  # it grows while it is walked
        below += list_children(parent)
    return below[1:]


def list_children(pid: int) -> list[int]:
    """Return the processes that this one started, and those that were left to it."""
    try:
        threads = list((PROCESSES / str(pid) / "task").iterdir())
        return [int(child) for each in threads for child in (each / "children").read_text().split()]
    except OSError:  # it has just ended, or a thread of it has
        return []


def read_memory(*names: str, pid: int | None = None) -> int | None:
    """Return the sum of lines of this or another process's status in bytes, such as VmRSS; None where it has none."""
    lines = dict(line.split(":", 1) for line in _read_status(pid or "self").splitlines())
    found = [int(lines[name].split()[0]) * 1024 for name in names if name in lines]
    return sum(found) if found else None


def _read_status(pid: int | str) -> str:
    try:
        return (PROCESSES / str(pid) / "status").read_text()
    except OSError:
        return ""

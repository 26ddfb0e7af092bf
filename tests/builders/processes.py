"""Find and kill the process that runs one task: Airflow writes the task instance's id into its title."""

import contextlib
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from ratchet.models.group import list_below

POLL_SECONDS = 0.01
PATIENCE_SECONDS = 600  # on a busy machine five tasks come before it, each a new process
TASK = "airflow worker -- "  # how the title of every task's process begins


def kill_task(instance_id: str, *, after_seconds: float) -> int:
    """Wait for a task's process, let it work for a while, kill it with SIGKILL, and return its number."""
    return _kill(lambda: task_processes(instance_id), after_seconds)


def kill_next_task(scheduler: int, *, after_seconds: float) -> int:
    """Do the same with the next task that a scheduler starts: one whose id is asked for first may have ended."""
    return _kill(lambda: [*{*task_processes(TASK)} & {*list_below(scheduler)}], after_seconds)


def _kill(find: Callable[[], list[int]], after_seconds: float) -> int:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (found := find()):
        assert time.monotonic() < deadline, "no process runs the task"
        time.sleep(POLL_SECONDS)
    time.sleep(after_seconds)
    with contextlib.suppress(ProcessLookupError):  # it may have ended by itself meanwhile
        os.kill(found[0], signal.SIGKILL)
    return found[0]


def task_processes(instance_id: str) -> list[int]:
    """Return the processes that run the task itself: those whose parent, the supervisor, has the same title."""
    titled = {pid for pid, title in titles().items() if instance_id in title}
    return [pid for pid in sorted(titled) if parent_of(pid) in titled]


def titles() -> dict[int, str]:
    """Return the title of every process."""
    found = {}
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            found[int(entry.name)] = (entry / "cmdline").read_bytes().decode(errors="replace")
    return found


def parent_of(pid: int) -> int:
    """Return a process's parent, 0 when it is gone."""
    try:
        return int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    except OSError:
        return 0

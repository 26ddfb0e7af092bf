"""Find and kill the process that runs one task: Airflow writes the task instance's id into its title."""

import contextlib
import os
import signal
import time
from pathlib import Path

POLL_SECONDS = 0.01


def kill_task(instance_id: str, *, after_seconds: float, within_seconds: float = 120) -> int:
    """Wait for a task's process, let it work for a while, kill it with SIGKILL, and return its number."""
    deadline = time.monotonic() + within_seconds
    while not (found := task_processes(instance_id)):
        assert time.monotonic() < deadline, f"no process for task instance {instance_id}"
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

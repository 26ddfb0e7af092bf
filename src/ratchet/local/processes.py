"""Start processes that end with us, watch them, and stop exactly those."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ratchet.errors import ServiceError

GRACE_SECONDS = 10.0
PR_SET_PDEATHSIG = 1  # prctl(2)


@dataclass(frozen=True, slots=True)
class Service:
    """A running component.

    Attributes:
        name: what to call it in a message.
        process: the process, leader of a session of its own.
        log: where its output goes.
    """

    name: str
    process: subprocess.Popen[bytes]
    log: Path

    def require_alive(self) -> None:
        """Check that it is still running.

        Raises:
            ServiceError: it has ended; the sentence holds the last line that it wrote.
        """
        code = self.process.poll()
        if code is not None:
            raise ServiceError(f"{self.name} ended with code {code}: {last_line(self.log)} (see {self.log})")


def start_service(
    name: str, command: Sequence[str], *, environment: Mapping[str, str], log: Path, outlives_us: bool = False
) -> Service:
    """Start a component in a session of its own, with its output in a file.

    Unless it `outlives_us`, the kernel stops it when this process dies, however it dies.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            # Ctrl-C then reaches us alone, and we stop them in our own way.
            start_new_session=True,
            preexec_fn=None if outlives_us or sys.platform != "linux" else _die_with_parent,
        )
    return Service(name, process, log)


def run_to_end(name: str, command: Sequence[str], *, environment: Mapping[str, str], log: Path) -> None:
    """Run a command and wait for it.

    Raises:
        ServiceError: it did not end well.
    """
    service = start_service(name, command, environment=environment, log=log)
    if code := service.process.wait():
        raise ServiceError(f"{name} ended with code {code}: {last_line(log)} (see {log})")


def stop_services(services: Sequence[Service]) -> None:
    """Stop components with all that they started: first politely, then for good."""
    for service in services:
        _signal_session(service.process.pid, signal.SIGTERM)
    deadline = time.monotonic() + GRACE_SECONDS
    for service in services:
        with contextlib.suppress(subprocess.TimeoutExpired):
            service.process.wait(max(0.1, deadline - time.monotonic()))
        # Even when the leader ended as it should: what it started may go on without it.
        end_session(service.process.pid)
        service.process.wait()


def end_session(leader: int) -> None:
    """Kill every process of a session that we started, its orphans included."""
    for pid in session_members(leader):
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, signal.SIGKILL)


def session_members(leader: int) -> list[int]:
    """Return the processes of a session; on Linux also those that left their process group."""
    if not Path("/proc/self/stat").exists():
        return [leader]
    members = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(ProcessLookupError, PermissionError, ValueError):
            if os.getsid(int(entry.name)) == leader:
                members.append(int(entry.name))
    return members


def last_line(log: Path) -> str:
    """Return the last line with text in a log, for a message."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1][:200] if lines else "it wrote nothing"


def _signal_session(leader: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, number)


def _die_with_parent() -> None:
    # Not SIGTERM: when we are gone, nobody is left to follow it up.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)

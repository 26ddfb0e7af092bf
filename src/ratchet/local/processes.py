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
    """Stop components with all that they started, and reap them."""
    stop_sessions([service.process.pid for service in services])
    for service in services:
        service.process.wait()


def stop_sessions(leaders: Sequence[int]) -> None:
    """Stop every process of the sessions that we started, orphans included: first politely, then for good."""
    for leader in leaders:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(leader, signal.SIGTERM)
    deadline = time.monotonic() + GRACE_SECONDS
    while members := [pid for leader in leaders for pid in session_members(leader)]:
        if time.monotonic() > deadline:
            # Again and again: one that is about to be killed may have started another.
            for pid in members:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL)
        time.sleep(0.05)


def session_members(leader: int) -> list[int]:
    """Return the living processes of a session; on Linux also those that left their process group."""
    if not Path("/proc/self/stat").exists():
        return [leader] if _exists(leader) else []
    members = []
    for entry in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            # What follows the command, which is in brackets and may hold spaces: state, parent, group, session.
            state, _, _, session = (entry / "stat").read_text().rpartition(")")[2].split()[:4]
            if int(session) == leader and state != "Z":
                members.append(int(entry.name))
    return members


def _exists(pid: int) -> bool:
    with contextlib.suppress(ChildProcessError):
        os.waitpid(pid, os.WNOHANG)  # a child that has ended exists until somebody asks for its end
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def last_line(log: Path) -> str:
    """Return the last line with text in a log, for a message."""
    lines = [line.strip() for line in log.read_text(errors="replace").splitlines() if line.strip()]
    return lines[-1][:200] if lines else "it wrote nothing"


def _die_with_parent() -> None:
    # Not SIGTERM: when we are gone, nobody is left to follow it up.
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)

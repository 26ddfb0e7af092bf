"""Start processes and watch them, that end with us or are written down, and stop exactly those."""

import contextlib
import ctypes
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from ratchet.artifacts.files import write_text
from ratchet.errors import ServiceError

LOOPBACK = "127.0.0.1"
GRACE_SECONDS = 10.0
PR_SET_PDEATHSIG = 1  # prctl(2)
GONE = "gone"  # when a process began that is no more


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


def find_free_port() -> int:
    """Return a port that nothing listens on now."""
    with socket.socket() as probe:
        probe.bind((LOOPBACK, 0))
        port: int = probe.getsockname()[1]
    return port


def require_free_port(port: int, *, service: str, setting: str) -> None:
    """Check that a service can have its port.

    Raises:
        ServiceError: something else listens there.
    """
    with socket.socket() as probe:
        # As servers bind: a port whose last connections are still closing is free to them.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            raise ServiceError(
                f"port {port} on {LOOPBACK}, which {service} needs, is taken ({error.strerror}); "
                f"free it or choose another with {setting}"
            ) from error


@dataclass(frozen=True, slots=True)
class Registered:
    """A service that runs without us.

    Attributes:
        name: what to call it.
        pid: its process, leader of its session.
        started: when that process began, in the kernel's ticks: a number that is used again starts later.
    """

    name: str
    pid: int
    started: str


def register(file: Path, services: list[Service]) -> None:
    """Write down what was started."""
    found = [Registered(each.name, each.process.pid, started_at(each.process.pid)) for each in services]
    write_text(file, json.dumps([asdict(each) for each in found], indent=2))


def read_running(file: Path) -> list[Registered]:
    """Return the services that were written down and still run."""
    if not file.exists():
        return []
    known = [Registered(**each) for each in json.loads(file.read_text())]
    return [each for each in known if is_running(each)]


def stop_registered(file: Path) -> list[str]:
    """Stop the services that were written down, and return their names."""
    running = read_running(file)
    stop_sessions([each.pid for each in running])
    file.unlink(missing_ok=True)
    return [each.name for each in running]


def is_running(service: Registered) -> bool:
    """Tell whether the same process, not another with its number, or what it left behind is there.

    As long as a process of its session lives, no other can get its number: then "gone" means that it was killed.
    """
    return bool(session_members(service.pid)) and started_at(service.pid) in {service.started, GONE}


def started_at(pid: int) -> str:
    """Return when a process began, in ticks since boot; empty where the system does not say."""
    stat = Path(f"/proc/{pid}/stat")
    if not stat.exists():
        # Without /proc there is nothing to compare; with it, no entry means no process.
        return "" if os.name == "posix" and not Path("/proc/self/stat").exists() else GONE
    # The second field, the command, is in brackets and may hold spaces: count from behind it.
    return stat.read_text().rpartition(")")[2].split()[19]

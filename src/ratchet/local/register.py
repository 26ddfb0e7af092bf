"""Which services `make up` has started, so that `make down` stops exactly those."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from ratchet.artifacts.files import write_text
from ratchet.local.processes import Service, session_members, stop_sessions

GONE = "gone"  # instead of a time


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

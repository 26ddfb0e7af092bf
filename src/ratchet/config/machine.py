"""What this process may use of the machine: its processors and its memory, less what a container keeps from it."""

import math
import os
from collections.abc import Iterator
from pathlib import Path

CGROUPS = Path("/sys/fs/cgroup")  # docs.kernel.org/admin-guide/cgroup-v2.html; below it a folder a controller in v1
OWN_GROUPS = Path("/proc/self/cgroup")
MEMORY = Path("/proc/meminfo")


def count_processors() -> int:
    """Return how many processors this process may use at once: its affinity, and the quotas of its cgroups."""
    affinity = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min([affinity, *map(math.ceil, _read_quotas())]))


def read_free_memory() -> int | None:
    """Return how many bytes this process may take before the kernel has to kill one; None where it does not tell."""
    return min([*_read_available(), *_read_room()], default=None)


def _read_quotas() -> Iterator[float]:
    for folder in _list_groups("cpu"):
        quota = _read_words(folder / "cpu.max") or [
            *_read_words(folder / "cpu.cfs_quota_us"),
            *_read_words(folder / "cpu.cfs_period_us"),
        ]
        if len(quota) == 2 and quota[0].isdecimal():  # "max" and -1 are none
            yield int(quota[0]) / int(quota[1])


def _read_available() -> Iterator[int]:
    words = _read_words(MEMORY)
    if "MemAvailable:" in words:
        yield int(words[words.index("MemAvailable:") + 1]) * 1024


def _read_room() -> Iterator[int]:
    for folder in _list_groups("memory"):
        limit = _read_words(folder / "memory.max") or _read_words(folder / "memory.limit_in_bytes")
        used = _read_words(folder / "memory.current") or _read_words(folder / "memory.usage_in_bytes")
        if limit and used and limit[0].isdecimal():
            yield int(limit[0]) - int(used[0]) + _read_reclaimable(folder)


def _read_reclaimable(folder: Path) -> int:
    """Return how much of a group's memory is pages of files that the kernel drops when it needs room."""
    words = _read_words(folder / "memory.stat")
    counts = dict(zip(words[::2], map(int, words[1::2]), strict=False))
    whole = "total_" if "total_active_file" in counts else ""  # v1 names its own share without it
    return sum(counts.get(f"{whole}{kind}_file", 0) for kind in ("active", "inactive"))


def _list_groups(controller: str) -> Iterator[Path]:
    """Return the folders of this process's cgroup and of those above it, as far as they can be seen from here."""
    for line in _read(OWN_GROUPS).splitlines():
        _, controllers, path = line.split(":", 2)
        if controllers and controller not in controllers.split(","):
            continue
        root = CGROUPS / controller if controllers else CGROUPS
        own = root / path.lstrip("/")
        yield from (own, *(above for above in own.parents if above.is_relative_to(root)))


def _read_words(file: Path) -> list[str]:
    return _read(file).split()


def _read(file: Path) -> str:
    try:
        return file.read_text()
    except OSError:
        return ""

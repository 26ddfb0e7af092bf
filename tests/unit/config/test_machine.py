import os
from pathlib import Path

import pytest

from ratchet.config import machine
from ratchet.config.machine import count_processors, read_free_memory
from ratchet.config.settings import read_threads

GIB = 2**30


@pytest.fixture
def cgroups(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty tree of cgroups, on a machine of 8 processors with 16 GiB to spare."""
    for name in ("CGROUPS", "OWN_GROUPS", "MEMORY"):
        monkeypatch.setattr(machine, name, tmp_path / name)
    (tmp_path / "MEMORY").write_text(f"MemTotal: 99 kB\nMemAvailable: {16 * GIB // 1024} kB\n")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: set(range(8)), raising=False)
    monkeypatch.delenv("RATCHET_THREADS", raising=False)
    return tmp_path / "CGROUPS"


def make_group(folder: Path, **files: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)


def be_in(cgroups: Path, line: str) -> None:
    cgroups.with_name("OWN_GROUPS").write_text(f"{line}\n")


def test_the_affinity_counts(cgroups: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert count_processors() == 8
    monkeypatch.setattr(os, "sched_getaffinity", lambda _pid: {3, 5})
    assert count_processors() == read_threads() == 2


def test_where_there_is_no_affinity_every_processor_counts(cgroups: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sched_getaffinity")
    monkeypatch.setattr(os, "cpu_count", lambda: 6)
    assert count_processors() == 6


@pytest.mark.parametrize(("quota", "processors"), [("max", 8), ("250000", 3), ("50000", 1), ("9900000", 8)])
def test_a_quota_of_the_second_version_counts(cgroups: Path, quota: str, processors: int) -> None:
    be_in(cgroups, "0::/pods/a pod/task")
    make_group(cgroups / "pods" / "a pod", cpu__max=f"{quota} 100000")
    make_group(cgroups / "pods" / "a pod" / "task", cpu__max="max 100000")
    assert count_processors() == processors


@pytest.mark.parametrize(("quota", "processors"), [("-1", 8), ("200000", 2)])
def test_a_quota_of_the_first_version_counts(cgroups: Path, quota: str, processors: int) -> None:
    be_in(cgroups, "4:cpu,cpuacct:/docker/ab12")  # a container sees its own group as the root
    make_group(cgroups / "cpu", cpu__cfs_quota_us=quota, cpu__cfs_period_us="100000")
    assert count_processors() == processors


def test_memory_is_what_the_machine_has_where_nothing_limits_it(cgroups: Path) -> None:
    be_in(cgroups, "0::/task")
    make_group(cgroups / "task", memory__max="max", memory__current="5")
    assert read_free_memory() == 16 * GIB


def test_memory_is_what_the_narrowest_group_leaves_and_files_give_way(cgroups: Path) -> None:
    be_in(cgroups, "0::/pod/task")
    make_group(cgroups / "pod", memory__max=f"{8 * GIB}", memory__current=f"{GIB}")
    stat = f"anon 7\ninactive_file {GIB // 2}\nactive_file {GIB // 2}\n"
    make_group(cgroups / "pod" / "task", memory__max=f"{4 * GIB}", memory__current=f"{3 * GIB}", memory__stat=stat)
    assert read_free_memory() == 2 * GIB


def test_memory_of_the_first_version(cgroups: Path) -> None:
    be_in(cgroups, "4:memory:/")
    stat = f"inactive_file 5\ntotal_active_file 0\ntotal_inactive_file {GIB}\n"
    make_group(
        cgroups / "memory",
        memory__limit_in_bytes=f"{4 * GIB}",
        memory__usage_in_bytes=f"{2 * GIB}",
        memory__stat=stat,
    )
    assert read_free_memory() == 3 * GIB


def test_nothing_is_said_where_nothing_is_known(cgroups: Path) -> None:
    cgroups.with_name("MEMORY").unlink()
    assert read_free_memory() is None

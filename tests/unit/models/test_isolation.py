import errno
import os
import signal
import subprocess
import sys
import time
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from builders import jobs
from builders.scripts import environment, is_gone, run_script, wait_for, write_script
from ratchet.errors import DataError
from ratchet.models import isolation, warm_parent
from ratchet.models.child import FaultError, can_fork
from ratchet.models.isolation import Lost, run_in_child

LIMIT = timedelta(seconds=60)


def test_the_result_comes_back() -> None:
    assert run_in_child(jobs.double, np.arange(3), limit=LIMIT).tolist() == [0, 2, 4]  # type: ignore[union-attr]


def test_the_child_is_another_process_in_its_own_group() -> None:
    pid, group = run_in_child(jobs.name_process, None, limit=LIMIT)  # type: ignore[misc]
    assert pid == group != os.getpid()


@pytest.mark.parametrize(
    ("work", "job", "reason"),
    [
        (jobs.kill_self, signal.SIGKILL, "the process was killed by signal 9 (out of memory?)"),
        (jobs.kill_self, signal.SIGSEGV, "the process was killed by signal 11"),
        (jobs.leave, 3, "the process ended with exit code 3 before it answered; the task's log says more"),
        (jobs.leave, 0, "the process ended with exit code 0 before it answered; the task's log says more"),
        (jobs.fill_memory, 1 << 60, "ran out of memory"),
    ],
)
def test_a_child_that_dies_is_lost_with_the_reason(work: object, job: object, reason: str) -> None:
    assert run_in_child(work, job, limit=LIMIT) == Lost(reason)  # type: ignore[arg-type]


def test_a_fault_of_the_code_is_raised_with_the_child_s_traceback() -> None:
    with pytest.raises(FaultError, match=r"(?s)in fail.*KeyError: 'surprise'"):
        run_in_child(jobs.fail, KeyError("surprise"), limit=LIMIT)


def test_errors_of_the_machine_and_of_ours_are_raised_as_themselves() -> None:
    with pytest.raises(DataError, match="column 'x'"):
        run_in_child(jobs.fail, DataError("column 'x' is odd"), limit=LIMIT)
    with pytest.raises(OSError, match="No space") as caught:
        run_in_child(jobs.fail, OSError(errno.ENOSPC, "No space left on device"), limit=LIMIT)
    assert caught.value.errno == errno.ENOSPC


def test_a_child_that_hangs_is_stopped_with_its_own_children(tmp_path: Path) -> None:
    note = tmp_path / "grandchild"
    began = time.monotonic()
    result = run_in_child(jobs.sleep_with_child, note, limit=timedelta(seconds=4))
    assert result == Lost("stopped after its time limit of 4 s")
    assert time.monotonic() - began < 15
    assert is_gone(int(note.read_text()))


@pytest.mark.parametrize(
    ("free", "memory", "told"),
    [
        (10**9, None, None),
        (None, None, None),
        (10**9, 600_000_000, "stopped when it held 700.0MB; its memory limit is 600.0MB"),
        (10**9, 800_000_000, None),
        (78_000_000, None, None),
        (
            77_000_000,
            10**9,
            "stopped when it held 700.0MB and 77.0MB of memory was left; a `memory_limit` stops it sooner",
        ),
    ],
)
def test_a_child_may_hold_its_limit_and_nine_tenths_of_what_would_be_free(
    free: int | None, memory: int | None, told: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(isolation, "read_free_memory", lambda: free)
    monkeypatch.setattr(isolation, "measure_held", lambda _child: 700_000_000)
    monkeypatch.setattr(warm_parent, "read_memory", lambda *_names, pid: 0)
    monkeypatch.setattr(isolation, "LOOK_EVERY", 0.01)
    found = run_in_child(jobs.sleep, 60, limit=timedelta(seconds=0.5), memory=memory)
    assert found == Lost(told or "stopped after its time limit of 0.5 s")


def test_no_child_and_no_zombie_is_left() -> None:
    run_in_child(jobs.double, 2, limit=LIMIT)
    before = children_of_this_process()  # the warm parent, and other tests' services, perhaps
    run_in_child(jobs.kill_self, signal.SIGKILL, limit=LIMIT)
    run_in_child(jobs.double, 2, limit=LIMIT)
    assert children_of_this_process() <= before


def children_of_this_process() -> set[str]:
    """Return the processes that are ours, zombies included."""
    return {pid for each in Path("/proc/self/task").iterdir() for pid in (each / "children").read_text().split()}


def test_a_process_with_another_thread_is_not_copied(tmp_path: Path) -> None:
    script = """
        import threading
        from ratchet.models.child import can_fork
        assert can_fork()
        stop = threading.Event()
        thread = threading.Thread(target=stop.wait)
        thread.start()
        assert not can_fork()
        stop.set()
        thread.join()
    """
    assert run_script(script, tmp_path).returncode == 0


@pytest.mark.parametrize("work", ["double, 21", "kill_self, 9", "sleep, 60", "leave, 4"])
def test_a_process_with_one_thread_is_copied(work: str, tmp_path: Path) -> None:
    script = f"""
        import datetime, os, sys
        from builders import jobs
        from ratchet.models.child import can_fork
        from ratchet.models.isolation import run_in_child
        if os.fork():                                    # as Airflow's task is a fork of a process with threads
            sys.exit(os.waitstatus_to_exitcode(os.wait()[1]))
        assert can_fork()
        print(run_in_child(jobs.{work}, limit=datetime.timedelta(seconds=3)))
        try:
            os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            print("nothing is left")
    """
    ended = run_script(script, tmp_path)
    answers = {"double": "42", "kill_self": "signal 9", "sleep": "time limit of 3 s", "leave": "exit code 4"}
    assert answers[work.split(",")[0]] in ended.stdout, ended.stderr
    assert ended.stdout.count("nothing is left") == 1


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells a child that its parent died")
@pytest.mark.parametrize("copied", [True, False], ids=["fork", "warm parent"])
def test_a_child_does_not_outlive_a_parent_that_is_killed(copied: bool, tmp_path: Path) -> None:
    script = f"""
        import datetime, pathlib, threading
        {"" if copied else "threading.Thread(target=threading.Event().wait, daemon=True).start()"}
        from builders import jobs
        from ratchet.models.child import can_fork
        from ratchet.models.isolation import run_in_child
        assert can_fork() is {copied}
        run_in_child(jobs.note_and_sleep, pathlib.Path("child"), limit=datetime.timedelta(minutes=5))
    """
    with subprocess.Popen([sys.executable, write_script(script, tmp_path)], cwd=tmp_path, env=environment()) as parent:
        child = int(wait_for(tmp_path / "child"))
        parent.kill()
    deadline = time.monotonic() + 10
    while not is_gone(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert is_gone(child)


def test_whether_this_process_may_be_copied_is_known_on_every_system() -> None:
    assert can_fork() in {True, False}


def test_a_fresh_child_holds_nothing_of_its_parent(tmp_path: Path) -> None:
    script = """
        import datetime
        from builders import jobs
        from ratchet.models.child import can_fork
        from ratchet.models.isolation import run_in_child
        jobs.MARK = "set by the parent"
        assert can_fork()
        print(run_in_child(jobs.read_mark, None, limit=datetime.timedelta(seconds=60)))
        print(run_in_child(jobs.read_mark, None, limit=datetime.timedelta(seconds=60), fresh=True))
    """
    assert run_script(script, tmp_path).stdout.splitlines() == ["set by the parent", "as imported"]

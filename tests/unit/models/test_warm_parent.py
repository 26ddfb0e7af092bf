import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest

from builders import jobs
from builders.scripts import environment, is_gone, run_script, wait_for, write_script
from ratchet.models.isolation import Lost, run_in_child
from ratchet.models.warm_parent import WARM

LIMIT = timedelta(seconds=60)

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere a child is a fresh interpreter")


@pytest.fixture(autouse=True)
def _new_one() -> Iterator[None]:
    over = threading.Event()
    thread = threading.Thread(target=over.wait)
    thread.start()  # so that this process is not copied itself
    WARM.stop()
    yield
    WARM.stop()
    over.set()
    thread.join()


def test_children_are_copies_of_one_process_and_start_at_once() -> None:
    first = run_in_child(jobs.name_parent, None, limit=LIMIT)
    began = time.monotonic()
    second = run_in_child(jobs.name_parent, None, limit=LIMIT)
    assert time.monotonic() - began < 1  # 0.01 s on an idle machine
    assert first == second != os.getpid()


def test_a_child_finds_what_surrounds_the_caller_at_the_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    run_in_child(jobs.double, 1, limit=LIMIT)
    monkeypatch.setenv("SOME_SETTING", "new")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    (tmp_path / "made_later.py").write_text("SAYS = 'found'")
    run_in_child(jobs.tell_surroundings, "made_later", limit=LIMIT)
    assert capfd.readouterr().out.split() == ["new", str(tmp_path), "found", "printed"]


def test_children_of_several_threads_are_ended_each_by_itself() -> None:
    with ThreadPoolExecutor(4) as threads:
        doubled = [threads.submit(run_in_child, jobs.double, number, limit=LIMIT) for number in range(6)]
        killed = threads.submit(run_in_child, jobs.kill_self, signal.SIGKILL, limit=LIMIT)
        slow = threads.submit(run_in_child, jobs.sleep, 60, limit=timedelta(seconds=1))
    assert [each.result() for each in doubled] == [0, 2, 4, 6, 8, 10]
    assert killed.result() == Lost("the process was killed by signal 9 (out of memory?)")
    assert slow.result() == Lost("stopped after its time limit of 1 s")


def test_another_one_takes_the_place_of_one_that_was_killed() -> None:
    first = run_in_child(jobs.name_parent, None, limit=LIMIT)
    os.kill(first, signal.SIGKILL)
    second = run_in_child(jobs.name_parent, None, limit=LIMIT)
    assert second not in {first, os.getpid()}
    assert is_gone(first)


def test_one_that_is_killed_takes_its_children_along(tmp_path: Path) -> None:
    with ThreadPoolExecutor(1) as threads:
        working = threads.submit(run_in_child, jobs.note_and_sleep, tmp_path / "child", limit=LIMIT)
        child = int(wait_for(tmp_path / "child"))
        os.kill(parent_of(child), signal.SIGKILL)
        assert working.result() == Lost("the process was killed by signal 9 (out of memory?)")
    assert is_gone(child)


def test_what_a_child_left_in_a_session_of_its_own_is_ended(tmp_path: Path) -> None:
    pid = run_in_child(jobs.leave_behind, tmp_path / "left", limit=LIMIT)
    assert is_gone(pid)


def test_settings_that_native_code_reads_once_are_those_of_the_call(monkeypatch: pytest.MonkeyPatch) -> None:
    parent = run_in_child(jobs.name_parent, None, limit=LIMIT)
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    assert run_in_child(jobs.name_parent, None, limit=LIMIT) == os.getpid() != parent


def test_nothing_outlives_a_caller_that_is_killed(tmp_path: Path) -> None:
    script = """
        import datetime, pathlib
        from builders import jobs
        from ratchet.models.isolation import run_in_child
        run_in_child(jobs.sleep_with_child, pathlib.Path("left"), limit=datetime.timedelta(minutes=5))
    """
    script = f"{START_THREAD}{script}"
    with subprocess.Popen([sys.executable, write_script(script, tmp_path)], cwd=tmp_path, env=environment()) as caller:
        grandchild = int(wait_for(tmp_path / "left"))
        child = parent_of(grandchild)
        warm = parent_of(child)
        assert parent_of(warm) == caller.pid
        caller.kill()
    assert all(is_gone(pid) for pid in (grandchild, child, warm))


START_THREAD = """
        import threading
        threading.Thread(target=threading.Event().wait, daemon=True).start()
"""
USE_IT = """
        import datetime, os
        from builders import jobs
        from ratchet.models.isolation import run_in_child
        from ratchet.models.warm_parent import WARM
        warm = run_in_child(jobs.name_parent, None, limit=datetime.timedelta(seconds=60))
        assert warm != os.getpid()
        print(warm)
"""


def test_it_ends_with_a_caller_that_has_no_file(tmp_path: Path) -> None:
    text = "\n".join(line.strip() for line in f"{START_THREAD}{USE_IT}".splitlines())
    command = [sys.executable, "-"]
    ended = subprocess.run(
        command, input=text, capture_output=True, text=True, check=True, env=environment(), cwd=tmp_path, timeout=120
    )
    assert is_gone(int(ended.stdout))


def test_it_can_be_a_copy_of_a_caller_that_has_imported_all_and_holds_nothing_yet(tmp_path: Path) -> None:
    begin = """
        import sys
        from builders import jobs
        from ratchet.models.warm_parent import WARM
        jobs.MARK = "of the copy"
        WARM.copy_this_process("wave", "chunk")
        assert {"wave", "chunk"} <= sys.modules.keys() and WARM.is_running
        jobs.MARK = "of the caller"
    """
    end = """
        print(run_in_child(jobs.read_mark, None, limit=datetime.timedelta(seconds=60)))
    """
    ended = run_script(f"{begin}{START_THREAD}{USE_IT}{end}", tmp_path)
    pid, mark = ended.stdout.splitlines()
    assert mark == "of the copy", ended.stderr
    assert is_gone(int(pid))


def test_a_remark_in_a_copy_does_not_take_the_callers_way_out(tmp_path: Path) -> None:
    """Airflow writes warnings to a file that a copy has closed: the whole task failed by a library's warning."""
    script = """
        import datetime, logging, os, warnings
        from builders import jobs
        from ratchet.models.isolation import run_in_child
        way_out = os.open(os.devnull, os.O_WRONLY)
        class Handler(logging.Handler):
            def emit(self, record):
                os.write(way_out, b"x")
        logging.root.addHandler(Handler())
        warnings.showwarning = lambda *_: os.write(way_out, b"x")
        print(run_in_child(jobs.remark, "odd", limit=datetime.timedelta(seconds=60)))
        jobs.remark("here")  # the caller's own way is as it was
    """
    ended = run_script(script, tmp_path)
    assert ended.stdout == "odd\n", ended.stderr
    assert "UserWarning: odd" in ended.stderr
    assert "logged: odd" in ended.stderr
    assert "here" not in ended.stderr


def test_a_process_with_threads_is_not_copied(tmp_path: Path) -> None:
    script = f"""{START_THREAD}
        from ratchet.models.warm_parent import WARM
        WARM.copy_this_process()
        assert not WARM.is_running
    """
    assert run_script(script, tmp_path).returncode == 0


def test_a_copy_of_the_caller_has_one_of_its_own(tmp_path: Path) -> None:
    script = f"""{START_THREAD}{USE_IT}
        import sys, warnings
        warnings.simplefilter("ignore")
        sys.stdout.flush()
        if not os.fork():
            threading.Thread(target=threading.Event().wait, daemon=True).start()
            print(run_in_child(jobs.name_parent, None, limit=datetime.timedelta(seconds=60)))
            sys.exit()
        os.wait()  # it is the first to end
        print(run_in_child(jobs.name_parent, None, limit=datetime.timedelta(seconds=60)))
    """
    first, of_the_copy, still_first = run_script(script, tmp_path).stdout.split()
    assert first == still_first != of_the_copy


def parent_of(pid: int) -> int:
    return int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from builders.scripts import wait_for
from ratchet.models.group import has_ended, list_below, list_children, measure_held, read_memory

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")

HOLD = "held = bytearray(50_000_000); import time; open({note!r}, 'w').write('here'); time.sleep(60)"
HOLD_BELOW = "import subprocess, sys; subprocess.run([sys.executable, '-c', {code!r}], start_new_session=True)"


@pytest.fixture
def parent(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Return a process whose child holds 50 MB, in a session of its own."""
    code = HOLD_BELOW.format(code=HOLD.format(note=str(tmp_path / "note")))
    with subprocess.Popen([sys.executable, "-c", code]) as started:
        wait_for(tmp_path / "note")
        below = list_below(started.pid)
        yield started
        for pid in (*below, started.pid):
            os.kill(pid, signal.SIGKILL)


def test_all_below_a_process_counts(parent: subprocess.Popen[bytes]) -> None:
    (child,) = list_children(parent.pid)
    assert list_below(parent.pid) == [child]
    assert set(list_below(os.getpid())) >= {parent.pid, child}
    assert measure_held(child) > 50_000_000
    assert measure_held(parent.pid) > measure_held(child)


def test_a_process_that_waits_to_be_waited_for_has_ended(parent: subprocess.Popen[bytes]) -> None:
    assert not has_ended(parent.pid)
    parent.kill()
    deadline = time.monotonic() + 10
    while not has_ended(parent.pid) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert has_ended(parent.pid)


def test_this_process_tells_what_it_holds_and_one_that_is_gone_does_not() -> None:
    with subprocess.Popen(["true"]) as gone:
        pass
    assert (read_memory("VmRSS") or 0) > 1_000_000
    assert read_memory("RssAnon", "RssFile") <= read_memory("VmHWM")  # type: ignore[operator]
    assert read_memory("VmRSS", pid=gone.pid) is None
    assert (measure_held(gone.pid), list_below(gone.pid), has_ended(gone.pid)) == (0, [], False)

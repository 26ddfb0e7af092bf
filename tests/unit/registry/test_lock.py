import multiprocessing
import os
import signal
from multiprocessing.synchronize import Event
from pathlib import Path

import pytest

from ratchet.registry.lock import held_lock


def hold_and_die(path: Path, held: Event) -> None:
    with held_lock(path):
        held.set()
        os.kill(os.getpid(), signal.SIGKILL)


def test_it_is_free_again_after_the_block(tmp_path: Path) -> None:
    for _ in range(2):
        with held_lock(tmp_path / "locks" / "sales.lock", timeout_seconds=0):
            pass


def test_it_is_free_again_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), held_lock(tmp_path / "lock"):
        raise ZeroDivisionError
    with held_lock(tmp_path / "lock", timeout_seconds=0):
        pass


def test_waiting_ends_with_a_sentence_that_airflow_takes_for_infrastructure(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    with (
        held_lock(path),
        pytest.raises(OSError, match=r"held by another process for 0\.1 s: nothing changed"),
        held_lock(path, timeout_seconds=0.1),
    ):
        pass


def test_the_kernel_frees_it_when_its_holder_is_killed(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    held = context.Event()
    holder = context.Process(target=hold_and_die, args=(tmp_path / "lock", held))
    holder.start()
    holder.join()
    assert held.is_set()
    assert holder.exitcode == -signal.SIGKILL
    with held_lock(tmp_path / "lock", timeout_seconds=0):
        pass

"""Parts are done in their order, and a replay knows what it is of."""

import os
import subprocess
import sys

import pytest

from ratchet.backtest.workers import Workers, open_history
from ratchet.errors import ArtifactError, RatchetError

INTERRUPTED = """
import os, signal, threading, time
from ratchet.backtest.workers import Workers

signal.signal(signal.SIGINT, signal.default_int_handler)  # a shell's background jobs ignore it
try:
    with Workers(2) as workers:
        threading.Timer(0.5, os.killpg, (0, signal.SIGINT)).start()  # as a terminal does, while processes import
        workers.do(time.sleep, [(60,), (60,)], print)
except KeyboardInterrupt:
    print("stopped")
"""


def test_one_process_does_parts_in_turn_and_tells_each():
    told = []
    with Workers(1) as workers:
        found = workers.do(divmod, [(7, 2), (9, 4)], lambda: told.append(len(told)))
    assert found == [(3, 1), (2, 1)]
    assert told == [0, 1]


def test_the_first_error_ends_it():
    told = []
    with Workers(1) as workers, pytest.raises(ZeroDivisionError):
        workers.do(divmod, [(7, 2), (1, 0), (9, 4)], lambda: told.append(1))
    assert told == [1]


def test_a_process_that_was_killed_is_a_sentence():
    with pytest.raises(RatchetError, match="a process of the replay was killed"), Workers(2) as workers:
        workers.do(os._exit, [(1,)], lambda: None)


def test_an_interrupt_ends_every_process_and_none_prints():
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED], capture_output=True, text=True, check=False, start_new_session=True
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "stopped\n", "")


def test_a_folder_without_a_job_is_a_sentence(tmp_path):
    with pytest.raises(ArtifactError, match="the replay's job is missing or damaged"):
        open_history(str(tmp_path))

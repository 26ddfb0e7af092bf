"""Run a function in a child process that can be stopped at any time, whatever native code it is in.

Python's own signals wait until a native call returns, which one large boosting round or a crash never does; see
docs/decisions/0003-candidates-in-child-processes.md.
"""

import contextlib
import ctypes
import json
import os
import pickle
import signal
import sys
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from multiprocessing.connection import Connection, Pipe
from pathlib import Path
from typing import NoReturn, TypeVar, cast

from ratchet.errors import RatchetError

Job = TypeVar("Job")
Result = TypeVar("Result")

THREADS_FOLDER = Path("/proc/self/task")  # one entry a thread of this process, on Linux
LONGEST_WAIT = 1e6  # seconds; poll(2) counts milliseconds in 32 bits
PR_SET_PDEATHSIG = 1  # linux/prctl.h
REPLY = 3  # file descriptor of the answer in a fresh interpreter; the job comes on standard input
START = "import sys, json; sys.path[:] = json.loads(sys.argv[1]); from ratchet.models.isolation import serve; serve()"


@dataclass(frozen=True, slots=True)
class Lost:
    """A child that gave no answer.

    Attributes:
        reason: what became of it, as the end of a sentence.
    """

    reason: str


class FaultError(RuntimeError):
    """A fault in the code that a child ran; its text is the child's traceback."""


def run_in_child(work: Callable[[Job], Result], job: Job, *, limit: timedelta, fresh: bool = False) -> Result | Lost:
    """Return what `work(job)` gives in a child process, or how the child was lost; no process is left behind.

    `work`, `job` and the result are picklable. An OSError or RatchetError of `work` is raised here as itself, any
    other error as a FaultError; running out of memory is a way to be lost.
    A `fresh` child is always a new interpreter: it holds nothing of this process's memory.
    """
    receiver, sender = Pipe(duplex=False)
    with receiver:
        with sender:
            start = _fork if can_fork() and not fresh else _start_fresh
            child = start(work, job, receiver, sender)
        ended_in_time = False
        try:
            ended_in_time = receiver.poll(min(limit.total_seconds(), LONGEST_WAIT))
            reply = _receive(receiver) if ended_in_time else None
        finally:
            code = _end(child)
    if not ended_in_time:
        return Lost(f"stopped after its time limit of {limit.total_seconds():g} s")
    if reply is None:
        return Lost(_describe_end(code))
    return cast("Result | Lost", _unpack(reply))


def can_fork() -> bool:
    """Tell whether nothing can be left locked in a copy of this process: it has exactly one thread.

    OpenBLAS, OpenMP, Arrow and others start threads of their own, which Python does not know of.
    """
    return THREADS_FOLDER.is_dir() and len(list(THREADS_FOLDER.iterdir())) == 1


def serve() -> NoReturn:
    """Be the child, in a fresh interpreter: the job comes on standard input."""
    die_with_parent(int(sys.argv[2]))
    with Connection(os.dup(sys.stdin.fileno()), writable=False) as jobs:
        work, job = pickle.loads(jobs.recv_bytes())  # noqa: S301 (from the parent, through a pipe of its own)
    _answer(work, job, Connection(REPLY, readable=False))


def die_with_parent(parent: int) -> None:
    """Have this process killed when its parent dies, or end it when that has happened already."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def _fork(work: Callable[[Job], Result], job: Job, receiver: Connection, sender: Connection) -> int:
    parent = os.getpid()
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if not child:
        receiver.close()
        _serve_copy(work, job, sender, parent)
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.setpgid(child, child)  # here as well as there: whoever is first
    return child


def _serve_copy(work: Callable[[Job], Result], job: Job, sender: Connection, parent: int) -> NoReturn:
    """Be the child, as a copy of its parent: it must never return into the parent's own code."""
    try:
        os.setpgid(0, 0)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)  # the parent's handlers speak to Airflow
        die_with_parent(parent)
        _answer(work, job, sender)
    finally:
        os._exit(1)


def _start_fresh(work: Callable[[Job], Result], job: Job, _receiver: Connection, sender: Connection) -> int:
    arguments = [sys.executable, "-c", START, json.dumps(sys.path), str(os.getpid())]
    jobs, to_child = Pipe(duplex=False)
    with jobs, to_child:
        files = [(os.POSIX_SPAWN_DUP2, jobs.fileno(), 0), (os.POSIX_SPAWN_DUP2, sender.fileno(), REPLY)]
        child = os.posix_spawn(sys.executable, arguments, os.environ, file_actions=files, setpgroup=0)
        jobs.close()
        with contextlib.suppress(BrokenPipeError):  # it died at once: the missing reply says so
            to_child.send_bytes(pickle.dumps((work, job)))
    return child


def _answer(work: Callable[[Job], Result], job: Job, sender: Connection) -> NoReturn:
    """Send the result or the error, and end without the interpreter's own farewell, which may wait for threads."""
    code = 1
    try:
        reply = _try(work, job)
        sys.stdout.flush()
        sender.send(reply)
        code = 0
    finally:
        if code:
            traceback.print_exc()
            sys.stderr.flush()
        os._exit(code)


def _try(work: Callable[[Job], Result], job: Job) -> tuple[Result | None, BaseException | None]:
    try:
        return work(job), None
    except (OSError, MemoryError, RatchetError) as error:
        return None, error
    except Exception:  # the parent raises it: a fault must not read as a child that was lost
        return None, FaultError(traceback.format_exc())


def _receive(receiver: Connection) -> tuple[object, BaseException | None] | None:
    try:
        reply: tuple[object, BaseException | None] = receiver.recv()
    except (EOFError, OSError):  # it died before or while it answered
        return None
    return reply


def _unpack(reply: tuple[object, BaseException | None]) -> object:
    result, error = reply
    if isinstance(error, MemoryError):
        return Lost("ran out of memory")
    if error is not None:
        raise error
    return result


def _end(child: int) -> int:
    """Kill the child's whole group and wait for the child, so that neither it nor a zombie is left."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child, signal.SIGKILL)
    with contextlib.suppress(ProcessLookupError):
        os.kill(child, signal.SIGKILL)  # it may have had no time to make its group
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status)


def _describe_end(code: int) -> str:
    if code >= 0:
        return f"the process ended with exit code {code} before it answered; the task's log says more"
    hint = " (out of memory?)" if code == -signal.SIGKILL else ""
    return f"the process was killed by signal {-code}{hint}"

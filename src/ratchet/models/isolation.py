"""Run a function in a child process that can be stopped at any time, whatever native code it is in.

Python's own signals wait until a native call returns, which one large boosting round or a crash never does; see
docs/decisions/0003-candidates-in-child-processes.md and 0030-one-warm-parent.md.
"""

import contextlib
import json
import os
import pickle
import signal
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from multiprocessing.connection import Connection, Pipe
from typing import TypeVar, cast

from pydantic import ByteSize

from ratchet.config.machine import read_free_memory
from ratchet.config.settings import PASSIVE
from ratchet.models.child import REPLY, Reply, Surroundings
from ratchet.models.group import Child, end_group, has_ended, measure_held
from ratchet.models.warm_parent import WARM

Job = TypeVar("Job")
Result = TypeVar("Result")

ANSWERED, ENDED = "answered", "ended"
LOOK_EVERY = 0.1  # seconds between looks at a child's memory; one takes 0.5 ms
FREE_SHARE = 0.9  # of the memory: the kernel kills at 1, and perhaps more than the child
START = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[1]); "
    "from ratchet.models.child import serve_fresh; serve_fresh()"
)


@dataclass(frozen=True, slots=True)
class Lost:
    """A child that gave no answer.

    Attributes:
        reason: what became of it, as the end of a sentence.
    """

    reason: str


def run_in_child(
    work: Callable[[Job], Result], job: Job, *, limit: timedelta, memory: int | None = None, fresh: bool = False
) -> Result | Lost:
    """Return what `work(job)` gives in a child process, or how the child was lost; no process is left behind.

    `work`, `job` and the result are picklable. An OSError or RatchetError of `work` is raised here as itself, any
    other error as a FaultError; running out of memory is a way to be lost.
    It is stopped when it and all below it hold more than so many bytes of `memory`, or nine tenths of what would be
    free without them. A `fresh` child is a new interpreter: its memory is its own alone.
    """
    receiver, sender = Pipe(duplex=False)
    with receiver:
        with sender:
            child = _start(work, job, sender, fresh=fresh)
        try:
            why = _wait(receiver, child, limit.total_seconds(), memory)
            reply = _receive(receiver) if why == ANSWERED else None
        finally:
            code = child.end()
    if reply is None:
        return Lost(_describe_end(code) if why in {ANSWERED, ENDED} else why)
    return cast("Result | Lost", _unpack(reply))


def _wait(receiver: Connection, child: Child, seconds: float, memory: int | None) -> str:
    """Wait until the child answers or ends, or why it must be stopped before that; say which."""
    deadline = time.monotonic() + seconds
    while not receiver.poll(max(0.0, min(LOOK_EVERY, deadline - time.monotonic()))):
        if has_ended(child.pid):  # a process below it holds its end of the pipe
            return ANSWERED if receiver.poll() else ENDED
        if time.monotonic() >= deadline:
            return f"stopped after its time limit of {seconds:g} s"
        if problem := _find_excess(measure_held(child.pid) - child.copied, memory):
            return problem
    return ANSWERED


def _find_excess(held: int, memory: int | None) -> str | None:
    """Return in a sentence that a child holds more than it may, or more than the machine can bear."""
    if memory is not None and held > memory:
        return f"stopped when it held {_size(held)}; its memory limit is {_size(memory)}"
    free = read_free_memory()
    if free is None or held <= FREE_SHARE * (free + held):
        return None
    return f"stopped when it held {_size(held)} and {_size(free)} of memory was left; a `memory_limit` stops it sooner"


def _size(count: int) -> str:
    return ByteSize(count).human_readable(decimal=True)


def _start(work: Callable[[Job], Result], job: Job, sender: Connection, *, fresh: bool) -> Child:
    """Start a copy of the warm parent or, where it can't be had, a new interpreter."""
    letters = pickle.dumps(Surroundings.of_this_process()), pickle.dumps((work, job))
    jobs, to_child = Pipe(duplex=False)
    with jobs, to_child:
        child = None if fresh else WARM.start_child(work.__module__, jobs, sender)
        child = child or _start_fresh(jobs, sender)
        jobs.close()
        with contextlib.suppress(BrokenPipeError):  # it died at once: the missing reply says so
            for each in letters:
                to_child.send_bytes(each)
    return child


def _start_fresh(jobs: Connection, sender: Connection) -> Child:
    arguments = [sys.executable, "-c", START, json.dumps(sys.path), str(os.getpid())]
    files = [(os.POSIX_SPAWN_DUP2, jobs.fileno(), 0), (os.POSIX_SPAWN_DUP2, sender.fileno(), REPLY)]
    child = os.posix_spawn(sys.executable, arguments, PASSIVE | os.environ, file_actions=files, setpgroup=0)
    return Child(pid=child, end=partial(end_group, child))


def _receive(receiver: Connection) -> Reply | None:
    try:
        reply: Reply = receiver.recv()
    except (EOFError, OSError):  # it died before or while it answered
        return None
    return reply


def _unpack(reply: Reply) -> object:
    result, error = reply
    if isinstance(error, MemoryError):
        return Lost("ran out of memory")
    if error is not None:
        raise error
    return result


def _describe_end(code: int) -> str:
    if code >= 0:
        return f"the process ended with exit code {code} before it answered; the task's log says more"
    hint = " (out of memory?)" if code == -signal.SIGKILL else ""
    return f"the process was killed by signal {-code}{hint}"

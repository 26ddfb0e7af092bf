"""What a child process does: it takes one job, answers once and ends, and does not outlive its parent.

See docs/decisions/0003-candidates-in-child-processes.md and 0030-one-warm-parent.md.
"""

import contextlib
import ctypes
import logging
import os
import pickle
import signal
import sys
import traceback
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import NoReturn, Self, TextIO, TypeVar

from ratchet.errors import RatchetError

Job = TypeVar("Job")
Result = TypeVar("Result")
Reply = tuple[object, BaseException | None]

THREADS_FOLDER = Path("/proc/self/task")  # one entry a thread of this process, on Linux
OOM_SCORE = Path("/proc/self/oom_score_adj")
REPLY = 3  # file descriptor of the answer; the job comes on standard input
PR_SET_PDEATHSIG = 1  # linux/prctl.h
PR_SET_CHILD_SUBREAPER = 36


class FaultError(RuntimeError):
    """A fault in the code that a child ran; its text is the child's traceback."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a child finds around it, as its caller has it at the moment of the call.

    Attributes:
        environment: the environment variables.
        path: where modules are looked for.
        folder: the current folder; None where it was deleted.
    """

    environment: dict[str, str]
    path: tuple[str, ...]
    folder: str | None

    @classmethod
    def of_this_process(cls) -> Self:
        """Return this process's own."""
        try:
            folder = os.getcwd()  # noqa: PTH109 (a Path would only be turned back)
        except FileNotFoundError:
            folder = None
        return cls(environment=dict(os.environ), path=tuple(sys.path), folder=folder)

    def take_over(self) -> None:
        """Make them this process's own."""
        os.environ.clear()
        os.environ.update(self.environment)
        sys.path[:] = self.path
        if self.folder is not None:
            os.chdir(self.folder)


def can_fork() -> bool:
    """Tell whether nothing can be left locked in a copy of this process: it has exactly one thread.

    OpenBLAS, OpenMP, Arrow and others start threads of their own, which Python does not know of.
    """
    return THREADS_FOLDER.is_dir() and len(list(THREADS_FOLDER.iterdir())) == 1


def die_with_parent(parent: int) -> None:
    """Have this process killed when its parent dies, or end it when that has happened already."""
    set_for_process(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)


def set_for_process(option: int, value: int) -> None:
    """Set one of prctl(2)'s options of this process; only Linux has them."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(option, value)


def begin(parent: int) -> None:
    """Become a child: of a group of its own, with no handlers of the parent's, and gone when the parent is."""
    with contextlib.suppress(PermissionError):  # the parent was first
        os.setpgid(0, 0)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)  # the parent's handlers speak to Airflow
    _speak_for_itself()
    set_for_process(PR_SET_CHILD_SUBREAPER, 1)  # what it leaves stays below it, and can be found
    with contextlib.suppress(OSError):
        OOM_SCORE.write_text("1000")  # where the kernel has to kill, let it kill this and not the whole task
    die_with_parent(parent)


def _speak_for_itself() -> None:
    """Let warnings and logs go to standard error: the parent's ways may lead to files that are closed here.

    Airflow's way for a warning raises an OSError then, in whatever line of a library has something to remark.
    """
    warnings.showwarning = _write_warning
    if logging.root.handlers:
        logging.root.handlers[:] = [logging.StreamHandler()]


def _write_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    (file or sys.stderr).write(warnings.formatwarning(message, category, filename, lineno, line))


def serve_fresh() -> NoReturn:
    """Be the child, in a fresh interpreter."""
    begin(int(sys.argv[2]))
    serve()


def serve() -> NoReturn:
    """Do the one job that comes on standard input, answer it, and end."""
    os.set_inheritable(REPLY, False)
    sender = Connection(REPLY, readable=False)
    try:
        with Connection(os.dup(0), writable=False) as jobs:
            surroundings: Surroundings = pickle.loads(jobs.recv_bytes())  # noqa: S301 (from the parent, by its own pipe)
            surroundings.take_over()
            work, job = pickle.loads(jobs.recv_bytes())  # noqa: S301 (the same)
        reply = _try(work, job)
        sys.stdout.flush()
        sender.send(reply)
    except BaseException:  # a copy of another process must not return into its code
        _leave_with_traceback()
    os._exit(0)  # without the interpreter's own farewell, which may wait for threads


def _leave_with_traceback() -> NoReturn:
    try:
        traceback.print_exc()
        sys.stderr.flush()
    finally:
        os._exit(1)


def _try(work: Callable[[Job], Result], job: Job) -> Reply:
    try:
        return work(job), None
    except (OSError, MemoryError, RatchetError) as error:
        return None, error
    except Exception:  # the parent raises it: a fault must not read as a child that was lost
        return None, FaultError(traceback.format_exc())

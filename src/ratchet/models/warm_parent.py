"""One process that has imported the heavy libraries and started no thread: children of this one are forked from it.

Importing takes seconds, and a process with threads can't be forked safely; see docs/decisions/0030-one-warm-parent.md.
"""

import atexit
import contextlib
import fcntl
import gc
import json
import os
import select
import signal
import socket
import struct
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import import_module
from multiprocessing.connection import Connection
from typing import NoReturn

from ratchet.config.settings import ONE_THREAD, PASSIVE
from ratchet.models.child import (
    PR_SET_CHILD_SUBREAPER,
    THREADS_FOLDER,
    begin,
    can_fork,
    serve,
    set_for_process,
)
from ratchet.models.group import HELD, Child, end_group, list_children, read_memory

CONTROL = 3  # file descriptor of the requests, in the warm parent
START = (
    "import sys, json; sys.path[:] = json.loads(sys.argv[1]); "
    "from ratchet.models.warm_parent import serve_forks; serve_forks(int(sys.argv[2]))"
)
READ_WHEN_LOADED = ("OMP_", "GOMP_", "KMP_", "MKL_", "OPENBLAS_", "JE_ARROW_")  # variables that libraries read once
OUR_OWN = "ratchet."  # modules that the warm parent imports; others are a child's
LONGEST_NAME = 4096
NUMBER = struct.Struct("q")
START_LIMIT = 300.0  # seconds for its imports, on a busy machine
LOOK_EVERY = 1.0  # seconds between looks at whether the caller still lives, where no end of file tells
ROUNDS = 100  # of killing what a child left, if that has children faster than it dies


@dataclass(frozen=True, slots=True, kw_only=True)
class _Running:
    pid: int
    control: socket.socket
    variables: dict[str, str]

    def close(self) -> None:
        self.control.close()
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)  # it may be importing, and not listen; its children die with it
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self.pid, 0)


class WarmParent:
    """The warm parent of a process with threads: started when it is first needed, it ends with this process."""

    def __init__(self) -> None:
        """Start nothing yet."""
        self._lock = threading.Lock()
        self._running: _Running | None = None
        self._is_useless = not THREADS_FOLDER.is_dir()  # it would not know whether it can be copied

    @property
    def is_running(self) -> bool:
        """Whether it was started."""
        return self._running is not None

    def copy_this_process(self, *modules: str) -> None:
        """Let it be a copy of this process once it has these modules, so that they are imported once.

        Only for a process that holds nothing but libraries yet; nothing happens where there are threads.
        """
        with self._lock:
            if self._running is not None or not can_fork():
                return
            for module in modules:
                import_module(module)
            if can_fork():  # importing may have started one
                self._running = _start(_copy_server)

    def start_child(self, module: str, jobs: Connection, sender: Connection) -> Child | None:
        """Return a child that reads its job from `jobs`; None where a copy of the warm parent can't be had.

        Args:
            module: where the work is defined.
            jobs: the end of a pipe.
            sender: where the child is to answer.
        """
        with self._lock:
            if self._running is None and can_fork():
                return _copy_for_one_call(module, jobs, sender)
            if self._is_useless or (self._running and self._running.variables != _native_variables()):
                return None
            child = None if self._running is None else _ask(self._running, module, jobs, sender)
            if child is None:  # it is the first, or the one before was killed
                self._close()
                self._running = _start(_spawn_server)
                child = _ask(self._running, module, jobs, sender)
            if child is None:
                self._close()
            self._is_useless = child is None
            return child

    def stop(self) -> None:
        """End it, if there is one."""
        with self._lock:
            self._close()

    def forget(self) -> None:
        """Leave it to the process that this one is a copy of."""
        if self._running is not None:
            self._running.control.close()
        self._lock, self._running = threading.Lock(), None  # the old lock may have been held when the copy was made

    def _close(self) -> None:
        running, self._running = self._running, None
        if running is not None:
            running.close()


WARM = WarmParent()
atexit.register(WARM.stop)
os.register_at_fork(after_in_child=WARM.forget)


def _start(start: Callable[[socket.socket], int]) -> _Running:
    ours, theirs = socket.socketpair()
    with theirs:
        return _Running(pid=start(theirs), control=ours, variables=_native_variables())


def _ask(running: _Running, module: str, jobs: Connection, sender: Connection) -> Child | None:
    ours, theirs = socket.socketpair()
    try:
        with theirs:
            files = [theirs.fileno(), jobs.fileno(), sender.fileno(), 1, 2]
            socket.send_fds(running.control, [module.encode()], files)
        ours.settimeout(START_LIMIT)
        pid = _receive_number(ours)
    except OSError:
        pid = None
    if not pid:
        ours.close()
        return None
    ours.settimeout(None)
    return Child(pid=pid, end=lambda: _end_by(ours), copied=read_memory(*HELD, pid=running.pid) or 0)


def _copy_for_one_call(module: str, jobs: Connection, sender: Connection) -> Child | None:
    """Start a child by a copy of this process as it is now: for a later call it would be out of date."""
    copy = _start(_copy_server)
    child = _ask(copy, module, jobs, sender)
    if child is None:
        copy.close()
        return None
    return replace(child, end=lambda: _end_both(child, copy))


def _end_both(child: Child, copy: _Running) -> int:
    try:
        return child.end()
    finally:
        copy.close()


def _native_variables() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if name.startswith(READ_WHEN_LOADED)}


def _spawn_server(control: socket.socket) -> int:
    arguments = [sys.executable, "-c", START, json.dumps(sys.path), str(os.getpid())]
    files = [(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0), (os.POSIX_SPAWN_DUP2, control.fileno(), CONTROL)]
    return os.posix_spawn(sys.executable, arguments, PASSIVE | os.environ | ONE_THREAD, file_actions=files, setpgroup=0)


def _copy_server(control: socket.socket) -> int:
    parent = os.getpid()
    sys.stdout.flush()
    sys.stderr.flush()
    pid = os.fork()
    if pid:
        return pid
    try:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        os.setpgid(0, 0)
        nothing = os.open(os.devnull, os.O_RDWR)  # a child has its caller's output
        _keep_files(nothing, nothing, nothing, control.fileno())
        serve_forks(parent)
    finally:
        os._exit(1)


def _keep_files(*kept: int) -> None:
    """Make these the first file descriptors of this process, in this order, and close every other one."""
    above = [fcntl.fcntl(each, fcntl.F_DUPFD, len(kept)) for each in kept]
    for place, each in enumerate(above):
        os.dup2(each, place, inheritable=place < CONTROL)
    for name in os.listdir("/dev/fd"):  # noqa: PTH208 (the listing's own is among them, and closed already)
        if int(name) >= len(kept):
            with contextlib.suppress(OSError):
                os.close(int(name))


def serve_forks(parent: int) -> NoReturn:
    """Be the warm parent: one child a request, until the process that asks is gone."""
    set_for_process(PR_SET_CHILD_SUBREAPER, 1)  # what an ended child leaves is left to this process
    children: dict[socket.socket, int] = {}
    control = socket.socket(fileno=CONTROL)
    while os.getppid() == parent:
        ready, _, _ = select.select([control, *children], [], [], LOOK_EVERY)
        if control in ready and not _take_request(control, children):
            break
        for line in children.keys() & set(ready):
            _end_child(line, children)
    for line in [*children]:
        _end_child(line, children)
    os._exit(0)


def _take_request(control: socket.socket, children: dict[socket.socket, int]) -> bool:
    """Start a child as it is asked for; False at the end of requests."""
    name, files, _, _ = socket.recv_fds(control, LONGEST_NAME, 5)
    if not name:
        return False
    module = name.decode()
    if module.startswith(OUR_OWN):
        import_module(module)
    gc.freeze()  # a child's collections touch nothing of what is there now: its pages stay shared
    line = socket.socket(fileno=files[0])
    pid = _fork_child(files[1:]) if can_fork() else 0
    for each in files[1:]:
        os.close(each)
    with contextlib.suppress(OSError):  # the caller is gone: its end of the line says so
        line.send(NUMBER.pack(pid))
    if pid:
        children[line] = pid
    return True


def _fork_child(files: list[int]) -> int:
    server = os.getpid()
    pid = os.fork()
    if pid:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.setpgid(pid, pid)  # here as well as there: whoever is first
        return pid
    try:
        jobs, sender, out, err = files
        _keep_files(jobs, out, err, sender)
        begin(server)
        serve()
    finally:
        os._exit(1)


def _end_child(line: socket.socket, children: dict[socket.socket, int]) -> None:
    code = end_group(children.pop(line))
    for _ in range(ROUNDS):
        left = set(list_children(os.getpid())) - set(children.values())
        if not left:
            break
        for pid in left:
            end_group(pid)
    with contextlib.suppress(OSError):  # the caller is gone
        line.send(NUMBER.pack(code))
    line.close()


def _end_by(line: socket.socket) -> int:
    """Have the child of this line ended, and return its exit code."""
    with line:
        with contextlib.suppress(OSError):
            line.shutdown(socket.SHUT_WR)
        code = _receive_number(line)
    return -signal.SIGKILL if code is None else code


def _receive_number(line: socket.socket) -> int | None:
    """Return what the warm parent says; None where it is gone."""
    text = line.recv(NUMBER.size, socket.MSG_WAITALL)
    return NUMBER.unpack(text)[0] if len(text) == NUMBER.size else None

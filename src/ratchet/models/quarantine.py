"""Read a model file that others made in a process that can do no harm with it.

A pickle is a program. Here it may name the types that a model is made of and nothing else, and the process that reads
it has no network, none of our environment's secrets, and so much memory and time; see docs/decisions/0029. What it
answers is JSON in a file: its own pipe and pickle are not trusted.
"""

import ctypes
import json
import os
import resource
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from importlib import import_module
from pathlib import Path
from typing import NoReturn

from ratchet.errors import ArtifactError
from ratchet.models.child import die_with_parent
from ratchet.models.group import end_group

START = "import sys, json; sys.path[:] = json.loads(sys.argv[1]); from ratchet.models.quarantine import serve; serve()"
KEPT = ("PATH", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH")  # of the environment: none of them is a secret
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000  # linux/sched.h
PR_SET_NO_NEW_PRIVS = 38  # linux/prctl.h
ROOM = 4 << 30  # bytes beside what the libraries take; a forest takes about three times its file
JOB, ANSWER, MODEL = "job.json", "answer.json", "model.skops"  # what is in the folder that both sides know

# What scikit-learn's, XGBoost's and LightGBM's pickles name beside the types that a model file may hold: containers,
# and what NumPy makes its arrays and random numbers with.
PARTS = frozenset(
    {
        *(f"builtins.{name}" for name in ("bytearray", "complex", "dict", "frozenset", "list", "object", "set")),
        *("builtins.slice", "builtins.tuple", "collections.defaultdict", "copyreg._reconstructor", "_codecs.encode"),
        *("joblib.numpy_pickle.NumpyArrayWrapper", "scipy.sparse._csr.csr_matrix", "scipy.sparse._csr.csr_array"),
        *(f"numpy.{name}" for name in ("bool", "bool_", "dtype", "float32", "float64", "int32", "int64", "ndarray")),
        *(f"numpy.{core}.multiarray.{name}" for core in ("core", "_core") for name in ("_reconstruct", "scalar")),
        *(f"numpy.random._pickle.__{name}_ctor" for name in ("bit_generator", "generator", "randomstate")),
        *("numpy.random._mt19937.MT19937", "numpy.random._pcg64.PCG64", "numpy.random.bit_generator.SeedSequence"),
        "numpy.random.bit_generator.__pyx_unpickle_SeedSequence",
    }
)
# Events of sys.addaudithook that no model needs: the second line, should a known type have a door of its own.
DENIED = ("os.exec", "os.fork", "os.posix_spawn", "os.remove", "os.rename", "os.rmdir", "os.system", "os.truncate")
DENIED_OF = ("shutil.", "socket.", "subprocess.")
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC


@dataclass(frozen=True, slots=True)
class Escaped:
    """A child that gave no answer: what became of it, as a sentence."""

    reason: str


def read_in_quarantine(job: str, folder: Path, *, limit: timedelta, threads: int) -> str | Escaped:
    """Have `models.adopting` do a job, JSON text, and return its answer, JSON text; no process is left behind.

    Args:
        job: what is to be done.
        folder: both sides' own; it is private, and the answer and the model file are written there.
        limit: how long it may take.
        threads: how many its libraries may use.
    """
    (folder / JOB).write_text(job, encoding="utf-8")
    arguments = [sys.executable, "-c", START, json.dumps(sys.path), str(os.getpid()), str(folder)]
    environment = {name: os.environ[name] for name in KEPT if name in os.environ}
    environment |= {"HOME": str(folder), "OMP_NUM_THREADS": str(threads), "OPENBLAS_NUM_THREADS": "1"}
    child = subprocess.Popen(  # noqa: S603 (our own interpreter, our own code)
        arguments, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, env=environment, start_new_session=True
    )
    try:
        code = child.wait(limit.total_seconds())
    except subprocess.TimeoutExpired:
        return Escaped(f"took longer than {limit.total_seconds():g} s to read")
    finally:
        if child.poll() is None:
            child.returncode = end_group(child.pid)
        with suppress(ProcessLookupError, PermissionError):  # what it may have left behind when it ended by itself
            os.killpg(child.pid, signal.SIGKILL)
    if code == 0 and (folder / ANSWER).is_file():
        return (folder / ANSWER).read_text(encoding="utf-8")
    hint = " (out of memory?)" if code in {-signal.SIGKILL, -signal.SIGABRT, -signal.SIGSEGV} else ""
    return Escaped(f"ended the process that read it, with exit code {code}{hint}")


def serve() -> NoReturn:
    """Be the child: first shut the doors, while this process has one thread, then load libraries and read."""
    folder = Path(sys.argv[3])
    is_shut = shut_doors()
    die_with_parent(int(sys.argv[2]))  # after it: other rights make the kernel forget this
    sys.dont_write_bytecode = True
    work = import_module("ratchet.models.adopting").read_and_convert
    _limit_memory()
    answer = work((folder / JOB).read_text(encoding="utf-8"), folder, is_shut=is_shut)
    (folder / ANSWER).write_text(answer, encoding="utf-8")
    os._exit(0)


def shut_doors() -> bool:
    """Take the network from this process for good, and tell whether that could be done; Linux only.

    A user namespace comes with it where that is allowed: without it, root could go back.
    """
    if sys.platform != "linux":
        return False
    library = ctypes.CDLL(None)
    library.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)  # it refuses anything but zeros
    return any(library.unshare(flags) == 0 for flags in (CLONE_NEWUSER | CLONE_NEWNET, CLONE_NEWNET))


@contextmanager
def models_only(allowed: frozenset[str]) -> Iterator[None]:
    """Let whatever is unpickled in this block make known types only, and touch nothing outside this process.

    Args:
        allowed: full names of types that may be made, beside `PARTS` and scikit-learn's own.

    Raises:
        ArtifactError: it names something else, or tries to.
    """
    is_on = True

    def watch(event: str, arguments: tuple[object, ...]) -> None:
        if not is_on:
            return
        if event == "pickle.find_class":
            _refuse_foreign(str(arguments[0]), str(arguments[1]), allowed)
        elif event in DENIED or event.startswith(DENIED_OF) or (event == "open" and _is_writing(arguments)):
            raise ArtifactError(f"does `{event}` while it is read, which no model needs")

    sys.addaudithook(watch)  # for good: Python has no way to take one off
    try:
        yield
    finally:
        is_on = False


def _refuse_foreign(module: str, name: str, allowed: frozenset[str]) -> None:
    if f"{module}.{name}" in PARTS | allowed or _is_of_sklearn(module, name):
        return
    raise ArtifactError(
        f"needs {module}.{name}, which is none of the types that a model file may hold; if that is a type of your "
        "own, let an estimator plug-in declare it in `file_types`, or log the model with parts of scikit-learn only"
    )


def _is_of_sklearn(module: str, name: str) -> bool:
    """Tell a class of scikit-learn's, or a function of numbers of NumPy's, from what only is reached through it."""
    if "." in name or module.partition(".")[0] not in {"numpy", "sklearn"}:
        return False
    if module != "numpy" and not module.startswith("sklearn"):
        return False
    found = getattr(import_module(module), name, None)
    if module == "numpy":
        return type(found).__name__ == "ufunc"
    return isinstance(found, type) and found.__module__.partition(".")[0] == "sklearn"


def _is_writing(arguments: tuple[object, ...]) -> bool:
    flags = arguments[2]
    return isinstance(flags, int) and bool(flags & WRITING)


def _limit_memory() -> None:
    if sys.platform == "linux":
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        most = pages * resource.getpagesize() + ROOM
        resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (ROOM, ROOM))

"""Work for child processes: each behaves in one way, and can be found by name in another interpreter."""

import importlib
import logging
import os
import subprocess
import sys
import time
import warnings
from pathlib import Path
from typing import TypeVar

Number = TypeVar("Number")
MARK = "as imported"  # what a copy of a process that changed it does not say


def double(number: Number) -> Number:
    """Succeed."""
    return number + number  # type: ignore[operator, no-any-return]


def name_process(_job: object) -> tuple[int, int]:
    """Say which process this is, and of which group."""
    return os.getpid(), os.getpgrp()


def kill_self(signal_number: int) -> None:
    """Crash."""
    os.kill(os.getpid(), signal_number)
    time.sleep(60)


def remark(text: str) -> str:
    """Have a library warn, and log a line."""
    warnings.warn(text, stacklevel=1)
    logging.getLogger("some.library").warning("logged: %s", text)
    return text


def leave(code: int) -> None:
    """End without an answer."""
    os._exit(code)


def fail(error: Exception) -> None:
    """Raise."""
    raise error


def fill_memory(size: int) -> bytearray:
    """Ask for more memory than there is."""
    return bytearray(size)


def sleep(seconds: float) -> None:
    """Hang."""
    time.sleep(seconds)


def note_and_sleep(note: Path) -> None:
    """Say which process this is, and hang."""
    note.write_text(str(os.getpid()))
    time.sleep(300)


def sleep_with_child(note: Path) -> None:
    """Start a child, say which, and hang."""
    child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(300)"])
    note.write_text(str(child.pid))
    time.sleep(300)


def read_mark(_job: object) -> str:
    """Say what this process thinks of the mark."""
    return MARK


def name_parent(_job: object) -> int:
    """Say whose child this process is."""
    return os.getppid()


def tell_surroundings(module: str) -> None:
    """Print a setting, the current folder and what a module says, and have a child print as well."""
    sys.stdout.write(f"{os.environ['SOME_SETTING']} {Path.cwd()} {importlib.import_module(module).SAYS} ")
    sys.stdout.flush()
    subprocess.run(["echo", "printed"], check=True)


def leave_behind(note: Path) -> int:
    """Start a child in a session of its own, and end before it."""
    command = [sys.executable, "-c", f"import time; open({str(note)!r}, 'w').write('here'); time.sleep(300)"]
    child = subprocess.Popen(command, start_new_session=True)
    while not note.exists():
        time.sleep(0.01)
    return child.pid

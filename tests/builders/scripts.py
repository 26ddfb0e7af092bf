"""Scripts that run as processes of their own, and what becomes of processes."""

import os
import subprocess
import sys
import time
from pathlib import Path


def environment() -> dict[str, str]:
    """Return what a script needs to find the sources and the builders."""
    # No numeric library may start threads of its own when the script is to be one that can be copied.
    return os.environ | {"PYTHONPATH": os.pathsep.join(each for each in sys.path if each), "OPENBLAS_NUM_THREADS": "1"}


def write_script(text: str, folder: Path) -> str:
    """Write a script that is indented by eight, and return its path."""
    path = folder / "script.py"
    lines = [line[8:] if line.startswith(" " * 8) else line for line in text.splitlines()]
    path.write_text("\n".join(lines))
    return str(path)


def run_script(text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a script to its end."""
    command = [sys.executable, write_script(text, folder)]
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment(), timeout=120)


def wait_for(path: Path, seconds: float = 60) -> str:
    """Return what a file says as soon as it says something."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if path.is_file() and (text := path.read_text()):
            return text
        time.sleep(0.05)
    raise AssertionError(f"{path} was not written")


def is_gone(pid: int) -> bool:
    """Gone, or dead and waiting for whoever adopted it; the kernel may take a moment."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False

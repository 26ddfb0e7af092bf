"""Kill a process at each statement that it sends to a database."""

import os
import signal
from collections.abc import Callable

from sqlalchemy import event
from sqlalchemy.engine import Engine

STEPS = ("before_cursor_execute", "commit")  # nothing happens between the end of a statement and the next


def count_steps(work: Callable[[], object]) -> int:
    """Do some work, and return how many places there are at which it could be killed."""
    steps = 0

    def step(*_: object) -> None:
        nonlocal steps
        steps += 1

    _listen(step, work)
    return steps


def kill_at(step: int, work: Callable[[], object]) -> None:
    """Do some work in a process of its own, which is killed with SIGKILL when it comes to a step, counted from 1."""
    child = os.fork()
    if child == 0:
        try:
            _listen(_dying_at(step), work)
        finally:
            os._exit(0)
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status), f"the work ended before step {step}"
    assert os.WTERMSIG(status) == signal.SIGKILL


def _dying_at(step: int) -> Callable[..., None]:
    left = step

    def die(*_: object) -> None:
        nonlocal left
        left -= 1
        if not left:
            os.kill(os.getpid(), signal.SIGKILL)

    return die


def _listen(step: Callable[..., None], work: Callable[[], object]) -> None:
    for name in STEPS:
        event.listen(Engine, name, step)
    try:
        work()
    finally:
        for name in STEPS:
            event.remove(Engine, name, step)

"""Keep production models fresh and never let them get worse.

`import ratchet as rt` is light: each name below loads what it needs when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ratchet.gates.all_gates import judge_gate
    from ratchet.library.comparing import compare
    from ratchet.library.drifting import measure_drift
    from ratchet.library.leaking import find_leaks
    from ratchet.library.modelling import load
    from ratchet.throttle.admission import admit

__all__ = ["admit", "compare", "find_leaks", "judge_gate", "load", "measure_drift"]

_HOMES = {
    "admit": "ratchet.throttle.admission",
    "compare": "ratchet.library.comparing",
    "find_leaks": "ratchet.library.leaking",
    "judge_gate": "ratchet.gates.all_gates",
    "load": "ratchet.library.modelling",
    "measure_drift": "ratchet.library.drifting",
}


def __getattr__(name: str) -> Any:
    """Load a public name when it is first asked for."""
    if name == "__version__":
        return import_module("importlib.metadata").version("ratchet")
    if name not in _HOMES:
        raise AttributeError(f"module 'ratchet' has no attribute '{name}'; it has {', '.join(__all__)}")
    return getattr(import_module(_HOMES[name]), name)

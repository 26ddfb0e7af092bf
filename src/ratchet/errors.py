"""What can go wrong on purpose: every error that Ratchet raises itself.

Each message is one sentence that says what happened, with which value, and what to do next. Anything that
is not a `RatchetError` is a bug.
"""

from collections.abc import Iterable
from difflib import get_close_matches

SHOWN = 8  # how many names or values a message lists before it says "and N more"


class RatchetError(Exception):
    """Something a person can put right; its text is the sentence to show."""


class ConfigError(RatchetError):
    """A model's YAML is wrong."""


class DataError(RatchetError):
    """The data can't be used as it is."""


class TrainingError(RatchetError):
    """Training could not give a single usable candidate."""


class RegistryError(RatchetError):
    """The registry disagrees with what the run decided, or holds a model that can't be verified."""


class ArtifactError(RatchetError):
    """A file of a run is missing, damaged, or of a kind that must not be loaded."""


class LedgerError(RatchetError):
    """The ledger can't be read, or does not take what is to be written."""


class NothingYetError(RatchetError):
    """There is nothing to do yet, and nothing is wrong: the sentence says what is waited for."""


class ServiceError(RatchetError):
    """A local service (Airflow, MLflow) could not be started or did not answer."""


def list_names(names: Iterable[object]) -> str:
    """Return names as one readable list, capped so that a message stays short whatever the data's size."""
    every = [str(name) for name in names]
    shown = ", ".join(every[:SHOWN])
    return shown if len(every) <= SHOWN else f"{shown} and {len(every) - SHOWN} more"


def did_you_mean(word: str, allowed: Iterable[str]) -> str:
    """Return " (did you mean 'x'?)" for a near miss, else an empty string."""
    known = {name.casefold().strip(): name for name in allowed}
    near = get_close_matches(word.casefold().strip(), list(known), n=1, cutoff=0.6)
    return f" (did you mean '{known[near[0]]}'?)" if near else ""

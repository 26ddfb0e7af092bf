"""What can go wrong on purpose: every error that Ratchet raises itself.

Each message is one sentence that says what happened, with which value, and what to do next. Anything that
is not a `RatchetError` is a bug.
"""

import re
from collections.abc import Iterable
from difflib import get_close_matches

ADDRESS = re.compile(r"(\w[\w+.-]*://)\S+")  # it may hold a password or a token
SHOWN_REASON = 300  # characters of another package's own message
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


def first_line(error: BaseException) -> str:
    """Return the first line of an error that says something: some libraries put a whole native stack after it."""
    return next((line.strip() for line in str(error).splitlines() if line.strip()), "no message")


def describe_foreign(error: BaseException) -> str:
    """Return what another package raised as one line, its type first; addresses are left out, as they hold secrets."""
    said = ADDRESS.sub(r"\1…", first_line(error))
    sentence = f"{type(error).__name__}: {said}"
    return sentence if len(sentence) <= SHOWN_REASON else sentence[:SHOWN_REASON] + "…"

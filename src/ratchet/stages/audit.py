"""Audit the split: look for ways in which training rows know of the holdout."""

from ratchet.config.run import Run
from ratchet.records.data import Split
from ratchet.records.leakage import Audit


def audit(run: Run, split: Split) -> Audit:
    """Audit the split: look for ways in which training rows know of the holdout."""
    return Audit()

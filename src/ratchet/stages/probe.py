"""Probe the challenger: what it looks at, and what it says about rows that are changed on purpose."""

from ratchet.config.run import Run
from ratchet.records.behaviour import Behaviour
from ratchet.records.data import Split
from ratchet.records.modelling import Challenger


def probe(run: Run, challenger: Challenger, split: Split) -> Behaviour:
    """Probe the challenger: what it looks at, and what it says about rows that are changed on purpose."""
    return Behaviour()

"""Weigh the challenger: the time, memory and room it takes, beside the champion."""

from ratchet.config.run import Run
from ratchet.records.data import Split
from ratchet.records.modelling import Challenger
from ratchet.records.resources import Footprint


def weigh(run: Run, challenger: Challenger, split: Split) -> Footprint:
    """Weigh the challenger: the time, memory and room it takes, beside the champion."""
    return Footprint()

"""Approve: a person answers a hold, and the challenger may be promoted in their words."""

from dataclasses import replace

from ratchet.config.run import Run
from ratchet.errors import RegistryError
from ratchet.records.judgement import Verdict
from ratchet.records.outcome import Decision


def approve(run: Run, verdict: Verdict, reason: str) -> Verdict:
    """Turn a hold into a promotion; everything else that was decided, and against whom, stays.

    Raises:
        RegistryError: the run was not held, or no reason is given.
    """
    if verdict.decision is not Decision.HOLD:
        raise RegistryError(
            f"run {run.run_id} of {run.model} was decided '{verdict.decision}'; only a hold can be approved"
        )
    if not reason.strip():
        raise RegistryError(
            f"run {run.run_id} of {run.model}: say why it is approved; the reason is kept with the move"
        )
    return replace(verdict, decision=Decision.PROMOTE, reason=f"approved: {reason.strip()}; {verdict.reason}")

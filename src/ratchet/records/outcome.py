"""The words in which gates and verdicts answer."""

from enum import StrEnum


class Outcome(StrEnum):
    """What one rule found. Only `PASS` is a pass: nothing passes because nothing was measured."""

    PASS = "pass"  # noqa: S105 (an outcome, not a password)
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    NOT_APPLICABLE = "not applicable"


class Decision(StrEnum):
    """What a verdict asks for: move the alias, wait for a person, or keep the champion."""

    PROMOTE = "promote"
    HOLD = "hold"
    REJECT = "reject"

"""How alerts and true degradations go together.

An alert of a window may speak of that window or of one whose labels are still on their way, and a degradation is only
shown once its labels are there. So an alert is right when one of the windows from the newest with labels to its own is
degraded, and a degraded window is found when there is an alert from its own window to the one in which its labels came.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np

Marks = Sequence[bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Hits:
    """What one rule's alerts are worth on one stream.

    Attributes:
        windows: how many.
        degraded: how many of them are truly degraded.
        alerts: windows with an alert.
        right: of these, how many are right.
        chance: the share of right alerts of a rule that always alarms.
        found: degraded windows that were found.
        outbreaks: degraded windows in a row count as one.
        caught: outbreaks with an alert.
        lead: mean windows from the first alert of a caught outbreak to the one in which its first labels came.
    """

    windows: int
    degraded: int
    alerts: int
    right: int
    chance: float
    found: int
    outbreaks: int
    caught: int
    lead: float | None

    @property
    def precision(self) -> float | None:
        """The share of alerts that are right; None without one."""
        return self.right / self.alerts if self.alerts else None

    @property
    def recall(self) -> float | None:
        """The share of degraded windows that were found; None without one."""
        return self.found / self.degraded if self.degraded else None


def count_hits(degraded: Marks, alerts: Marks, *, delay: int) -> Hits:
    """Count how a rule's alerts and the truth go together.

    Args:
        degraded: whether each window is truly degraded.
        alerts: whether the rule alarms at the end of each window.
        delay: in how many windows labels come.
    """
    truth, said = np.array(degraded, bool), np.array(alerts, bool)
    may_speak = np.array([truth[max(0, place - delay) : place + 1].any() for place in range(len(truth))], bool)
    is_found = np.array([said[place : place + delay + 1].any() for place in range(len(truth))], bool)
    leads = list(_measure_leads(truth, said, delay))
    caught = [lead for lead in leads if lead is not None]
    return Hits(
        windows=len(truth),
        degraded=int(truth.sum()),
        alerts=int(said.sum()),
        right=int((said & may_speak).sum()),
        chance=float(may_speak.mean()) if len(truth) else 0.0,
        found=int((truth & is_found).sum()),
        outbreaks=len(leads),
        caught=len(caught),
        lead=float(np.mean(caught)) if caught else None,
    )


def find_outbreaks(degraded: Marks) -> Iterator[tuple[int, int]]:
    """Give the first and the last window of each row of degraded ones."""
    for is_degraded, places in groupby(range(len(degraded)), key=lambda place: degraded[place]):
        if is_degraded:
            inside = list(places)
            yield inside[0], inside[-1]


def _measure_leads(truth: np.ndarray, said: np.ndarray, delay: int) -> Iterator[int | None]:
    """Give for each outbreak how many windows before its first labels the first alert came; None without an alert."""
    for first, last in find_outbreaks(list(truth)):
        places = np.flatnonzero(said[first : last + delay + 1])
        yield delay - int(places[0]) if len(places) else None

"""The demo's three acts: what the world does, what is asked for, what must come of it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from ratchet.demo.world import write_bad_month, write_months
from ratchet.records.outcome import Decision


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """One act.

    Attributes:
        run_id: id of its DAG run.
        title: what happens, one line.
        deliver: writes the act's new files into the deliveries folder.
        as_of: only rows whose label was known by then.
        decision: the verdict that it must end with.
        moves: whether the champion alias must move.
    """

    run_id: str
    title: str
    deliver: Callable[[Path], None]
    as_of: str
    decision: Decision
    moves: bool


ACTS = (
    Act(
        run_id="act-1-first-model",
        title="No champion yet: the first model is judged by the absolute gates",
        deliver=lambda folder: write_months(folder, "2025-01", "2025-06"),
        as_of="2025-07-15T00:00:00Z",
        decision=Decision.PROMOTE,
        moves=True,
    ),
    Act(
        run_id="act-2-world-moved",
        title="Newer data has arrived and the world has moved: a challenger must beat the champion",
        deliver=lambda folder: write_months(folder, "2025-07", "2025-12"),
        as_of="2026-01-15T00:00:00Z",
        decision=Decision.PROMOTE,
        moves=True,
    ),
    Act(
        run_id="act-3-bad-delivery",
        title="A bad delivery: fees in cents, missing logins, a plan that never was",
        deliver=lambda folder: write_bad_month(folder, "2026-01"),
        as_of="2026-02-15T00:00:00Z",
        decision=Decision.REJECT,
        moves=False,
    ),
)

"""The demo's three acts: what the world does, what is asked for, what must come of it.

The world is made up: subscribers who cancel for reasons that change, and one delivery that went wrong.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd

from ratchet.artifacts.files import written_atomically
from ratchet.records.judgement import Decision

ROWS_A_MONTH = 2500
PRICE_RISE = pd.Timestamp("2025-07-01", tz="UTC")  # from then on the fee decides, no longer the support calls
PLANS = np.array(["basic", "plus", "pro"])
REGIONS = np.array(["north", "south", "east", "west"])


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


def _log_odds(frame: pd.DataFrame, *, has_risen: bool) -> pd.Series:
    fee, calls = frame["monthly_fee"] - 36, frame["support_calls"]
    reasons = 0.10 * fee + 0.05 * calls if has_risen else 0.65 * calls - 0.02 * fee
    habits = 0.05 * frame["days_since_login"] - 0.025 * frame["tenure_months"]
    return reasons + habits - 0.7 * (frame["autopay"] == "true") + 0.3 * (frame["plan"] == "basic") - 1.4


def make_month(month: pd.Period, *, seed: int) -> pd.DataFrame:
    """Draw a month of subscribers, in the order in which they were seen."""
    rng = np.random.default_rng([seed, month.year, month.month])
    start, end = (datetime(p.year, p.month, 1, tzinfo=UTC).timestamp() for p in (month, month + 1))
    seen_at = pd.to_datetime(np.sort(rng.uniform(start, end, ROWS_A_MONTH)).astype("int64"), unit="s", utc=True)
    frame = pd.DataFrame(
        {
            "customer_id": [f"c{number:06d}" for number in rng.integers(0, 400_000, ROWS_A_MONTH)],
            "seen_at": seen_at.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "tenure_months": rng.gamma(2.0, 14.0, ROWS_A_MONTH).round(0),
            "monthly_fee": rng.gamma(9.0, 4.0, ROWS_A_MONTH).round(2),
            "support_calls": rng.poisson(1.4, ROWS_A_MONTH),
            "days_since_login": rng.exponential(9.0, ROWS_A_MONTH).round(1),
            "plan": rng.choice(PLANS, ROWS_A_MONTH, p=[0.5, 0.35, 0.15]),
            "region": rng.choice(REGIONS, ROWS_A_MONTH),
            "autopay": rng.choice(["true", "false"], ROWS_A_MONTH, p=[0.6, 0.4]),
        }
    )
    risk = 1 / (1 + np.exp(-_log_odds(frame, has_risen=bool(seen_at[0] >= PRICE_RISE))))
    frame["cancelled"] = np.where(rng.uniform(size=ROWS_A_MONTH) < risk, "yes", "no")
    return frame


def write_bad_month(folder: Path, month: str, *, seed: int = 7) -> None:
    """Write a delivery with three faults: fees in cents, logins missing, a plan that never was."""
    period = pd.Period(month, freq="M")
    frame = make_month(period, seed=seed)
    frame["monthly_fee"] = (frame["monthly_fee"] * 100).round(0)
    frame.loc[frame.index % 3 == 0, "days_since_login"] = np.nan
    frame.loc[frame.index % 5 == 0, "plan"] = "enterprise-trial"
    write_delivery(folder, period, frame)


def write_delivery(folder: Path, month: pd.Period, frame: pd.DataFrame) -> None:
    """Write one month's file, whole or not at all."""
    with written_atomically(folder / f"{month}.csv") as temporary:
        frame.to_csv(temporary, index=False)


def write_months(folder: Path, first: str, last: str, *, seed: int = 7) -> None:
    """Write one healthy CSV file for each month of a range, such as "2025-01" to "2025-06"."""
    for month in pd.period_range(first, last, freq="M"):
        write_delivery(folder, month, make_month(month, seed=seed))


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

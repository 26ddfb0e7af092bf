"""Plan how many of the newest rows the holdout needs: for a gain that it is to detect, and after a change."""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import pyarrow as pa
from scipy.special import ndtri

from ratchet.config.model import ModelConfig
from ratchet.config.training import PlannedSize
from ratchet.evaluation.bounds import POWER
from ratchet.records.data import HoldoutPlan
from ratchet.records.judgement import Gain

# Of the rows since a change. Few show that what serves is far off; teaching and choosing need the others.
RECENT = 0.3
MOST_RECENT = 0.6  # where it takes more to judge at all

ROUNDING = 1e-6  # of a row


@dataclass(frozen=True, slots=True, kw_only=True)
class Supply:
    """The rows that a holdout can be cut from.

    Attributes:
        usable: how many the label delay leaves to be divided.
        least: how many of the newest it takes to judge at all.
    """

    usable: int
    least: int


def plan_for_gain(
    config: ModelConfig, asked: PlannedSize, past: Sequence[tuple[str, Gain]], supply: Supply
) -> HoldoutPlan:
    """Plan for a gain that is to be detected.

    A gain's standard error falls with the root of the rows, so a gain that was measured on some rows tells how many a
    smaller one takes. The widest of the past ones counts: how alike two models predict differs from run to run.

    Args:
        config: the model's YAML.
        asked: what is to be detected.
        past: gains in this metric over a champion that earlier runs measured, each with its run.
        supply: the rows.
    """
    metric, most = config.metric, math.floor(asked.most * supply.usable)
    if not past:
        rows = min(max(round(asked.unplanned * supply.usable), supply.least), most)
        return HoldoutPlan(
            rows=rows, reason=f"{rows:,} rows judge, as no earlier run has measured a gain in {metric} over a champion"
        )
    spread, run_id = max((_spread(gain, config), run_id) for run_id, gain in past)
    needed = math.ceil((spread / asked.detects) ** 2 - ROUNDING)
    rows = min(max(needed, supply.least), most)
    reason = f"{rows:,} rows judge: by run {run_id} it takes {needed:,} to show a gain of {asked.detects:g} in {metric}"
    if rows < needed:
        reason += f", and {100 * asked.most:.3g} % of {supply.usable:,} rows may judge"
    elif rows > needed:
        reason += f", and {supply.least:,} to judge at all"
    return HoldoutPlan(rows=rows, detectable=spread / math.sqrt(rows) if rows else None, reason=reason)


def plan_after_change(wanted: float, supply: Supply) -> HoldoutPlan:
    """Plan for the rows since a change: three of ten, no more than else, and as many as it takes to judge at all."""
    most = round(MOST_RECENT * supply.usable)
    rows = min(max(round(min(wanted, RECENT * supply.usable)), supply.least), most)
    return HoldoutPlan(rows=rows, reason=f"{rows:,} of {supply.usable:,} rows since the change judge")


def count_newest_with(target: pa.ChunkedArray, least: int, spared: Collection[str] = ()) -> int:
    """Count the newest rows that hold so many of each class; 0 where there are too few of one.

    Args:
        target: class by row, the oldest first.
        least: rows of each class.
        spared: classes that are not waited for.
    """
    values = target.to_pandas()
    places = [rows for name, rows in values.groupby(values, observed=True).indices.items() if str(name) not in spared]
    if not places or any(len(rows) < least for rows in places):
        return 0
    return len(values) - min(int(rows[-least]) for rows in places)


def _spread(gain: Gain, config: ModelConfig) -> float:
    """Return the smallest gain that one row would show at this confidence, if one row could."""
    power = float(ndtri(POWER))
    wider = (float(ndtri(config.evaluation.confidence)) + power) / (float(ndtri(gain.confidence)) + power)
    return (gain.detectable or 0.0) * math.sqrt(gain.rows) * wider

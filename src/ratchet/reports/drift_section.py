"""How each column moved: its bins then and now, its drift against the limits, and its weeks before."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ratchet.records.drift import ColumnDrift, Drift, DriftLevel, MovedBin
from ratchet.records.monitoring import Shift
from ratchet.reports.wording import MINUS, NOTHING, percent

TONES = {DriftLevel.ACT: "bad", DriftLevel.LOOK: "wait", DriftLevel.NONE: "good", None: "calm"}
WORDS = {DriftLevel.ACT: "act", DriftLevel.LOOK: "look", DriftLevel.NONE: "none", None: "not known"}
ORDER = {DriftLevel.ACT: 0, DriftLevel.LOOK: 1, None: 2, DriftLevel.NONE: 3}
WIDEST = 4.0  # times the limit to act: a drift beyond it ends at the edge, with its figure beside it
SHOWN = 9  # columns with a picture each; all of them stand in the table
MOST_BARS = 24  # more bins than this are no picture
FAR = 1000.0  # standard deviations: of a column that hardly varied, the bins say more
CLEAR = 0.1  # standard deviations, or share of the rows: less is not worth a word


@dataclass(frozen=True, slots=True, kw_only=True)
class BinBars:
    """One bin: positions in percent, from the left and from the top."""

    bin: MovedBin
    x: float
    width: float
    then: float
    now: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MovedColumn:
    """One column.

    Attributes:
        drift: what was measured.
        tone: its colour.
        word: its level in a word.
        text: what moved, in words.
        bars: its bins; empty when there is no picture.
        effect_at: where its drift is on the scale of all, in percent; None without one.
        weeks: its drift in the windows before and in this one, as points of a line; empty with fewer than two.
    """

    drift: ColumnDrift
    tone: str
    word: str
    text: str
    bars: tuple[BinBars, ...]
    effect_at: float | None
    weeks: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MovementPlot:
    """All columns, the furthest moved first, and where the limits are on the scale of the drifts."""

    columns: tuple[MovedColumn, ...]
    look_at: float
    act_at: float

    @property
    def pictured(self) -> tuple[MovedColumn, ...]:
        """The columns that have a picture each."""
        return tuple(each for each in self.columns if each.bars)[:SHOWN]


def place_movement(shift: Shift) -> MovementPlot:
    """Lay out every feature, the prediction, and the label where it was measured."""
    both = [shift.drift, *([shift.label_drift] if shift.label_drift else [])]
    columns = [each for drift in both for each in drift.columns]
    widest = _find_widest(shift.drift, columns)
    placed = [_place(each, widest, shift) for each in columns]
    return MovementPlot(
        columns=tuple(sorted(placed, key=_rank)),
        look_at=_share(shift.drift.limits.look, widest),
        act_at=_share(shift.drift.limits.act, widest),
    )


def describe_movement(drift: ColumnDrift) -> str:
    """Say what moved in a column in a few words: categories, null, the middle, or the bin that moved most."""
    if drift.problem:
        return drift.problem
    told = [*_tell_new(drift), *_tell_lost(drift), *_tell_null(drift), *_tell_middle(drift)]
    return "; ".join(told or _tell_bin(drift)) or "nothing worth a word"


def _tell_new(drift: ColumnDrift) -> list[str]:
    if not drift.new_categories or (drift.new_share or 0) < CLEAR / 10:
        return []
    names = ", ".join(f"'{each.name}'" for each in drift.new_categories[:3])
    return [f"{_share_of(drift.new_share or 0)} of the rows have new categories, such as {names}"]


def _tell_lost(drift: ColumnDrift) -> list[str]:
    names = [f"'{each.name}' ({_share_of(each.share)} of the rows then)" for each in drift.lost_categories[:3]]
    return [f"no longer there: {', '.join(names)}"] if names else []


def _tell_bin(drift: ColumnDrift) -> list[str]:
    if not drift.movement.bins:
        return []
    first = drift.movement.bins[0]
    then, now = _share_of(first.then), _share_of(first.now)
    return [f"{first.label}: {then} → {now}"] if then != now else []


def _tell_null(drift: ColumnDrift) -> list[str]:
    then, now = drift.null_share_then or 0.0, drift.null_share_now or 0.0
    return [f"missing values: {_share_of(then)} → {_share_of(now)}"] if abs(now - then) >= CLEAR / 5 else []


def _tell_middle(drift: ColumnDrift) -> list[str]:
    shift = drift.movement.median_shift
    if shift is None or not CLEAR <= abs(shift) < FAR:
        return []
    return [f"its median moved by {'+' if shift > 0 else MINUS}{abs(shift):.1f} standard deviations"]


def _share_of(share: float) -> str:
    return percent(round(share, 3)) if math.isfinite(share) else NOTHING


def _rank(column: MovedColumn) -> tuple[int, float, str]:
    return ORDER[column.drift.level], -(column.drift.effect or 0.0), column.drift.column


def _find_widest(drift: Drift, columns: Sequence[ColumnDrift]) -> float:
    furthest = max((each.effect for each in columns if each.effect is not None), default=0.0)
    return min(max(1.25 * drift.limits.act, furthest), WIDEST * drift.limits.act)


def _share(effect: float, widest: float) -> float:
    return round(100 * min(effect / widest, 1.0), 2)


def _place(drift: ColumnDrift, widest: float, shift: Shift) -> MovedColumn:
    weeks = [*(each.effects.get(drift.column) for each in shift.earlier), drift.effect]
    return MovedColumn(
        drift=drift,
        tone=TONES[drift.level],
        word=WORDS[drift.level],
        text=describe_movement(drift),
        bars=place_bars(drift.movement.distribution),
        effect_at=None if drift.effect is None else _share(drift.effect, widest),
        weeks=_place_weeks(weeks, shift.drift.limits.act),
    )


def place_bars(bins: Sequence[MovedBin]) -> tuple[BinBars, ...]:
    """Give each bin the same width: those of the reference are quantiles, and an outlier must not squeeze them."""
    if not 2 <= len(bins) <= MOST_BARS:
        return ()
    highest = max(max(each.then, each.now) for each in bins) or 1.0
    width = 100 / len(bins)
    return tuple(
        BinBars(
            bin=each,
            x=round(at * width, 2),
            width=round(width, 2),
            then=round(100 * each.then / highest, 2),
            now=round(100 * each.now / highest, 2),
        )
        for at, each in enumerate(bins)
    )


def _place_weeks(effects: Sequence[float | None], floor: float) -> tuple[tuple[float, float], ...]:
    """Draw each column on a scale of its own, that ends at the limit to act at least: small drifts stay low."""
    if len(effects) < 2:
        return ()
    widest = max((effect for effect in (*effects, floor) if effect is not None), default=floor)
    step = 100 / (len(effects) - 1)
    points = ((at * step, effect) for at, effect in enumerate(effects))
    return tuple((round(x, 2), round(100 - _share(effect, widest), 2)) for x, effect in points if effect is not None)

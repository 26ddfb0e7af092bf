"""What schedules cost, and which hybrid setting to use next: chosen from what was known then, never in hindsight."""

from collections.abc import Sequence
from dataclasses import dataclass

from ratchet.backtest.periods import Timeline
from ratchet.backtest.schedules import BASELINES, RetrainingSchedule, busiest
from ratchet.config.backtest import Prices
from ratchet.records.backtest import Choice, PolicyCost, Track

REVIEWS = 8  # how often in a history somebody looks at the schedule again
# Of what mistakes cost, the most that is paid for runs before anything is known about their worth: an insurance.
AFFORDABLE = 0.05


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger:
    """What the settings would have cost, period by period.

    Attributes:
        settings: the settings.
        tracks: what each would have done, in the same order.
        timeline: the periods.
        prices: the YAML's.
        weekly_error: what a week's mistakes of the first model are expected to be, from its holdout.
        run_seconds: what fitting it took.
    """

    settings: tuple[RetrainingSchedule, ...]
    tracks: tuple[Track, ...]
    timeline: Timeline
    prices: Prices
    weekly_error: float
    run_seconds: float = 0.0

    @property
    def run_price(self) -> float:
        """What a run costs."""
        return self.prices.retrain + self.run_seconds * self.prices.compute_second

    def spent(self, track: Track, period: int) -> float:
        """Return what a track had cost in the periods whose labels are all known when a period begins."""
        settled = [past for past in range(period) if self.timeline.is_settled(past, period)]
        return cost_until(track, len(settled), self.prices)


def cost_until(track: Track, period: int, prices: Prices) -> float:
    """Return what a track costs in the periods before one."""
    runs = sum(
        each.runs * prices.retrain + each.seconds * prices.compute_second
        for each in track.retrains
        if each.period < period
    )
    return prices.error * sum(track.errors[:period]) + runs


def choose_first(ledger: Ledger) -> int:
    """Return the setting to begin with: the busiest of which the most runs it allows are affordable, else the idlest.

    Of several as busy, the one with the most frequent baseline, then the one with the most alarms: a run is paid for
    once, whoever asks for it.
    """
    weekly = ledger.prices.error * ledger.weekly_error

    def rank(place: int) -> tuple[float, int, bool]:
        setting = ledger.settings[place]
        return busiest(setting), BASELINES.index(setting.cron), setting.on_drift

    places = range(len(ledger.settings))
    affordable = [place for place in places if _dearest(ledger, place) <= AFFORDABLE * weekly]
    return max(affordable, key=rank) if affordable else min(places, key=rank)


def _dearest(ledger: Ledger, place: int) -> float:
    return busiest(ledger.settings[place]) * ledger.run_price


def choose_next(ledger: Ledger, used: int, period: int) -> int:
    """Return the setting to use from a period on: the cheapest so far, if it saves more than one run costs."""
    spent = [ledger.spent(track, period) for track in ledger.tracks]
    best = min(range(len(spent)), key=lambda place: (spent[place], busiest(ledger.settings[place])))
    return best if spent[used] - spent[best] > ledger.run_price else used


def choose_all(ledger: Ledger) -> tuple[int, ...]:
    """Return the setting of each period, and of the one after the last; it is looked at again now and then."""
    periods = ledger.timeline.periods
    pause = max(1, periods // REVIEWS)
    used = [choose_first(ledger)]
    for period in range(1, periods + 1):
        is_review = period % pause == 0 or period == periods
        used.append(choose_next(ledger, used[-1], period) if is_review else used[-1])
    return tuple(used)


def list_choices(ledger: Ledger, used: Sequence[int]) -> tuple[Choice, ...]:
    """Return from which period on which setting was used."""
    changes = [place for place in range(len(used)) if place == 0 or used[place] != used[place - 1]]
    return tuple(Choice(period=place, setting=ledger.settings[used[place]].name) for place in changes)


def cost_of(track: Track, prices: Prices, rows: Sequence[int], *, name: str, description: str) -> PolicyCost:
    """Add up what a track costs."""
    runs = sum(each.runs for each in track.retrains)
    seconds = sum(each.seconds for each in track.retrains)
    error_cost = prices.error * sum(track.errors)
    retrain_cost = runs * prices.retrain + seconds * prices.compute_second
    return PolicyCost(
        policy=name,
        description=description,
        runs=runs,
        promotions=sum(each.promoted for each in track.retrains),
        seconds=seconds,
        quality=_average(track.quality, rows),
        error_cost=error_cost,
        retrain_cost=retrain_cost,
        total=error_cost + retrain_cost,
    )


def _average(figures: Sequence[float | None], rows: Sequence[int]) -> float | None:
    known = [(figure, count) for figure, count in zip(figures, rows, strict=True) if figure is not None]
    weight = sum(count for _, count in known)
    return sum(figure * count for figure, count in known) / weight if weight else None

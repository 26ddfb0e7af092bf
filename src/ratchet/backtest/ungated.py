"""Policies that ask no gate: always the newest model, and when two published rules would have retrained."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ratchet.backtest.choosing import REVIEWS
from ratchet.backtest.periods import Timeline
from ratchet.config.backtest import PolicyName, Prices
from ratchet.records.admission import TriggerKind
from ratchet.records.backtest import PastModel, Retrain, Track, Unjudged

NO_GATE = "no gate is asked"
# Which fit of a period a policy puts into service.
FITS: dict[PolicyName, Literal["newest", "rolling"]] = {
    "newest": "newest",
    "rolling": "rolling",
    "cara": "newest",
    "upf": "newest",
}
AGES = (1, 2, 4, 8, 16, 32, 64)
QUANTILES = tuple(place / 10 for place in range(1, 10))
AHEAD = 52  # periods that a forecast looks back and ahead at most
SURE = 1.6449  # standard errors of a one-sided bound at 95 %

Costs = NDArray[np.float64]
Rule = Callable[[Costs, int], bool]  # from what a model's mistakes cost since it was made, and its age in periods


@dataclass(frozen=True, eq=False, slots=True, kw_only=True)
class Fits:
    """The fits of every period and what they cost.

    Attributes:
        mistakes: what each fit's mistakes cost in each period; NaN before its own, and where there is no fit.
        runs: what each fit costs.
        settled: how many periods' labels are all known when each period begins.
    """

    mistakes: Costs
    runs: Costs
    settled: tuple[int, ...]

    def has(self, period: int) -> bool:
        """Tell whether a period has a fit."""
        return bool(np.isfinite(self.runs[period]))


def replay_ungated(policy: PolicyName, models: Sequence[PastModel], timeline: Timeline, prices: Prices) -> Track:
    """Put a period's fit into service when a policy asks for it, whatever any gate would say of it.

    Args:
        policy: one of `FITS`.
        models: those of all periods; the first one is judged, as for every schedule.
        timeline: the periods.
        prices: what mistakes and runs cost.
    """
    first = Unjudged(errors=models[0].errors, quality=models[0].quality, seconds=models[0].seconds)
    made: list[Unjudged | None] = [first, *(getattr(model, FITS[policy]) for model in models[1:])]
    fits, asks = _price(made, timeline, prices), ASKS[policy]
    serving, retrains = [0], list[Retrain]()
    for period in range(1, len(made)):
        fit, current = made[period], serving[-1]
        if fit is not None and asks(fits, period, current):
            current = period
            why = (TriggerKind.SCHEDULE,)
            retrains.append(Retrain(period=period, why=why, runs=1, seconds=fit.seconds, promoted=True, reason=NO_GATE))
        serving.append(current)
    used = [made[place] or first for place in serving]
    return Track(
        policy=policy,
        serving=tuple(serving),
        retrains=tuple(retrains),
        errors=tuple(fit.errors[period] for period, fit in enumerate(used)),
        quality=tuple(fit.quality[period] for period, fit in enumerate(used)),
    )


def _price(made: Sequence[Unjudged | None], timeline: Timeline, prices: Prices) -> Fits:
    periods = len(made)
    mistakes, runs = np.full((periods, periods), np.nan), np.full(periods, np.nan)
    for place, fit in enumerate(made):
        if fit is not None:
            mistakes[place, place:] = prices.error * np.array(fit.errors[place:])
            runs[place] = prices.retrain + fit.seconds * prices.compute_second
    settled = (sum(timeline.is_settled(past, period) for past in range(period)) for period in range(periods))
    return Fits(mistakes=mistakes, runs=runs, settled=tuple(settled))


def _ask_always(_fits: Fits, _period: int, _serving: int) -> bool:
    return True


def _ask_cara(fits: Fits, period: int, serving: int) -> bool:
    """Retrain by the rule that would have cost the least up to the last review.

    Cara (Mahadevan and Mathioudakis, 2024) keeps a model until what its mistakes cost in the newest period, or since it
    was made, is more than a limit, or until it has an age; rule and limit are those that are cheapest on the past. Here
    the past has each period's fit, which its authors have of an offline phase alone.
    """
    pause = max(1, len(fits.settled) // REVIEWS)
    rule = _find_cheapest(fits, period - period % pause)
    return rule(fits.mistakes[serving, serving : fits.settled[period]], period - serving)


@lru_cache(maxsize=2)
def _find_cheapest(fits: Fits, review: int) -> Rule:
    end = fits.settled[review]
    if end == 0:
        return partial(_is_old, limit=len(fits.settled))
    seen = fits.mistakes[:end, :end]
    seen = seen[np.isfinite(seen)]
    rules: list[Rule] = [partial(_is_old, limit=limit) for limit in (len(fits.settled), *reversed(AGES))]
    rules += [partial(_is_stale, limit=float(limit)) for limit in np.quantile(seen, QUANTILES)]
    rules += [partial(_has_cost, limit=float(limit * np.median(seen))) for limit in AGES]
    return min(rules, key=lambda rule: _cost_of(rule, fits, end))


def _cost_of(rule: Rule, fits: Fits, end: int) -> float:
    """Return what a rule would have cost in the first periods."""
    serving, total = 0, 0.0
    for period in range(end):
        known = fits.mistakes[serving, serving : fits.settled[period]]
        if period and fits.has(period) and rule(known, period - serving):
            serving, total = period, total + fits.runs[period]
        total += fits.mistakes[serving, period]
    return float(total)


def _is_old(_costs: Costs, age: int, *, limit: int) -> bool:
    return age >= limit


def _is_stale(costs: Costs, _age: int, *, limit: float) -> bool:
    return len(costs) > 0 and bool(costs[-1] > limit)


def _has_cost(costs: Costs, _age: int, *, limit: float) -> bool:
    return bool(costs.sum() > limit)


def _ask_upf(fits: Fits, period: int, serving: int) -> bool:
    """Retrain where the schedule that is cheapest by forecasts, each at its upper bound, begins with it.

    UPF (Regol et al., ICML 2025) forecasts with its uncertainty how well a model will do from when it was made and how
    old it is. The forecast is linear here, and learns from each period's fit.
    """
    forecast = _learn_forecast(fits, period)
    if forecast is None:
        return False
    ahead = np.arange(period, min(len(fits.settled), period + AHEAD))
    price = float(np.nanmean(fits.runs[: period + 1]))
    best = np.zeros(
        len(ahead) + 1
    )  # of the periods from each on, if its model is made then, without that model's price
    for place in range(len(ahead) - 1, -1, -1):
        best[place] = _cheapest(forecast(ahead[place], ahead[place:]), best[place:], price)
    keep = _cheapest(forecast(serving, ahead), best, price)
    return bool(price + best[0] < keep)


def _cheapest(costs: Costs, best: Costs, price: float) -> float:
    """Return what is spent by a model that is replaced once, at the best of the later periods, or never."""
    until, later = np.cumsum(costs), best[1:] + price
    later[-1] = 0.0
    return float((until + later).min())


def _learn_forecast(fits: Fits, period: int) -> Callable[[int, NDArray[np.int64]], Costs] | None:
    """Return a forecast of what a model's mistakes cost in some periods; None before there is enough to learn from."""
    end = fits.settled[period]
    begin = max(0, end - AHEAD)
    made, at = np.nonzero(np.isfinite(fits.mistakes[begin:end, begin:end]))
    inputs, costs = _describe(made + begin, at + begin), fits.mistakes[made + begin, at + begin]
    if len(costs) <= inputs.shape[1] or np.linalg.matrix_rank(inputs) < inputs.shape[1]:
        return None
    weights = np.linalg.lstsq(inputs, costs, rcond=None)[0]
    variance = ((costs - inputs @ weights) ** 2).sum() / (len(costs) - inputs.shape[1])
    spread = np.linalg.inv(inputs.T @ inputs)

    def forecast(model: int, periods: NDArray[np.int64]) -> Costs:
        rows = _describe(np.full(len(periods), model), periods)
        error = np.sqrt(variance * (1 + np.einsum("ij,jk,ik->i", rows, spread, rows)))
        bound: Costs = rows @ weights + SURE * error
        return bound

    return forecast


def _describe(made: NDArray[np.int64], at: NDArray[np.int64]) -> Costs:
    return np.column_stack([np.ones(len(made)), made, at - made]).astype(np.float64)


ASKS: dict[PolicyName, Callable[[Fits, int, int], bool]] = {
    "newest": _ask_always,
    "rolling": _ask_always,
    "cara": _ask_cara,
    "upf": _ask_upf,
}

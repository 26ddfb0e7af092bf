"""A run beside the runs before it: features, rows, the time of a fit, metrics. Numbers only; a gate judges them."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from ratchet.records.review import Changes, FitTime, MetricShift, PastRun

FEWEST_RUNS = 5  # below that a spread is a guess: the 99 % quantile of Student's t is already 3.7 with five runs
CONFIDENCE = 0.99  # of each interval: a weekly run is outside by chance less than once a year
SPREAD = 1.5  # of training rows among earlier runs: with less there is no telling how time grows with rows
LARGEST = 700.0  # what the exponential function of a double can take
SHORTEST = 1e-3  # seconds; a logarithm needs more than zero


def compare_runs(now: PastRun, past: Sequence[PastRun], champion: PastRun, candidate: str) -> Changes:
    """Put a run beside the champion's own run and beside all earlier ones.

    Args:
        now: this run.
        past: earlier runs, in any order.
        champion: the run that made the champion.
        candidate: the challenger's name.
    """
    fits = [(each.rows, each.fit_seconds) for each in past if each.fit_seconds is not None]
    share = (1 - CONFIDENCE) / max(len(now.metrics), 1)  # several are looked at: each has its part of the error
    return Changes(
        champion_run=champion.run_id,
        new_features=_find_other(now.features, champion.features),
        removed_features=tuple(name for name in champion.features if name not in now.features),
        rows=now.rows,
        champion_rows=champion.rows,
        fit=None if now.fit_seconds is None else expect_fit(candidate, now.fit_seconds, now.rows, fits),
        metrics=tuple(
            expect_metric(name, value, [each.metrics.get(name) for each in past], 1 - share)
            for name, value in now.metrics.items()
        ),
    )


def expect_fit(candidate: str, seconds: float, rows: int, past: Sequence[tuple[int, float]]) -> FitTime:
    """Say how long a fit on so many rows usually takes, from the rows and seconds of earlier ones.

    The logarithm of the time is a line over that of the rows where these differ enough, else their rate is constant;
    the upper end is a one-sided prediction interval for one more fit.
    """
    known = [(each, max(taken, SHORTEST)) for each, taken in past if each > 0 and math.isfinite(taken)]
    found = FitTime(candidate=candidate, seconds=seconds, rows=rows, runs=len(known))
    if len(known) < FEWEST_RUNS or rows <= 0:
        problem = f"{len(known)} earlier fits of it are too few to know what is usual, needs {FEWEST_RUNS}"
        return replace(found, problem=problem)
    log_rows, log_seconds = np.log(np.asarray(known, dtype=np.float64)).T
    varies = np.ptp(log_rows) >= math.log(SPREAD)
    middle, upper = (_follow_line if varies else _follow_rate)(log_rows, log_seconds, math.log(rows))
    return replace(found, expected=math.exp(min(middle, LARGEST)), upper=math.exp(min(upper, LARGEST)))


def expect_metric(
    metric: str, value: float | None, past: Sequence[float | None], confidence: float = CONFIDENCE
) -> MetricShift:
    """Say in which interval the next figure of a metric is expected, from those of earlier runs."""
    known = np.asarray([each for each in past if each is not None and math.isfinite(each)], dtype=np.float64)
    if len(known) < FEWEST_RUNS:
        problem = f"{len(known)} earlier runs are too few to know what is usual, needs {FEWEST_RUNS}"
        return MetricShift(metric=metric, value=value, runs=len(known), problem=problem)
    count = len(known)
    with np.errstate(over="ignore", invalid="ignore"):  # figures near the largest double: refused just below
        mean, spread = float(known.mean()), float(known.std(ddof=1))
    reach = float(student.ppf((1 + confidence) / 2, count - 1)) * spread * math.sqrt(1 + 1 / count)
    if not math.isfinite(mean) or not math.isfinite(reach):
        problem = "earlier figures are too large to tell what is usual"
        return MetricShift(metric=metric, value=value, runs=count, problem=problem)
    return MetricShift(metric=metric, value=value, runs=count, mean=mean, lower=mean - reach, upper=mean + reach)


def _find_other(now: Mapping[str, str], then: Mapping[str, str]) -> tuple[str, ...]:
    """A feature of another type is another feature."""
    return tuple(name for name, kind in now.items() if then.get(name) != kind)


def _follow_rate(log_rows: NDArray[np.float64], log_seconds: NDArray[np.float64], at: float) -> tuple[float, float]:
    rates = log_seconds - log_rows
    count = len(rates)
    reach = student.ppf(CONFIDENCE, count - 1) * rates.std(ddof=1) * math.sqrt(1 + 1 / count)
    middle = float(np.median(rates)) + at
    return middle, middle + float(reach)


def _follow_line(log_rows: NDArray[np.float64], log_seconds: NDArray[np.float64], at: float) -> tuple[float, float]:
    count, centre = len(log_rows), log_rows.mean()
    slope, level = np.polyfit(log_rows, log_seconds, 1)
    residuals = log_seconds - (slope * log_rows + level)
    spread = math.sqrt(float(np.sum(residuals**2)) / (count - 2))
    leverage = 1 + 1 / count + (at - centre) ** 2 / float(np.sum((log_rows - centre) ** 2))
    middle = float(slope * at + level)
    return middle, middle + float(student.ppf(CONFIDENCE, count - 2) * spread * math.sqrt(leverage))

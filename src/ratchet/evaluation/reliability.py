"""One model's predictions in bins: expected calibration error, the parts of the Brier score, the reliability diagram.

Expected calibration error over bins of equally many rows (equal mass), as Nixon et al., Measuring Calibration in Deep
Learning (2019), ask for. It is never negative, so chance alone makes it larger, the more so the fewer rows a bin has
(Kumar, Liang and Ma, Verified Uncertainty Calibration, 2019; Roelofs et al., Mitigating Bias in Calibration Error
Estimation, 2022). So it is given beside what a perfectly calibrated model would show on these rows; its lower bound
gives way by that much; and before two models are compared, each one's error is lowered by what chance adds to it.

The Brier score is reliability minus resolution plus uncertainty (Murphy 1973). With bins these three add up only when
all rows of a bin have one prediction; resolution here holds the two terms within bins as well (Stephenson, Coelho and
Jolliffe, Two Extra Components in the Brier Score Decomposition, 2008), so that they always do.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array, vstack
from scipy.special import ndtr

from ratchet.evaluation.totals import Totals, by_code
from ratchet.metrics.arrays import Floats
from ratchet.metrics.decomposed import divide
from ratchet.records.calibration import Bounded, CalibrationBin

MIN_BIN_ROWS = 20  # the rate of fewer rows is hardly one
FOLDED = float(np.sqrt(2 / np.pi))  # mean distance from zero of a normal variable with standard deviation 1
WIDTH = 2.0  # standard errors on either side of a bin's rate in the diagram
Codes = NDArray[np.intp]


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcomes:
    """One model's predictions, with what came true of them.

    Attributes:
        predicted: the probability of what is looked at.
        observed: 1 where it came true, 0 elsewhere.
        codes: each row's bin, from 0.
        bins: how many there are.
    """

    predicted: Floats
    observed: Floats
    codes: Codes
    bins: int

    @property
    def error(self) -> Floats:
        """Predicted minus observed."""
        return self.predicted - self.observed

    def lines(self) -> csr_array:
        """Return what is added up: rows, predictions and outcomes by bin, and the squared error."""
        columns = (np.ones(len(self.codes)), self.predicted, self.observed)
        by_bin = [by_code(self.codes, self.bins, each) for each in columns]
        return vstack([*by_bin, csr_array(self.error[None, :] ** 2)], format="csr")


@dataclass(frozen=True, slots=True, kw_only=True)
class Binned:
    """A side with its sums on the holdout and on every draw.

    Attributes:
        side: the rows.
        totals: the sums of `Outcomes.lines`.
        distance: predicted minus observed rate of each bin.
        spread: its standard error.
        weight: each bin's share of the rows.
    """

    side: Outcomes
    totals: Totals
    distance: Floats
    spread: Floats
    weight: Floats

    @property
    def by_chance(self) -> float:
        """The mean error that a perfectly calibrated model would show."""
        return float(FOLDED * (self.weight @ self.spread))

    @property
    def added_by_chance(self) -> float:
        """How much chance is expected to have added to the error, taking the distances for the true ones."""
        scaled = np.abs(self.distance) / self.spread
        folded = FOLDED * np.exp(-(scaled**2) / 2) - 2 * scaled * ndtr(-scaled)
        return float(self.weight @ (self.spread * folded))

    @property
    def error_influence(self) -> Floats:
        """How much each row moves the expected calibration error."""
        return np.sign(self.distance)[self.side.codes] * self.side.error

    def error(self) -> Bounded:
        """Return the expected calibration error."""
        return _at_least_zero(self.totals.bound(expected_error, self.error_influence, bias=self.by_chance))

    def brier_parts(self) -> dict[str, Bounded]:
        """Return the Brier score and its three parts."""
        side, totals = self.side, self.totals
        squared = side.error**2
        base = float(side.observed.mean())
        of_reliability = 2 * self.distance[side.codes] * side.error
        of_uncertainty = (1 - 2 * base) * side.observed
        chance = float(self.weight @ self.spread**2)
        return {
            "brier": totals.bound(brier, squared),
            "reliability": _at_least_zero(totals.bound(reliability, of_reliability, bias=chance)),
            "resolution": totals.bound(resolution, of_reliability + of_uncertainty - squared, bias=chance),
            "uncertainty": totals.bound(uncertainty, of_uncertainty),
        }

    def diagram(self) -> tuple[CalibrationBin, ...]:
        """Return the bins, lowest prediction first."""
        rows, predicted, observed = (each[:, 0] for each in _by_bin(self.totals.whole))
        return tuple(
            CalibrationBin(
                rows=int(rows[code]),
                predicted=float(predicted[code] / rows[code]),
                observed=float(observed[code] / rows[code]),
                lower=float(max(observed[code] / rows[code] - WIDTH * self.spread[code], 0)),
                upper=float(min(observed[code] / rows[code] + WIDTH * self.spread[code], 1)),
            )
            for code in range(self.side.bins)
        )


def cut_bins(predicted: Floats, wanted: int) -> tuple[Codes, int]:
    """Cut predictions into bins of about equally many rows; equal predictions stay together.

    Returns:
        Each row's bin from 0, and how many bins there are: fewer where rows are few or many predictions are equal.
    """
    ranked = np.sort(predicted)
    bins = max(1, min(wanted, len(ranked) // MIN_BIN_ROWS))
    firsts = [ranked[len(ranked) * place // bins] for place in range(1, bins)]
    codes = np.searchsorted(np.unique(firsts), predicted, side="right")
    used, codes = np.unique(codes, return_inverse=True)
    return codes.astype(np.intp), len(used)


def bin_side(side: Outcomes, totals: Totals) -> Binned:
    """Find each bin's distance, and how far chance alone moves it.

    A bin's standard error is that of the draws, and never less than that of outcomes which come true as predicted: a
    bin without a single event has no spread of its own.
    """
    rows, predicted, observed = _by_bin(totals.whole)
    distance = ((predicted - observed) / rows)[:, 0]
    drawn_rows, drawn_predicted, drawn_observed = _by_bin(totals.drawn)
    of_draws = np.nanstd(divide(drawn_predicted - drawn_observed, drawn_rows), axis=1)
    expected = np.bincount(side.codes, weights=side.predicted * (1 - side.predicted), minlength=side.bins)
    # a hair above zero: predictions of exactly 0 and 1 that all come true have no spread at all
    spread = np.maximum(np.maximum(of_draws, np.sqrt(np.clip(expected, 0, None)) / rows[:, 0]), np.finfo(float).eps)
    return Binned(side=side, totals=totals, distance=distance, spread=spread, weight=rows[:, 0] / len(side.codes))


def expected_error(sums: Floats) -> Floats:
    """Return the mean distance of predicted from observed rate, over bins weighted by their rows."""
    rows, predicted, observed = _by_bin(sums)
    found: Floats = np.abs(predicted - observed).sum(axis=0) / rows.sum(axis=0)
    return found


def brier(sums: Floats) -> Floats:
    """Return the mean squared error."""
    found: Floats = sums[-1] / _by_bin(sums)[0].sum(axis=0)
    return found


def reliability(sums: Floats) -> Floats:
    """Return the mean squared distance of predicted from observed rate, over bins weighted by their rows."""
    rows, predicted, observed = _by_bin(sums)
    squares = np.divide((predicted - observed) ** 2, rows, out=np.zeros_like(rows), where=rows > 0)
    found: Floats = squares.sum(axis=0) / rows.sum(axis=0)
    return found


def uncertainty(sums: Floats) -> Floats:
    """Return the score of predicting the observed rate for every row."""
    rows, _, observed = _by_bin(sums)
    rate = observed.sum(axis=0) / rows.sum(axis=0)
    found: Floats = rate * (1 - rate)
    return found


def resolution(sums: Floats) -> Floats:
    """Return what telling rows apart is worth, between bins and within them: what is left of the identity."""
    return reliability(sums) + uncertainty(sums) - brier(sums)


def _by_bin(sums: Floats) -> tuple[Floats, Floats, Floats]:
    bins = (len(sums) - 1) // 3
    return sums[:bins], sums[bins : 2 * bins], sums[2 * bins : 3 * bins]


def _at_least_zero(found: Bounded) -> Bounded:
    lower = None if found.lower is None else max(found.lower, 0.0)
    return Bounded(estimate=found.estimate, lower=lower, upper=found.upper)

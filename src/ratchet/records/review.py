"""Facts of a run beside those of the runs before it: what a person may want to look at."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class FitTime:
    """How long the challenger's fit took, beside what this candidate's earlier fits let expect.

    Attributes:
        candidate: its name.
        seconds: wall time of the fit.
        rows: training rows.
        runs: earlier fits that the expectation rests on.
        expected: seconds that so many rows usually take; None when there is no expectation.
        upper: the longest time that is still usual, end of a one-sided prediction interval.
        problem: why there is no expectation; None when there is one.
    """

    candidate: str
    seconds: float
    rows: int
    runs: int
    expected: float | None = None
    upper: float | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricShift:
    """A metric of the challenger on its holdout, beside those of the earlier runs' challengers on theirs.

    Attributes:
        metric: its name.
        value: the challenger's figure, as the metric is usually read; None when it can't be measured.
        runs: earlier runs with a figure.
        mean: of their figures; None when there are too few.
        lower: lower end of the interval in which the next figure is expected.
        upper: upper end of it.
        problem: why there is no such interval; None when there is one.
    """

    metric: str
    value: float | None
    runs: int
    mean: float | None = None
    lower: float | None = None
    upper: float | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What is different from the champion's own run, and from the model's history.

    Attributes:
        champion_run: the run that made the champion.
        new_features: features that the champion's run did not have.
        removed_features: features that only the champion's run had.
        rows: training rows of this run.
        champion_rows: training rows of the champion's run; None when that is not known.
        fit: the challenger's fit beside its earlier ones.
        metrics: each metric beside the earlier runs'.
        problem: why nothing could be compared; None when it was.
    """

    champion_run: str | None = None
    new_features: tuple[str, ...] = ()
    removed_features: tuple[str, ...] = ()
    rows: int | None = None
    champion_rows: int | None = None
    fit: FitTime | None = None
    metrics: tuple[MetricShift, ...] = ()
    problem: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRun:
    """What is known of one run, this one or an earlier one.

    Attributes:
        run_id: the run.
        features: name and type of each feature.
        rows: training rows.
        fit_seconds: of the same candidate with the same settings; None when the run has no such fit.
        metrics: the challenger's figures on the holdout; empty when the run was not judged.
    """

    run_id: str
    features: Mapping[str, str]
    rows: int
    fit_seconds: float | None
    metrics: Mapping[str, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRuns:
    """A run and what it is compared with.

    Attributes:
        now: the run itself.
        earlier: runs before it, the newest first.
        champion: the run that made the champion; None when its records can't be read.
    """

    now: PastRun
    earlier: tuple[PastRun, ...]
    champion: PastRun | None

"""What training gives: candidates, and the one that is chosen."""

from dataclasses import dataclass

from ratchet.records.decision import Thresholds
from ratchet.records.files import FileRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A model trained in this run, or the reason why it was lost.

    Attributes:
        name: the candidate's name in the YAML.
        estimator: its entry in the catalogue of estimators.
        parameters: what was set, as JSON text so that the record stays flat.
        model: the fitted pipeline's file; None when the candidate was lost.
        failure: why it was lost, one sentence; None when it was fitted.
        score: the primary metric on validation, turned so that higher is better; None when lost.
        metric: the primary metric's name.
        metric_value: the same figure as the metric is usually read (a loss is positive).
        fit_seconds: wall time of the fit.
        thresholds: when its score counts as positive, chosen on validation; None unless the task is binary.
    """

    name: str
    estimator: str
    parameters: str
    model: FileRef | None
    failure: str | None
    score: float | None
    metric: str
    metric_value: float | None
    fit_seconds: float
    thresholds: Thresholds | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenger:
    """The one candidate that goes to the holdout.

    Attributes:
        name: the candidate's name.
        estimator: its entry in the catalogue.
        model: its file.
        leaderboard: every candidate, best on validation first, the lost ones last.
        reason: why this one, one sentence.
        thresholds: the candidate's.
    """

    name: str
    estimator: str
    model: FileRef
    leaderboard: tuple[Candidate, ...]
    reason: str
    thresholds: Thresholds | None = None

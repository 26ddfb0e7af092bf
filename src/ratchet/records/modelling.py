"""What training gives: candidates, and the one that is chosen."""

import json
from dataclasses import dataclass, field
from datetime import datetime

from ratchet.records.decision import Thresholds
from ratchet.records.files import FileRef


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One thing that a policy may look at.

    Attributes:
        name: a metric on validation, "size_bytes", "score_ms" (of 1,000 rows) or "fit_seconds".
        value: as it is usually read; None when it can't be measured.
        is_smaller_better: which way it is read.
    """

    name: str
    value: float | None
    is_smaller_better: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Placing:
    """What the policy makes of one usable candidate.

    Attributes:
        name: the candidate's.
        broken: constraints that it does not meet, one sentence each.
        dominated_by: a candidate that is as good in every objective and better in one; None on the Pareto front.
        points: weighted sum of its objectives, each 0 at the worst of the front and 1 at its best; None off the front.
    """

    name: str
    broken: tuple[str, ...] = ()
    dominated_by: str | None = None
    points: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainingWindow:
    """Which of the known rows a recipe learns, and how much each of them counts.

    Attributes:
        rows: the newest so many; None for all.
        half_life: a row so many rows older than another counts half as much; None where all count alike.
    """

    rows: int | None = None
    half_life: int | None = None

    def __str__(self) -> str:
        """Say it as part of a sentence."""
        newest = "all rows" if self.rows is None else f"the newest {self.rows:,} rows"
        return newest if self.half_life is None else f"{newest}, half as much each {self.half_life:,} rows"


@dataclass(frozen=True, slots=True, kw_only=True)
class Trial:
    """A recipe that was tried on folds.

    Attributes:
        name: the candidate's whose recipe it is.
        parameters: what was set, as JSON text.
        window: which rows it learnt.
        scores: the primary metric on each fold, the oldest first, turned so that higher is better; none where
            there are no folds, or it failed; the newest ones where it was given up.
        seconds: what all of its fits took.
        failure: why it gives no figure; None when it does.
    """

    name: str
    parameters: str
    window: TrainingWindow
    scores: tuple[float, ...] = ()
    seconds: float = 0.0
    failure: str | None = None

    @property
    def score(self) -> float:
        """The mean over the folds."""
        return sum(self.scores) / len(self.scores)

    @property
    def settings(self) -> str:
        """What was set, as part of a sentence; empty where nothing was."""
        values = json.loads(self.parameters)
        return ", ".join(
            f"{name} {format(each, '.3g') if isinstance(each, float) else each}" for name, each in values.items()
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Refresh:
    """How a candidate is made from the champion, where the YAML asks for that.

    Attributes:
        name: the candidate's.
        way: "incremental", "refresh" or "ages"; "full" where the champion can't be the start.
        reason: what it starts from, or why the fit is full, one sentence.
        parameters: what was set, as JSON text: those of the champion whose trees it keeps.
        start: the champion's judged model; None where the fit is full.
        until: the newest row that the start has learnt.
        unlearnt: the share of the training rows that the start has not learnt.
        increments: how often its trees were continued or refreshed since a full fit, this time included.
        distance: mean distance of its predictions on validation from those of a full fit, which learns at most 50,000
            rows; None where it was not measured.
        correlation: of the two; None where one of them says the same of every row.
    """

    name: str
    way: str
    reason: str
    parameters: str
    start: FileRef | None = None
    until: datetime | None = None
    unlearnt: float | None = None
    increments: int = 0
    distance: float | None = None
    correlation: float | None = None

    def __str__(self) -> str:
        """Say it in one sentence."""
        if self.distance is None:
            return self.reason
        alike = "" if self.correlation is None else f" (correlation {self.correlation:.3f})"
        return f"{self.reason}; on average {self.distance:.3g} from what a full fit says{alike}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A model trained in this run, or the reason why it was lost.

    Attributes:
        name: the candidate's name in the YAML.
        estimator: its entry in the catalogue of estimators.
        parameters: what was set, as JSON text so that the record stays flat.
        model: the fitted pipeline's file; None when the candidate was lost.
        failure: why it was lost, one sentence; None when it was fitted.
        score: the primary metric, the mean over the folds or else on validation, turned so that higher is better; None
            when lost.
        metric: the primary metric's name.
        metric_value: the same figure as the metric is usually read (a loss is positive).
        fit_seconds: wall time of the fit.
        thresholds: when its score counts as positive, chosen on validation; None unless the task is binary.
        figures: everything that a policy may look at.
        since_change: whether it has learnt only the rows since the champion is shown to have lost.
        window: which of the known rows it learns.
        folds: its recipe's primary metric on each fold, as in `score`, which is their mean; empty where
            validation alone measures it.
        refresh: how it was made from the champion; None where the YAML asks for a full fit.
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
    figures: tuple[Figure, ...] = ()
    since_change: bool = False
    window: TrainingWindow = TrainingWindow()
    folds: tuple[float, ...] = ()
    refresh: Refresh | None = None

    @property
    def way(self) -> str:
        """How it was made from the champion, or "full"."""
        return self.refresh.way if self.refresh else "full"

    @property
    def ranked_on(self) -> str:
        """What its score was measured on, as part of a sentence."""
        return f"{len(self.folds)} folds" if self.folds else "validation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Challenger:
    """The one candidate that goes to the holdout.

    Attributes:
        name: the candidate's name.
        estimator: its entry in the catalogue.
        model: its file.
        leaderboard: every candidate in the order of the choice, the lost ones last.
        reason: why this one, one sentence.
        thresholds: the candidate's.
        placings: what the policy makes of each usable candidate, in the leaderboard's order.
    """

    name: str
    estimator: str
    model: FileRef
    leaderboard: tuple[Candidate, ...]
    reason: str
    thresholds: Thresholds | None = None
    placings: tuple[Placing, ...] = ()

    @property
    def candidate(self) -> Candidate | None:
        """Its own line of the leaderboard."""
        return next((each for each in self.leaderboard if each.name == self.name), None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What was tried before candidates are trained, and what each of them is to be.

    Attributes:
        trials: every recipe that was tried.
        chosen: one recipe for each candidate that has one.
        reason: what was found, one sentence.
        refreshes: what each candidate that is to be refreshed starts from.
        champion: the recipe of the champion, its parts by name; empty without one, or where that is not known.
    """

    trials: tuple[Trial, ...]
    chosen: tuple[Trial, ...]
    reason: str
    refreshes: tuple[Refresh, ...] = ()
    champion: dict[str, str] = field(default_factory=dict)

    @property
    def folds(self) -> int:
        """On how many blocks of rows recipes were tried; 0 where nothing was to be chosen."""
        return max((len(each.scores) for each in self.trials), default=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refit:
    """The challenger's recipe, fitted on every row whose label is known: what a promotion puts into service.

    The judged model is its twin: it stands in for it wherever models are compared on rows that this one has learnt.

    Attributes:
        twin_sha256: digest of the judged model's file.
        model: the refitted model's file; None where the judged one is promoted itself.
        reason: what was done and why, one sentence.
        rows: how many rows it has learnt; None where it was not refitted.
        disagreement: mean distance of their predictions on old rows; None where it was not measured.
        estimate: its gain over the twin on the newest rows, which it has learnt; None where it was not measured.
        fit_seconds: wall time of the fit.
    """

    twin_sha256: str
    model: FileRef | None
    reason: str
    rows: int | None = None
    disagreement: float | None = None
    estimate: float | None = None
    fit_seconds: float = 0.0

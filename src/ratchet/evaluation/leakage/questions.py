"""What columns are asked: the target as yes-or-no questions on the rows that judge, and how well scores answer them.

How well one column alone ranks the answers: learnt on some rows, judged on others; and what of it the rest knows.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.stats import rankdata

from ratchet.evaluation.leakage.material import Bools, Floats, Ints, Material, ask_questions, find_answerable

BINS = 64
DOUBT = 10.0  # rows of the overall rate added to each bin: a bin of few rows says little
STRATA = 10
ROWS_A_STRATUM = 10
FEWEST_PAIRS = 200  # of unlike rows that the other score holds for alike; below, it leaves nothing to be told


@dataclass(frozen=True, slots=True, kw_only=True)
class Questions:
    """What columns are asked.

    Attributes:
        classes: how many the target has; 0 for numbers.
        judged: places of the validation rows that are judged on.
        learners: places of the training rows that are learnt from.
        learnt: their answers, a column a question.
        truth: the judged rows' answers.
        usable: the questions with enough rows of each answer.
    """

    classes: int
    judged: Ints
    learners: Ints
    learnt: Floats
    truth: Floats
    usable: Ints

    def among(self, learns: Bools, judges: Bools) -> "Questions | None":
        """Return the questions about some rows of train and of validation; None where these are too few."""
        learners, judged = learns[self.learners], judges[self.judged]
        usable = find_answerable(self.learnt[learners], self.truth[judged])
        if not len(usable):
            return None
        return Questions(
            classes=self.classes,
            judged=self.judged[judged],
            learners=self.learners[learners],
            learnt=self.learnt[learners],
            truth=self.truth[judged],
            usable=usable,
        )

    def list_areas(self, scores: Floats) -> list[float]:
        """Return the area under the ROC curve of scores for each usable question."""
        return [area(scores[:, at], self.truth[:, at]) for at in self.usable]

    def mean_area(self, scores: Floats) -> float:
        """Return the mean of these areas."""
        return float(np.mean(self.list_areas(scores)))

    def list_areas_beside(self, scores: Floats, known: Floats) -> list[float | None]:
        """Return the same among rows that other scores hold for alike; None where these leave nothing to tell."""
        return [area_beside(scores[:, at], self.truth[:, at], known[:, at]) for at in self.usable]

    def mean_area_beside(self, scores: Floats, known: Floats) -> float:
        """Return the mean of these; nothing to tell counts as guessing."""
        return float(np.mean([each or 0.5 for each in self.list_areas_beside(scores, known)]))


def prepare_questions(material: Material, judged: Ints) -> Questions | None:
    """Return what can be asked on some validation rows; None where these are too few."""
    train = material.train.labels
    learnt = ask_questions(train, train, material.classes)
    truth = ask_questions(material.validation.labels[judged], train, material.classes)
    usable = find_answerable(learnt, truth)
    if not len(usable):
        return None
    return Questions(
        classes=material.classes,
        judged=judged,
        learners=np.arange(len(train)),
        learnt=learnt,
        truth=truth,
        usable=usable,
    )


def find_edges(values: Floats, *, bins: int = BINS) -> Floats:
    """Return where a column of numbers is cut: between its values where these are few, else at quantiles."""
    known = values[np.isfinite(values)]
    if not len(known):
        return np.empty(0)
    distinct = np.unique(known[:: max(1, len(known) // 20_000)])
    if len(distinct) <= bins:
        return np.asarray(distinct[1:], dtype=np.float64)
    return np.unique(np.quantile(known, np.linspace(0, 1, bins + 1)[1:-1], method="nearest"))


def cut(values: Floats, edges: Floats) -> Ints:
    """Return the bin of each value; missing ones have bin 0."""
    codes = np.searchsorted(edges, values, side="right") + 1
    codes[~np.isfinite(values)] = 0
    return codes.astype(np.int64)


def learn_rates(codes: Ints, answers: Floats, *, doubt: float = DOUBT) -> Callable[[Ints], Floats]:
    """Learn how often each bin has each answer; returns what gives the rates of other rows, one column a question."""
    counts = np.bincount(codes).astype(np.float64)
    average = answers.mean(axis=0)
    sums = np.column_stack([np.bincount(codes, weights=column) for column in answers.T])
    seen = np.maximum(counts + doubt, np.finfo(np.float64).tiny)  # a bin between others may have no row
    rates = np.vstack([(sums + doubt * average) / seen[:, None], average])  # the last row: never seen

    def give(others: Ints) -> Floats:
        return np.asarray(rates[np.where(others < len(counts), others, len(counts))])

    return give


def area(scores: Floats, answers: Floats) -> float:
    """Return the area under the ROC curve; one half where there is only one answer."""
    positives = float(answers.sum())
    negatives = len(answers) - positives
    if not positives or not negatives:
        return 0.5
    ranks = rankdata(scores)
    return float((ranks[answers == 1].sum() - positives * (positives + 1) / 2) / (positives * negatives))


def area_of_codes(codes: Ints, answers: Floats) -> float:
    """Return the area under the ROC curve of codes ranked by their own rates, on the rows these are of: never less."""
    counts, positives = np.bincount(codes), np.bincount(codes, weights=answers)
    order = np.argsort(positives / np.maximum(counts, 1))
    yes, no = positives[order], (counts - positives)[order]
    pairs = float(yes.sum() * no.sum())
    return float((yes * (np.cumsum(no) - no / 2)).sum()) / pairs if pairs else 0.5


def mean_area_of_codes(codes: Ints, answers: Floats) -> float:
    """Return the mean of these areas over several questions, a column each."""
    return float(np.mean([area_of_codes(codes, column) for column in answers.T]))


def area_error(area: float, positives: float, negatives: float) -> float:
    """Return the standard error of an area under the ROC curve (Hanley and McNeil 1982)."""
    if positives < 1 or negatives < 1:
        return 0.5
    both, one = area / (2 - area), 2 * area**2 / (1 + area)
    spread = area * (1 - area) + (positives - 1) * (both - area**2) + (negatives - 1) * (one - area**2)
    return float(np.sqrt(max(spread, 0.0) / (positives * negatives)))


def area_beside(scores: Floats, answers: Floats, known: Floats) -> float | None:
    """Return the area under the ROC curve among rows that another score holds for alike: what it adds to that score.

    The mean over strata of the other score, weighted by their pairs, as in Mantel and Haenszel's estimate. None where
    the other score knows so much that too few pairs are left to tell.
    """
    strata = max(1, min(STRATA, len(answers) // ROWS_A_STRATUM))
    places = rankdata(known, method="ordinal") - 1
    stratum = (places * strata // len(answers)).astype(np.int64)
    won = pairs = 0.0
    for each in range(strata):
        inside = stratum == each
        positives = float(answers[inside].sum())
        here = positives * (inside.sum() - positives)
        won += here * area(scores[inside], answers[inside])
        pairs += here
    return won / pairs if pairs >= FEWEST_PAIRS else None

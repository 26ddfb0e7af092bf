"""What columns are asked: the target as yes-or-no questions on the rows that judge, and how well scores answer them."""

from dataclasses import dataclass

import numpy as np

from ratchet.evaluation.leakage.material import Bools, Floats, Ints, Material, ask_questions, find_answerable
from ratchet.evaluation.leakage.powers import area, area_beside


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

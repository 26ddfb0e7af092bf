"""Correct a fitted classifier's probabilities on validation rows, inside the last step of its pipeline.

Asked for, or where training bent the shares of the classes: one half of the validation rows teaches the correction; the
other half ranks the candidates and chooses thresholds, so that neither is flattered by what it has learnt. Where one
candidate of a run is corrected, all are ranked on that half.

Not asked for: where rows that a correction has not learnt show, beyond chance, that it helps. Each fold of the rows
that judge is corrected as the others teach; these scores rank the candidate, and all of these rows teach what it keeps.
"""

from collections.abc import Mapping
from typing import Self

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from ratchet.config.decision import CalibrationMethod
from ratchet.config.model import ModelConfig
from ratchet.config.run import Run
from ratchet.config.training import CandidateSpec
from ratchet.errors import DataError, list_names
from ratchet.evaluation.resampling import standard_error
from ratchet.models.candidates import estimator_errors
from ratchet.models.labels import Floats, encode_labels
from ratchet.models.preprocessing import as_features

# The smooth curve: isotonic regression makes ties. Measured on bank_marketing and taiwan_credit with resampled rows,
# both are as well calibrated, see docs/decisions/0007.
AUTOMATIC: CalibrationMethod = "sigmoid"
# One number for all classes: it changes no decision and no order, and asks for no rows of each class (Guo et al. 2017).
TEMPERATURE = "temperature"
UNASKED = {"binary": AUTOMATIC, "multiclass": TEMPERATURE}
FOLDS = 5
SURE = 2.33  # standard errors of a gain that is beyond chance, at 99 %
MIN_ROWS = 10  # of each class among the rows that teach; fewer say nothing about a curve


Places = np.ndarray[tuple[int], np.dtype[np.int64]]


def bare_estimator(pipeline: Pipeline) -> BaseEstimator:
    """Return the estimator that was fitted on training rows, below the correction where there is one."""
    model: BaseEstimator = pipeline[-1]
    if isinstance(model, CalibratedClassifierCV):
        model = model.calibrated_classifiers_[0].estimator
    return model.estimator if isinstance(model, FrozenEstimator) else model


def without_correction(pipeline: Pipeline) -> Pipeline:
    """Return the pipeline as it was fitted on training rows."""
    return Pipeline([*pipeline.steps[:-1], (pipeline.steps[-1][0], bare_estimator(pipeline))])


def choose_method(config: ModelConfig, spec: CandidateSpec) -> CalibrationMethod:
    """Return how a candidate's probabilities are corrected: "none", "sigmoid" or "isotonic"."""
    asked = config.calibration.method
    if config.task == "regression":
        return "none"
    if asked != "auto":
        return asked
    return AUTOMATIC if spec.is_reweighted else "none"


def divide_validation(run: Run, frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Divide validation rows into those that teach a correction and those that judge; all judge where none is asked.

    Rows in time order are cut in the middle, the older ones teach; of groups each stands on one side; single rows are
    drawn, as neighbouring ones may be alike.
    """
    if all(choose_method(run.config, spec) == "none" for spec in run.chosen):
        return frame.iloc[:0], frame
    teaches = _draw_half(run.config, frame)
    return frame[teaches], frame[~teaches]


def correct_candidate(
    spec: CandidateSpec,
    pipeline: Pipeline,
    frame: pd.DataFrame,
    config: ModelConfig,
    *,
    classes: tuple[str, ...],
    threads: int,
) -> Pipeline:
    """Correct a candidate's probabilities where the YAML, or how it was trained, asks for it.

    Raises:
        DataError: a class has too few rows among those that teach.
        TrainingError: the estimator can't score them.
    """
    method = choose_method(config, spec)
    if method == "none":
        return pipeline
    labels = encode_labels(frame[config.data.target.column], config.task, classes)
    with threadpool_limits(limits=threads):
        return recalibrate(pipeline, frame, labels, config, method=method)


def correct_where_it_helps(
    spec: CandidateSpec,
    pipeline: Pipeline,
    frame: pd.DataFrame,
    config: ModelConfig,
    *,
    classes: tuple[str, ...],
    threads: int,
) -> tuple[Pipeline, Floats] | None:
    """Correct probabilities that nobody asked to correct, where that is shown to help.

    Helping is a smaller Brier score: the squared error over all classes, which no single row can outweigh.

    Returns:
        The corrected pipeline, and what it says of each row as the other folds teach it; None where that does not help.

    Raises:
        TrainingError: the estimator can't score these rows.
    """
    if config.task == "regression" or config.calibration.method != "auto" or spec.is_reweighted:
        return None
    labels, folds = (
        encode_labels(frame[config.data.target.column], config.task, classes),
        _divide_in_folds(config, frame),
    )
    method = UNASKED[config.task]
    with threadpool_limits(limits=threads), estimator_errors():
        answers = Answers.of(pipeline, as_features(frame, config.data.features))
        corrected = _correct_folds(answers, labels, folds, method)
        if corrected is None:
            return None
        truth = np.eye(len(classes))[labels.astype(int)]
        gains = ((answers.probabilities - truth) ** 2 - (corrected - truth) ** 2).sum(axis=1)
        if not gains.mean() > SURE * _standard_error(config, frame, gains):
            return None
        found = recalibrate(pipeline, frame, labels, config, method=method)
    if _turns_round(found):
        return None
    return found, corrected[:, 1] if config.task == "binary" else corrected


def _turns_round(corrected: Pipeline) -> bool:
    """Tell whether a correction says that what seems likely is not: such a model has learnt another world."""
    (fitted,) = corrected[-1].calibrated_classifiers_
    return any(getattr(curve, "a_", 0.0) > 0 for curve in fitted.calibrators)  # of 1 / (1 + exp(a x + b)), Platt (1999)


def _correct_folds(answers: "Answers", labels: Floats, folds: Places, method: str) -> Floats | None:
    """Return probabilities of each row as the other folds correct them; None where some of these are too few."""
    corrected = np.empty_like(answers.probabilities)
    for fold in range(FOLDS):
        taught, asked = folds != fold, folds == fold
        counts = [np.count_nonzero(labels[taught] == code) for code in answers.classes]
        # scikit-learn takes a class without rows for one that there is not
        if not min(counts) or (min(counts) if method == AUTOMATIC else sum(counts) - max(counts)) < MIN_ROWS:
            return None
        curve = CalibratedClassifierCV(FrozenEstimator(answers), method=method)
        curve.fit(answers.rows[taught], labels[taught])
        if asked.any():
            corrected[asked] = curve.predict_proba(answers.rows[asked])
    return corrected


class Answers(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """A fitted classifier that has answered already: its rows are its answers, so that folds cost no second scoring."""

    def __init__(self, rows: Floats, probabilities: Floats, classes: Floats) -> None:
        """Keep what it said of every row, as it says it and as probabilities."""
        self.rows = rows
        self.probabilities = probabilities
        self.classes = classes

    @classmethod
    def of(cls, pipeline: Pipeline, features: pd.DataFrame) -> Self:
        """Ask a pipeline as scikit-learn's calibration does: for its margins where it has any."""
        prepared, model = pipeline[:-1].transform(features), pipeline[-1]
        probabilities = np.asarray(model.predict_proba(prepared), dtype=np.float64)
        has_margins = hasattr(model, "decision_function")
        rows = np.asarray(model.decision_function(prepared) if has_margins else probabilities, dtype=np.float64)
        if rows.ndim == 2 and rows.shape[1] == 2:
            rows = rows[:, 1]
        return cls(rows.reshape(len(features), -1), probabilities, model.classes_)

    def __sklearn_is_fitted__(self) -> bool:
        """It was, as another one."""
        return True

    @property
    def classes_(self) -> Floats:
        """The classes that it knows."""
        return self.classes

    def fit(self, _rows: Floats, _labels: Floats) -> Self:
        """Learn nothing: it was fitted as another one."""
        return self

    def decision_function(self, rows: Floats) -> Floats:
        """Return the answers that the rows are."""
        return rows[:, 0] if rows.shape[1] == 1 else rows

    def predict(self, rows: Floats) -> Floats:
        """Return the class that each answer is for."""
        codes = (rows[:, 0] > 0).astype(int) if rows.shape[1] == 1 else rows.argmax(axis=1)
        return np.asarray(self.classes[codes], dtype=np.float64)


def _divide_in_folds(config: ModelConfig, frame: pd.DataFrame) -> Places:
    """Return the fold of each row: stretches of time, whole groups, or rows that are drawn."""
    rows = len(frame)
    if config.split.method == "time":
        return np.arange(rows) * FOLDS // rows
    units = _find_units(config, frame)
    drawn = np.random.default_rng(config.schedule.seed).permutation(int(units.max()) + 1)
    return np.asarray(drawn[units] * FOLDS // len(drawn), dtype=np.int64)


def _standard_error(config: ModelConfig, frame: pd.DataFrame, gains: Floats) -> float:
    """Return the standard error of a mean, rows of one group or of one time being alike."""
    if config.split.method == "time":
        return float(standard_error(gains))
    sums = np.bincount(_find_units(config, frame), weights=gains - gains.mean())
    return float(np.sqrt((sums**2).sum())) / len(gains)


def _find_units(config: ModelConfig, frame: pd.DataFrame) -> Places:
    """Return what is drawn as one: groups, or single rows."""
    if config.split.method == "group" and config.data.group in frame.columns:
        return np.asarray(pd.factorize(frame[config.data.group], use_na_sentinel=False)[0], dtype=np.int64)
    return np.arange(len(frame))


def recalibrate(
    pipeline: Pipeline, frame: pd.DataFrame, labels: Floats, config: ModelConfig, *, method: str
) -> Pipeline:
    """Return the pipeline with a last step that corrects its probabilities as these rows teach.

    Raises:
        DataError: a class has too few rows among them.
        TrainingError: the estimator can't score these rows.
    """
    model = pipeline[-1]
    counts = {code: int(np.count_nonzero(labels == code)) for code in model.classes_}
    scarce = [f"{int(code)} ({rows})" for code, rows in counts.items() if rows < MIN_ROWS]
    if scarce and method != TEMPERATURE:
        raise DataError(
            f"its probabilities can't be corrected: half of validation has fewer than {MIN_ROWS} rows of class "
            f"{list_names(scarce)}; give validation more rows"
        )
    corrected = CalibratedClassifierCV(FrozenEstimator(model), method=method)
    prepared = pipeline[:-1].transform(as_features(frame, config.data.features))
    with estimator_errors():
        corrected.fit(prepared, labels)
    if method == "isotonic":
        _leave_room(corrected, counts)
    # The fitted model is inside the correction as well: written twice, a forest's file would be twice as large.
    corrected.estimator = None
    return Pipeline([*pipeline.steps[:-1], (pipeline.steps[-1][0], corrected)])


def _leave_room(corrected: CalibratedClassifierCV, counts: Mapping[float, int]) -> None:
    """Let no isotonic curve be surer than its rows are: 0 and 1 come of a few that agree, and one more can refute them.

    The bounds are the targets that Platt (1999) fits a sigmoid to: one row more of either answer than was seen.
    """
    (fitted,) = corrected.calibrated_classifiers_
    rows = sum(counts.values())
    for code, curve in zip(list(counts)[-len(fitted.calibrators) :], fitted.calibrators, strict=True):
        least, most = 1 / (rows - counts[code] + 2), (counts[code] + 1) / (counts[code] + 2)
        # Its state is what is set and not the curve alone: that is where it makes what it interpolates with.
        curve.__setstate__(curve.__getstate__() | {"y_thresholds_": np.clip(curve.y_thresholds_, least, most)})


def _draw_half(config: ModelConfig, frame: pd.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    rows = len(frame)
    if config.split.method == "time":
        return np.arange(rows) < rows // 2
    units = _find_units(config, frame)
    drawn = np.random.default_rng(config.schedule.seed).permutation(int(units.max(initial=-1)) + 1)
    return np.asarray(drawn[units] < len(drawn) // 2, dtype=np.bool_)

"""Correct a fitted classifier's probabilities on validation rows, inside the last step of its pipeline.

One half of the validation rows teaches the correction; the other half ranks the candidates and chooses thresholds, so
that neither is flattered by what it has learnt. Where one candidate of a run is corrected, all are ranked on that half.
"""

from collections.abc import Mapping

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from ratchet.config.decision import CalibrationMethod
from ratchet.config.model import ModelConfig
from ratchet.config.run import Run
from ratchet.config.training import CandidateSpec
from ratchet.errors import DataError, list_names
from ratchet.models.candidates import estimator_errors
from ratchet.models.labels import Floats, encode_labels
from ratchet.models.preprocessing import as_features

# The smooth curve: isotonic regression makes ties. Measured on bank_marketing and taiwan_credit with resampled rows,
# both are as well calibrated, see docs/decisions/0007.
AUTOMATIC: CalibrationMethod = "sigmoid"
MIN_ROWS = 10  # of each class among the rows that teach; fewer say nothing about a curve


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
    if scarce := [f"{int(code)} ({rows})" for code, rows in counts.items() if rows < MIN_ROWS]:
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
    units = np.arange(rows)
    if config.split.method == "group" and config.data.group in frame.columns:
        units = pd.factorize(frame[config.data.group], use_na_sentinel=False)[0]
    drawn = np.random.default_rng(config.schedule.seed).permutation(int(units.max(initial=-1)) + 1)
    return np.asarray(drawn[units] < len(drawn) // 2, dtype=np.bool_)

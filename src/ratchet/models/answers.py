"""A fitted model that is asked about rows: scores and decisions in batches, and what each feature contributes."""

import time
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
import pyarrow as pa
import xgboost
from sklearn.pipeline import Pipeline

from ratchet.config.model import ModelConfig
from ratchet.data.labels import name_decisions
from ratchet.data.scoring import Answers, read_features
from ratchet.errors import ArtifactError, RegistryError
from ratchet.evaluation.behaviour.samples import Subject
from ratchet.evaluation.decisions import HALF, decide_classes
from ratchet.models.encoding import columns_of
from ratchet.models.labels import Floats
from ratchet.models.preprocessing import as_features
from ratchet.models.recalibration import bare_estimator
from ratchet.models.scoring import score_alike, score_old_model
from ratchet.records.decision import Thresholds


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoringModel:
    """A registered model that scores batches of typed rows.

    Attributes:
        name: what errors call it, such as "version 3 of churn".
        pipeline: the fitted model.
        config: the YAML of the rows.
        classes: in the order of its probabilities; none for regression.
        thresholds: when its score counts as positive.
    """

    name: str
    pipeline: Pipeline
    config: ModelConfig
    classes: tuple[str, ...]
    thresholds: Thresholds | None

    @property
    def segment(self) -> str | None:
        """The column that its thresholds go by, where they do."""
        return self.thresholds.column if self.thresholds else None

    def answer(self, rows: pa.RecordBatch) -> Answers:
        """Score typed rows, and decide.

        Raises:
            ArtifactError: the model does not fit the columns.
            RegistryError: it gives more or fewer probabilities than it has classes.
        """
        began = time.perf_counter()
        scores = self._score(rows)
        seconds = time.perf_counter() - began
        # as training read it: thresholds are found by a value's text
        frame = rows.select([self.segment] if self.segment else []).to_pandas()
        codes = decide_classes(self.config.task, scores, frame, self.thresholds or HALF)
        decisions = name_decisions(codes, self.classes, rows=rows.num_rows)
        return Answers(scores=scores, decisions=decisions, seconds=seconds)

    def answer_judged(self, rows: pa.RecordBatch) -> tuple[Floats, pa.Array]:
        """Score rows that the model was judged on, and decide; a feature that they lack is missing in every row.

        Raises:
            ArtifactError: the model does not fit the columns.
        """
        frame = rows.to_pandas()
        lacking = {name: None for name in self.config.data.features if name not in frame.columns}
        scores = score_old_model(self.pipeline, frame.assign(**lacking), self.config)
        codes = decide_classes(self.config.task, scores, frame, self.thresholds or HALF)
        return scores, name_decisions(codes, self.classes, rows=len(frame))

    def _score(self, rows: pa.RecordBatch) -> Floats:
        frame = read_features(rows, self.config.data.features)
        try:
            scores = score_old_model(self.pipeline, frame, self.config)
        except ArtifactError as error:
            raise ArtifactError(
                f"{self.name} can't be used, as {error}; score with the YAML that it was trained with, or retrain"
            ) from error
        if scores.ndim == 2 and scores.shape[1] != len(self.classes):
            raise RegistryError(
                f"{self.name} gives {scores.shape[1]} probabilities a row, and {len(self.classes)} classes are known "
                "of it: retrain, or roll back"
            )
        return scores


def make_subject(
    name: str, pipeline: Pipeline, config: ModelConfig, *, classes: int, thresholds: Thresholds | None
) -> Subject:
    """Make a model ready to be asked about changed rows.

    Args:
        name: "challenger" or "champion".
        pipeline: the fitted model.
        config: the YAML of the rows.
        classes: how many the target has.
        thresholds: when its score counts as positive.
    """
    width = (classes,) if config.task == "multiclass" else ()
    return Subject(
        name=name,
        score=lambda frame: score_alike(pipeline, frame, config, np.empty((len(frame), *width))),
        features=tuple(str(each) for each in pipeline.feature_names_in_),
        thresholds=thresholds or HALF,
        explain=partial(measure_contributions, pipeline, config=config),
    )


def measure_contributions(pipeline: Pipeline, frame: pd.DataFrame, config: ModelConfig) -> dict[str, float]:
    """Return each feature's part of the mean absolute SHAP values of these rows; empty for models without them.

    Exact for trees: Lundberg et al., From local explanations to global understanding with explainable AI for trees
    (2020). Of several classes the contributions to all are added up, as are those of columns made from one feature.
    """
    model = bare_estimator(pipeline)
    if not isinstance(model, (xgboost.XGBClassifier, xgboost.XGBRegressor)) or frame.empty:
        return {}
    prepared = pipeline[:-1].transform(as_features(frame, config.data.features))
    rows = xgboost.DMatrix(prepared, feature_types=model.feature_types, enable_categorical=True)
    values = np.abs(model.get_booster().predict(rows, pred_contribs=True, validate_features=False))
    by_column = values.reshape(-1, values.shape[-1])[:, :-1].mean(axis=0, dtype=np.float64)  # the last is the bias
    total = float(by_column.sum())
    if not total > 0:
        return {}
    found: dict[str, float] = {}
    for name, value in zip(columns_of(pipeline.named_steps["prepare"]), by_column, strict=True):
        found[name] = found.get(name, 0.0) + float(value) / total
    return found

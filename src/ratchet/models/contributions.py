"""Contributions of features to single predictions, by the model's own account."""

import numpy as np
import pandas as pd
import xgboost
from sklearn.pipeline import Pipeline

from ratchet.config.model import ModelConfig
from ratchet.models.preprocessing import as_features
from ratchet.models.recalibration import bare_estimator


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
    for name, value in zip(_columns_of(pipeline), by_column, strict=True):
        found[name] = found.get(name, 0.0) + float(value) / total
    return found


def _columns_of(pipeline: Pipeline) -> list[str]:
    """Return the feature that each prepared column is made from: trees have one column a feature."""
    steps = pipeline.named_steps["prepare"].transformers_
    return [name for _, step, names in steps if not isinstance(step, str) or step == "passthrough" for name in names]

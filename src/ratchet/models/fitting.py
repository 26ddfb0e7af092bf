"""Fit one candidate: preparation and estimator as one pipeline."""

import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from ratchet.config.model import ModelConfig
from ratchet.config.training import CandidateSpec
from ratchet.errors import DataError, list_names
from ratchet.models.candidates import estimator_errors
from ratchet.models.catalogue import build_estimator, find_entry
from ratchet.models.labels import Floats, encode_labels
from ratchet.models.preprocessing import (
    MAX_CODES,
    as_features,
    encode_as_codes,
    encode_as_columns,
    encode_as_whole_codes,
    usable_features,
)
from ratchet.models.resampled import resample_rows

logger = logging.getLogger(__name__)


def fit_candidate(
    spec: CandidateSpec,
    frame: pd.DataFrame,
    config: ModelConfig,
    *,
    classes: Sequence[str],
    seed: int,
    threads: int,
) -> Pipeline:
    """Fit a candidate on training rows; only `data.features` and the target are looked at.

    A classifier predicts codes: places in `classes` (0 and 1 for binary).

    Raises:
        ConfigError: a parameter that the estimator does not have.
        DataError: a feature or label that can't be used, or a class without a row.
        TrainingError: the estimator refuses its settings or these rows.
    """
    labels = encode_labels(frame[config.data.target.column], config.task, classes)
    if config.task != "regression":
        _refuse_absent_classes(labels, classes)
    frame, labels = resample_rows(spec, frame, labels, seed=seed)
    features = as_features(frame, config.data.features)
    numbers, categories = usable_features(features, config.data.features)
    is_category = [False] * len(numbers) + [True] * len(categories)
    estimator = build_estimator(spec, config.task, is_category=is_category, seed=seed, threads=threads)
    pipeline = Pipeline([("prepare", _prepare(spec, estimator, numbers, categories)), ("model", estimator)])
    with _warnings_logged(spec.name), threadpool_limits(limits=threads):
        prepared = pipeline[0].fit_transform(features, labels)
        with estimator_errors():
            estimator.fit(prepared, labels, **find_entry(spec.estimator).mark_at_fit(is_category))
    return _made_repeatable(pipeline)


def _prepare(
    spec: CandidateSpec, estimator: BaseEstimator, numbers: Sequence[str], categories: Sequence[str]
) -> ColumnTransformer:
    encoding = find_entry(spec.estimator).encoding
    if encoding == "one_hot":
        return encode_as_columns(numbers, categories)
    if encoding == "whole_codes":
        return encode_as_whole_codes(numbers, categories)
    bins = estimator.get_params().get("max_bins")  # a YAML may ask for fewer than there are codes
    return encode_as_codes(numbers, categories, bins if isinstance(bins, int) else MAX_CODES)


def _refuse_absent_classes(labels: Floats, classes: Sequence[str]) -> None:
    seen = set(np.unique(labels))
    if absent := [name for code, name in enumerate(classes) if float(code) not in seen]:
        raise DataError(f"no training row is of class {list_names(absent)}; give training more rows, or merge classes")


def _made_repeatable(pipeline: Pipeline) -> Pipeline:
    """A forest sums its trees in the order in which threads end, so with several the last digit differs each time."""
    model = pipeline.named_steps["model"]
    if "n_jobs" in model.get_params() and model.n_jobs is not None:
        model.set_params(n_jobs=1)
    return pipeline


@contextmanager
def _warnings_logged(name: str) -> Iterator[None]:
    """A model that did not converge is still a model: its validation score says what it is worth."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        yield
    for sentence in dict.fromkeys(str(each.message).splitlines()[0] for each in caught if str(each.message)):
        logger.warning("candidate %s: %s", name, sentence)

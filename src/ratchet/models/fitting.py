"""Fit one candidate, preparation and estimator as one pipeline, and measure it on validation."""

import logging
import time
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt
import pandas as pd
from sklearn.base import BaseEstimator
from sklearn.compose import ColumnTransformer
from sklearn.pipeline import Pipeline
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from ratchet.config.model import ModelConfig
from ratchet.config.training import BLEND, CandidateSpec
from ratchet.errors import DataError, TrainingError, list_names
from ratchet.evaluation.comparison import measure_figures, with_decisions
from ratchet.evaluation.decisions import choose_thresholds
from ratchet.metrics.registry import find_metric
from ratchet.models.blending import MOST_AGES, assemble, list_ages, name_ages, weigh_ages
from ratchet.models.candidates import ValidationResult, describe_error, estimator_errors
from ratchet.models.catalogue import SEED_LIMIT, build_estimator, find_entry
from ratchet.models.encoding import (
    MAX_CODES,
    Usable,
    encode_as_codes,
    encode_as_columns,
    encode_as_target_codes,
    encode_as_whole_codes,
    list_columns,
    usable_features,
)
from ratchet.models.labels import Floats, encode_labels
from ratchet.models.preprocessing import as_features
from ratchet.models.recalibration import correct_candidate, correct_where_it_helps, without_correction
from ratchet.models.refreshing import Base, Lesson, start_again
from ratchet.models.scoring import score_rows

Positions = npt.NDArray[np.int64]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class FitRows:
    """The rows of one fit.

    Attributes:
        train: those that are learnt.
        teaching: of validation, those that teach a correction of probabilities; empty where none is asked for.
        judging: of validation, those that choose thresholds and measure.
        classes: the target's; empty for regression.
        base: what a candidate that is to be refreshed starts from; None where the fit is full.
    """

    train: pd.DataFrame
    teaching: pd.DataFrame
    judging: pd.DataFrame
    classes: tuple[str, ...]
    base: Base | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Fitted:
    """A fitted candidate.

    Attributes:
        spec: what was asked for.
        pipeline: the model.
        result: what validation shows of it.
        seconds: what the fit took.
        problem: why it could not be refreshed, and was fitted in full; None where it was, or was not to be.
    """

    spec: CandidateSpec
    pipeline: Pipeline
    result: ValidationResult
    seconds: float
    problem: str | None = None


def fit_and_validate(config: ModelConfig, spec: CandidateSpec, rows: FitRows, *, threads: int) -> Fitted:
    """Fit a candidate, correct its probabilities, and measure it on validation.

    Raises:
        ConfigError: a parameter that the estimator does not have.
        DataError: rows that can't be used, or too few of them.
        TrainingError: the estimator refuses its settings or these rows, or validation can't measure it.
    """
    classes, began = rows.classes, time.monotonic()
    pipeline, problem = fit_from(rows.base, spec, rows.train, config, classes=classes, threads=threads)
    seconds = time.monotonic() - began
    pipeline = correct_candidate(spec, pipeline, rows.teaching, config, classes=classes, threads=threads)
    scores = None
    found = correct_where_it_helps(spec, pipeline, rows.judging, config, classes=classes, threads=threads)
    if found is not None:
        pipeline, scores = found
    result = validate_model(config, pipeline, rows.judging, classes, known=scores)
    return Fitted(spec=spec, pipeline=pipeline, result=result, seconds=seconds, problem=problem)


def fit_best(
    config: ModelConfig, spec: CandidateSpec, rows: FitRows, recent: pd.DataFrame | None, *, threads: int
) -> tuple[Fitted, bool]:
    """Fit on all training rows and, after a change, on those since it: what is better on validation stays.

    Args:
        config: the model's YAML.
        spec: the candidate.
        rows: all rows.
        recent: the training rows since a change; None where there was none.
        threads: how many a fit may use.

    Returns:
        The candidate, and whether it has learnt the rows since the change alone.

    Raises:
        ConfigError, DataError, TrainingError: as `fit_and_validate` on all training rows.
    """
    whole = fit_and_validate(config, spec, rows, threads=threads)
    if recent is None:
        return whole, False
    try:
        newest = fit_and_validate(config, spec, replace(rows, train=recent), threads=threads)
    except (DataError, TrainingError) as error:  # few rows, or none of some class
        logger.info("candidate %s can't learn from the rows since the change alone: %s", spec.name, error)
        return whole, False
    gain = newest.result.value - whole.result.value
    is_better = gain < 0 if find_metric(config.metric).is_loss else gain > 0
    return (newest, True) if is_better else (whole, False)


def validate_model(
    config: ModelConfig,
    pipeline: Pipeline,
    frame: pd.DataFrame,
    classes: Sequence[str],
    *,
    known: Floats | None = None,
) -> ValidationResult:
    """Measure a fitted model on validation rows, and choose its thresholds there.

    Args:
        config: the model's YAML.
        pipeline: the model.
        frame: the rows.
        classes: the target's.
        known: what it says of each row without having learnt it, where its correction has; None where it has not.

    Raises:
        DataError: rows that can't be used.
        TrainingError: it can't score these rows, or they can't measure it.
    """
    began = time.monotonic()
    scores = score_rows(pipeline, frame, config)
    seconds = time.monotonic() - began
    scores = scores if known is None else known
    if not np.isfinite(scores).all():
        raise TrainingError("it predicts values that are not finite numbers")
    labels = encode_labels(frame[config.data.target.column], config.task, classes)
    thresholds = choose_thresholds(config, frame, labels, scores)
    figures = measure_figures(config, labels, with_decisions(config.task, scores, frame, thresholds), seconds)
    value = next((each.value for each in figures if each.name == config.metric), None)
    if value is None:
        largest = f": it predicts up to {np.abs(scores).max():.3g}" if config.task == "regression" else ""
        raise TrainingError(f"its {config.metric} can't be measured on the {len(frame)} validation rows{largest}")
    return ValidationResult(value=value, figures=figures, thresholds=thresholds)


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

    For a window or a half-life, rows stand in the order of time.

    A classifier predicts codes: places in `classes` (0 and 1 for binary).

    Raises:
        ConfigError: a parameter that the estimator does not have.
        DataError: a feature or label that can't be used, or a class without a row.
        TrainingError: the estimator refuses its settings or these rows.
    """
    if spec.estimator == BLEND:
        return _fit_blend(spec, frame, config, classes=classes, seed=seed, threads=threads)
    lesson = _take_rows(spec, frame, config, classes=classes, seed=seed)
    features, labels = lesson.features, lesson.labels
    usable = usable_features(features, config.data.features)
    has_target_codes = find_entry(spec.estimator).encoding == "target_codes"
    columns, is_category = list_columns(usable, has_target_codes=has_target_codes, classes=len(classes))
    estimator = build_estimator(spec, config.task, is_category=is_category, seed=seed, threads=threads, columns=columns)
    pipeline = Pipeline(
        [("prepare", _prepare(spec, estimator, usable, classes=len(classes), seed=seed)), ("model", estimator)]
    )
    _keep_lonely_rows(estimator, labels, has_classes=bool(classes))
    settings = dict(find_entry(spec.estimator).mark_at_fit(is_category))
    if lesson.weights is not None:
        settings["sample_weight"] = lesson.weights
    with _warnings_logged(spec.name), threadpool_limits(limits=threads):
        prepared = pipeline[0].fit_transform(features, labels)
        with estimator_errors():
            estimator.fit(prepared, labels, **settings)
    return _made_repeatable(pipeline)


def _take_rows(
    spec: CandidateSpec, frame: pd.DataFrame, config: ModelConfig, *, classes: Sequence[str], seed: int
) -> Lesson:
    """Take the rows of a candidate's window, and draw from them, and weigh them, as it asks."""
    frame = frame if spec.window is None else frame.iloc[-spec.window :]
    labels = encode_labels(frame[config.data.target.column], config.task, classes)
    if config.task != "regression":
        _refuse_absent_classes(labels, classes)
    kept = draw_rows(spec, labels, seed=seed)
    ages = len(frame) - 1 - kept
    return Lesson(
        features=as_features(frame.iloc[kept], config.data.features),
        labels=labels[kept],
        weights=None if spec.half_life is None else 0.5 ** (ages / spec.half_life),
    )


def fit_from(
    base: Base | None,
    spec: CandidateSpec,
    frame: pd.DataFrame,
    config: ModelConfig,
    *,
    classes: Sequence[str],
    threads: int,
) -> tuple[Pipeline, str | None]:
    """Fit a candidate as its `refresh` says, on rows in the order of time; in full without a base.

    Returns:
        The model, and why it was fitted in full although there is a base.

    Raises:
        ConfigError, DataError, TrainingError: as `fit_candidate`.
    """
    problem, seed = None, config.schedule.seed
    if base is not None and spec.refresh != "full":
        try:
            return _start_from(base, spec, frame, config, classes=classes, threads=threads), None
        except (DataError, TrainingError) as error:
            problem = describe_error(error)
    return fit_candidate(spec, frame, config, classes=classes, seed=seed, threads=threads), problem


def _start_from(
    base: Base,
    spec: CandidateSpec,
    frame: pd.DataFrame,
    config: ModelConfig,
    *,
    classes: Sequence[str],
    threads: int,
) -> Pipeline:
    newer = frame[frame[config.data.order_column] > base.until]
    if len(newer) < 2:  # ages are weighed on half of them
        raise DataError(f"no two rows are newer than {base.until}, the newest that its start has learnt")
    if spec.refresh == "ages":
        return _fit_ages(base, spec, frame, config, classes=classes, threads=threads)
    frame = newer if spec.refresh == "incremental" else frame
    lesson = _take_rows(spec, frame, config, classes=classes, seed=config.schedule.seed)
    with _warnings_logged(spec.name), threadpool_limits(limits=threads):
        return _made_repeatable(start_again(spec, base.pipeline, lesson, config.task, threads=threads))


def _fit_ages(
    base: Base,
    spec: CandidateSpec,
    frame: pd.DataFrame,
    config: ModelConfig,
    *,
    classes: Sequence[str],
    threads: int,
) -> Pipeline:
    """Blend a full fit with the models before it, weighed by what they say of rows that none of them has learnt.

    These are the newer half of the rows since the base: a model that has learnt all but them stands for the full fit.
    """
    fit = partial(fit_candidate, spec, config=config, classes=classes, seed=config.schedule.seed, threads=threads)
    unlearnt = int((frame[config.data.order_column] > base.until).sum())
    known, judged = frame.iloc[: len(frame) - unlearnt // 2], frame.iloc[len(frame) - unlearnt // 2 :]
    measure = partial(_measure_loss, judged, config, classes)
    older = list_ages(without_correction(base.pipeline))[: MOST_AGES - 1]
    names = name_ages(1 + len(older))
    losses = [measure(score_rows(each, judged, config)) for each in (fit(known), *older)]
    weights = weigh_ages(dict(zip(names, losses, strict=True)))
    members = dict(zip(names, (fit(frame), *older), strict=True))
    weighed = {name: (members[name], weight) for name, weight in weights.items()}
    return assemble(weighed, as_features(frame.iloc[:1], config.data.features), config.task, classes=len(classes))


def _measure_loss(frame: pd.DataFrame, config: ModelConfig, classes: Sequence[str], scores: Floats) -> float:
    name = "rmse" if config.task == "regression" else "log_loss"
    labels = encode_labels(frame[config.data.target.column], config.task, classes)
    value = find_metric(name).measure(labels, scores, config.evaluation.options)
    if value is None:
        raise TrainingError(f"models of different age can't be weighed by {name} on {len(frame)} new rows")
    return value


def fit_as_refreshed(
    spec: CandidateSpec,
    frame: pd.DataFrame,
    config: ModelConfig,
    *,
    classes: Sequence[str],
    threads: int,
    unlearnt: float,
) -> Pipeline:
    """Fit a candidate on rows of a fold, as if the champion had been fitted before the newest of them.

    It is fitted in full where the older rows alone can't be learnt. They end with a whole moment, so that rows are new.

    Args:
        spec: the candidate.
        frame: what was known, in the order of time.
        config: the model's YAML.
        classes: the target's.
        threads: how many a fit may use.
        unlearnt: the share of the rows that the champion has not learnt.

    Raises:
        ConfigError, DataError, TrainingError: as `fit_candidate`.
    """
    base = None
    if spec.refresh != "full":
        moments = frame[config.data.order_column]
        cut = min(round(len(frame) * (1 - unlearnt)), len(frame) - 1)
        old = frame[moments < moments.iloc[cut]]
        with suppress(DataError, TrainingError):  # no row, only one, or none of some class
            pipeline = fit_candidate(spec, old, config, classes=classes, seed=config.schedule.seed, threads=threads)
            base = Base(pipeline=pipeline, until=old[config.data.order_column].iloc[-1])
    return fit_from(base, spec, frame, config, classes=classes, threads=threads)[0]


def _fit_blend(
    spec: CandidateSpec, frame: pd.DataFrame, config: ModelConfig, *, classes: Sequence[str], seed: int, threads: int
) -> Pipeline:
    """Fit each member that has a weight: the parameters of a blend are weights by candidate."""
    if not spec.parameters:
        raise TrainingError(
            "a blend has no members: they are chosen on folds, which there are none of after a change or with "
            "`search.folds: 0`"
        )
    by_name = {each.name: each for each in config.candidates}
    members = {
        name: (fit_candidate(by_name[name], frame, config, classes=classes, seed=seed, threads=threads), float(weight))
        for name, weight in spec.parameters.items()
        if isinstance(weight, int | float)
    }
    features = as_features(frame.iloc[:1], config.data.features)
    return assemble(members, features, config.task, classes=len(classes))


def draw_rows(spec: CandidateSpec, labels: Floats, *, seed: int) -> Positions:
    """Return the positions of every positive and, drawn without replacement, of as many negatives as are asked for.

    Rows keep their order. Where there are no more negatives than that, everything is kept.
    """
    everything = np.arange(len(labels))
    if spec.resample is None:
        return everything
    negatives = np.flatnonzero(labels == 0)
    wanted = round(spec.resample.negatives_per_positive * (len(labels) - len(negatives)))
    if wanted >= len(negatives):
        return everything
    drawn = np.random.default_rng(seed).choice(negatives, size=max(wanted, 1), replace=False)
    return np.sort(np.concatenate([drawn, np.flatnonzero(labels != 0)]))


def _prepare(
    spec: CandidateSpec, estimator: BaseEstimator, usable: Usable, *, classes: int, seed: int
) -> ColumnTransformer:
    encoding, seed = find_entry(spec.estimator).encoding, seed % SEED_LIMIT
    if encoding == "one_hot":
        return encode_as_columns(usable, classes=classes, seed=seed)
    if encoding == "whole_codes":
        return encode_as_whole_codes(usable, seed=seed)
    bins = estimator.get_params().get("max_bins")  # a YAML may ask for fewer than there are codes
    max_codes = bins if isinstance(bins, int) else MAX_CODES
    if encoding == "target_codes":
        return encode_as_target_codes(usable, max_codes, classes=classes, seed=seed)
    return encode_as_codes(usable, max_codes, seed=seed)


def _keep_lonely_rows(estimator: BaseEstimator, labels: Floats, *, has_classes: bool) -> None:
    """Histogram boosting divides many rows by class to stop early, which it can't where a class has one of them."""
    if (
        has_classes
        and estimator.get_params().get("early_stopping") == "auto"
        and np.unique(labels, return_counts=True)[1].min() < 2
    ):
        estimator.set_params(early_stopping=False)


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

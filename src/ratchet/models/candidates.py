"""What became of a candidate: its figures, or why it gave no model; needs no heavy library."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace

from ratchet.config.training import CandidateSpec
from ratchet.errors import SHOWN_REASON, RatchetError, TrainingError, first_line
from ratchet.metrics.registry import find_metric
from ratchet.records.decision import Thresholds
from ratchet.records.files import FileRef
from ratchet.records.modelling import Candidate, Figure, TrainingWindow, Trial


def describe_parameters(spec: CandidateSpec) -> str:
    """Return what the YAML sets, as JSON text, the same for the same settings."""
    return json.dumps(spec.parameters, sort_keys=True)


def window_of(spec: CandidateSpec) -> TrainingWindow:
    """Return which rows a candidate learns."""
    return TrainingWindow(rows=spec.window, half_life=spec.half_life)


def lost_candidate(spec: CandidateSpec, *, metric: str, reason: str, seconds: float = 0.0) -> Candidate:
    """Record a candidate that was lost after `seconds`, for one reason."""
    return Candidate(
        name=spec.name,
        estimator=spec.estimator,
        parameters=describe_parameters(spec),
        model=None,
        failure=reason,
        score=None,
        metric=metric,
        metric_value=None,
        fit_seconds=seconds,
        window=window_of(spec),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ValidationResult:
    """What validation rows show of a candidate.

    Attributes:
        value: of the metric to choose by, as it is usually read.
        figures: everything that was measured.
        thresholds: chosen on these rows; None unless the task is binary.
    """

    value: float
    figures: tuple[Figure, ...]
    thresholds: Thresholds | None


def fitted_candidate(
    spec: CandidateSpec, model: FileRef | None, result: ValidationResult, *, metric: str, seconds: float
) -> Candidate:
    """Record a candidate that was fitted in `seconds`; without a file its size was not measured."""
    return Candidate(
        name=spec.name,
        estimator=spec.estimator,
        parameters=describe_parameters(spec),
        model=model,
        failure=None,
        score=-result.value if find_metric(metric).is_loss else result.value,
        metric=metric,
        metric_value=result.value,
        fit_seconds=seconds,
        thresholds=result.thresholds,
        window=window_of(spec),
        figures=(
            *result.figures,
            Figure(name="size_bytes", value=None if model is None else float(model.size_bytes), is_smaller_better=True),
            Figure(name="fit_seconds", value=seconds, is_smaller_better=True),
        ),
    )


def rank_by_folds(candidate: Candidate, trial: Trial) -> Candidate:
    """Return the candidate with its recipe's mean over the folds as the figure that it is ranked by."""
    sign = -1.0 if find_metric(candidate.metric).is_loss else 1.0
    value = sign * trial.score
    figures = tuple(replace(each, value=value) if each.name == candidate.metric else each for each in candidate.figures)
    return replace(candidate, score=trial.score, metric_value=value, figures=figures, folds=trial.scores)


@contextmanager
def estimator_errors() -> Iterator[None]:
    """Turn what an estimator raises on settings or rows that it can't take into a `TrainingError`.

    It stands around single calls of foreign code, which may raise anything; an error of our own code is a fault, and
    ends the run. MemoryError is for the process that fits, and an OSError is the machine's: the task is tried again.
    """
    try:
        yield
    except (MemoryError, OSError, RatchetError):
        raise
    except Exception as error:
        raise TrainingError(describe_error(error)) from error


def describe_error(error: BaseException) -> str:
    """Return one line."""
    first = first_line(error)
    sentence = first if isinstance(error, RatchetError) else f"{type(error).__name__}: {first}"
    return sentence if len(sentence) <= SHOWN_REASON else sentence[:SHOWN_REASON] + "…"

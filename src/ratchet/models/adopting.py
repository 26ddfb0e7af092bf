"""Read a model from elsewhere, and convert it into our own model file; done in quarantine."""

import warnings
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path

import joblib  # type: ignore[import-untyped]
import numpy as np
import xgboost
from sklearn.base import BaseEstimator
from sklearn.pipeline import Pipeline

from ratchet.artifacts.estimators import find_allowed_types, load_allowed, read_pipeline, write_pipeline
from ratchet.artifacts.files import adapter_of
from ratchet.artifacts.frames import read_frame
from ratchet.config.model import ModelConfig
from ratchet.config.run import Run
from ratchet.errors import ArtifactError, DataError, RatchetError, describe_foreign
from ratchet.models.adopted import SHARES_OF_XGBOOST, AdoptedModel, match_model, name_type, objective_of
from ratchet.models.labels import Floats
from ratchet.models.quarantine import MODEL, models_only
from ratchet.models.scoring import score_rows
from ratchet.records.files import FileRef

CLOSE = 1e-6  # between the predictions of the file as it came and as it is kept
STARTS = {b"PK\x03\x04": "skops", b"{": "xgboost", b"tree": "lightgbm"}  # of a file; any other is a pickle
UNSAFE = "pickle"


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """What the process that reads a model is to do: references only, it reads the rows itself.

    Attributes:
        run: the run.
        file: the model.
        rows: on which the model as it came and as it is kept must agree.
        classes: the target's; empty for regression.
    """

    run: Run
    file: Path
    rows: FileRef
    classes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Converted:
    """What came of it.

    Attributes:
        problem: why the model can't be used, one sentence; None when it can.
        kind: its type's full name.
        format: of its file.
        unused: features that it does not take.
        rows: how many the two were compared on.
        apart: the largest distance between their predictions.
        remarks: what reading it gave to think about.
    """

    problem: str | None = None
    kind: str = ""
    format: str = ""
    unused: tuple[str, ...] = ()
    rows: int = 0
    apart: float = 0.0
    remarks: tuple[str, ...] = ()


def read_and_convert(text: str, folder: Path, *, is_shut: bool) -> str:
    """Do the work of the process that reads a model: JSON text of an `Arrival` in, of a `Converted` out.

    Args:
        text: what is to be done.
        folder: where the converted model is written.
        is_shut: whether this process has no network.
    """
    arrival = adapter_of(Arrival).validate_json(text)
    try:
        converted = _convert(arrival, folder / MODEL, is_shut=is_shut)
    except RatchetError as error:  # the sentence goes on where a file's name would stand
        said = str(error).removeprefix(f"{arrival.file} ").removeprefix(f"{folder / MODEL} ")
        converted = Converted(problem=said)
    except MemoryError:
        converted = Converted(problem="takes more memory than a model may")
    return adapter_of(Converted).dump_json(converted).decode()


def find_format(file: Path) -> str:
    """Tell by its first bytes what a model file is: "skops", "xgboost", "lightgbm" or "pickle".

    Raises:
        ArtifactError: it is empty.
    """
    with file.open("rb") as opened:
        start = opened.read(4)
    if not start:
        raise ArtifactError("is empty")
    return next((name for mark, name in STARTS.items() if start.startswith(mark)), UNSAFE)


def _convert(arrival: Arrival, path: Path, *, is_shut: bool) -> Converted:
    run, found = arrival.run, find_format(arrival.file)
    assert run.adoption is not None, "only such a run comes here"
    if found == UNSAFE and not (is_shut or run.adoption.is_trusted):
        raise ArtifactError(
            "is a pickle, which is read only in a process without network, and this system gives none: save the model "
            "as skops, XGBoost's JSON or LightGBM's text, or say with --trust that you know where it comes from"
        )
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        model = _read(arrival.file, found)
    adopted = match_model(run.config, model, arrival.classes, run.adoption.classes)
    rows = read_frame(arrival.rows, run.home)
    before = score_rows(_as_pipeline(adopted), rows, run.config)
    _refuse_no_shares(run.config, before, kind=name_type(model))
    _set_one_thread(model)
    kept = write_pipeline(_as_pipeline(adopted), path, path.parent)
    apart = np.abs(score_rows(read_pipeline(kept, path.parent), rows, run.config) - before)
    if not apart.max() <= CLOSE:
        raise ArtifactError(
            f"predicts otherwise once it is converted: up to {apart.max():.3g} apart, at most {CLOSE:g}"
        )
    return Converted(
        kind=name_type(model),
        format=found,
        unused=tuple(name for name in run.config.data.features if name not in adopted.columns),
        rows=len(rows),
        apart=float(apart.max()),
        remarks=tuple(dict.fromkeys(str(each.message).splitlines()[0] for each in caught)),
    )


def _read(file: Path, found: str) -> BaseEstimator:
    """Read a model file; whatever a foreign reader raises says that it can't be read."""
    try:
        with models_only(find_allowed_types(file)) if found == UNSAFE else nullcontext():
            return _READERS[found](file)
    except (MemoryError, RatchetError):
        raise
    except Exception as error:
        raise ArtifactError(f"can't be read as {_FORMATS[found]}: {describe_foreign(error)}") from error


def _read_xgboost(file: Path) -> BaseEstimator:
    content = bytearray(file.read_bytes())  # by its content: XGBoost would go by the ending of a name
    booster = xgboost.Booster(model_file=content)
    if booster.attr("scikit_learn") is None:
        return booster
    wrapped = xgboost.XGBClassifier() if objective_of(booster) in SHARES_OF_XGBOOST else xgboost.XGBRegressor()
    wrapped.load_model(content)
    return wrapped


def _read_lightgbm(file: Path) -> BaseEstimator:
    from lightgbm import Booster  # noqa: PLC0415 (an extra)

    return Booster(model_file=str(file))


_READERS: Mapping[str, Callable[[Path], BaseEstimator]] = {
    "skops": load_allowed,
    "xgboost": _read_xgboost,
    "lightgbm": _read_lightgbm,
    "pickle": joblib.load,
}
_FORMATS = {
    "skops": "a skops file",
    "xgboost": "XGBoost's JSON",
    "lightgbm": "LightGBM's text",
    "pickle": "a pickle, nor is it a skops file, XGBoost's JSON or LightGBM's text",
}


def _refuse_no_shares(config: ModelConfig, scores: Floats, *, kind: str) -> None:
    is_share = config.task == "regression" or ((scores >= 0) & (scores <= 1)).all()
    if not (np.isfinite(scores).all() and is_share):
        what = "finite numbers" if config.task == "regression" else "probabilities"
        raise DataError(f"is a {kind} whose predictions are not {what} on every holdout row")


def _set_one_thread(model: BaseEstimator) -> None:
    """A forest sums its trees in the order in which threads end, so with several the last digit differs each time."""
    if isinstance(model, BaseEstimator):
        settings = model.get_params()
        several = [name for name, value in settings.items() if name.split("__")[-1] == "n_jobs" and value is not None]
        model.set_params(**dict.fromkeys(several, 1))


def _as_pipeline(adopted: AdoptedModel) -> Pipeline:
    return Pipeline([("model", adopted)])

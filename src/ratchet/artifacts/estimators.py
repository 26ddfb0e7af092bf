"""Fitted pipelines on disk: skops files that may hold a short list of known types and nothing else.

Pickle runs whatever it is given, and MLflow's own loader trusts a list inside the artifact; here the list is in
the code, is checked when a model is written, and again when it is read. An estimator of another package declares its
own types (`file_types`); they are asked for only where a file holds a type that is not on the list.
"""

import logging
import struct
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from zipfile import BadZipFile

import skops.io
from sklearn.pipeline import Pipeline

from ratchet.artifacts.files import refer_to, verified_path, written_atomically
from ratchet.errors import ArtifactError, ConfigError, list_names
from ratchet.plugins import ESTIMATORS, find_plugins, load_plugin
from ratchet.records.files import FileRef

logger = logging.getLogger(__name__)
# What the catalogue's estimators hold beside the types that skops itself trusts (public scikit-learn estimators, their
# losses, plain containers). The two of `calibration` are a corrected classifier and its curve, the folds those of a
# target encoding. `partial` and `check_array` are histogram boosting's own guard on categorical columns: a partial is
# made when a file is read, never called, and the function in it must be on these lists as well. LightGBM keeps its
# trees as text, CatBoost as bytes of its own format; both have an ordered dictionary or a plain one around them.
# Three are Ratchet's own: two encodings, and what is around a model from elsewhere.
ALLOWED_TYPES = (
    "catboost.core.CatBoostClassifier",
    "catboost.core.CatBoostRegressor",
    "collections.OrderedDict",
    "functools.partial",
    "lightgbm.basic.Booster",
    "lightgbm.sklearn.LGBMClassifier",
    "lightgbm.sklearn.LGBMRegressor",
    "numpy.dtype",
    "ratchet.models.adopted.AdoptedModel",
    "ratchet.models.encoding.Calendar",
    "ratchet.models.encoding.Words",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.calibration._TemperatureScaling",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.model_selection._split.KFold",
    "sklearn.tree._tree.Tree",
    "sklearn.utils.validation.check_array",
    "xgboost.core.Booster",
    "xgboost.sklearn.XGBClassifier",
    "xgboost.sklearn.XGBRegressor",
)
# What skops and the zip reader raise on a file that is cut, or whose inside is not what they expect.
DAMAGE = (
    AttributeError, BadZipFile, EOFError, ImportError, LookupError, RuntimeError, TypeError, ValueError,
    struct.error, zlib.error,
)  # fmt: skip


def write_pipeline(pipeline: Pipeline, path: Path, home: Path) -> FileRef:
    """Write a fitted pipeline.

    Raises:
        ArtifactError: it holds a type outside `ALLOWED_TYPES`; nothing is left behind.
    """
    with written_atomically(path) as temporary:
        skops.io.dump(pipeline, temporary)
        _refuse_unknown_types(temporary, path)
    return refer_to(path, home)


def read_pipeline(ref: FileRef, home: Path) -> Pipeline:
    """Load a fitted pipeline that is still what its record says.

    Raises:
        ArtifactError: the file is missing, changed, damaged, or holds a type outside `ALLOWED_TYPES`.
    """
    path = verified_path(ref, home)
    pipeline = load_allowed(path)
    if not isinstance(pipeline, Pipeline):
        raise ArtifactError(f"{path} is not a model file that Ratchet wrote: it holds a {type(pipeline).__name__}")
    return pipeline


def load_allowed(path: Path) -> object:
    """Load what a skops file holds.

    Raises:
        ArtifactError: the file is damaged, or holds a type outside `ALLOWED_TYPES`.
    """
    foreign = _refuse_unknown_types(path, path)
    with _damage_named(path):
        return skops.io.load(path, trusted=[*ALLOWED_TYPES, *foreign])


def find_allowed_types(named: Path) -> frozenset[str]:
    """Return the full names of all types that a model file may hold beside those that skops itself trusts."""
    return frozenset({*ALLOWED_TYPES, *_declared_types(named)})


def _refuse_unknown_types(file: Path, named: Path) -> list[str]:
    """Return the types that only estimators of other packages allow; refuse those that none does."""
    with _damage_named(named):
        foreign = sorted(set(skops.io.get_untrusted_types(file=file)) - set(ALLOWED_TYPES))
    declared = _declared_types(named) if foreign else set()
    if unknown := [name for name in foreign if name not in declared]:
        raise ArtifactError(f"{named} holds types that are not allowed in a model: {list_names(unknown)}")
    return foreign


def _declared_types(named: Path) -> set[str]:
    """Return what installed estimators declare; one that can't be loaded leaves its types unknown."""
    declared: set[str] = set()
    for name in find_plugins(ESTIMATORS):
        try:
            types = getattr(load_plugin(ESTIMATORS, name, object), "file_types", ())
        except ConfigError as error:
            logger.warning("%s: %s", named, error)
            continue
        declared |= {each for each in types if isinstance(each, str)} if isinstance(types, tuple) else set()
    return declared


@contextmanager
def _damage_named(path: Path) -> Iterator[None]:
    try:
        yield
    except DAMAGE as error:
        raise ArtifactError(f"{path} is not a model file that Ratchet wrote: {error}") from error

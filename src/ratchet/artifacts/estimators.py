"""Fitted pipelines on disk: skops files that may hold a short list of known types and nothing else.

Pickle runs whatever it is given, and MLflow's own loader trusts a list inside the artifact; here the list is in
the code, is checked when a model is written, and again when it is read.
"""

from pathlib import Path
from zipfile import BadZipFile

import skops.io
from sklearn.pipeline import Pipeline

from ratchet.artifacts.files import refer_to, verified_path, written_atomically
from ratchet.errors import ArtifactError, list_names
from ratchet.records.files import FileRef

# What the catalogue's estimators hold beside the types that skops itself trusts (public scikit-learn estimators, their
# losses, plain containers). The last two of scikit-learn are histogram boosting's own guard on categorical columns.
ALLOWED_TYPES = (
    "functools.partial",
    "numpy.dtype",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.tree._tree.Tree",
    "sklearn.utils.validation.check_array",
    "xgboost.core.Booster",
    "xgboost.sklearn.XGBClassifier",
    "xgboost.sklearn.XGBRegressor",
)


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
    _refuse_unknown_types(path, path)
    return skops.io.load(path, trusted=list(ALLOWED_TYPES))


def _refuse_unknown_types(file: Path, named: Path) -> None:
    try:
        unknown = sorted(set(skops.io.get_untrusted_types(file=file)) - set(ALLOWED_TYPES))
    except (BadZipFile, KeyError, ValueError) as error:
        raise ArtifactError(f"{named} is not a model file that Ratchet wrote: {error}") from error
    if unknown:
        raise ArtifactError(f"{named} holds types that are not allowed in a model: {list_names(unknown)}")

"""From snapshot columns to what an estimator takes, inside the fitted pipeline.

`as_features` only makes types the same whatever gave the frame (None, NaN and `pd.NA` are all missing); everything
that is learnt from data is in the pipeline and is stored with it.
"""

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import pandas as pd
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from ratchet.errors import DataError, list_names
from ratchet.records.columns import ColumnKind

LARGEST = float(np.finfo(np.float32).max)  # trees compute in single precision and refuse anything beyond
MAX_CODES = 255  # histogram boosting has as many bins for a category; the rarest values share one
UNSEEN, MISSING = -1, -2
MAX_COLUMNS = 100  # of one categorical feature in the linear models
MIN_ROWS = 10  # a value rarer than this has no column of its own there
TRUTH = {True: 1.0, False: 0.0}
TRUTHS = (np.dtype(bool), pd.BooleanDtype())


def as_features(frame: pd.DataFrame, features: Mapping[str, ColumnKind]) -> pd.DataFrame:
    """Return the features alone, numbers and booleans as float64, categories as text, missing as NaN.

    An infinite number is read as missing, as is one beyond single precision: most estimators refuse both.

    Raises:
        DataError: a feature is missing, or a value is not of its type.
    """
    if missing := [name for name in features if name not in frame.columns]:
        raise DataError(f"the rows lack {list_names(missing)}, which the model needs; add what is missing")
    columns = {name: _CONVERSIONS[kind](frame[name]) for name, kind in features.items()}
    return pd.DataFrame(columns, index=frame.index, columns=list(features))


def usable_features(frame: pd.DataFrame, features: Mapping[str, ColumnKind]) -> tuple[list[str], list[str]]:
    """Return the names of numbers (booleans among them) and of categories that have a value in some row.

    A column without a single value has nothing to teach, and several estimators fail on it.

    Raises:
        DataError: no feature has a value.
    """
    filled = [name for name in features if frame[name].notna().any()]
    if not filled:
        raise DataError("no feature has a value in any training row; check `data.features` and the source")
    categories = [name for name in filled if features[name] == ColumnKind.CATEGORICAL]
    return [name for name in filled if name not in categories], categories


def encode_as_codes(numbers: Sequence[str], categories: Sequence[str], max_codes: int) -> ColumnTransformer:
    """Prepare columns for trees: numbers as they are, then categories as codes; missing and unseen are NaN."""
    codes = OrdinalEncoder(
        max_categories=min(max_codes, MAX_CODES),
        handle_unknown="use_encoded_value",
        unknown_value=np.nan,
        encoded_missing_value=np.nan,
    )
    return ColumnTransformer([("numbers", "passthrough", list(numbers)), ("categories", codes, list(categories))])


def encode_as_whole_codes(numbers: Sequence[str], categories: Sequence[str]) -> ColumnTransformer:
    """Prepare columns for CatBoost: a data frame, as each column has its own type; missing and unseen are below 0."""
    codes = OrdinalEncoder(
        dtype=np.int64, handle_unknown="use_encoded_value", unknown_value=UNSEEN, encoded_missing_value=MISSING
    )
    steps = [("numbers", "passthrough", list(numbers)), ("categories", codes, list(categories))]
    return ColumnTransformer(steps).set_output(transform="pandas")


def encode_as_columns(numbers: Sequence[str], categories: Sequence[str]) -> ColumnTransformer:
    """Prepare columns for linear models: numbers filled, flagged and scaled, categories as one column a value."""
    filled = make_pipeline(SimpleImputer(strategy="median", add_indicator=True), StandardScaler())
    columns = OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=MIN_ROWS, max_categories=MAX_COLUMNS)
    steps = [("numbers", filled, list(numbers)), ("categories", columns, list(categories))]
    return ColumnTransformer(steps, sparse_threshold=1.0)  # dense, a hundred columns a feature fill the memory


def _as_number(column: pd.Series) -> pd.Series:
    if column.dtype == np.float64:  # as a snapshot has it: nothing can be lost, and this is ten times quicker
        values = column.to_numpy()
        return pd.Series(np.where(np.abs(values) <= LARGEST, values, np.nan), index=column.index, name=column.name)
    numbers = pd.to_numeric(column, errors="coerce").astype("float64")
    _refuse_lost_values(column, numbers, "number")
    return numbers.where(numbers.abs() <= LARGEST)


def _as_boolean(column: pd.Series) -> pd.Series:
    if column.dtype in TRUTHS:  # nothing but true, false and missing; looking each one up costs as much as a tree
        return column.astype("float64")
    truths = column.astype(object).map(TRUTH).astype("float64")
    _refuse_lost_values(column, truths, "boolean")
    return truths


def _as_category(column: pd.Series) -> pd.Series:
    if isinstance(column.dtype, pd.CategoricalDtype):  # each value is turned into text once, not in every row
        values = np.array([*map(str, column.cat.categories), np.nan], dtype=object)
        return pd.Series(values[column.cat.codes], index=column.index, name=column.name)
    texts = column.astype(object).map(str, na_action="ignore")
    return texts.where(column.notna(), np.nan)


def _refuse_lost_values(column: pd.Series, converted: pd.Series, kind: str) -> None:
    wrong = column[converted.isna() & column.notna()]
    if len(wrong):
        raise DataError(
            f"column '{column.name}' holds {wrong.tolist()[0]!r}, which is not a {kind}; correct the source or the "
            "feature's type"
        )


_CONVERSIONS: Mapping[ColumnKind, Callable[[pd.Series], pd.Series]] = {
    ColumnKind.NUMERIC: _as_number,
    ColumnKind.BOOLEAN: _as_boolean,
    ColumnKind.CATEGORICAL: _as_category,
}

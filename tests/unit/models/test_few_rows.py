"""The short way gives what the long way gives: the same conversions, figures and refusals."""

import datetime as dt
from decimal import Decimal
from functools import cache
from importlib.util import find_spec

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from sklearn.compose import ColumnTransformer
from sklearn.dummy import DummyRegressor
from sklearn.linear_model import Ridge
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, OrdinalEncoder

from builders.training import CLASSES, ESTIMATORS, TASKS, make_mixed_rows, make_spec, make_task_config
from ratchet.config.decision import CalibrationMethod
from ratchet.config.training import EXTRAS, Estimator
from ratchet.errors import DataError
from ratchet.metrics.metric import Task
from ratchet.models import scoring
from ratchet.models.few_rows import FEW, FewRows, as_few_features
from ratchet.models.fitting import fit_candidate
from ratchet.models.labels import Floats
from ratchet.models.preprocessing import as_features
from ratchet.models.recalibration import correct_candidate
from ratchet.models.scoring import score_rows
from ratchet.records.columns import ColumnKind

INSTALLED = (*ESTIMATORS, *(each for each in EXTRAS if find_spec(each)))
EVERY = pytest.mark.parametrize(("estimator", "task"), [(each, task) for each in INSTALLED for task in TASKS])
NUMBER, TRUTH, CATEGORY = ColumnKind.NUMERIC, ColumnKind.BOOLEAN, ColumnKind.CATEGORICAL
DATE, TEXT = ColumnKind.DATETIME, ColumnKind.TEXT
COLUMNS = {
    "floats": (NUMBER, pd.Series([1.5, np.nan, np.inf, -1e300, 0.1])),
    "whole numbers": (NUMBER, pd.Series([1, -(2**40), 2**53 + 1])),
    "unsigned": (NUMBER, pd.Series([1, 2**63 + 5], dtype="uint64")),
    "single precision": (NUMBER, pd.Series([0.1, np.nan], dtype="float32")),
    "nullable whole numbers": (NUMBER, pd.Series([1, None], dtype="Int64")),
    "truths as numbers": (NUMBER, pd.Series([True, False])),
    "mixed numbers": (NUMBER, pd.Series([1, 2.5, None, np.nan, pd.NA, np.float64(3.5), np.int8(4)], dtype=object)),
    "numbers as text": (NUMBER, pd.Series(["12", " 1e3", "-0.5"])),
    "decimals": (NUMBER, pd.Series([Decimal("1.25"), None], dtype=object)),
    "huge": (NUMBER, pd.Series([10**25, None], dtype=object)),
    "truths": (TRUTH, pd.Series([True, False])),
    "nullable truths": (TRUTH, pd.Series([True, None], dtype="boolean")),
    "mixed truths": (TRUTH, pd.Series([True, None, 0, 1.0, np.nan, np.True_], dtype=object)),
    "texts": (CATEGORY, pd.Series(["a", "", None, "ünseen"], dtype=object)),
    "strings": (CATEGORY, pd.Series(["a", None], dtype="string")),
    "categories": (CATEGORY, pd.Series(["b", None, "a"], dtype="category")),
    "numbers as categories": (CATEGORY, pd.Series([3, 1], dtype="category")),
    "whole numbers as texts": (CATEGORY, pd.Series([3, -1])),
    "floats as texts": (CATEGORY, pd.Series([3.0, np.nan, 1e22, np.inf])),
    "single precision as texts": (CATEGORY, pd.Series([0.1, np.nan], dtype="float32")),
    "truths as texts": (CATEGORY, pd.Series([True, False])),
    "mixed texts": (CATEGORY, pd.Series(["a", 1, 1.5, True, pd.NA, None, np.int64(7), np.str_("s")], dtype=object)),
    "times as texts": (CATEGORY, pd.Series([dt.datetime(2026, 1, 5, tzinfo=dt.UTC), pd.NaT])),
    "days as texts": (CATEGORY, pd.Series([dt.date(2026, 1, 5), None], dtype=object)),
    "days": (DATE, pd.Series([19_000.25, np.nan, 1e7, np.inf, -3.0])),
    "mixed days": (DATE, pd.Series([19_000, 2.5, None, pd.NA], dtype=object)),
    "moments": (DATE, pd.Series([dt.datetime(2026, 1, 5, 6, tzinfo=dt.UTC), pd.NaT])),
    "written moments": (DATE, pd.Series(["2026-01-05T06:00", None, "2026-01-05"], dtype=object)),
    "notes": (TEXT, pd.Series(["a b", "", None, pd.NA, np.nan, 7], dtype=object)),
    "notes as categories": (TEXT, pd.Series(["b a", None], dtype="category")),
}
REFUSED = {
    "a text that is no number": (NUMBER, pd.Series([1.0, "many"], dtype=object)),
    "a list for a number": (NUMBER, pd.Series([[1]], dtype=object)),
    "two": (TRUTH, pd.Series([True, 2], dtype=object)),
    "a text that is no truth": (TRUTH, pd.Series(["yes"])),
}


@pytest.mark.parametrize("name", COLUMNS)
def test_a_value_is_read_as_in_a_batch(name: str) -> None:
    kind, column = COLUMNS[name]
    frame, features = pd.DataFrame({"x": column, "other": 1}), {"x": kind}
    assert_frame_equal(pd.DataFrame(as_few_features(frame, features)), as_features(frame, features))
    for place in range(len(frame)):
        row = frame.iloc[[place]]
        # pandas has another dtype for a category in floats that is missing in every row
        few, long = pd.DataFrame(as_few_features(row, features)), as_features(row, features).reset_index(drop=True)
        assert_frame_equal(few, long, check_dtype=False)


@pytest.mark.parametrize("name", REFUSED)
def test_a_value_is_refused_as_in_a_batch(name: str) -> None:
    kind, column = REFUSED[name]
    frame, features = pd.DataFrame({"x": column}), {"x": kind}
    with pytest.raises((DataError, TypeError)) as expected:
        as_features(frame, features)
    with pytest.raises(expected.type) as caught:
        as_few_features(frame, features)
    assert str(caught.value) == str(expected.value)


def test_a_feature_that_is_missing_is_named() -> None:
    with pytest.raises(DataError, match="the rows lack age"):
        as_few_features(pd.DataFrame({"x": [1]}), {"x": NUMBER, "age": NUMBER})


@cache
def fit(estimator: Estimator, task: Task, method: CalibrationMethod = "none") -> Pipeline:
    config = make_task_config(task, calibration={"method": method})
    frame, later = make_mixed_rows(task, 900), make_mixed_rows(task, 300, seed=4)
    spec = make_spec(estimator)
    fitted = fit_candidate(spec, frame, config, classes=CLASSES[task], seed=5, threads=1)
    return correct_candidate(spec, fitted, later, config, classes=CLASSES[task], threads=1)


def make_odd_rows(task: Task) -> pd.DataFrame:
    """Rows as a service sends them: unseen categories, missing values, numbers that no tree takes."""
    rows = make_mixed_rows(task, 40, seed=8).drop(columns="bought")
    rows.loc[:9, ["city", "code", "blank"]] = "never seen"
    rows.loc[5:12, "member"] = None
    rows.loc[8:15, ["age", "amount", "constant"]] = np.nan
    rows.loc[12:20, ["city", "code"]] = None
    rows.loc[21, ["amount", "age"]] = np.inf, 1e300
    return rows


def score_long(pipeline: Pipeline, rows: pd.DataFrame, task: Task, monkeypatch: pytest.MonkeyPatch) -> Floats:
    with monkeypatch.context() as patched:
        patched.setattr(scoring, "FEW", 0)
        return score_rows(pipeline, rows, make_task_config(task))


@EVERY
def test_a_row_alone_is_predicted_bit_by_bit_as_in_a_batch(
    estimator: Estimator, task: Task, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline, rows = fit(estimator, task), make_odd_rows(task)
    expected = score_long(pipeline, rows, task, monkeypatch)
    singles = [score_rows(pipeline, rows.iloc[[place]], make_task_config(task)) for place in range(len(rows))]
    assert np.array_equal(np.concatenate(singles), expected)
    assert np.array_equal(score_rows(pipeline, rows[:FEW], make_task_config(task)), expected[:FEW])


@pytest.mark.parametrize("estimator", ["linear", "random_forest", "hist_gradient_boosting", "xgboost"])
@pytest.mark.parametrize("method", ["sigmoid", "isotonic"])
def test_a_corrected_probability_is_the_same_too(
    estimator: Estimator, method: CalibrationMethod, monkeypatch: pytest.MonkeyPatch
) -> None:
    pipeline, rows = fit(estimator, "binary", method), make_odd_rows("binary")
    expected = score_long(pipeline, rows, "binary", monkeypatch)
    singles = [score_rows(pipeline, rows.iloc[[place]], make_task_config("binary")) for place in range(len(rows))]
    assert np.array_equal(np.concatenate(singles), expected)


def test_a_value_of_another_type_is_refused_by_name() -> None:
    row = make_odd_rows("binary").iloc[[30]].assign(age="old")
    with pytest.raises(DataError, match="column 'age' holds 'old', which is not a number"):
        score_rows(fit("linear", "binary"), row, make_task_config("binary"))


def test_what_an_estimator_refuses_is_refused() -> None:
    row = as_features(make_odd_rows("regression").iloc[[8]], make_task_config("regression").data.features)
    codes = fit("xgboost", "regression")[0]
    filled = codes.transform(as_features(make_mixed_rows("regression"), make_task_config("regression").data.features))
    strict = make_pipeline(codes, Ridge().fit(np.nan_to_num(filled), filled[:, 0] > 0))
    for each in (strict, FewRows(strict)):
        with pytest.raises(ValueError, match="Input X contains NaN"):
            each.predict(row)


@pytest.mark.parametrize("most", [2, 3])
def test_codes_are_the_encoder_s_own_also_after_it_was_fitted_again(most: int) -> None:
    """Rare values share a code; what was not learnt and what is missing have their own."""
    codes = OrdinalEncoder(
        max_categories=most, handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2
    )
    prepare = ColumnTransformer([("categories", codes, ["city", "code"])])
    few = FewRows(make_pipeline(prepare, FunctionTransformer(), DummyRegressor()))
    rows = as_features(make_odd_rows("regression"), {"city": CATEGORY, "code": CATEGORY})
    for learnt in (make_mixed_rows("regression"), make_mixed_rows("regression", 90, seed=6)):
        prepare.fit(as_features(learnt, {"city": CATEGORY, "code": CATEGORY}))
        columns = {name: rows[name].to_numpy() for name in rows}
        assert np.array_equal(few.prepare(columns), prepare.transform(rows))


def test_a_step_of_another_kind_is_taken_as_it_is() -> None:
    rows = as_features(make_odd_rows("regression")[:3], make_task_config("regression").data.features)
    inner = fit("xgboost", "regression")
    outer = make_pipeline(inner[0], FunctionTransformer(), inner[-1])
    assert np.array_equal(FewRows(outer).predict(rows), inner.predict(rows))

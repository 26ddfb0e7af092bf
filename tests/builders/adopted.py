"""Builders of models from elsewhere: teams' own models on the mixed rows, and files that no model is."""

import pickle
from collections.abc import Callable
from pathlib import Path

import joblib
import lightgbm
import pandas as pd
import skops.io
import xgboost
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from builders.runs import make_run
from builders.training import make_mixed_rows, make_task_config, write_split
from ratchet.config.run import Adoption, Run
from ratchet.metrics.metric import Task
from ratchet.models.adopting import Arrival
from ratchet.models.preprocessing import as_features

NUMBERS = ["age", "member"]  # in another order than the YAML's, and not all of them
MIXED = ["city", *NUMBERS]
Fit = Callable[[pd.DataFrame, pd.Series], object]
# A set with a tuple of two tuples of two tuples …: its hash takes longer than anybody waits.
ENDLESS = b"\x80\x04\x8f(" + b")" + b"2\x86" * 64 + b"\x90."
HUGE = b"\x80\x04cbuiltins\nbytearray\n\x8a\x06\x00\x00\x00\x00\x00\x40\x85R."  # bytearray(70,368,744,177,664)


def make_pickle_that_runs(module: str, name: str, *arguments: object) -> bytes:
    """A pickle that calls a function when it is read."""
    text = f"c{module}\n{name}\n".encode()
    return b"\x80\x04" + text + pickle.dumps(arguments, protocol=2)[2:-1] + b"R."


def with_categories(frame: pd.DataFrame) -> pd.DataFrame:
    """The columns of `MIXED`, the text one as pandas categories, as boosting wants it."""
    return frame[MIXED].astype({"city": "category"})


def fit_linear(frame: pd.DataFrame, target: pd.Series) -> Pipeline:
    """A pipeline of a team's own, on text and numbers."""
    prepare = make_column_transformer((OneHotEncoder(handle_unknown="ignore"), ["city"]), (StandardScaler(), ["age"]))
    return make_pipeline(prepare, LogisticRegression()).fit(frame[["city", "age"]], target)


def fit_forest(frame: pd.DataFrame, target: pd.Series) -> RandomForestClassifier:
    """A bare estimator whose trees are asked by several threads."""
    return RandomForestClassifier(5, n_jobs=2, random_state=1).fit(frame[NUMBERS], target)


def fit_values(frame: pd.DataFrame, target: pd.Series) -> RandomForestRegressor:
    """A regressor."""
    return RandomForestRegressor(5, random_state=1).fit(frame[NUMBERS], target)


def fit_histogram(frame: pd.DataFrame, target: pd.Series) -> HistGradientBoostingClassifier:
    """An estimator that takes text as pandas categories only."""
    return HistGradientBoostingClassifier(max_iter=5).fit(with_categories(frame), target)


def fit_xgboost(frame: pd.DataFrame, target: pd.Series) -> xgboost.XGBClassifier:
    """XGBoost with its own categories."""
    return xgboost.XGBClassifier(n_estimators=5, enable_categorical=True).fit(with_categories(frame), target)


def fit_booster(frame: pd.DataFrame, target: pd.Series) -> xgboost.Booster:
    """XGBoost's bare booster."""
    rows = xgboost.DMatrix(with_categories(frame), target, enable_categorical=True)
    return xgboost.train({"objective": "binary:logistic"}, rows, 5)


def fit_lightgbm(frame: pd.DataFrame, target: pd.Series) -> lightgbm.LGBMClassifier:
    """LightGBM with its own categories."""
    return lightgbm.LGBMClassifier(n_estimators=5, verbose=-1).fit(with_categories(frame), target)


def as_pickle(model: object, file: Path) -> None:
    """Write as joblib does, compressed."""
    joblib.dump(model, file, compress=3)


def as_skops(model: object, file: Path) -> None:
    """Write as skops does."""
    skops.io.dump(model, file)


def as_xgboost(ending: str) -> Callable[[xgboost.XGBModel], None]:
    """Write in one of XGBoost's own formats, under a name that does not tell which."""

    def write(model: xgboost.XGBModel | xgboost.Booster, file: Path) -> None:
        model.save_model(f"{file}.{ending}")
        Path(f"{file}.{ending}").rename(file)

    return write


def as_lightgbm(model: lightgbm.LGBMModel, file: Path) -> None:
    """Write in LightGBM's text format."""
    model.booster_.save_model(file)


def make_arrival(
    home: Path,
    fit: Fit | None = None,
    write: Callable[[object, Path], None] = as_pickle,
    *,
    task: Task = "binary",
    content: bytes = b"",
    **asked: object,
) -> Arrival:
    """A run about a model's file; without a model, about the content of a file."""
    run, rows = make_adopting_run(home, task, **asked), make_mixed_rows(task)
    split = write_split(run, rows)
    file = home / "team-model"
    file.write_bytes(content)
    if fit:
        write(fit(as_features(rows, run.config.data.features), rows[run.config.data.target.column]), file)
    return Arrival(run=run, file=file, rows=split.holdout.file, classes=split.classes)


def make_adopting_run(home: Path, task: Task = "binary", **asked: object) -> Run:
    """A run about the file `team-model` in its home."""
    adoption = Adoption.model_validate({"source": str(home / "team-model"), "person": "ann"} | asked)
    run = make_run(home, make_task_config(task), reason="our own does better")
    return run.model_copy(update={"adoption": adoption})

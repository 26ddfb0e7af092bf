"""Four public data sets as streams: rows in the order of time, with a clock, a target and a model's YAML."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from ratchet.config.model import ModelConfig
from ratchet.records.columns import LABEL, TIME

LABEL_WINDOWS = 2  # labels come so many windows late
KNOWN = 0.3  # of the rows made the champion
DATA = Path(__file__).parents[3] / "shared" / "data"
DAY = timedelta(days=1)
# XGBoost as in the measurements beside the data: no tuning
CANDIDATE = {
    "name": "xgboost",
    "estimator": "xgboost",
    "parameters": {"n_estimators": 150, "max_depth": 5, "learning_rate": 0.1},
}
MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """A data set in the order of time.

    Attributes:
        name: the data set.
        config: a model's YAML: features, primary metric, windows, and how late labels are.
        rows: `TIME`, the features, and `LABEL`: a class's name or a value.
        champion_rows: so many of the first rows made the champion.
    """

    name: str
    config: ModelConfig
    rows: pd.DataFrame
    champion_rows: int

    @property
    def window(self) -> timedelta:
        """How long a window is."""
        return self._spans[0]

    @property
    def history(self) -> timedelta:
        """How far back a monitoring run looks."""
        return self._spans[2]

    @property
    def delay(self) -> timedelta:
        """How late labels are."""
        return self.config.data.label_delay

    @property
    def _spans(self) -> tuple[timedelta, timedelta, timedelta]:
        spans = self.config.monitoring.spans(has_clock=True)
        first, second, third = (span for span in spans if isinstance(span, timedelta))
        return first, second, third


def read_electricity() -> Stream:
    """Half-hours from May 1996 on; the price goes up or down. The ARFF's own dates are not in order."""
    frame = pd.read_csv(DATA / "electricity" / "elec.csv.gz")
    features = dict.fromkeys(frame.columns.drop("class"), "numeric")
    labels = np.where(frame.pop("class") == 1, "UP", "DOWN")
    times = pd.Timestamp("1996-05-07", tz=UTC) + pd.to_timedelta(30 * np.arange(len(frame)), unit="min")
    config = describe(
        "electricity", "binary", "roc_auc", features=features, target={"positive": "UP", "negative": "DOWN"}
    )
    return make_stream(config, _stamp(frame, times, labels))


def read_bike_sharing() -> Stream:
    """Hours of 2011 and 2012; how many bikes are out. What adds up to the target or counts the days is left out."""
    frame = pd.read_csv(DATA / "bike_sharing" / "hour.csv")
    times = pd.to_datetime(frame["dteday"], utc=True) + pd.to_timedelta(frame["hr"], unit="h")
    labels = frame["cnt"].to_numpy(np.float64)
    frame = frame.drop(columns=["instant", "dteday", "yr", "casual", "registered", "cnt"])
    categories = ("season", "mnth", "weekday", "weathersit")
    features = {name: "categorical" if name in categories else "numeric" for name in frame.columns}
    frame = frame.astype(dict.fromkeys(categories, str))
    config = describe("bike_sharing", "regression", "rmse", features=features, target={})
    return make_stream(config, _stamp(frame, times, labels))


def read_noaa_weather() -> Stream:
    """Days of half a century; whether it rains. A week has seven rows, so a window has a season's ninety."""
    frame = pd.read_csv(DATA / "noaa_weather" / "weather.csv")
    labels = np.where(frame.pop("target") == 1, "rain", "dry")
    times = pd.Timestamp("1949-01-01", tz=UTC) + pd.to_timedelta(np.arange(len(frame)), unit="D")
    config = describe(
        "noaa_weather",
        "binary",
        "roc_auc",
        features=dict.fromkeys(frame.columns, "numeric"),
        target={"positive": "rain", "negative": "dry"},
        window=90 * DAY,
        long_window=365 * DAY,
        history=5 * 365 * DAY,
    )
    return make_stream(config, _stamp(frame, times, labels))


def read_bank_marketing() -> Stream:
    """Calls of 2008 to 2010; who takes the deposit. How long a call lasts is known too late.

    The 26 runs of one month each give year and month; within a month rows are spread evenly. The ranking is a coin's
    from the start, what breaks is the level of the probabilities: hence log_loss.
    """
    frame = pd.read_csv(DATA / "bank_marketing" / "bank-additional-full.csv.gz", sep=";").drop(columns="duration")
    labels = frame.pop("y").to_numpy()
    features = {
        name: "numeric" if pd.api.types.is_numeric_dtype(frame[name]) else "categorical" for name in frame.columns
    }
    config = describe(
        "bank_marketing", "binary", "log_loss", features=features, target={"positive": "yes", "negative": "no"}
    )
    return make_stream(config, _stamp(frame, _find_dates(frame), labels))


def make_stream(config: ModelConfig, rows: pd.DataFrame) -> Stream:
    """Freeze the champion on the first part of the rows."""
    return Stream(name=config.model, config=config, rows=rows, champion_rows=round(KNOWN * len(rows)))


def shuffle_period(stream: Stream, windows: int, seed: int) -> Stream:
    """Draw a stream without drift from the rows that made the champion.

    Half of them, in random order, make another champion; windows with as many rows as usual are drawn from the others.
    """
    known = stream.rows[: stream.champion_rows]
    length = known[TIME].iloc[-1] - known[TIME].iloc[0]
    per_window = round(len(known) * (stream.window / length))
    chance = np.random.default_rng(seed)
    order = chance.permutation(len(known))
    cut = len(known) // 2
    drawn = np.concatenate([order[:cut], chance.choice(order[cut:], per_window * windows + 1)])
    rows = known.iloc[drawn].reset_index(drop=True)
    # the first window begins with a day
    steps = pd.to_timedelta(stream.window / per_window * (np.arange(len(rows)) - cut))
    rows[TIME] = (known[TIME].iloc[0].floor("D") + steps).astype("datetime64[us, UTC]")
    return Stream(name=stream.name, config=stream.config, rows=rows, champion_rows=cut)


READERS: tuple[Callable[[], Stream], ...] = (
    read_electricity,
    read_bike_sharing,
    read_noaa_weather,
    read_bank_marketing,
)


def describe(
    name: str, task: str, metric: str, *, target: dict[str, str], features: dict[str, str], **monitoring: timedelta
) -> ModelConfig:
    """Write a model's YAML: monitoring's defaults, but for the windows that are given and the domain classifier.

    That one makes a model yellow at most, and would take half of the time.
    """
    return ModelConfig.model_validate(
        {
            "model": name,
            "task": task,
            "data": {
                "source": {"path": "none"},
                "time": {"column": "at"},
                "label_delay": LABEL_WINDOWS * monitoring.get("window", timedelta(days=7)),
                "target": {"column": "outcome", **target},
                "features": features,
            },
            "candidates": [CANDIDATE],
            "evaluation": {"metric": metric},
            "monitoring": {"drift": {"separation": False}, **monitoring},
        }
    )


def _stamp(frame: pd.DataFrame, times: pd.Series | pd.DatetimeIndex, labels: np.ndarray) -> pd.DataFrame:
    stamped = frame.assign(**{LABEL: labels})
    stamped.insert(0, TIME, pd.Series(times, index=stamped.index).astype("datetime64[us, UTC]"))
    return stamped.reset_index(drop=True)


def _find_dates(frame: pd.DataFrame) -> pd.DatetimeIndex:
    """Give each row a time: its run's month, and its place in the run."""
    months = frame["month"].map({name: place for place, name in enumerate(MONTHS, start=1)}).to_numpy()
    runs = np.cumsum(np.append(0, months[1:] != months[:-1]))
    years = 2008 + np.cumsum(np.append(0, months[1:] < months[:-1]))
    starts = pd.to_datetime({"year": years, "month": months, "day": 1}, utc=True)
    lengths = np.bincount(runs)
    place = np.arange(len(frame)) - np.concatenate(([0], np.cumsum(lengths)[:-1]))[runs]
    days = starts.dt.days_in_month.to_numpy() * place / lengths[runs]
    return pd.DatetimeIndex(starts + pd.to_timedelta(days, unit="D"))

"""Replay a stream: a champion frozen at its begin, then one monitoring run a window, as the stages make it.

Observations are built from rows in memory instead of by `collect`, whose reading of sources is not what is judged here;
`measure_drift`, `measure_performance` and the alerts are the stages' own, in their order, with their
memory of earlier windows.
"""

import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from sklearn.pipeline import Pipeline

from benchmarks.streams.sets import Stream
from benchmarks.streams.truth import METRICS
from ratchet.alerts.raising import raise_alerts
from ratchet.artifacts.files import adapter_of, refer_to, write_text
from ratchet.artifacts.frames import write_frame
from ratchet.artifacts.monitoring_store import keep_moment, keep_monitoring, monitoring_of
from ratchet.artifacts.run_store import keep_record
from ratchet.config.run import Run
from ratchet.config.settings import read_threads
from ratchet.drift.profiles import profile_rows
from ratchet.drift.reference import list_kinds, make_reference
from ratchet.evaluation.decisions import decide_classes
from ratchet.models.fitting import fit_candidate
from ratchet.models.scoring import score_rows
from ratchet.records.alerts import AlertReport
from ratchet.records.columns import (
    DECISION,
    ENTITY,
    HAS_FEATURES,
    LABEL,
    LABEL_KNOWN_AT,
    PREDICTION,
    PREDICTION_ID,
    ROW,
    SCORE,
    TIME,
    VERSION,
)
from ratchet.records.files import FileRef
from ratchet.records.judgement import Evaluation, Gain, Measurement
from ratchet.records.monitoring import Observation, StoredProfile
from ratchet.records.promotion import Promotion
from ratchet.stages.measure_drift import measure_drift
from ratchet.stages.measure_performance import measure_performance
from ratchet.timeline import Window

SEED = 20240501
TRAINED = 0.8  # of the champion's rows; the rest is its holdout, what later windows are compared with
CHAMPION_RUN = "fit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A stream with a champion's predictions.

    Attributes:
        stream: the stream.
        home: where the champion and the monitoring runs are kept.
        holdout: scored rows that the champion was judged on.
        rows: scored rows that came afterwards.
        windows: stretches of these.
        profiles: of the windows that have rows, by the window's number.
        reference: `Reference`, its `Profile`, and its rows, as files.
    """

    stream: Stream
    home: Path
    holdout: pd.DataFrame
    rows: pd.DataFrame
    windows: tuple[Window, ...]
    profiles: dict[int, StoredProfile]
    reference: tuple[FileRef, FileRef, FileRef]

    def within(self, window: Window) -> pd.DataFrame:
        """Return the rows of a window."""
        first, last = self.rows[TIME].searchsorted([window.start, window.end])
        return self.rows.iloc[first:last]


def prepare(stream: Stream, home: Path) -> Prepared:
    """Fit the champion, score every later row, cut windows and profile them."""
    run = make_run(stream, home, CHAMPION_RUN)
    known = stream.rows[: stream.champion_rows]
    train = known[: round(len(known) * TRAINED)]
    pipeline = fit_champion(stream, train)
    scored = score_stream(stream, pipeline, stream.rows[len(train) :])
    holdout, rows = scored[: len(known) - len(train)], scored[len(known) - len(train) :].reset_index(drop=True)
    keep_record(run, "evaluate", measure_holdout(stream, holdout))
    keep_record(run, "promote", Promotion(moved=True, version=1, previous=None, reason="there was none before"))
    reference = make_reference(_batches(holdout), list_kinds(stream.config), seed=SEED)
    windows = cut_windows(rows, stream.window)
    prepared = Prepared(
        stream=stream,
        home=home,
        holdout=holdout,
        rows=rows,
        windows=windows,
        profiles={},
        reference=(
            _write(home, "reference", reference),
            _write(home, "reference_profile", profile_rows(_batches(holdout), reference)),
            write_frame(holdout, home / "reference_rows.parquet", home),
        ),
    )
    for number, window in enumerate(windows):
        inside = prepared.within(window)
        if len(inside):
            file = _write(home, f"profile-{number}", profile_rows(_batches(inside.drop(columns=LABEL)), reference))
            prepared.profiles[number] = StoredProfile(window=window, file=file, rows=len(inside))
    return prepared


def replay(prepared: Prepared) -> list[AlertReport]:
    """Make a monitoring run at the end of each window."""
    reports: list[AlertReport] = []
    stream = prepared.stream
    for number in range(len(prepared.windows)):
        reports.append(monitor(prepared, number, reports))
        forget(prepared, number - stream.history // stream.window - 1)
    return reports


def monitor(prepared: Prepared, number: int, earlier: Sequence[AlertReport]) -> AlertReport:
    """Make one window's monitoring run, which remembers the earlier ones, and keep its records."""
    run = make_run(prepared.stream, prepared.home, name_run(number), prepared.windows[number].end)
    observation = observe_window(prepared, number, run.run_id)
    shift, performance = measure_drift(run, observation), measure_performance(run, observation)
    plan = run.config.monitoring.alerts
    report = raise_alerts(plan, observation, shift, performance, earlier, now=run.started)
    keep_monitoring(run, "alert", report)
    keep_moment(run, observation.as_of)
    return report


def forget(prepared: Prepared, number: int) -> None:
    """Remove the records of a run whose window is before the history, so that nobody spends time on reading them."""
    shutil.rmtree(monitoring_of(prepared.home, prepared.stream.name) / "runs" / name_run(number), ignore_errors=True)


def name_run(number: int) -> str:
    """Name the monitoring run at the end of a window."""
    return f"window-{number:04d}"


def observe_window(prepared: Prepared, number: int, run_id: str) -> Observation:
    """Say what is known at the end of a window: labels as late as the YAML says they are."""
    window, home = prepared.windows[number], prepared.home
    as_of = window.end
    assert isinstance(as_of, datetime)
    long_window, history = (
        Window(start=as_of - span, end=as_of) for span in prepared.stream.config.monitoring.spans(has_clock=True)[1:]
    )  # type: ignore[operator]
    observed = _hide_labels(prepared.within(history), as_of)
    inside = observed[observed[TIME] >= window.start]
    earlier = [place for place in sorted(prepared.profiles) if place < number]
    stored = prepared.profiles.get(number)
    return Observation(
        model=prepared.stream.name,
        run_id=run_id,
        version=1,
        as_of=as_of,
        window=window,
        long_window=long_window,
        history=history,
        observed=write_frame(observed, home / "observed.parquet", home),
        rows=len(inside),
        labelled=int(inside[LABEL].notna().sum()),
        reference=prepared.reference[0],
        reference_profile=prepared.reference[1],
        reference_rows=prepared.reference[2],
        profiles=(stored,) if stored else (),
        earlier=tuple(prepared.profiles[place] for place in earlier if prepared.windows[place].start >= history.start),  # type: ignore[operator]
        classes=classes_of(prepared.stream),
    )


def make_run(stream: Stream, home: Path, run_id: str, as_of: object = None) -> Run:
    """Describe a run of the stream's model; it begins at its as-of."""
    begun = as_of if isinstance(as_of, datetime) else datetime(2026, 1, 1, tzinfo=UTC)
    return Run(config=stream.config, project=home, home=home, run_id=run_id, started=begun, as_of=as_of)


def fit_champion(stream: Stream, rows: pd.DataFrame) -> Pipeline:
    """Fit the YAML's one candidate."""
    named = rows.assign(**{stream.config.data.target.column: truths_of(stream, rows)})
    (spec,) = stream.config.candidates
    return fit_candidate(spec, named, stream.config, classes=classes_of(stream), seed=SEED, threads=read_threads())


def score_stream(stream: Stream, pipeline: Pipeline, rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows as monitoring observes them, with labels that all came."""
    scores = score_rows(pipeline, rows, stream.config)
    codes = decide_classes(stream.config.task, scores, rows)
    names = np.array(classes_of(stream), object)
    known_at = rows[TIME] + stream.delay
    return rows.assign(
        **{
            ROW: np.arange(len(rows)),
            PREDICTION_ID: [f"{place:032x}" for place in range(len(rows))],
            ENTITY: None,
            VERSION: np.int32(1),
            SCORE: scores,
            DECISION: None if codes is None else names[codes.astype(int)],
            LABEL_KNOWN_AT: known_at,
            HAS_FEATURES: True,
            PREDICTION: scores,
        }
    ).reset_index(drop=True)


def classes_of(stream: Stream) -> tuple[str, ...]:
    """Return the classes, the negative one first; none of regression."""
    target = stream.config.data.target
    return () if stream.config.task == "regression" else (str(target.negative), str(target.positive))


def cut_windows(rows: pd.DataFrame, length: timedelta) -> tuple[Window, ...]:
    """Cut whole windows from the first row's midnight on."""
    start: datetime = rows[TIME].iloc[0].floor("D").to_pydatetime()
    count = int((rows[TIME].iloc[-1] - start) / length)
    return tuple(Window(start=start + length * place, end=start + length * (place + 1)) for place in range(count))


def truths_of(stream: Stream, rows: pd.DataFrame) -> np.ndarray:
    """Return labels as numbers: codes of classes, or values."""
    if stream.config.task == "regression":
        return rows[LABEL].to_numpy(np.float64)
    return (rows[LABEL] == stream.config.data.target.positive).to_numpy(np.float64)


def measure_holdout(stream: Stream, holdout: pd.DataFrame) -> Evaluation:
    """Measure what monitoring compares with while there is no stable period: the champion's figures on its holdout."""
    labels, scores = truths_of(stream, holdout), holdout[SCORE].to_numpy()
    metrics = (stream.config.metric, *(guard.metric for guard in stream.config.guards))
    figures = {metric: METRICS[metric](labels, scores) for metric in metrics}
    gain = Gain(
        metric=stream.config.metric,
        opponent="baseline",
        slice="overall",
        rows=len(holdout),
        positives=None,
        challenger=figures[stream.config.metric],
        opponent_value=None,
        estimate=None,
        lower=None,
        upper=None,
        confidence=0.99,
        detectable=None,
        resampling="blocks",
        problem="not looked for",
    )
    measured = (
        Measurement(metric=metric, challenger=value, champion=None, baseline=None) for metric, value in figures.items()
    )
    return Evaluation(
        challenger="xgboost",
        champion=None,
        metrics=tuple(measured),
        baseline_gain=gain,
        champion_gain=None,
        slice_gains=(),
        rows=len(holdout),
        positives=None,
        seed=SEED,
    )


def _hide_labels(rows: pd.DataFrame, as_of: datetime) -> pd.DataFrame:
    is_open = rows[LABEL_KNOWN_AT] > as_of
    hidden = rows[LABEL].where(~is_open, np.nan if pd.api.types.is_float_dtype(rows[LABEL]) else None)
    return rows.assign(**{LABEL: hidden, LABEL_KNOWN_AT: rows[LABEL_KNOWN_AT].where(~is_open)}).reset_index(drop=True)


def _batches(rows: pd.DataFrame) -> list[pa.RecordBatch]:
    return pa.Table.from_pandas(rows, preserve_index=False).to_batches()


def _write(home: Path, name: str, record: object) -> FileRef:
    path = home / f"{name}.json"
    write_text(path, adapter_of(type(record)).dump_json(record).decode())
    return refer_to(path, home)

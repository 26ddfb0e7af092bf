"""What scoring gives, and what a monitoring run looks at: how far its rows have moved from the reference's."""

from dataclasses import dataclass
from datetime import datetime

from ratchet.records.drift import Drift, Separation, Trend
from ratchet.records.files import FileRef
from ratchet.timeline import Moment, Window


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredProfile:
    """The counts of some rows, kept so that they need not be read again.

    Attributes:
        window: the rows: a day, or a block of rows.
        file: a `Profile` as JSON.
        rows: how many.
    """

    window: Window
    file: FileRef
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What one monitoring run looks at: predictions, what they were made from, and the labels known by then.

    Attributes:
        model: the model's name.
        run_id: the monitoring run.
        version: the version that made the newest predictions as of then: its rows are the reference, and only what it
            predicted is profiled, as another version's scores differ without any drift.
        as_of: what counts as known: up to this time, or so many rows.
        window: whose drift is measured and whose alerts are raised.
        long_window: the longer one that performance is told for as well.
        history: all that was read: long enough for baselines, and for labels that come late.
        observed: Parquet, one row a prediction of the history, in the order of time: the columns of `records.columns`
            (`TIME` and `label_known_at` with a clock only, `scores` for several classes only), the features, and the
            segments' columns.
        rows: predictions in the window.
        labelled: of these, the ones whose label is known.
        reference: a `Reference` as JSON: the bins of the champion's features, of `prediction` and of `label`.
        reference_profile: its `Profile`.
        reference_rows: Parquet, rows that the reference was made from, at most 200,000: `score`, `scores`, `decision`,
            `label`, `prediction`, the features and the segments' columns, named as in `observed`.
        profiles: the stored profiles that make up the window, in order; `label` is not counted in them.
        earlier: the stored profiles of the history before the window, in order.
        classes: the classes in the order of `scores`; of two, the negative one first; empty for regression.
        warnings: one sentence for each thing that was accepted with a remark.
    """

    model: str
    run_id: str
    version: int
    as_of: Moment
    window: Window
    long_window: Window
    history: Window
    observed: FileRef
    rows: int
    labelled: int
    reference: FileRef
    reference_profile: FileRef
    reference_rows: FileRef
    profiles: tuple[StoredProfile, ...]
    earlier: tuple[StoredProfile, ...]
    classes: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EarlierEffects:
    """How far one earlier window, as long as this one, was from the reference.

    Attributes:
        window: its rows; no row is in two of these windows.
        effects: of each column, as `ColumnDrift.effect`; None where it could not be measured.
    """

    window: Window
    effects: dict[str, float | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """How far the window's rows are from the reference's.

    Attributes:
        window: the rows.
        drift: of each feature and of the prediction, from stored profiles.
        label_drift: of the labels of the matured rows of the long window; None while there are none.
        separation: of all features together, on a sample; None when it was switched off.
        trends: columns whose drift has grown for several windows.
        earlier: the windows before this one, oldest first, as far as their profiles are stored.
    """

    window: Window
    drift: Drift
    label_drift: Drift | None
    separation: Separation | None
    trends: tuple[Trend, ...]
    earlier: tuple[EarlierEffects, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    """Rows worth a label.

    Attributes:
        file: Parquet, one row a prediction that somebody should label; None when there are none.
        rows: how many it has.
        eligible: recent predictions without a label that they were chosen from.
        reason: one sentence: how they were chosen.
    """

    file: FileRef | None
    rows: int
    eligible: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MonitoringPages:
    """The pages made for people.

    Attributes:
        page: our own one-page report.
        evidently: Evidently's report of the window; None when there was nothing to compare.
        evidently_rows: rows of each side that it is made of, of the smaller one; 0 without it.
    """

    page: FileRef
    evidently: FileRef | None
    evidently_rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Partition:
    """The predictions that one run made for one day of events.

    Attributes:
        name: "date=2026-01-31" (UTC), or "block=000000" of a million rows where the data has no clock.
        file: the Parquet file; no other run writes it.
        rows: how many predictions it holds.
    """

    name: str
    file: FileRef
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Scoring:
    """What one scoring run did.

    Attributes:
        model: the model's name.
        version: the champion's version that scored.
        run_id: the run that scored.
        started: when it began, UTC.
        as_of: rows up to this time, or this many rows, were looked at; None for every row there was.
        newer_than: only rows later than this, or from this row number on, were looked at; None for no such limit.
        source: what was read, without credentials.
        rows: predictions made.
        rows_seen: rows in the source.
        rows_known: rows left out because they were predicted before.
        partitions: one entry a day that got predictions, in order.
        time_from: earliest event time of a prediction, UTC; None without a clock or a prediction.
        time_to: latest event time of a prediction.
        seconds: wall time of the whole run.
        predict_seconds: of that, spent in the model and its preparation of rows, added up over threads.
        warnings: one sentence for each thing that was accepted with a remark.
    """

    model: str
    version: int
    run_id: str
    started: datetime
    as_of: Moment | None
    newer_than: Moment | None
    source: str
    rows: int
    rows_seen: int
    rows_known: int
    partitions: tuple[Partition, ...]
    time_from: datetime | None
    time_to: datetime | None
    seconds: float
    predict_seconds: float
    warnings: tuple[str, ...] = ()

"""What scoring gives: predictions of the champion for new rows."""

from dataclasses import dataclass
from datetime import datetime

from ratchet.records.files import FileRef
from ratchet.timeline import Moment


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

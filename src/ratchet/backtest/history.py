"""The model's history in memory: rows with their labels and times."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from ratchet.artifacts.files import verified_path
from ratchet.backtest.periods import Moments, Timeline, lay_out
from ratchet.config.model import ModelConfig
from ratchet.config.run import Run
from ratchet.data.splitting import Parts, classes_of, divide_rows, read_moments, refuse_useless
from ratchet.evaluation.loss_shift import find_loss_shift
from ratchet.models.labels import Floats, encode_labels
from ratchet.records.columns import ROW, TIME
from ratchet.records.data import Table
from ratchet.stages.split import can_recover, plan_since
from ratchet.timeline import Moment, to_moment

Positions = NDArray[np.intp]


@dataclass(frozen=True, kw_only=True)
class History:
    """Everything that happened, and a way to see no more of it than was known at a time.

    Attributes:
        config: the model's YAML.
        rows: time and number of each row, and its group where there is one.
        target: the target column as the snapshot has it.
        frame: features and keys; texts as categories.
        moments: when each row happened.
        timeline: the periods.
    """

    config: ModelConfig
    rows: pa.Table
    target: pa.ChunkedArray
    frame: pd.DataFrame
    moments: Moments
    timeline: Timeline

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """Every class there is; a model may have been made before it was known."""
        return classes_of(self.config, self.target)

    @cached_property
    def labels(self) -> Floats:
        """All labels, as numbers; who uses them sees to it that they were known."""
        return encode_labels(self.target.to_pandas(), self.config.task, self.classes)

    @cached_property
    def periods(self) -> NDArray[np.intp]:
        """The period of each row; -1 before the first."""
        return self.timeline.place(self.moments)

    def known_at(self, period: int) -> Positions:
        """Return the rows whose label is known when a period begins."""
        known: Positions = np.flatnonzero(self.timeline.is_known(self.moments, period))
        return known

    def divide(self, period: int, since: Moment | None = None) -> Parts:
        """Divide what is known when a period begins as a run at that time does.

        Args:
            period: the period.
            since: after a change, cut the judging parts from the rows after this moment.

        Raises:
            DataError: a part has no rows, or the training rows have one class only.
        """
        known = self.known_at(period)
        chosen = pa.array(known)
        rows = self.rows.take(chosen).append_column(self.config.data.target.column, self.target.take(chosen))
        plan = plan_since(self.config, rows, since) if since is not None else None
        parts = divide_rows(self.config, rows, since=since, holdout=plan.rows if plan else None)
        refuse_useless(self.config, parts, self.target.take(chosen))
        return Parts(
            train=known[parts.train],
            validation=known[parts.validation],
            holdout=known[parts.holdout],
            embargoed=parts.embargoed,
        )

    def classes_at(self, period: int) -> tuple[str, ...]:
        """Return the classes that are known when a period begins."""
        return classes_of(self.config, self.target.take(pa.array(self.known_at(period))))

    def select(self, positions: Positions) -> pd.DataFrame:
        """Return some rows with their target, as a run reads them."""
        frame = self.frame.iloc[positions].copy()
        frame[self.config.data.target.column] = self.target.take(pa.array(positions)).to_pandas().to_numpy()
        return frame


def read_history(run: Run, table: Table) -> History:
    """Read a snapshot.

    Raises:
        ArtifactError: it is missing or was changed.
        DataError: the history is too short.
    """
    config = run.config
    rows = pq.read_table(verified_path(table.file, run.home), page_checksum_verification=True)
    moments = read_moments(config, rows)
    target = config.data.target.column
    numbers = [name for name in (TIME, ROW, config.data.group) if name in rows.schema.names]
    features = [name for name in rows.schema.names if name not in {TIME, ROW, target}]
    return History(
        config=config,
        rows=rows.select(numbers),
        target=rows.column(target),
        frame=rows.select(features).to_pandas(strings_to_categorical=True),
        moments=moments,
        timeline=lay_out(config, moments),
    )


def find_change(history: History, first: Floats, period: int) -> Moment | None:
    """Find since when the first model has lost, as a run finds it of its champion; None without a change.

    Args:
        history: the history.
        first: what the first model says of its holdout and of all later rows.
        period: the period that begins; later labels are not known.
    """
    config, known = history.config, history.known_at(period)
    if config.split.method != "time" or not config.split.recover:
        return None
    rows = known[np.isfinite(first[known].reshape(len(known), -1)).all(axis=1)]
    rows = rows[np.argsort(history.moments[rows], kind="stable")]
    shift = find_loss_shift(history.labels[rows], first[rows])
    if shift is None:
        return None
    last = int(history.moments[rows[shift.at - 1]])
    is_enough = can_recover(config, history.moments[known[history.moments[known] > last]])
    return to_moment(last, has_clock=config.data.has_clock) if is_enough else None

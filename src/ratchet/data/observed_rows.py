"""Put predictions, what they were made from and the labels known by then into one row each, in the order of time.

The three are written beside one another and joined by DuckDB, which sorts and joins on disk what memory does not hold.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from ratchet.artifacts.frames import ROW_GROUP
from ratchet.config.model import ModelConfig
from ratchet.data.late_labels import LateLabels, Match
from ratchet.data.predicted_rows import Predictions, ScoredReader
from ratchet.data.schemas import name_values, observed_schema, scored_rows_schema
from ratchet.errors import DataError
from ratchet.records.columns import (
    OBSERVED,
)
from ratchet.timeline import Window, to_length

MEMORY = "256MB"  # beyond it DuckDB works on disk


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeats:
    """Rows that were predicted more than once.

    Attributes:
        by_versions: by several versions.
        replaced: rows whose number another row had before, where rows have no time.
    """

    by_versions: int
    replaced: int

    def describe(self) -> Iterator[str]:
        """Yield one sentence for each kind that there is."""
        if self.by_versions:
            yield (
                f"{self.by_versions} rows were predicted by several versions: of each, what was predicted last by then "
                "counts"
            )
        if self.replaced:
            yield (
                f"{self.replaced} row numbers were given to several rows, as when one delivery replaces another: of "
                "each, the row that was scored last counts"
            )


@contextmanager
def joining(place: Path, config: ModelConfig, history: Window) -> Iterator["Join"]:
    """Give a join that works in a folder, and is closed when the block ends."""
    settings = {"memory_limit": MEMORY, "temp_directory": str(place / "spill"), "threads": 2}
    with duckdb.connect(config=settings) as database:
        yield Join(database, place, config, history)


class Join:
    """Takes predictions first, then features and labels, and gives observed rows."""

    def __init__(self, database: duckdb.DuckDBPyConnection, place: Path, config: ModelConfig, history: Window) -> None:
        """Start with nothing taken."""
        self._database = database
        self._place = place
        self._config = config
        self._start, self._end = history.numbers
        self._as_of = history.end

    def take_predictions(self, predictions: Predictions) -> Repeats:
        """Take one prediction a row: the newest that was made by the as-of.

        Event time decides which rows count, so that rows scored in arrears can be monitored as of their own time.
        Where scoring runs had come to by the as-of, only what they had predicted counts: a row that was delivered
        later was not known then.
        """
        as_of = self._as_of if isinstance(self._as_of, datetime) else None
        batches = predictions.read(self._start, self._end, as_of)
        made = self._spill("predicted", batches, predictions.schema)
        frontier = predictions.find_frontier(as_of) if as_of else None
        limits = {"start": self._start, "end": self._end, "frontier": frontier}
        self._database.execute(
            f"""CREATE TABLE counted AS SELECT * FROM {made} WHERE event_time >= $start AND event_time < $end
                AND (is_known OR $frontier IS NULL OR event_time > $frontier)""",  # noqa: S608 (names of our own)
            limits,
        )
        # of what was made by then the newest, otherwise the first that was made
        row = "first, second" if predictions.has_clock else "event_time"
        self._database.execute(
            f"""CREATE TABLE predictions AS SELECT *, row_number() OVER () AS number FROM (
                SELECT * EXCLUDE (made, is_known, first, second) FROM counted QUALIFY 1 = row_number() OVER (
                    PARTITION BY {row} ORDER BY is_known DESC, if(is_known, -made, made), model_version DESC,
                    prediction_id))"""  # noqa: S608 (names of our own)
        )
        return Repeats(
            by_versions=self._count_repeats(row, "model_version"),
            replaced=0 if predictions.has_clock else self._count_repeats(row, "feature_hash"),
        )

    def take_features(self, reader: ScoredReader) -> None:
        """Take the rows that were scored, as they are read again."""
        self._spill("scored", reader.read(), scored_rows_schema(self._config))
        self._database.execute(
            """CREATE TABLE matched AS SELECT number, scored.place FROM predictions JOIN (
                SELECT feature_hash, event_time, entity, min(place) AS place FROM scored GROUP BY ALL) AS scored
               ON predictions.feature_hash = scored.feature_hash AND predictions.event_time = scored.event_time
               AND predictions.entity IS NOT DISTINCT FROM scored.entity"""
        )

    def expect_labels(self) -> None:
        """Take every label for open until others are taken."""
        kind = {"binary": "VARCHAR", "multiclass": "VARCHAR", "regression": "DOUBLE"}[self._config.task]
        self._database.execute(f"CREATE TABLE found (number BIGINT, label {kind}, known BIGINT, first_known BIGINT)")

    def take_labels(self, labels: LateLabels, delay: timedelta) -> int:
        """Take the labels that were known by the as-of, of each prediction the newest.

        Args:
            labels: where they are read.
            delay: how long after a row its label is known, where the labels do not say when.

        Returns:
            Where no label found its prediction, how many predictions should have one by now; otherwise 0.

        Raises:
            DataError: a label can't be read.
        """
        self._spill("labels", labels.read(), labels.schema)
        for match in labels.matches:
            self._match_labels(match, delay)
        if self._database.table("found").shape[0]:
            return 0
        latest = self._end - (to_length(delay) if self._config.data.has_clock else 0)
        return int(self._database.table("predictions").filter(f"event_time <= {latest}").shape[0])

    def read(self) -> Iterator[pa.RecordBatch]:
        """Yield the observed rows, in the order of time."""
        schema = observed_schema(self._config)
        names = name_values(self._config)
        features = "".join(f", scored.{ours}" for ours in names.values())
        scores = ", scores" if self._config.task == "multiclass" else ""
        prediction = "decision" if self._config.task == "multiclass" else "score"
        query = f"""SELECT predictions.event_time, row, prediction_id, predictions.entity, model_version, score{scores},
            decision, {prediction} AS prediction, label, known, first_known,
            matched.place IS NOT NULL AS has_features{features}
            FROM predictions LEFT JOIN matched USING (number) LEFT JOIN scored ON matched.place = scored.place
            LEFT JOIN found USING (number) ORDER BY predictions.event_time, row, prediction_id"""  # noqa: S608 (names of our own)
        for batch in self._database.sql(query).to_arrow_reader(ROW_GROUP // 8):
            yield _shape(batch, schema, has_clock=self._config.data.has_clock)

    def _count_repeats(self, row: str, what: str) -> int:
        counts = self._database.table("counted").aggregate(f"count(DISTINCT {what}) AS versions", row)
        return int(counts.filter("versions > 1").shape[0])

    def _spill(self, name: str, batches: Iterable[pa.RecordBatch], schema: pa.Schema) -> str:
        """Write batches into a file that queries know by a name."""
        path = self._place / f"{name}.parquet"
        with pq.ParquetWriter(path, schema, compression="lz4") as writer:
            for batch in batches:
                writer.write_batch(batch)
        self._database.read_parquet(str(path)).create_view(name)
        return name

    def _match_labels(self, match: Match, delay: timedelta) -> None:
        columns = ", ".join(match.columns)
        has_clock = self._config.data.has_clock
        once = f"QUALIFY 1 = count(*) OVER (PARTITION BY {columns})" if match.each_once else ""
        known = "coalesce(known, event_time + $delay)" if has_clock else "NULL::BIGINT"
        taken = "number, event_time" if "event_time" not in match.columns else "number"
        self._database.execute(
            f"""INSERT INTO found SELECT number, label, known, min(known) OVER (PARTITION BY number) FROM (
                SELECT number, label, {known} AS known, place
                FROM (SELECT {taken}, {columns}{_number_turns(match, "row")} FROM predictions {once}) AS predicted
                JOIN (SELECT label, known, place, {columns}{_number_turns(match, "place")} FROM labels
                    {"" if match.is_revised else once}) AS told
                USING ({columns}{", turn" if match.in_turn else ""})
                WHERE number NOT IN (SELECT number FROM found)
            ) WHERE known IS NULL OR known <= $as_of
            QUALIFY 1 = row_number() OVER (PARTITION BY number ORDER BY known DESC, place DESC)""",  # noqa: S608 (names of our own)
            {"as_of": self._end} | ({"delay": to_length(delay)} if has_clock else {}),
        )


def _number_turns(match: Match, order: str) -> str:
    """Number rows that are alike, where the first one's label is the first."""
    columns = ", ".join(match.columns)
    return f", row_number() OVER (PARTITION BY {columns} ORDER BY {order}) AS turn" if match.in_turn else ""


def refuse_taken_names(config: ModelConfig) -> None:
    """Refuse columns of the user that observed rows have for themselves.

    Raises:
        DataError: naming the first of them.
    """
    if taken := [name for name in (*config.data.features, *config.monitoring.segments) if name in OBSERVED]:
        raise DataError(
            f"column '{taken[0]}' can't be monitored: what is known of a prediction has the same name; rename it in "
            "the source and in the YAML"
        )


def _shape(batch: pa.RecordBatch, schema: pa.Schema, *, has_clock: bool) -> pa.RecordBatch:
    """Give joined rows their own names and types."""
    columns = list(batch.columns)
    names = batch.schema.names
    if not has_clock:
        times = {"event_time", "known", "first_known"}
        columns = [column for name, column in zip(names, columns, strict=True) if name not in times]
    cast = [column.cast(field.type) for column, field in zip(columns, schema, strict=True)]
    return pa.RecordBatch.from_arrays(cast, schema=schema)

"""The predictions of a model: a partitioned Parquet dataset that any reader understands.

`<home>/predictions/<model>/date=2026-01-31/run-<run id>.parquet`: one file for each day and each run that predicted
rows of that day. A run writes under a hidden name first and renames when everything is there, so a killed run leaves
nothing that a reader sees, and a run that is repeated replaces its own files and no other's.

Files of predictions that somebody should label: one for each as-of, so that no row is asked for twice.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import uuid4

import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import ValidationError

from ratchet.artifacts.files import adapter_of, refer_to, write_text, written_atomically
from ratchet.artifacts.monitoring_store import monitoring_of
from ratchet.config.run import Run
from ratchet.errors import ArtifactError
from ratchet.records.columns import PREDICTION_ID
from ratchet.records.files import FileRef
from ratchet.records.monitoring import Partition, Scoring
from ratchet.timeline import Moment

STAGING = ".staging-"
RECORDS = "_runs"  # readers of datasets leave out what begins with an underscore
FEW_VALUES = ["model", "model_version", "decision", "latency_ms", "run_id"]
RANGED = ["event_time", "row", "model_version", "score"]  # the smallest and largest of a hash help no reader


def predictions_of(home: Path, model: str) -> Path:
    """Return the folder of a model's predictions."""
    return home / "predictions" / model


def read_predicted(folder: Path, partition: str, *, except_run: str) -> Iterator[tuple[int, pa.StringArray]]:
    """Read what was predicted in one partition by other runs: a model version, and prediction ids.

    Raises:
        ArtifactError: a file of the partition is damaged.
    """
    for path in sorted((folder / partition).glob("run-*.parquet")):
        if path.name == _file_name(except_run):
            continue
        try:
            with pq.ParquetFile(path, page_checksum_verification=True) as file:
                for batch in file.iter_batches(columns=["prediction_id", "model_version"]):
                    # a run has one champion
                    yield batch.column("model_version")[0].as_py(), batch.column("prediction_id")
        except (OSError, pa.ArrowException) as error:
            raise ArtifactError(
                f"{path} is no intact file of predictions ({str(error).splitlines()[0]}): delete it, and its rows "
                "are predicted again"
            ) from error


@contextmanager
def staged(folder: Path, schema: pa.Schema) -> Iterator["Staging"]:
    """Give a place for new partitions, which is gone with everything in it when the block ends.

    One process at a time may do so; what a killed one left behind is swept here.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for left_over in folder.glob(f"{STAGING}*"):
        shutil.rmtree(left_over)
    place = folder / f"{STAGING}{uuid4().hex}"
    place.mkdir()
    staging = Staging(place, schema)
    try:
        yield staging
    finally:
        staging.close()
        shutil.rmtree(place, ignore_errors=True)


class Staging:
    """New partitions on their way: written one after the other, shown all at the end."""

    def __init__(self, place: Path, schema: pa.Schema) -> None:
        """Start with no partition in a hidden folder."""
        self.place = place
        self._schema = schema
        self._rows: dict[str, int] = {}
        self._partition: str | None = None
        self._writer: pq.ParquetWriter | None = None

    def write(self, partition: str, rows: pa.RecordBatch) -> None:
        """Add rows; a partition that another followed can't be added to."""
        if partition != self._partition:
            self._open(partition)
        if self._writer is not None:
            self._writer.write_batch(rows)
            self._rows[partition] += rows.num_rows

    def clear(self) -> None:
        """Forget everything."""
        self.close()
        for name in self._rows:
            self._path(name).unlink()
        self._rows = {}

    def close(self) -> None:
        """Finish the partition that is being written."""
        if self._writer is not None:
            self._writer.close()
        self._writer, self._partition = None, None

    def publish(self, folder: Path, run_id: str, home: Path) -> tuple[Partition, ...]:
        """Show every partition under its name, in place of the run's own earlier one."""
        self.close()
        return tuple(self._publish(name, folder, run_id, home) for name in self._rows)

    def _publish(self, name: str, folder: Path, run_id: str, home: Path) -> Partition:
        path = folder / name / _file_name(run_id)
        with written_atomically(path) as temporary:
            self._path(name).replace(temporary)
        return Partition(name=name, file=refer_to(path, home), rows=self._rows[name])

    def _open(self, partition: str) -> None:
        self.close()
        self._partition = partition
        self._rows[partition] = 0
        self._writer = pq.ParquetWriter(
            self._path(partition),
            self._schema,
            compression="zstd",
            compression_level=1,
            use_dictionary=FEW_VALUES,
            write_statistics=[name for name in RANGED if name in self._schema.names],
            write_page_checksum=True,
        )

    def _path(self, partition: str) -> Path:
        return self.place / f"{partition}.parquet"


def _file_name(run_id: str) -> str:
    return f"run-{run_id}.parquet"


def keep_scoring(run: Run, scoring: Scoring) -> None:
    """Write a scoring run's record beside its predictions."""
    path = predictions_of(run.home, run.model) / RECORDS / f"{run.run_id}.json"
    write_text(path, adapter_of(Scoring).dump_json(scoring, indent=2).decode() + "\n")


def find_scorings(home: Path, model: str) -> list[Scoring]:
    """Return the records of a model's scoring runs, the newest first.

    Raises:
        ArtifactError: one of them is not such a record.
    """
    paths = (predictions_of(home, model) / RECORDS).glob("[!.]*.json")
    return sorted(map(_read_scoring, paths), key=lambda each: (each.started, each.run_id), reverse=True)


def _read_scoring(path: Path) -> Scoring:
    try:
        return adapter_of(Scoring).validate_json(path.read_bytes())
    except ValidationError as error:
        raise ArtifactError(f"{path} is not a record of a scoring run: {error.errors()[0]['msg']}") from error


def queue_path(home: Path, model: str, as_of: Moment) -> Path:
    """Return the file of the rows that were asked for as of a moment."""
    stamp = (
        as_of.astimezone(UTC).strftime("%Y-%m-%dT%H%M%S.%fZ") if isinstance(as_of, datetime) else f"row-{as_of:015d}"
    )
    return monitoring_of(home, model) / "queue" / f"{stamp}.parquet"


def write_queue(home: Path, path: Path, rows: pa.Table) -> FileRef:
    """Write the rows that somebody should label, in place of what an earlier run of the same as-of asked for."""
    with written_atomically(path) as temporary:
        pq.write_table(rows, temporary, compression="zstd", write_page_checksum=True)
    return refer_to(path, home)


def read_asked(path: Path) -> tuple[frozenset[str], frozenset[str]]:
    """Return the predictions that runs of an earlier as-of asked for, and those that runs of a later one did.

    Raises:
        ArtifactError: a file is damaged.
    """
    every = sorted(path.parent.glob("[!.]*.parquet"))  # the order of names is that of moments
    earlier, later = [each for each in every if each < path], [each for each in every if each > path]
    return _read_all(earlier), _read_all(later)


def _read_all(paths: list[Path]) -> frozenset[str]:
    return frozenset(name for path in paths for name in _read_names(path))


def _read_names(path: Path) -> list[str]:
    try:
        table = pq.read_table(path, columns=[PREDICTION_ID], page_checksum_verification=True)
    except (OSError, pa.ArrowException) as error:
        raise ArtifactError(
            f"{path} is no intact queue ({str(error).splitlines()[0]}): delete it, and its rows may be asked for again"
        ) from error
    names: list[str] = table.column(PREDICTION_ID).to_pylist()
    return names

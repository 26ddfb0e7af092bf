"""Files of predictions that somebody should label: one for each as-of, so that no row is asked for twice."""

from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ratchet.artifacts.files import refer_to, written_atomically
from ratchet.artifacts.monitoring_store import monitoring_of
from ratchet.errors import ArtifactError
from ratchet.records.columns import PREDICTION_ID
from ratchet.records.files import FileRef
from ratchet.timeline import Moment


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

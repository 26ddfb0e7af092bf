"""Find what a source names: one file, a folder of files of one kind, or a query."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path

from ratchet.config.data import FileSource, SqlSource
from ratchet.config.read_plan import ReadPlan
from ratchet.data.chunks import Reading
from ratchet.data.csv_reader import open_csv
from ratchet.data.parquet_reader import open_parquet
from ratchet.data.sql_reader import open_query
from ratchet.errors import DataError, list_names

URL = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*:/")
READERS: dict[str, Callable[[Sequence[Path], FileSource, ReadPlan], Reading]] = {
    ".csv": open_csv,
    ".csv.gz": open_csv,
    ".parquet": open_parquet,
}
DATABASES = {".db", ".sqlite", ".sqlite3", ".duckdb"}
ALLOWED = ".csv, .csv.gz or .parquet"


def open_source(plan: ReadPlan, project: Path) -> Reading:
    """Open what a plan reads; relative paths start from the project.

    Raises:
        DataError: it is not there, not of a kind that is read, damaged, or its columns don't fit the YAML.
    """
    if isinstance(plan.source, SqlSource):
        return open_query(plan.source, plan)
    paths = find_files(plan.source.path, project)
    return READERS[_kind_of(paths[0])](paths, plan.source, plan)


def find_files(path: str, project: Path) -> list[Path]:
    """Return the file, or the files of a folder in the order of their names; hidden ones (. and _) are left out.

    Raises:
        DataError: nothing is there, or something that is not read.
    """
    if URL.match(path) or "\0" in path:
        raise DataError(f"the source is {path!a}: only files and folders of this machine are read")
    found = project / path
    if found.is_dir():
        return _files_of(found)
    if not found.is_file():
        raise DataError(f"{found}: there is no such file or folder; see `source.path` in the YAML, or `--source`")
    _kind_of(found)
    return [found]


def _files_of(folder: Path) -> list[Path]:
    paths = sorted(path for path in folder.iterdir() if not path.name.startswith((".", "_")))
    if not paths:
        raise DataError(f"{folder}: the folder is empty; it should hold {ALLOWED} files")
    if folders := [path.name for path in paths if path.is_dir()]:
        raise DataError(f"{folder}: it holds folders ({list_names(folders)}); put the files side by side")
    _refuse_two_kinds(folder, paths)
    return paths


def _refuse_two_kinds(folder: Path, paths: Sequence[Path]) -> None:
    # Readers, not endings: .csv and .csv.gz may stand side by side.
    readers = {READERS[_kind_of(path)] for path in paths}
    if len(readers) > 1:
        raise DataError(f"{folder}: it holds files of two kinds ({list_names(path.name for path in paths)}); keep one")


def _kind_of(path: Path) -> str:
    for suffix in READERS:
        if path.name.endswith(suffix):
            return suffix
    hint = "; a database is named by `data.source.url_env` and `query`" if path.suffix in DATABASES else ""
    raise DataError(f"{path}: files of this kind are not read; allowed: {ALLOWED}{hint}")

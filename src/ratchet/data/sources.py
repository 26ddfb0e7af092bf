"""Find what a source names: one file, a folder of files of one kind, a query, or a plug-in."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

from ratchet.config.data import FileSource, PluginSource, SqlSource, TimeColumn, Wanted
from ratchet.config.read_plan import ReadPlan
from ratchet.data.chunks import Reading
from ratchet.data.csv_reader import open_csv
from ratchet.data.parquet_reader import open_parquet
from ratchet.data.plugin_reader import open_plugin
from ratchet.data.sql_reader import open_query
from ratchet.errors import DataError, list_names
from ratchet.timeline import Moment

URL = re.compile(r"^[A-Za-z][A-Za-z0-9+.-]*:/")
READERS: dict[str, Callable[[Sequence[Path], FileSource, ReadPlan], Reading]] = {
    ".csv": open_csv,
    ".csv.gz": open_csv,
    ".parquet": open_parquet,
}
DATABASES = {".db", ".sqlite", ".sqlite3", ".duckdb"}
ALLOWED = ".csv, .csv.gz or .parquet"


def open_source(
    plan: ReadPlan, project: Path, *, newer_than: Moment | None = None, as_of: Moment | None = None
) -> Reading:
    """Open what a plan reads; relative paths start from the project.

    Args:
        plan: what is read.
        project: the project's folder.
        newer_than: what a source may leave out, as it is not used: rows of this time or before it.
        as_of: the same, of rows later than this.

    Raises:
        ConfigError: a plug-in is not installed, or does not take its options.
        DataError: it is not there, not of a kind that is read, damaged, or its columns don't fit the YAML.
    """
    if isinstance(plan.source, SqlSource):
        return open_query(plan.source, plan)
    if isinstance(plan.source, PluginSource):
        return open_plugin(plan.source, plan, _make_wanted(plan, project, newer_than, as_of))
    paths = find_files(plan.source.path, project)
    return READERS[_kind_of(paths[0])](paths, plan.source, plan)


def _make_wanted(plan: ReadPlan, project: Path, newer_than: Moment | None, as_of: Moment | None) -> Wanted:
    """Say what is wanted; without a column of times none is left out, as rows are then known by their numbers."""
    limits = [each if isinstance(plan.time, TimeColumn) else None for each in (newer_than, as_of)]
    earliest, latest = (each if isinstance(each, datetime) else None for each in limits)
    return Wanted(required=plan.required, optional=plan.optional, newer_than=earliest, as_of=latest, project=project)


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

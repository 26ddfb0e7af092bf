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
from ratchet.data.records_reader import SHEETS, open_records
from ratchet.data.sql_reader import open_query
from ratchet.errors import DataError, list_names
from ratchet.timeline import Moment

URL = re.compile(r"^([A-Za-z][A-Za-z0-9+.-]*):/")
DOWNLOADED = ("http", "https", "ftp")
KEPT_ELSEWHERE = ("s3", "s3a", "gs", "gcs", "abfs", "abfss", "az", "hdfs", "file")
READERS: dict[str, Callable[[Sequence[Path], FileSource, ReadPlan], Reading]] = {
    ".csv": open_csv,
    ".csv.gz": open_csv,
    ".tsv": open_csv,
    ".tsv.gz": open_csv,
    ".parquet": open_parquet,
    **dict.fromkeys((".jsonl", ".jsonl.gz", ".ndjson", ".ndjson.gz", ".json", *SHEETS), open_records),
}
DATABASES = {".db", ".sqlite", ".sqlite3", ".duckdb"}
ALLOWED = ".csv, .tsv, .jsonl (each also .gz), .parquet, .xlsx, .xls or .ods"
IN_PANDAS = {
    ".feather": "pandas.read_feather",
    ".arrow": "pandas.read_feather",
    ".orc": "pandas.read_orc",
    ".dta": "pandas.read_stata",
    ".sas7bdat": "pandas.read_sas",
    ".sav": "pandas.read_spss",
    ".h5": "pandas.read_hdf",
    ".xml": "pandas.read_xml",
    ".html": "pandas.read_html",
}
PACKED = {".zip", ".7z", ".tar", ".tgz", ".bz2", ".xz", ".zst", ".rar"}
UNSAFE = {".pkl", ".pickle", ".joblib", ".npy", ".npz", ".rds", ".rdata"}


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
    refuse_url(path)
    found = project / path
    if found.is_dir():
        return _files_of(found)
    if not found.is_file():
        raise DataError(f"{found}: there is no such file or folder; see `source.path` in the YAML, or `--source`")
    _kind_of(found)
    return [found]


def refuse_url(path: str) -> None:
    """Refuse what is no path of this machine, and say how its rows get here.

    Raises:
        DataError: it is a URL.
    """
    if (url := URL.match(path)) or "\0" in path:
        raise DataError(f"the source is {_without_password(path)!a}: {_what_to_do(url[1] if url else '')}")


def _what_to_do(scheme: str) -> str:
    only = "only files and folders of this machine are read"
    if scheme.lower() in DOWNLOADED:
        return f"{only}; download it first, as with `curl -LO URL`, and give the file"
    if scheme.lower() in KEPT_ELSEWHERE or not scheme:
        return f"{only}; copy it here, or write a source (docs/how-to/add-a-source.md)"
    return (
        f"{only}; a database is read by `data.source` with `url_env`, the environment variable that holds this URL, "
        "and `query`, a SELECT: export some thousand rows as .csv for `ratchet init`, then put these two for `path`"
    )


def _without_password(path: str) -> str:
    return re.sub(r"//[^/@]*@", "//***@", path)


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
    for suffix in sorted(READERS, key=len, reverse=True):
        if path.name.endswith(suffix):
            return suffix
    raise DataError(f"{path}: files of this kind are not read; allowed: {ALLOWED}{_hint_on(path)}")


def _hint_on(path: Path) -> str:
    ending = path.suffix.lower()
    if ending in DATABASES:
        return "; a database is named by `data.source.url_env` and `query`"
    if ending in IN_PANDAS:
        return f"; {IN_PANDAS[ending]}({path.name!a}).to_parquet({path.with_suffix('.parquet').name!a}) makes one of it"
    if ending in PACKED:
        return "; unpack it first"
    return "; save its table as .parquet" if ending in UNSAFE else ""

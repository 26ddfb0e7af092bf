"""Read the rows of one SELECT as a stream of batches."""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
from sqlalchemy import URL, Connection, CursorResult, create_engine, make_url, text
from sqlalchemy.exc import ArgumentError, SQLAlchemyError

from ratchet.config.data import RowOrder, SqlSource
from ratchet.config.read_plan import ReadPlan
from ratchet.data.chunks import Header, Reading, make_chunks, match_header
from ratchet.errors import DataError

BATCH_ROWS = 1 << 14
SELECT = re.compile(r"^\s*(select|with)\b", re.IGNORECASE)
# texts, quoted names and comments: what stands in them is no statement
QUOTED = re.compile(r"'(?:[^']|'')*'|\"[^\"]*\"|`[^`]*`|\[[^\]]*\]|--[^\n]*|/\*.*?\*/", re.DOTALL)
# a SELECT can write too: WITH … DELETE, SELECT … INTO; some drivers commit it at once
WRITES = re.compile(r"\b(insert|update|delete|merge|into|drop|alter|create|truncate|grant|call|copy)\b", re.IGNORECASE)
ORDERED = re.compile(r"\border\s+by\b", re.IGNORECASE)
ORIGIN = "the query"


def open_query(source: SqlSource, plan: ReadPlan) -> Reading:
    """Open one SELECT in the database whose URL is in an environment variable.

    Raises:
        DataError: the variable is not set, the query is not one SELECT, or the database refuses it.
    """
    query = _one_select(source.query)
    if isinstance(plan.time, RowOrder) and not ORDERED.search(query):
        raise DataError("`data.source.query` has no ORDER BY, and `data.time` takes the order of the rows for time")
    url = _read_url(source.url_env)
    connection, result = _execute(url, query)
    try:
        header = match_header(list(result.keys()), plan, ORIGIN)
    except DataError:
        _close(connection)
        raise
    return Reading(
        chunks=make_chunks([(ORIGIN, _read_rows(connection, result, header, url))]),
        warnings=header.warnings,
        source=f"{url.get_backend_name()} database of ${source.url_env}",
        missing=("",),
        is_ordered=isinstance(plan.time, RowOrder),
    )


def _one_select(query: str) -> str:
    statement = query.strip().removesuffix(";")
    bare = QUOTED.sub(" ", statement)
    if not SELECT.match(bare) or ";" in bare or WRITES.search(bare):
        raise DataError(f"`data.source.query` must be one SELECT statement that only reads, not {query[:60]!a}")
    return statement


def _read_url(variable: str) -> URL:
    value = os.environ.get(variable)
    if not value:
        raise DataError(f"the environment variable {variable} (`data.source.url_env`) is not set")
    try:
        url = make_url(value)
    except (ArgumentError, ValueError):
        # not chained: the cause repeats the URL, and with it the password
        raise DataError(f"the environment variable {variable} does not hold an SQLAlchemy URL") from None
    if _is_lost_file(url):
        raise DataError(f"the environment variable {variable} names a sqlite file that is not there")
    return url


def _is_lost_file(url: URL) -> bool:
    """Return whether SQLite would make an empty database of a wrong path: reading makes no files."""
    name = url.database or ":memory:"
    is_plain = url.get_backend_name() == "sqlite" and name != ":memory:" and not name.startswith("file:")
    return is_plain and not Path(name).exists()


def _execute(url: URL, query: str) -> tuple[Connection, CursorResult[tuple[object, ...]]]:
    """Run the query in a transaction that is never committed."""
    try:
        connection = create_engine(url).connect().execution_options(stream_results=True, max_row_buffer=BATCH_ROWS)
    except (SQLAlchemyError, ModuleNotFoundError) as error:
        raise DataError(_describe(error, url)) from None
    try:
        result = connection.execute(text(query.replace(":", "\\:")))  # a colon is text here, never a parameter
        if result.returns_rows:
            return connection, result
    except SQLAlchemyError as error:
        _close(connection)
        raise DataError(_describe(error, url)) from None
    _close(connection)
    raise DataError("`data.source.query` gives no rows to read; it must be a SELECT")


def _describe(error: Exception, url: URL) -> str:
    reason = str(getattr(error, "orig", None) or error).splitlines()[0]
    hidden = reason.replace(url.password, "***") if url.password else reason
    return f"the {url.get_backend_name()} database refused: {hidden}"


def _close(connection: Connection) -> None:
    connection.rollback()
    connection.close()
    connection.engine.dispose()


def _read_rows(
    connection: Connection, result: CursorResult[tuple[object, ...]], header: Header, url: URL
) -> Iterator[pa.RecordBatch]:
    positions = {name: index for index, name in enumerate(result.keys())}
    columns = {name: positions[there] for name, there in header.columns.items()}
    try:
        for rows in result.partitions(BATCH_ROWS):
            yield _as_batch(rows, columns)
    except SQLAlchemyError as error:
        raise DataError(_describe(error, url)) from None
    finally:
        _close(connection)


def _as_batch(rows: Sequence[Sequence[object]], columns: dict[str, int]) -> pa.RecordBatch:
    arrays = [_as_array([row[index] for row in rows], name) for name, index in columns.items()]
    return pa.RecordBatch.from_arrays(arrays, list(columns))


def _as_array(values: list[object], name: str) -> pa.Array:
    try:
        return pa.array(values)
    except (pa.ArrowInvalid, pa.ArrowTypeError, pa.ArrowNotImplementedError, OverflowError) as error:
        kinds = sorted({type(value).__name__ for value in values if value is not None})
        raise DataError(f"{ORIGIN}: column '{name}' holds values of {', '.join(kinds)}; CAST it to one type") from error

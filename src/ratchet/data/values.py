"""Turn raw values into numbers, categories, booleans and days; refuse the first one that can't be one, by its place."""

from collections.abc import Callable, Sequence
from datetime import datetime

import pyarrow as pa
import pyarrow.compute as pc

from ratchet.config.formats import NUMBER, UNIX, read_number_format, read_time
from ratchet.data.chunks import Chunk, show
from ratchet.errors import DataError
from ratchet.records.columns import FALSE, TRUE, ColumnKind

MAX_CELL_BYTES = 1 << 16  # a longer text is a document or an accident, never a category
MAX_EXACT = 2**53  # whole numbers from here on lose their last digits as float64
# Arrow has a type for each size and layout, and a test for each type.
TEXTS = (pa.types.is_string, pa.types.is_large_string, pa.types.is_string_view)
NUMBERS = (pa.types.is_integer, pa.types.is_floating, pa.types.is_decimal)
NAIVE, ZONED = pa.timestamp("us"), pa.timestamp("us", "UTC")
DAY = 86_400_000_000  # microseconds
REFUSED = (pa.types.is_nested, pa.types.is_binary, pa.types.is_large_binary)


def read_values(
    chunk: Chunk, name: str, kind: ColumnKind, missing: Sequence[str], *, form: str | None = None
) -> pa.Array:
    """Convert one column of a chunk to the type that the YAML gives it.

    Args:
        chunk: the rows.
        name: the column.
        kind: what its values are.
        missing: texts that stand for no value.
        form: how its texts are written; None for plain numbers and ISO 8601.

    Raises:
        DataError: naming file, row, column and value of the first that doesn't fit.
    """
    if kind == ColumnKind.NUMERIC:
        return read_numbers(chunk, name, missing, form)
    if kind == ColumnKind.DATETIME:
        return read_days(chunk, name, missing, form)
    return read_booleans(chunk, name, missing) if kind == ColumnKind.BOOLEAN else read_texts(chunk, name, missing)


def read_texts(chunk: Chunk, name: str, missing: Sequence[str]) -> pa.StringArray:
    """Return a column as texts without blanks around them; what stands for no value is null.

    Whole numbers of a floating-point column lose their ".0": a column of codes with gaps arrives as such.
    """
    raw = chunk.rows.column(name)
    kind = raw.type.value_type if pa.types.is_dictionary(raw.type) else raw.type
    if _is_one_of(kind, TEXTS):
        return _clean(chunk, name, raw, missing)
    if pa.types.is_floating(kind):
        return pc.replace_substring_regex(_without_nan(raw).cast(pa.string()), r"\.0$", "")
    if _is_one_of(kind, REFUSED):
        raise DataError(f"{chunk.origin}: column '{name}' is {kind}; only texts, numbers, booleans and times are read")
    return raw.cast(pa.string())


def _is_one_of(kind: pa.DataType, tests: Sequence[Callable[[pa.DataType], bool]]) -> bool:
    return any(test(kind) for test in tests)


def _clean(chunk: Chunk, name: str, raw: pa.Array, missing: Sequence[str]) -> pa.StringArray:
    # lengths first: a dictionary of one huge text would be copied into every row
    texts = raw.dictionary if pa.types.is_dictionary(raw.type) else raw
    if (pc.max(pc.binary_length(texts)).as_py() or 0) > MAX_CELL_BYTES:
        _refuse_long(chunk, name, raw)
    trimmed = pc.utf8_trim_whitespace(raw.cast(pa.string()))
    if not missing:
        return trimmed
    is_missing = pc.is_in(trimmed, value_set=pa.array(missing, pa.string()), skip_nulls=True)
    return pc.if_else(is_missing, pa.scalar(None, pa.string()), trimmed)


def _refuse_long(chunk: Chunk, name: str, raw: pa.Array) -> None:
    for index, value in enumerate(raw):
        # No character takes more than four bytes: shorter texts need no encoding to be known as short enough.
        if value.is_valid and len(text := value.as_py()) * 4 > MAX_CELL_BYTES < len(text.encode()):
            raise DataError(
                f"{chunk.place(index)}: column '{name}' holds a text of {len(text):,} characters "
                f"(at most {MAX_CELL_BYTES:,} bytes): {show(text)}; is a quote not closed?"
            )


def read_numbers(chunk: Chunk, name: str, missing: Sequence[str], form: str | None = None) -> pa.DoubleArray:
    """Return a column as finite float64 numbers, null where there is no value; texts may be written in a form."""
    raw = chunk.rows.column(name)
    if pa.types.is_temporal(raw.type):
        raise DataError(f"{chunk.origin}: column '{name}' holds times ({raw.type}), not numbers; see `data.features`")
    if pa.types.is_boolean(raw.type):
        raw = raw.cast(pa.int8())
    is_number = _is_one_of(raw.type, NUMBERS)
    source = raw if is_number else _read_plain(chunk, name, missing, form)
    numbers = _without_nan(pc.cast(source, pa.float64(), safe=False)) if is_number else _parse(chunk, name, source)
    _refuse_first(chunk, name, source, pc.is_finite(numbers), "is not a finite number")
    _refuse_inexact(chunk, name, source, numbers)
    return numbers


def _read_plain(chunk: Chunk, name: str, missing: Sequence[str], form: str | None) -> pa.StringArray:
    texts = read_texts(chunk, name, missing)
    return texts if form is None else _make_plain(chunk, name, texts, form)


def _make_plain(chunk: Chunk, name: str, texts: pa.StringArray, form: str) -> pa.StringArray:
    """Write numbers of a form as plain ones; each different text is looked at once."""
    coded, written = texts.dictionary_encode(), read_number_format(form)
    plain = pa.array([written.read(text) for text in coded.dictionary.to_pylist()], pa.string()).take(coded.indices)
    is_read = pc.or_(pc.is_valid(plain), pc.is_null(texts))
    _refuse_first(chunk, name, texts, is_read, f"is not a number written as {form} (`data.formats`)")
    return plain


def _without_nan(numbers: pa.Array) -> pa.Array:
    return pc.if_else(pc.is_nan(numbers), pa.scalar(None, numbers.type), numbers)


def _parse(chunk: Chunk, name: str, texts: pa.StringArray) -> pa.DoubleArray:
    try:
        numbers = pc.cast(texts, pa.float64())
    except pa.ArrowInvalid as error:
        _refuse_first(chunk, name, texts, pc.match_substring_regex(texts, NUMBER), "is not a number", error)
        raise
    # Arrow also takes "inf" and "nan" for numbers
    if not pc.all(pc.is_finite(numbers)).as_py():
        _refuse_first(chunk, name, texts, pc.is_finite(numbers), "is not a finite number")
    return numbers


def _refuse_first(
    chunk: Chunk, name: str, values: pa.Array, is_good: pa.BooleanArray, what: str, cause: Exception | None = None
) -> None:
    index = pc.index(is_good, False).as_py()
    if index >= 0:
        value = values[index].as_py()
        raise DataError(
            f"{chunk.place(index)}: column '{name}' holds {show(value)}, which {what}{_hint(name, value)}"
        ) from cause


def _hint(name: str, value: object) -> str:
    if value == name:
        return "; is the header repeated in the middle of the data?"
    if not isinstance(value, str):
        return "; put it right"
    return (
        "; put it right. A feature of such values is `categorical`; in a CSV file, a text that stands for no value "
        "goes under `data.source.missing`"
    )


def _refuse_inexact(chunk: Chunk, name: str, source: pa.Array, numbers: pa.DoubleArray) -> None:
    is_large = pc.greater_equal(pc.abs(numbers), MAX_EXACT)
    if not pc.any(is_large).as_py():
        return
    is_whole = pc.match_substring_regex(source.cast(pa.string()), r"^[+-]?\d+$")
    is_good = pc.invert(pc.and_(is_large, is_whole))
    _refuse_first(chunk, name, source, is_good, "has too many digits for a number: an id is `categorical`")


def read_booleans(chunk: Chunk, name: str, missing: Sequence[str]) -> pa.BooleanArray:
    """Return a column as booleans: true, yes, 1, false, no, 0 in any case."""
    raw = chunk.rows.column(name)
    if pa.types.is_boolean(raw.type):
        return raw
    texts = read_texts(chunk, name, missing)
    lower = pc.utf8_lower(texts)
    is_true = pc.is_in(lower, value_set=pa.array(TRUE))
    is_known = pc.or_(pc.or_(is_true, pc.is_in(lower, value_set=pa.array(FALSE))), pc.is_null(texts))
    _refuse_first(chunk, name, texts, is_known, "is neither true, yes, 1 nor false, no, 0")
    return pc.if_else(pc.is_null(texts), pa.scalar(None, pa.bool_()), is_true)


def read_days(chunk: Chunk, name: str, missing: Sequence[str], form: str | None) -> pa.DoubleArray:
    """Return a column of times as days since 1970, as they are written; those with a zone in UTC."""
    raw = chunk.rows.column(name)
    if not (pa.types.is_timestamp(raw.type) or pa.types.is_date(raw.type)):
        texts = read_texts(chunk, name, missing)
        raw = _parse_format(chunk, name, texts, form) if form else _parse_iso(chunk, name, texts)
    moments = raw.cast(pa.timestamp("us", getattr(raw.type, "tz", None)), safe=False)
    return pc.divide(moments.cast(pa.int64()).cast(pa.float64()), float(DAY))


def _parse_iso(chunk: Chunk, name: str, texts: pa.StringArray) -> pa.TimestampArray:
    for kind in (NAIVE, ZONED):
        if (moments := parse_times(texts, kind)) is not None:
            return moments
    is_zoned = parse_times(texts.drop_null().slice(0, 1), ZONED) is not None  # all are to be like the first one
    kind, alike = (ZONED, " with a zone, as the first one has") if is_zoned else (NAIVE, "")
    is_good = [
        not text.is_valid or parse_times(texts.slice(place, 1), kind) is not None for place, text in enumerate(texts)
    ]
    what = f"is not a time in ISO 8601{alike}, such as 2024-01-31T18:30"
    _refuse_first(chunk, name, texts, pa.array(is_good), what)
    raise AssertionError("one of them is not")


def _parse_format(chunk: Chunk, name: str, texts: pa.StringArray, form: str) -> pa.TimestampArray:
    try:
        return parse_format(texts, form)
    except UnreadableError as error:
        is_good = pc.fill_null(pc.not_equal(texts, error.text), True)
        _refuse_first(chunk, name, texts, is_good, f"is not a time written as {form}", error)
        raise


class UnreadableError(Exception):
    """A text is no time of a format."""

    def __init__(self, text: str) -> None:
        """Remember the text."""
        super().__init__(text)
        self.text = text


def parse_format(texts: pa.StringArray, form: str) -> pa.TimestampArray:
    """Parse each different text once, with Python's own strptime: Arrow's takes 30 February for 1 March.

    Raises:
        UnreadableError: a text is not written so.
    """
    coded = texts.dictionary_encode()
    moments = [_read_time(text, form) for text in coded.dictionary.to_pylist()]
    has_zone = form in UNIX or any(moment.tzinfo for moment in moments)  # of one format, all have it or none
    return pa.array(moments, ZONED if has_zone else NAIVE).take(coded.indices)


def _read_time(text: str, form: str) -> datetime:
    try:
        return read_time(text, form)
    except ValueError as error:
        raise UnreadableError(text) from error


def parse_times(texts: pa.StringArray, kind: pa.DataType) -> pa.TimestampArray | None:
    """Return the texts as ISO 8601 times of one kind; None when one of them is not."""
    for unit in ("us", "ns"):  # seconds with more than six digits are cut to microseconds
        try:
            return pc.cast(texts, pa.timestamp(unit, kind.tz)).cast(kind, safe=False)
        except pa.ArrowInvalid:
            continue
    return None

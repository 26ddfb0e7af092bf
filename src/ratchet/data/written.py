"""Recognise how the values of a column are written: times of many forms and languages, numbers of many countries."""

import re
import unicodedata
from collections.abc import Sequence
from functools import cache
from itertools import product

import pandas as pd

from ratchet.config.formats import ALIKE, DIVIDERS, NUMBER, UNIX, WORD, ZONES, NumberFormat, name_months, read_time
from ratchet.data.chunks import show

ISO = r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d([.]\d+)?)?(Z|[+-]\d\d:?\d\d)?)?"
DAYS = (
    *("%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y-%m-%d", "%Y.%m.%d", "%Y%m%d"),
    *("%d/%m/%y", "%m/%d/%y", "%d.%m.%y", "%d-%b-%Y", "%d %b %Y", "%d. %b %Y", "%d/%b/%Y", "%d.%b.%Y", "%d-%b-%y"),
    *("%d%b%Y", "%d%b%y", "%b %d, %Y", "%b %d %Y", "%b-%d-%Y", "%Y-%b-%d", "%Y %b %d", "%d de %b de %Y"),
)
MONTHS = (
    *("%b-%Y", "%b %Y", "%b/%Y", "%b.%Y", "%b%Y", "%b-%y", "%b %y", "%Y-%b", "%Y %b", "%m/%Y", "%m.%Y", "%Y-%m"),
    *("%Y/%m", "%m-%Y", "%Y%m", "%b de %Y"),
)
HOURS = ("%H:%M", "%H:%M:%S", "%I:%M %p", "%I:%M:%S %p", "%I:%M%p")
TIMES = (*(f"{gap}{hour}" for gap in (" ", "T", ", ") for hour in HOURS), "")
WHOLE = ("%a %b %d %H:%M:%S %Y", "%a, %d %b %Y %H:%M:%S", "%a %d %b %Y", "%a, %d %b %Y", "%d/%b/%Y:%H:%M:%S")
FORMATS = (
    *(day + time + zone for day, time in product((*DAYS, *WHOLE), TIMES) for zone in ("", " %Z", " %z")),
    *MONTHS,
)
TIMES_TRIED = 2000  # values that a format must fit before it is believed
OFFSETS = ("+9", "+9:9", "-9", "-9:9")
LETTERS = {"%b": "b", "%p": "p", "%Z": "z", "%a": "w"}
HALVES_AND_DAYS = {"am": "p", "pm": "p", **dict.fromkeys(("mon", "tue", "wed", "thu", "fri", "sat", "sun"), "w")}
DIGITS_ALONE = {"%Y%m%d": r"\d{8}", "%Y%m": r"(19|20)\d\d(0[1-9]|1[0-2])"}  # 201111 would be 1 January 2011
MONTHS_BELIEVED = 3  # different numbers: that all of them end in 01 to 12 is no chance
TIME_WORDS = frozenset(
    {
        *("date", "time", "datetime", "when", "timestamp", "stamp", "ts", "at", "on", "epoch", "unix", "day", "month"),
        *("datum", "zeit", "zeitpunkt", "zeitstempel", "tag", "monat", "fecha", "hora", "dia", "heure", "jour", "mois"),
        *("horodatage", "data", "mes", "giorno", "ora", "mese", "dato", "tid", "czas"),
    }
)
EVENT_WORDS = frozenset(  # of something that may have happened before or after the row
    {
        *("created", "updated", "login", "logged", "seen", "signup", "registered", "since", "modified", "changed"),
        *("start", "end", "seit", "erstellt", "geändert", "begin", "beginn", "ende", "expires", "opened", "closed"),
        *("inicio", "fin", "début"),
    }
)
EARLIEST, LATEST = 631_152_000_000_000, 2_208_988_800_000_000  # 1990 and 2040, in microseconds since 1970
MINUTE = 60_000_000
IN_ORDER = 0.9  # of the rows, from one to the next

CURRENCY = frozenset(
    {
        *("USD", "US$", "EUR", "GBP", "JPY", "CNY", "INR", "Rs", "Rs.", "BRL", "R$", "CHF", "Fr.", "SEK", "NOK", "DKK"),
        *("kr", "kr.", "PLN", "zł", "CZK", "Kč", "HUF", "Ft", "RUB", "TRY", "TL", "CAD", "C$", "AUD"),
        *("A$", "MXN", "ZAR", "SGD", "S$", "HKD", "HK$", "KRW", "THB", "IDR", "Rp", "VND", "円", "元", "원"),
    }
)
UNITS = frozenset(
    {
        *("%", "‰", "km", "cm", "mm", "mi", "ft", "in", "kg", "mg", "lb", "lbs", "oz", "ml", "hr"),
        *("hrs", "min", "mins", "sec", "ms", "kb", "mb", "gb", "tb", "kwh", "kw", "hz", "mhz", "ghz", "mph"),
        *("km/h", "kmh", "mpg", "cc", "hp", "ps", "bhp", "°c", "°f", "°", "m²", "m2", "sqft", "kcal"),
    }
)
DIFFERENT, NEARLY_ALL = 20, 0.9  # numbers, and of the rows, for texts among them to be the exception
NUMBER_PARTS = re.compile(r"\d[\d.,' ]*\d|\d")


def time_formats(values: pd.Series) -> tuple[str | None, ...]:
    """Return every format that fits all values; None stands for ISO 8601; nothing for a column without times."""
    tried = pd.Series(values.unique(), name=values.name)
    if tried.empty:
        return ()
    if _match(tried, ISO):
        return (None,)
    if form := unix_format(values):
        return (form,) if _is_unix(values, form) else ()
    return _formats_of([str(text) for text in tried.iloc[:TIMES_TRIED]])


def _formats_of(first: Sequence[str]) -> tuple[str, ...]:
    return tuple(form for form in _formats_of_shape().get(_shape(first[0]), ()) if _fit(first, form))


def as_times(values: pd.Series, form: str | None) -> pd.Series:
    """Return a column as times in UTC; what is not written so has none."""
    if form is None:
        return pd.to_datetime(values, format="ISO8601", errors="coerce", utc=True)
    known = {text: as_time(text, form) for text in values.dropna().unique()}
    return pd.to_datetime(values.map(known), utc=True)


def as_time(text: str, form: str) -> pd.Timestamp | None:
    """Return a text as a time in UTC, None when it is not written so."""
    try:
        moment = pd.Timestamp(read_time(text, form))
    except ValueError:
        return None  # further down than a format was tried
    return moment.tz_convert("UTC") if moment.tzinfo else moment.tz_localize("UTC")


def _is_unix(values: pd.Series, form: str) -> bool:
    is_named = bool((TIME_WORDS | EVENT_WORDS) & {*words_of(str(values.name))})
    return is_named or _looks_like_moments(values, form)


def speaks_of_time(name: str) -> bool:
    """Return whether a column's name has a word for the time of a row."""
    return bool(TIME_WORDS & set(words_of(name)))


def words_of(name: str) -> list[str]:
    """Return the words of a name in small letters: `zipCode` and `zip_code` are alike."""
    return re.findall(r"[^\W\d_]+", re.sub(r"([^\W\d_A-Z])([A-Z])", r"\1 \2", name).casefold())


def unix_format(values: pd.Series) -> str | None:
    """Return the unit in which whole numbers can be Unix times of our days, None when they can't."""
    if values.empty or not _match(values, r"\d{9,19}(\.\d+)?"):
        return None
    numbers = values.astype(float)
    low, high = float(numbers.min()), float(numbers.max())
    return next((form for form, unit in UNIX.items() if low * unit >= EARLIEST and high * unit < LATEST), None)


def _looks_like_moments(values: pd.Series, form: str) -> bool:
    """Tell times from ids of as many digits: rows stand in their order, or all are whole minutes."""
    numbers = values.astype(float)
    steps = numbers.diff().iloc[1:]
    is_whole = bool((numbers * UNIX[form] % MINUTE == 0).all())
    is_counted = bool((steps == 1).mean() > IN_ORDER)  # a running number
    return not is_counted and (is_whole or (len(steps) > 0 and float((steps >= 0).mean()) >= IN_ORDER))


@cache
def _formats_of_shape() -> dict[str, tuple[str, ...]]:
    """Sort the formats by what their texts look like: only a few need be tried on a column."""
    found: dict[str, list[str]] = {}
    for form, offset in product(FORMATS, OFFSETS):
        shape = re.sub("%b[.]?|%[paZ]", lambda part: LETTERS[part[0][:2]], form.replace("%z", offset))
        found.setdefault(re.sub(r"(%[dmyYHIMS])+", "9", shape), []).append(form)
    return {shape: tuple(dict.fromkeys(forms)) for shape, forms in found.items()}


def _shape(text: str) -> str:
    zoned = re.sub(r" [A-Za-z]+(/[A-Za-z_]+)+$", " UTC", text)
    return WORD.sub(_letter_for, re.sub(r"\d+", "9", zoned))


def _letter_for(word: re.Match[str]) -> str:
    """Return what a word stands for: a month, a half of the day, a zone, a weekday; another word as it is."""
    text = word[0].rstrip(".")
    if text.casefold() in name_months():
        return "b"  # with its dot
    if text.upper() in ZONES and text != "Z":
        return "z"
    letter = HALVES_AND_DAYS.get(text.casefold()[:3])
    return letter + word[0][len(text) :] if letter else word[0]


def _fit(texts: Sequence[str], form: str) -> bool:
    if form == "%Y%m" and len(texts) < MONTHS_BELIEVED:
        return False
    pattern = re.compile(DIGITS_ALONE.get(form, ".*"), re.DOTALL)
    return all(pattern.fullmatch(text) and _fits(text, form) for text in texts)


def _fits(text: str, form: str) -> bool:
    try:
        return 1900 <= read_time(text, form).year < 2100
    except ValueError:
        return False


def number_formats(texts: Sequence[str]) -> tuple[NumberFormat, ...]:
    """Return every way of writing that fits all texts, none of which is a plain number for all; nothing for others.

    Args:
        texts: the different values of a column.
    """
    if not texts or all(re.fullmatch(NUMBER, text) for text in texts):
        return ()
    around = {_around(text) for text in texts if text != "0"}
    if len(around) != 1 or not _are_signs(*(found := around.pop())):
        return ()
    forms = (NumberFormat(*found, *dividers) for dividers in DIVIDERS)
    plain = [text.translate(ALIKE) for text in texts]
    fitting = [form for form in forms if all(form.read(text) is not None for text in texts)]
    return tuple(form for form in fitting if not _is_idle(form, plain))


def _is_idle(form: NumberFormat, texts: Sequence[str]) -> bool:
    """Tell a way of writing by a sign between digits that is never seen: one without it fits as well."""
    mark = form.thousands or form.decimal.replace(".", "")
    return bool(mark) and not any(re.search(rf"\d?{re.escape(mark)}\d", text) for text in texts)


def _around(text: str) -> tuple[str, str]:
    """Return what stands before and after a number, without its own sign."""
    plain = text.translate(ALIKE).strip()
    parts = NUMBER_PARTS.search(plain)
    if parts is None:
        return plain, plain
    before, after = plain[: parts.start()], plain[parts.end() :]
    if before.startswith("(") and after.endswith(")"):
        before, after = before[1:], after[:-1]
    return before.rstrip(".,").strip("+-").rstrip("+-"), after.removeprefix("-")


def _are_signs(before: str, after: str) -> bool:
    return _is_currency(before) and (_is_currency(after) or _is_unit(after))


def _is_currency(text: str) -> bool:
    bare = text.strip()
    return not bare or bare in CURRENCY or (len(bare) <= 4 and any(unicodedata.category(each) == "Sc" for each in bare))


def _is_unit(text: str) -> bool:
    bare = text.strip()
    is_word = text.startswith(" ") and bool(re.fullmatch(r"[^\W\d_]{1,12}\.?", bare))
    return bare.casefold() in UNITS or is_word


def find_spoilt_numbers(values: pd.Series) -> str | None:
    """Return which texts keep a column from being numbers, with counts; None where hardly any is a number."""
    counts = values.value_counts()
    is_number = pd.Series([_is_like_number(str(text)) for text in counts.index], index=counts.index)
    if counts[is_number].size < DIFFERENT or counts[is_number].sum() < NEARLY_ALL * counts.sum():
        return None
    return _describe_several(counts) if is_number.all() else _describe_others(counts[~is_number])


def _describe_several(counts: pd.Series) -> str:
    first = {_around(str(text)): str(text) for text in reversed(counts.index)}
    shown = ", ".join(show(text) for text in [*reversed(first.values())][:3])
    return f"numbers written in several ways, such as {shown}? write them alike"


def _describe_others(others: pd.Series) -> str:
    told = ", ".join(f"{show(text)} {rows:,} times" for text, rows in others.head(3).items())
    more = f" and {len(others) - 3} more" if len(others) > 3 else ""
    return f"numbers but for {told}{more}? Put these right, or under `source.missing` if they stand for no value"


def _is_like_number(text: str) -> bool:
    plain = text.translate(ALIKE).strip()
    return bool(re.fullmatch(NUMBER, plain)) or (NUMBER_PARTS.search(plain) is not None and _are_signs(*_around(plain)))


def _match(values: pd.Series, pattern: str) -> bool:
    expression = re.compile(pattern)
    return all(map(expression.fullmatch, values.unique()))


def choose_format(forms: Sequence[NumberFormat], *, has_comma_decimals: bool) -> NumberFormat:
    """Choose where several ways fit, as of `1,234`: by how the rest of the file writes decimals."""
    wanted = "," if has_comma_decimals else "."
    return next((form for form in forms if form.decimal == wanted), forms[0])

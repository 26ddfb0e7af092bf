"""How values are written where they are no plain numbers and no ISO times: `1.234,5 €`, `Jan-2018`, Unix time."""

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache
from itertools import product
from typing import Literal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.dates import get_month_names

UNIX = {"unix_s": 1_000_000, "unix_ms": 1_000, "unix_us": 1, "unix_ns": 0.001}  # microseconds of one
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
NUMBER = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$"
# How thousands and decimals are divided. A blank stands for every kind of blank, ' for the typographic one as well.
DIVIDERS = ((",", "."), (".", ","), ("", ","), (" ", ","), (" ", "."), ("'", "."), ("'", ","), ("", "."))
ALIKE = str.maketrans({"\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2019": "'", "\u2212": "-", "\u2013": "-"})
OTHER = {".": ","}
AROUND = 16  # characters of a sign or unit
# In this order: a name that two of them use for different months is no name. Those written out are shortened to three
# letters too, as people do, where that says which month it is.
SHORTENED = ("en", "de", "de_AT", "fr", "es", "pt", "it", "nl", "sv", "da", "nb")
LANGUAGES = (*SHORTENED, "pl", "cs", "fi", "tr", "ro", "hu", "ru", "uk", "el", "id")
MORE_MONTHS = {"sept": 9, "mrz": 3}
WORD = re.compile(r"[^\W\d_]+\.?")
# Abbreviations that mean one offset wherever they are used; CST, IST and the like mean several.
ZONES = {
    "UTC": 0,
    "GMT": 0,
    "Z": 0,
    "WET": 0,
    "WEST": 60,
    "BST": 60,
    "CET": 60,
    "CEST": 120,
    "MEZ": 60,
    "MESZ": 120,
    "EET": 120,
    "EEST": 180,
    "MSK": 180,
    "JST": 540,
    "KST": 540,
    "HKT": 480,
    "AEST": 600,
    "AEDT": 660,
    "ACDT": 630,
    "NZST": 720,
    "NZDT": 780,
    "EST": -300,
    "EDT": -240,
    "CDT": -300,
    "MST": -420,
    "MDT": -360,
    "PST": -480,
    "PDT": -420,
    "AKST": -540,
    "AKDT": -480,
    "HST": -600,
    "BRT": -180,
}
ZONE_AT_END = re.compile(r"\s+([A-Za-z]+(?:[/_][A-Za-z_]+)+|[A-Za-z]{1,5})$")
EXAMPLE = re.compile(r"(\d{1,4})(?:([,.' ])(\d{3}))?(?:([,.])(\d{1,2}))?")


@dataclass(frozen=True, slots=True)
class NumberFormat:
    """How a column's numbers are written.

    Attributes:
        before: a currency or nothing.
        after: a currency, a per cent sign, a unit, or nothing.
        thousands: what divides thousands; nothing where they are not divided.
        decimal: what divides decimals.
    """

    before: str
    after: str
    thousands: str
    decimal: str

    def read(self, text: str) -> str | None:
        """Return a text as a plain number, None when it is not written so; a per cent sign is left out as a unit is."""
        plain = text.translate(ALIKE).strip()
        if plain == "0":
            return plain  # nothing of anything
        match = _pattern_of(self).fullmatch(plain)
        if match is None or sum(map(bool, match.group("open", "first", "second", "last"))) > 1:
            return None
        whole = match["whole"].replace(self.thousands, "") if self.thousands else match["whole"]
        is_negative = bool(match["open"]) or "-" in match.group("first", "second", "last")
        rest = f".{match['rest']}" if match["rest"] else ""
        return f"{'-' if is_negative else ''}{whole or '0'}{rest}{match['power'] or ''}"

    def __str__(self) -> str:
        """Write it as an example, which `read_number_format` takes."""
        return f"{self.before}1{self.thousands}234{self.decimal}5{self.after}"


@cache
def _pattern_of(form: NumberFormat) -> re.Pattern[str]:
    before, after = re.escape(form.before.strip()), re.escape(form.after.strip())
    mark, decimal = re.escape(form.thousands), re.escape(form.decimal)
    divided = rf"[1-9]\d{{0,2}}(?:{mark}\d{{2,3}})*{mark}\d{{3}}|" if mark else ""  # groups of two are India's
    number = rf"(?P<whole>{divided}\d+|(?={decimal}\d))(?:{decimal}(?P<rest>\d*))?(?P<power>[eE][+-]?\d+)?"
    return re.compile(
        rf"(?P<open>\()?(?P<first>[+-]?)\s*{before}\s*(?P<second>[+-]?)\s*{number}\s*(?P<last>-?)\s*{after}(?(open)\))"
    )


def read_number_format(example: str) -> NumberFormat:
    """Read how numbers are written from one of them, such as `1.234,5 €`.

    Raises:
        ValueError: it is no such example.
    """
    plain = example.translate(ALIKE)
    parts = EXAMPLE.search(plain)
    if parts is None or not _is_example(parts):
        raise ValueError(
            "should be an example of a number, such as 1,234.5 or 1234,5, with its sign or unit: '$1,234.5', '1234,5 €'"
        )
    thousands = parts[2] or ""
    decimal = parts[4] or OTHER.get(thousands, ".")
    before, after = plain[: parts.start()], plain[parts.end() :]
    return NumberFormat(before=before, after=after, thousands=thousands, decimal=decimal)


def _is_example(parts: re.Match[str]) -> bool:
    before, after = parts.string[: parts.start()], parts.string[parts.end() :]
    is_odd = re.search(r"[\d%]", before) or re.search(r"\d", after) or parts[2] == parts[4] is not None
    return not is_odd and max(len(before), len(after)) <= AROUND


def check_time_format(form: str) -> None:
    """Refuse what is no way to write times.

    Raises:
        ValueError: it names no part of a time.
    """
    if form not in UNIX and "%" not in form:
        raise ValueError(f"should be a strptime format such as '%d.%m.%Y', or one of {', '.join(UNIX)}")


def read_time(text: str, form: str) -> datetime:
    """Read a time by its strptime format; months by name in any of the languages, zones by name or abbreviation.

    Raises:
        ValueError: it is not written so.
    """
    if form in UNIX:
        return _from_unix(text, form)
    zone = None
    if form.endswith(" %Z"):
        text, zone = _split_zone(text)
        form = form.removesuffix(" %Z")
    moment = datetime.strptime(*_number_months(text, form))  # noqa: DTZ007 (as written: who asks adds the zone)
    return moment.replace(tzinfo=zone) if zone else moment


def _number_months(text: str, form: str) -> tuple[str, str]:
    """Write months by name as numbers between bars, so that they don't run into others."""
    if "%b" not in form and "%B" not in form:
        return text, form
    return WORD.sub(_number_month, text), re.sub(r"%[bB]\.?", "|%m|", form)


def _from_unix(text: str, form: str) -> datetime:
    if not re.match(NUMBER, text):
        raise ValueError(f"{text!a} is no number")
    try:
        return EPOCH + timedelta(microseconds=float(text) * UNIX[form])
    except OverflowError as error:
        raise ValueError(f"{text!a} is beyond the calendar") from error


def _split_zone(text: str) -> tuple[str, tzinfo]:
    match = ZONE_AT_END.search(text)
    if match is None:
        raise ValueError("no zone stands at its end")
    return text[: match.start()], read_zone(match[1])


def read_zone(name: str) -> tzinfo:
    """Return the zone of an IANA name, or of an abbreviation that means one offset everywhere.

    Raises:
        ValueError: it names none, or several.
    """
    if "/" not in name and name.upper() not in ZONES:
        raise ValueError(f"{name!a} names no zone, or several")
    if "/" not in name:
        return timezone(timedelta(minutes=ZONES[name.upper()]))
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise ValueError(f"{name!a} names no zone, or several") from error


def _number_month(word: re.Match[str]) -> str:
    month = name_months().get(word[0].rstrip(".").casefold())
    return f"|{month:02d}|" if month else word[0]


@cache
def name_months() -> dict[str, int]:
    """Return the months' names and short names, in small letters without a dot, with the number of each."""
    found: dict[str, set[int]] = {name: {month} for name, month in MORE_MONTHS.items()}
    for language in LANGUAGES:
        for month, name in _names_in(language):
            found.setdefault(name, set()).add(month)
    return {name: months.copy().pop() for name, months in found.items() if len(months) == 1}


def _names_in(language: str) -> set[tuple[int, str]]:
    widths: tuple[Literal["wide", "abbreviated"], ...] = ("wide", "abbreviated")
    contexts: tuple[Literal["format", "stand-alone"], ...] = ("format", "stand-alone")
    every = {
        (month, name.casefold().rstrip("."))
        for width, context in product(widths, contexts)
        for month, name in get_month_names(width, context, language).items()
    }
    every |= {(month, _without_accents(name)) for month, name in every}
    return every | (_shorten(every) if language in SHORTENED else set())


def _shorten(names: set[tuple[int, str]]) -> set[tuple[int, str]]:
    return {(month, name[:3]) for month, name in names}


def _without_accents(text: str) -> str:
    return "".join(each for each in unicodedata.normalize("NFKD", text) if not unicodedata.combining(each))

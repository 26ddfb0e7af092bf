"""What every part of a model's YAML has in common: frozen, strict, no unknown keys, no NaN."""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, ConfigDict, PlainSerializer, StringConstraints, WithJsonSchema

NAME = r"^[a-z][a-z0-9_-]{0,62}$"  # file, DAG, registry and URL safe
# Of any script that is read by itself: ranges, because readers of the JSON Schema know no classes of letters. None has
# a sign that is invisible or turns others round.
LETTERS = (
    "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u02af\u0300-\u034e"  # Latin, and accents that stand by themselves
    "\u0370-\u037d\u037f-\u058f\u0591-\u05f4\u0620-\u06dc"  # Greek, Cyrillic, Armenian, Hebrew, Arabic
    "\u0900-\u10ff\u1e00-\u1fff\u3041-\u312f\u3400-\u9fff\uac00-\ud7a3"  # India to Georgia, and East Asia
)
# Quotes, <, [, {, /, $ and what begins a formula stay out: that closes XSS, formula, path, SQL and XGBoost-name
# problems at once.
COLUMN = f"^[{LETTERS}_][{LETTERS}0-9_ .()%\u00b0\u00b2\u00b3\u00b5\u00a3\u20ac-]{{0,62}}$"
COLUMN_IN_WORDS = (
    "should begin with a letter or _, then letters, digits, blanks, _ . - ( ) % and the signs ° ² ³ µ £ € "
    "(at most 63 in all)"
)
DURATION = re.compile(r"^(\d+)\s*(s|min|h|d|w)$")
UNITS = {"s": "seconds", "min": "minutes", "h": "hours", "d": "days", "w": "weeks"}
LONGEST = timedelta(days=36_525)  # a hundred years: a calendar ends where moments and longer durations are added
SECONDS = {"w": 604800, "d": 86400, "h": 3600, "min": 60, "s": 1}


FROM_FILE = "file"  # pydantic's context while a person's YAML is read: records of earlier runs are not judged anew


class Section(BaseModel):
    """A part of the YAML."""

    # Strict, because a lenient reader would take "no" for False and "12" for a number without a word.
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


def parse_duration(value: object) -> timedelta:
    """Read "90s", "30min", "12h", "7d" or "2w".

    Raises:
        ValueError: for anything else.
    """
    if isinstance(value, timedelta):
        return value
    match = DURATION.match(value) if isinstance(value, str) else None
    if not match:
        raise ValueError("should be a duration such as 90s, 30min, 12h, 7d or 2w")
    unit = match[2]
    if int(match[1]) > LONGEST.total_seconds() / SECONDS[unit]:
        raise ValueError("should be a hundred years (36525d) at most")
    return timedelta(**{UNITS[unit]: int(match[1])})


def format_duration(value: timedelta) -> str:
    """Write a duration in the largest unit that divides it, so that it reads back the same."""
    seconds = int(value.total_seconds())
    unit = next(unit for unit, size in SECONDS.items() if seconds % size == 0)
    return f"{seconds // SECONDS[unit]}{unit}" if seconds else "0s"


Duration = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    PlainSerializer(format_duration, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^\d+\s*(s|min|h|d|w)$", "examples": ["7d", "12h"]}),
]
Name = Annotated[str, StringConstraints(pattern=NAME)]
ColumnName = Annotated[str, StringConstraints(pattern=COLUMN)]


def find_repeats(what: str, names: Sequence[str]) -> str | None:
    """Return in a sentence that some names are there twice, None when each is there once."""
    return f"{what} repeat: {', '.join(names)}" if len(set(names)) < len(names) else None

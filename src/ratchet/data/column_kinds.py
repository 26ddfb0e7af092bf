"""Guess what a column of texts is: its type, its texts for "no value", its time format, whether it is a key."""

import re
from datetime import datetime

import pandas as pd

from ratchet.config.data import Checks, FeatureType
from ratchet.data.values import MAX_EXACT, NUMBER

MANY_VALUES = Checks().max_categories
NO_VALUE = ("?", "NA", "N/A", "n/a", "NaN", "nan", "NULL", "null", "#N/A")  # in any column
NO_NUMBER = ("-", "--", ".", "None", "none", "missing", "unknown")  # only where everything else is a number
MAX_NO_NUMBER = 0.5  # share of a column that such texts may have
BOOLEANS = ({"true", "false"}, {"yes", "no"})
CODE_NAME = re.compile(r"(^|[_ .-])(id|code|type|zip|postcode)$", re.IGNORECASE)
KEY_NAME = re.compile(r"(?i:(^|[_ .-])(id|nbr|no|nr|num|number|key|uuid|guid|ref))$|[a-z]I[dD]$")
THING_NAME = re.compile(
    r"(^|[_ .-])(customer|client|user|member|subscriber|patient|person|passenger|employee|student|driver|borrower"
    r"|tenant|household|account|merchant|seller|buyer|supplier|device|machine|sensor|vehicle|meter)$",
    re.IGNORECASE,
)
# C-10042, user_77, a8f3…: one short word and a number, or digits of hash or UUID.
KEY_FORM = r"[A-Za-z]{0,8}[ _:#-]?\d{3,}|(?=.*\d)[0-9A-Fa-f]{8,}(-[0-9A-Fa-f]{4,})*"
FEW_ROWS = 10  # of one customer, where a code of products has more
SENSITIVE_WORDS = frozenset(
    {
        *("sex", "gender", "race", "ethnicity", "ethnic", "age", "marital", "marriage", "nationality", "native"),
        *("religion", "disability", "disabled", "zip", "zipcode", "postcode", "postal", "citizenship", "citizen"),
        *("pregnant", "pregnancy", "birth", "birthdate", "birthday", "dob", "orientation", "caste"),
    }
)
ZERO_FIRST = re.compile(r"0\d+")
ISO = r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d(:\d\d([.]\d+)?)?(Z|[+-]\d\d:?\d\d)?)?"
DATES = (
    *("%d/%m/%Y", "%m/%d/%Y", "%Y/%m/%d", "%d.%m.%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y%m%d", "%d-%b-%Y", "%d %b %Y"),
    *("%b %d, %Y", "%d/%m/%y", "%m/%d/%y"),
)
FORMATS = tuple(date + time for date in DATES for time in ("", " %H:%M", " %H:%M:%S", " %I:%M %p", " %I:%M:%S %p"))
TIMES_TRIED = 2000  # values that a format must fit before it is believed


def missing_texts(frame: pd.DataFrame) -> tuple[str, ...]:
    """Return the texts that stand for no value anywhere in a sample, the empty one first."""
    counts = [column.value_counts() for _, column in frame.items()]
    found = [text for text in NO_VALUE if any(text in each.index for each in counts)]
    numbers_aside = {text for each in counts for text in _texts_among_numbers(each, found)}
    return ("", *found, *sorted(numbers_aside))


def _texts_among_numbers(counts: pd.Series, known: list[str]) -> set[str]:
    rest = counts[~counts.index.isin(known)]
    odd = rest[rest.index.isin(NO_NUMBER)]
    numbers = rest.drop(odd.index)
    if odd.empty or odd.sum() > MAX_NO_NUMBER * rest.sum() or not _all_match(numbers, NUMBER):
        return set()
    return set(odd.index)


def _all_match(counts: pd.Series, pattern: str) -> bool:
    return len(counts) > 0 and all(re.fullmatch(pattern, str(text)) for text in counts.index)


def matches(values: pd.Series, pattern: str) -> bool:
    """Tell whether every value has a form; each different one is looked at once."""
    expression = re.compile(pattern)
    return all(map(expression.fullmatch, values.unique()))


def type_of(values: pd.Series) -> FeatureType:
    """Return the type of a column from its values, none of which is missing."""
    if _are_booleans(values):
        return "boolean"
    are_amounts = matches(values, NUMBER) and not _are_codes(values) and _are_exact(values)
    return "numeric" if are_amounts else "categorical"


def _are_booleans(values: pd.Series) -> bool:
    lower = {text.lower() for text in values.unique()[:3]}  # three different spellings settle it
    return any(lower <= pair for pair in BOOLEANS)


def _are_codes(numbers: pd.Series) -> bool:
    """Tell numbers that only name something: 00420 is a code, not the number 420."""
    if any(map(ZERO_FIRST.fullmatch, numbers.unique())):
        return True
    return bool(CODE_NAME.search(str(numbers.name))) and matches(numbers, r"\d+")


def _are_exact(numbers: pd.Series) -> bool:
    return all(abs(float(text)) < MAX_EXACT for text in numbers.unique())


def time_formats(values: pd.Series) -> tuple[str | None, ...]:
    """Return every format that fits all values; None stands for ISO 8601; nothing for a column without times."""
    tried = pd.Series(values.unique())
    if matches(tried, ISO):
        return (None,)
    first = tried.iloc[:TIMES_TRIED]
    return tuple(form for form in FORMATS if all(_fits(text, form) for text in first))


def _fits(text: str, form: str) -> bool:
    if form.startswith("%Y%m%d") and not re.match(r"\d{8}", text):
        return False  # 201111 would be read as 1 January 2011
    try:
        return 1900 <= datetime.strptime(text, form).year < 2100  # noqa: DTZ007 (only the form is looked at)
    except ValueError:
        return False


def is_row_number(values: pd.Series) -> bool:
    """Tell whether values count up by one from row to row."""
    if len(values) < 2 or not matches(values, r"\d{1,15}"):
        return False
    return bool((values.astype("int64").diff().iloc[1:] == 1).all())


def is_key(values: pd.Series) -> bool:
    """Tell whether values are unique: of texts any, of whole numbers those with a key's name or in rising order."""
    if not values.is_unique:
        return False
    if not matches(values, r"\d{1,15}"):
        return not matches(values, NUMBER)
    return bool(KEY_NAME.search(str(values.name))) or values.astype("int64").is_monotonic_increasing


def is_repeated_key(values: pd.Series) -> bool:
    """Tell whether values name things that have several rows each: patients, customers, devices."""
    distinct = values.nunique()
    is_many = max(100, 0.02 * len(values)) <= distinct < len(values)
    if not is_many or not _is_called_a_key(values):
        return False
    return matches(values, r"\d+") or not matches(values, NUMBER)


def _is_called_a_key(values: pd.Series) -> bool:
    """Ask the name; of very many texts, or of texts with few rows each, their form as well: others may be products."""
    name, distinct = str(values.name), values.nunique()
    if KEY_NAME.search(name) or THING_NAME.search(name):
        return True
    are_many = distinct > MANY_VALUES or len(values) <= FEW_ROWS * distinct
    return are_many and not matches(values, NUMBER) and matches(values, KEY_FORM)


def is_sensitive(name: str) -> bool:
    """Tell whether a column's name speaks of what people must not be treated unequally for."""
    words = re.split(r"[^a-z]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", name).lower())
    return bool(SENSITIVE_WORDS & set(words))

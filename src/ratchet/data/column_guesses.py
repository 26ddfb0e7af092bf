"""What a column of a raw table is: why it can't teach anything, or which kind of feature it makes, with a remark."""

import numpy as np
import pandas as pd

from ratchet.config.data import Checks
from ratchet.config.formats import NUMBER
from ratchet.data.chunks import show
from ratchet.data.draft import Feature, Remarked
from ratchet.data.oddities import are_labels, find_constant, find_sentinels
from ratchet.data.sampling import MANY_VALUES, is_key, is_repeated_key, is_row_number, matches, type_of
from ratchet.data.sensitive import Recognised
from ratchet.data.written import as_time, as_times, find_spoilt_numbers, time_formats, unix_format
from ratchet.records.columns import TEXTS, ColumnKind

MANY_CODES = 250
HALF = 0.5
WORDS_OF_PROSE = 5  # a value of so many words, on average, is no name of anything
JUDGING = 0.3  # share of the rows that validation and holdout take by default
UNSEEN = Checks().max_unseen_share


def format_of_times(values: pd.Series) -> dict[str, Remarked]:
    """Return how a feature's times are written, by its name; nothing for ISO 8601 and for what is no time."""
    forms = time_formats(values)
    if not forms or forms[0] is None:
        return {}
    others = " or ".join(str(form) for form in forms[1:])
    doubt = f"; {others} fits as well: decide" if others else ""
    read = as_time(str(values.iloc[0]), forms[0])
    return {
        str(values.name): Remarked(
            name=forms[0], remark=f"{show(values.iloc[0])} is read as {read:%Y-%m-%d %H:%M}{doubt}"
        )
    }


def make_feature(values: pd.Series, doubt: Recognised | None) -> Feature:
    """Return a column as a feature, with what a person should know of it.

    Args:
        values: those that are there.
        doubt: what it may say about persons.
    """
    kind = _kind_of(values)
    remark = "; ".join(filter(None, (doubt.question if doubt else "", _remark_on(values, kind))))
    return Feature(name=str(values.name), type=kind, remark=remark)


def _kind_of(values: pd.Series) -> ColumnKind:
    if time_formats(values):
        return ColumnKind.DATETIME
    if _is_prose(values):
        return ColumnKind.TEXT
    return _look_again(values, type_of(values))


def _look_again(values: pd.Series, kind: ColumnKind) -> ColumnKind:
    """Tell numbers that are labels, and categories that are ever new."""
    if kind == ColumnKind.NUMERIC and are_labels(values):
        return ColumnKind.CATEGORICAL
    return ColumnKind.TEXT if kind == ColumnKind.CATEGORICAL and _are_ever_new(values) else kind


def _are_ever_new(values: pd.Series) -> bool:
    return values.nunique() > MANY_VALUES and _share_unseen(values) > UNSEEN


def _share_unseen(values: pd.Series) -> float:
    """Return the share of the last rows whose value did not come before."""
    cut = len(values) - int(JUDGING * len(values))
    return float((~values.iloc[cut:].isin(values.iloc[:cut].unique())).mean())


def _is_prose(values: pd.Series) -> bool:
    distinct = values.unique()
    return len(distinct) > MANY_CODES and float(np.mean([len(text.split()) for text in distinct])) >= WORDS_OF_PROSE


def find_reason_to_ignore(values: pd.Series, rows: int, moments: pd.Series | None) -> str | None:
    """Return why a column can't teach anything; the first reason that holds."""
    distinct = len(values.unique())
    if distinct <= 1 and (why := _reason_if_single(values, rows)):
        return why
    if why := find_constant(values, rows):
        return f"{why}: too few to learn from"
    if distinct <= 1:
        return None
    if formats := time_formats(values):
        return _reason_against_time(values, formats, moments)
    if _is_prose(values):
        return None
    reasons = (
        ("a row number", is_row_number(values)),
        (_reason_if_unique(values, rows), is_key(values)),
        (
            f"{distinct:,} different codes for {len(values):,} rows: `entity` and `group` if they name whom",
            distinct > MANY_VALUES and len(values) < 2 * distinct and _is_text(values) and not _has_words(values),
        ),
    )
    return next((reason for reason, holds in reasons if holds), None)


def _reason_against_time(values: pd.Series, formats: tuple[str | None, ...], moments: pd.Series | None) -> str | None:
    if moments is None:
        return None
    later = float((as_times(values, formats[0]) > moments[values.index]).mean())
    return f"in {later:.1%} of rows a time after the row's own: known only afterwards?" if later else None


def _has_words(values: pd.Series) -> bool:
    """Return whether most values have a blank between letters: words, which other rows have as well."""
    return bool(pd.Series(values.unique()).str.contains(r"[^\W\d_] +[^\W\d_]").mean() > HALF)


def _is_text(values: pd.Series) -> bool:
    return type_of(values) == ColumnKind.CATEGORICAL and not is_repeated_key(values)


def _reason_if_single(values: pd.Series, rows: int) -> str | None:
    if values.empty:
        return "without any value"
    # One value and gaps still tell two kinds of rows apart.
    return f"the same value in every row: {show(values.iloc[0])}" if len(values) == rows else None


def _reason_if_unique(values: pd.Series, rows: int) -> str:
    if len(values) == rows:
        return "another value in every row: a key, or free text"
    return f"another value in every row that has one; {1 - len(values) / rows:.1%} have none"


def _remark_on(values: pd.Series, kind: ColumnKind) -> str:
    if kind == ColumnKind.DATETIME:
        return "if it is known when the row is predicted"
    if kind == ColumnKind.NUMERIC:
        return _remark_on_numbers(values)
    return _remark_on_texts(values, kind) if kind in TEXTS else ""


def _remark_on_numbers(values: pd.Series) -> str:
    if form := unix_format(values):
        return f"times written as {form}? then `datetime`, with `formats`"
    return find_sentinels(values) or ""


def _remark_on_texts(values: pd.Series, kind: ColumnKind) -> str:
    distinct, are_digits = values.nunique(), matches(values, NUMBER)
    if not are_digits and (spoilt := find_spoilt_numbers(values)):
        return spoilt
    if kind == ColumnKind.TEXT:
        ever_new = "" if _is_prose(values) else f"{distinct:,} different values, ever new ones: "
        return f"{ever_new or 'free text: '}its words are hashed"
    if are_digits:
        is_named = type_of(values) == kind
        return f"{distinct:,} codes" if is_named else f"{distinct:,} codes? `numeric` if they are amounts"
    whom = "; `entity` if they name whom a row is about?" if distinct > MANY_VALUES else ""
    known = f"{distinct:,} different values: most models know them by the mean target of each{whom}"
    return known if distinct > MANY_CODES else ""

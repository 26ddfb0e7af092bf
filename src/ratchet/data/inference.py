"""Draft a model's YAML from a data file: every guess is written down with its reason, for a person to decide."""

import math
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import filterfalse
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd

from ratchet.config.data import Checks
from ratchet.config.formats import NUMBER, NumberFormat, read_time
from ratchet.data.chunks import OWN_NAMES, show
from ratchet.data.draft import Draft, Feature, Remarked
from ratchet.data.oddities import are_labels, find_constant, find_sentinels, find_target_oddities
from ratchet.data.positive import choose_positive
from ratchet.data.sampling import (
    MANY_VALUES,
    Sample,
    is_key,
    is_repeated_key,
    is_row_number,
    matches,
    missing_texts,
    read_sample,
    type_of,
)
from ratchet.data.sensitive import Recognised, is_of_persons, recognise
from ratchet.data.sources import find_files
from ratchet.data.written import choose_format, number_formats, speaks_of_time, time_formats, unix_format
from ratchet.errors import DataError, did_you_mean, list_names
from ratchet.metrics.metric import Task
from ratchet.records.columns import ColumnKind
from ratchet.sections import COLUMN, COLUMN_IN_WORDS

Numbers = npt.NDArray[np.float64]
# Rows, types of the features, answers and task in; for each column that seems to know the answer, why, out.
FindSuspicions = Callable[[pd.DataFrame, Mapping[str, ColumnKind], Numbers, Task], dict[str, str]]
ROWS_USED = 20_000  # to look for such columns
MAX_CLASSES = 50
FEW_NUMBERS = 10  # a target with so few different whole numbers holds classes
MANY_CODES = 250
HALF = 0.5
WORDS_OF_PROSE = 5  # a value of so many words, on average, is no name of anything
JUDGING = 0.3  # share of the rows that validation and holdout take by default
PARTS_OF_TIME = ("year", "month", "day", "hour")
UNSEEN, UNLABELLED = Checks().max_unseen_share, Checks().max_unlabelled
ROOM = {True: 2, False: 10}  # for categories that are still to come, of a whole table and of the beginning of one
DOTTED = r"[1-9]\d{0,2}\.\d{3}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Clock:
    column: str | None
    formats: tuple[str | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Columns:
    """What each column but target and time is for."""

    features: tuple[Feature, ...]
    formats: Mapping[str, Remarked]
    ignored: tuple[Remarked, ...]
    sensitive: tuple[str, ...]
    group: str | None


NO_CLOCK = _Clock(column=None, formats=())


def draft_model(
    data: Path, find_suspicions: FindSuspicions, *, name: str, target: str, time: str | None, project: Path
) -> Draft:
    """Return what can be guessed about the data of a model.

    Args:
        data: the file, or a folder of files.
        find_suspicions: says which columns seem to know the answer: what is a leak is known elsewhere.
        name: the model's name.
        target: the column to predict.
        time: the column of times; None to look for one.
        project: what the data's path is written from.

    Raises:
        DataError: the file can't be read, `target` or `time` is not in it or can't be one, or nothing is left to
            learn from.
    """
    files = find_files(str(data.resolve()), project)
    sample = read_sample(files[0])
    target, time = _find(sample, target, "--target"), _find(sample, time, "--time") if time else None
    missing = missing_texts(sample.frame)
    written = _labelled_rows(sample.frame, missing, target)
    rows, numbers = _read_numbers(written, target, sample.delimiter)
    task = _task_of(sample, rows[target])
    clock = _read_clock(sample, rows[time]) if time else _likeliest_clock(rows.drop(columns=target))
    columns = _sort_out(rows, {target, clock.column}, moments := _read_moments(rows, clock))
    columns = _without_leaks(columns, _suspect(rows, columns, target, task, find_suspicions))
    if not columns.features:
        raise DataError(f"{data}: no column is left to predict '{target}' from: {list_names(_names(rows))}")
    formats = _keep_formats(numbers, target, columns)
    return Draft(
        name=name,
        path=_path_in(project, data),
        origin=_origin_of(data, files, sample),
        task=task,
        target=target,
        labels=_labels_of(rows[target]) if task == "binary" else (),
        delimiter=sample.delimiter,
        missing=() if sample.path.suffix == ".parquet" else missing,
        time=clock.column,
        formats_of_time=clock.formats,
        time_parts=_parts_of_time(rows),
        times_with_gaps=() if clock.column else tuple(_find_gaps(rows.drop(columns=target))),
        formats=formats,
        encoding=sample.encoding,
        sheets=sample.sheets,
        most_categories=_room_for(rows, columns.features, is_whole=sample.is_whole),
        features=columns.features,
        ignored=columns.ignored,
        sensitive=columns.sensitive,
        group=columns.group,
        lost_by_group=_share_lost(rows[columns.group], moments) if columns.group and clock.column else 0.0,
        unusable=tuple(filterfalse(_is_usable, _names(sample.frame))),
        target_remarks=(
            *_without_label(sample, rows),
            *(find_target_oddities(rows[target]) if task == "regression" else ()),
        ),
        rows=len(rows),
        is_whole=sample.is_whole and len(files) == 1,
        rarest=None if task == "regression" else float(rows[target].value_counts(normalize=True).min()),
    )


def _read_numbers(rows: pd.DataFrame, target: str, delimiter: str | None) -> tuple[pd.DataFrame, dict[str, Remarked]]:
    """Write numbers of any country as plain ones; return how they were written as well."""
    found = {name: forms for name in _names(rows) if (forms := _formats_of(rows[name].dropna(), target))}
    certain = {forms[0].decimal for forms in found.values() if len(forms) == 1}
    has_commas = "," in certain if certain else delimiter == ";"
    if has_commas:
        dotted = [name for name in _names(rows) if rows[name].notna().any() and matches(rows[name].dropna(), DOTTED)]
        found |= {name: (NumberFormat("", "", ".", ","), NumberFormat("", "", "", ".")) for name in dotted}
    formats = {}
    for name, forms in found.items():
        form = choose_format(forms, has_comma_decimals=has_commas)
        first = rows[name].dropna().iloc[0]
        plain = {text: form.read(text) for text in rows[name].dropna().unique()}
        others = [str(each) for each in forms if each.read(first) != plain[first]]
        doubt = f"; or is it written as {others[0]}? decide" if others else ""
        formats[name] = Remarked(name=str(form), remark=f"{show(first)} is read as {plain[first]}{doubt}")
        rows = rows.assign(**{name: rows[name].map(plain)})
    return rows, formats


def _without_label(sample: Sample, rows: pd.DataFrame) -> tuple[str, ...]:
    every = len(sample.frame)
    lost = every - len(rows)
    if not lost:
        return ()
    found = f"{lost:,} of {every:,} rows have no label"
    if lost <= UNLABELLED * every:
        return (found,)
    return (f"{found}, more than {UNLABELLED:.0%}: not known yet, or lost? `checks.max_unlabelled` allows more",)


def _keep_formats(numbers: Mapping[str, Remarked], target: str, columns: _Columns) -> dict[str, Remarked]:
    """Keep the formats of what is learnt as a number or a time; codes and categories are texts as they stand."""
    learnt = {target, *(each.name for each in columns.features if each.type == ColumnKind.NUMERIC)}
    times = {each.name for each in columns.features if each.type == ColumnKind.DATETIME}
    kept = {name: form for name, form in numbers.items() if name in learnt}
    return kept | {name: form for name, form in columns.formats.items() if name in times}


def _formats_of(values: pd.Series, target: str) -> tuple[NumberFormat, ...]:
    """Return how a column's numbers may be written; two classes of a target keep their names."""
    if values.name == target and values.nunique() <= FEW_NUMBERS:
        return ()
    return number_formats([str(text) for text in values.unique()])


def _room_for(rows: pd.DataFrame, features: Sequence[Feature], *, is_whole: bool) -> int | None:
    """Return how many categories the data check should allow, None where its default will do."""
    names = [each.name for each in features if each.type == ColumnKind.CATEGORICAL]
    most = max((rows[name].nunique() for name in names), default=0)
    return None if most <= MANY_VALUES else math.ceil(ROOM[is_whole] * most / 1000) * 1000


def _labelled_rows(frame: pd.DataFrame, missing: Sequence[str], target: str) -> pd.DataFrame:
    """Keep what a run would see: columns that a YAML can name, rows that have a label."""
    usable = [name for name in _names(frame) if _is_usable(name)]
    rows = frame[usable].apply(_without, texts=set(missing))
    return rows[rows[target].notna()]


def _parts_of_time(frame: pd.DataFrame) -> tuple[str, ...]:
    return tuple(name for name in _names(frame) if name.lower() in PARTS_OF_TIME)


def _origin_of(data: Path, files: Sequence[Path], sample: Sample) -> str:
    where = f"{data.name}, its first file of {len(files)} ({sample.path.name})" if data.is_dir() else data.name
    return f"{where}: {'all' if sample.is_whole else 'the first'} {len(sample.frame)} rows were looked at"


def _without(column: pd.Series, texts: set[str]) -> pd.Series:
    return column.mask(column.isin(texts))


def _names(frame: pd.DataFrame) -> list[str]:
    return [str(name) for name in frame.columns]


def _find(sample: Sample, wanted: str, option: str) -> str:
    names = _names(sample.frame)
    if wanted.strip() not in names:
        near = did_you_mean(wanted, names)
        raise DataError(f"{sample.path}: {option} {wanted!a} is not one of its columns{near}: {list_names(names)}")
    if not _is_usable(wanted.strip()):
        raise DataError(f"{sample.path}: {option} {wanted!a}: rename this column in the file: a name {COLUMN_IN_WORDS}")
    return wanted.strip()


def _is_usable(name: str) -> bool:
    return bool(re.match(COLUMN, name)) and name == name.strip() and name not in OWN_NAMES


def _path_in(project: Path, data: Path) -> str:
    """Return the path relative to the project where the file is in it, so that the project can be moved."""
    found, root = data.resolve(), project.resolve()
    return found.relative_to(root).as_posix() if found.is_relative_to(root) else found.as_posix()


def _task_of(sample: Sample, values: pd.Series) -> Task:
    distinct = values.nunique()
    if distinct < 2:
        raise DataError(
            f"{sample.path}: the target '{values.name}' has {('no value', 'only one value')[distinct]}; it takes two"
        )
    if distinct == 2:
        return "binary"
    if matches(values, NUMBER):
        is_whole = matches(values, r"-?\d+(\.0+)?")
        return "multiclass" if is_whole and distinct <= FEW_NUMBERS else "regression"
    if distinct > MAX_CLASSES:
        odd = values[~values.str.fullmatch(NUMBER)].iloc[0]
        raise DataError(
            f"{sample.path}: the target '{values.name}' has {distinct} different values such as {show(odd)}: "
            "neither classes nor numbers; choose another column"
        )
    return "multiclass"


def _labels_of(values: pd.Series) -> tuple[Remarked, ...]:
    """Return the positive label, then the negative one."""
    found, shares = choose_positive(values), values.value_counts(normalize=True)
    remarks = [f"{shares[label]:.1%} of rows" for label in (found.positive, found.negative)]
    remarks[0] += f": {found.doubt}; decide" if found.doubt else ""
    return tuple(
        Remarked(name=label, remark=remark)
        for label, remark in zip((found.positive, found.negative), remarks, strict=True)
    )


def _read_clock(sample: Sample, column: pd.Series) -> _Clock:
    values = column.dropna()
    formats = time_formats(values)
    if not formats:
        found = "nothing" if values.empty else show(values.iloc[0])
        raise DataError(f"{sample.path}: --time '{column.name}' holds {found}, which is no time of a known form")
    return _Clock(column=str(column.name), formats=formats)


def _likeliest_clock(frame: pd.DataFrame) -> _Clock:
    # A run refuses a row without its time, and a date of birth says nothing about when a row happened.
    filled = [name for name in _names(frame) if not is_of_persons(name) and frame[name].notna().all()]
    clocks = [_Clock(column=name, formats=formats) for name in filled if (formats := time_formats(frame[name]))]
    return max(clocks, key=lambda clock: _likeness(frame[clock.column]), default=NO_CLOCK)


def _find_gaps(frame: pd.DataFrame) -> Iterator[tuple[str, int]]:
    for name in _names(frame):
        values = frame[name].dropna()
        if 0 < len(values) < len(frame) and not is_of_persons(name) and time_formats(values):
            yield name, len(frame) - len(values)


def _likeness(values: pd.Series) -> tuple[bool, int]:
    """Order columns of times by how much they look like the time of the row."""
    return speaks_of_time(str(values.name)), values.nunique()


def _read_moments(frame: pd.DataFrame, clock: _Clock) -> pd.Series | None:
    return None if clock.column is None else _as_times(frame[clock.column], clock.formats[0])


def _as_times(values: pd.Series, form: str | None) -> pd.Series:
    if form is None:
        return pd.to_datetime(values, format="ISO8601", errors="coerce", utc=True)
    known = {text: _as_time(text, form) for text in values.dropna().unique()}
    return pd.to_datetime(values.map(known), utc=True)


def _as_time(text: str, form: str) -> pd.Timestamp | None:
    try:
        moment = pd.Timestamp(read_time(text, form))
    except ValueError:
        return None  # further down than a format was tried
    return moment.tz_convert("UTC") if moment.tzinfo else moment.tz_localize("UTC")


def _share_lost(groups: pd.Series, moments: pd.Series | None) -> float:
    """Return the share of training rows that a split by time leaves out, as their group has newer rows as well."""
    ordered = groups if moments is None else groups.iloc[np.argsort(moments.to_numpy(), kind="stable")]
    cut = len(ordered) - int(JUDGING * len(ordered))
    learnt, judging = ordered.iloc[:cut], ordered.iloc[cut:]
    return float(learnt.dropna().isin(judging.dropna()).sum() / max(len(learnt), 1))


def _sort_out(frame: pd.DataFrame, used: set[str | None], moments: pd.Series | None) -> _Columns:
    """Say of each column that has no use yet what it is for."""
    features, ignored, sensitive, groups = [], [], [], []
    formats: dict[str, Remarked] = {}
    for name in filterfalse(used.__contains__, _names(frame)):
        values = frame[name].dropna()
        if why := _reason_to_ignore(values, len(frame), moments):
            ignored.append(Remarked(name=name, remark=why))
        elif is_repeated_key(values):
            groups.append(name)
        elif (found := recognise(values)) and found.is_sure:
            sensitive.append(name)
        else:
            features.append(_feature(values, found))
            formats |= _format_of_times(values)
    # One group only: the key with the most rows each keeps the most together.
    groups.sort(key=lambda name: frame[name].nunique())
    spare = [Remarked(name=name, remark="a key that repeats, like the group: decide") for name in groups[1:]]
    return _Columns(
        features=tuple(features),
        formats=formats,
        ignored=(*ignored, *spare),
        sensitive=tuple(sensitive),
        group=next(iter(groups), None),
    )


def _format_of_times(values: pd.Series) -> dict[str, Remarked]:
    forms = time_formats(values)
    if not forms or forms[0] is None:
        return {}
    others = " or ".join(str(form) for form in forms[1:])
    doubt = f"; {others} fits as well: decide" if others else ""
    read = _as_time(str(values.iloc[0]), forms[0])
    return {
        str(values.name): Remarked(
            name=forms[0], remark=f"{show(values.iloc[0])} is read as {read:%Y-%m-%d %H:%M}{doubt}"
        )
    }


def _feature(values: pd.Series, doubt: Recognised | None) -> Feature:
    kind = _kind_of(values)
    remark = "; ".join(filter(None, (doubt.question if doubt else "", _remark_on(values, kind))))
    return Feature(name=str(values.name), type=kind, remark=remark)


def _kind_of(values: pd.Series) -> ColumnKind:
    if time_formats(values):
        return ColumnKind.DATETIME
    if _is_prose(values):
        return ColumnKind.TEXT
    kind = type_of(values)
    if kind == ColumnKind.NUMERIC and are_labels(values):
        return ColumnKind.CATEGORICAL
    is_ever_new = kind == ColumnKind.CATEGORICAL and values.nunique() > MANY_VALUES and _share_unseen(values) > UNSEEN
    return ColumnKind.TEXT if is_ever_new else kind


def _share_unseen(values: pd.Series) -> float:
    """Return the share of the last rows whose value did not come before."""
    cut = len(values) - int(JUDGING * len(values))
    return float((~values.iloc[cut:].isin(values.iloc[:cut].unique())).mean())


def _is_prose(values: pd.Series) -> bool:
    distinct = values.unique()
    return len(distinct) > MANY_CODES and float(np.mean([len(text.split()) for text in distinct])) >= WORDS_OF_PROSE


def _reason_to_ignore(values: pd.Series, rows: int, moments: pd.Series | None) -> str | None:
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
    later = float((_as_times(values, formats[0]) > moments[values.index]).mean())
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
    distinct = values.nunique()
    if kind == ColumnKind.DATETIME:
        return "if it is known when the row is predicted"
    if kind == ColumnKind.TEXT:
        ever_new = "" if _is_prose(values) else f"{distinct:,} different values, ever new ones: "
        return f"{ever_new or 'free text: '}its words are hashed"
    if kind == ColumnKind.CATEGORICAL and matches(values, NUMBER):
        is_named = type_of(values) == kind
        return f"{distinct:,} codes" if is_named else f"{distinct:,} codes? `numeric` if they are amounts"
    if kind == ColumnKind.CATEGORICAL and distinct > MANY_CODES:
        whom = "; `entity` if they name whom a row is about?" if distinct > MANY_VALUES else ""
        return f"{distinct:,} different values: most models know them by the mean target of each{whom}"
    if kind == ColumnKind.NUMERIC and (form := unix_format(values)):
        return f"times written as {form}? then `datetime`, with `formats`"
    return find_sentinels(values) or "" if kind == ColumnKind.NUMERIC else ""


def _suspect(
    frame: pd.DataFrame, columns: _Columns, target: str, task: Task, find_suspicions: FindSuspicions
) -> dict[str, str]:
    """Look for what seems to know the answer, on rows spread over the whole sample."""
    rows = frame.iloc[:: max(1, len(frame) // ROWS_USED)]
    kinds = {each.name: each.type for each in columns.features}
    return find_suspicions(rows, kinds, _as_numbers(rows[target], task), task)


def _without_leaks(columns: _Columns, found: Mapping[str, str]) -> _Columns:
    """Leave suspected leaks out; where that leaves nothing, keep them all with the suspicion beside each."""
    remarks = {name: f"leak? {why}; decide" for name, why in found.items()}
    clean = tuple(each for each in columns.features if each.name not in found)
    if not clean:
        return replace(columns, features=tuple(replace(each, remark=remarks[each.name]) for each in columns.features))
    leaks = tuple(Remarked(name=name, remark=remark) for name, remark in remarks.items())
    return replace(columns, features=clean, ignored=(*columns.ignored, *leaks))


def _as_numbers(values: pd.Series, task: Task) -> Numbers:
    numbers = values.astype(float) if task == "regression" else pd.Series(pd.factorize(values, sort=True)[0])
    return np.asarray(numbers, dtype=np.float64)

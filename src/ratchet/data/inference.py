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
from ratchet.config.formats import NUMBER, NumberFormat
from ratchet.data.chunks import OWN_NAMES, show
from ratchet.data.column_guesses import JUDGING, find_reason_to_ignore, format_of_times, make_feature
from ratchet.data.draft import Draft, Feature, Remarked
from ratchet.data.oddities import find_target_oddities
from ratchet.data.positive import choose_positive
from ratchet.data.sampling import (
    MANY_VALUES,
    Sample,
    is_repeated_key,
    matches,
    missing_texts,
    read_sample,
)
from ratchet.data.sensitive import is_of_persons, recognise
from ratchet.data.sources import find_files
from ratchet.data.written import (
    IN_ORDER,
    as_times,
    choose_format,
    number_formats,
    speaks_of_time,
    time_formats,
)
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
PARTS_OF_TIME = ("year", "month", "day", "hour")
UNLABELLED = Checks().max_unlabelled
ROOM = {True: 2, False: 10}  # for categories that are still to come, of a whole table and of the beginning of one
DOT_DIVIDES = (NumberFormat("", "", ".", ","), NumberFormat("", "", "", "."))  # the first one, or a question
YEAR = r"(19|20)\d\d"  # a time where somebody says so; else a number
DOTTED, SMALL = r"[1-9]\d{0,2}\.\d{3}", r"\d{1,3}"


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
        labels=_labels_of(rows[target], task),
        delimiter=sample.delimiter,
        missing=missing,
        time=clock.column,
        formats_of_time=clock.formats,
        time_parts=_parts_of_time(rows),
        times_with_gaps=tuple(_find_gaps(rows.drop(columns=target), clock)),
        formats=formats,
        encoding=sample.encoding,
        sheets=sample.sheets,
        most_categories=_room_for(rows, columns.features, is_whole=sample.is_whole),
        features=columns.features,
        ignored=columns.ignored,
        sensitive=columns.sensitive,
        group=columns.group,
        lost_by_group=_share_lost(rows, columns.group, moments),
        unusable=tuple(filterfalse(_is_usable, _names(sample.frame))),
        target_remarks=_remark_on_target(sample, rows[target], task),
        rows=len(rows),
        is_whole=sample.is_whole and len(files) == 1,
        rarest=_share_of_rarest(rows[target], task),
    )


def _read_numbers(rows: pd.DataFrame, target: str, delimiter: str | None) -> tuple[pd.DataFrame, dict[str, Remarked]]:
    """Write numbers of any country as plain ones; return how they were written as well."""
    found = {name: forms for name in _names(rows) if (forms := _formats_of(rows[name].dropna(), target))}
    certain = {forms[0].decimal for forms in found.values() if len(forms) == 1}
    has_commas = "," in certain if certain else delimiter == ";"
    found |= dict.fromkeys(_dotted_in(rows), DOT_DIVIDES) if has_commas else {}
    return _make_plain(rows, found, has_commas=has_commas)


def _make_plain(
    rows: pd.DataFrame, found: Mapping[str, Sequence[NumberFormat]], *, has_commas: bool
) -> tuple[pd.DataFrame, dict[str, Remarked]]:
    formats = {}
    for name, forms in found.items():
        form = choose_format(forms, has_comma_decimals=has_commas)
        formats[name] = _describe_format(rows[name], form, forms)
        rows = rows.assign(**{name: rows[name].map({text: form.read(text) for text in rows[name].dropna().unique()})})
    return rows, formats


def _dotted_in(rows: pd.DataFrame) -> list[str]:
    """Return the columns of values like 1.234, or below a thousand: a dot divides where decimals have a comma."""
    return [name for name in _names(rows) if _is_dotted(rows[name].dropna())]


def _is_dotted(values: pd.Series) -> bool:
    return matches(values, f"{DOTTED}|{SMALL}") and not matches(values, SMALL)


def _describe_format(values: pd.Series, form: NumberFormat, forms: Sequence[NumberFormat]) -> Remarked:
    first = str(values.dropna().iloc[0])
    others = [str(each) for each in forms if each.read(first) != form.read(first)]
    doubt = f"; or is it written as {others[0]}? decide" if others else ""
    return Remarked(name=str(form), remark=f"{show(first)} is read as {form.read(first)}{doubt}")


def _share_of_rarest(values: pd.Series, task: Task) -> float | None:
    return None if task == "regression" else float(values.value_counts(normalize=True).min())


def _remark_on_target(sample: Sample, values: pd.Series, task: Task) -> tuple[str, ...]:
    every = len(sample.frame)
    lost = every - len(values)
    found = find_target_oddities(values) if task == "regression" else ()
    if not lost:
        return found
    too_many = f", more than {UNLABELLED:.0%}: not known yet, or lost? `data.checks.max_unlabelled` allows more"
    return (f"{lost:,} of {every:,} rows have no label{too_many if lost > UNLABELLED * every else ''}", *found)


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


def _labels_of(values: pd.Series, task: Task) -> tuple[Remarked, ...]:
    """Return the positive label, then the negative one, of a binary target."""
    if task != "binary":
        return ()
    found, shares = choose_positive(values), values.value_counts(normalize=True)
    remarks = [f"{shares[label]:.1%} of rows" for label in (found.positive, found.negative)]
    remarks[0] += f": {found.doubt}; decide" if found.doubt else ""
    return tuple(
        Remarked(name=label, remark=remark)
        for label, remark in zip((found.positive, found.negative), remarks, strict=True)
    )


def _read_clock(sample: Sample, column: pd.Series) -> _Clock:
    values = column.dropna()
    formats = time_formats(values) or _as_years(values)
    if not formats:
        found = "nothing" if values.empty else show(values.iloc[0])
        raise DataError(
            f"{sample.path}: --time '{column.name}' holds {found}, which is no time of a known form; name a column of "
            "dates or times, or leave --time out where the rows stand in their order"
        )
    return _Clock(column=str(column.name), formats=formats)


def _as_years(values: pd.Series) -> tuple[str, ...]:
    return ("%Y",) if len(values) and matches(values, YEAR) else ()


def _likeliest_clock(frame: pd.DataFrame) -> _Clock:
    # A run refuses a row without its time, and a date of birth says nothing about when a row happened.
    filled = [name for name in _names(frame) if not is_of_persons(name) and frame[name].notna().all()]
    clocks = [_Clock(column=name, formats=formats) for name in filled if (formats := time_formats(frame[name]))]
    return max(clocks, key=lambda clock: _likeness(frame[clock.column], clock), default=NO_CLOCK)


def _find_gaps(frame: pd.DataFrame, clock: _Clock) -> Iterator[tuple[str, int]]:
    """Give columns of times that some rows lack, and how many, where there is no other."""
    gaps = frame.isna().sum()
    names = gaps.index[(gaps > 0) & (gaps < len(frame))] if clock.column is None else ()
    for name in filterfalse(is_of_persons, map(str, names)):
        if time_formats(frame[name].dropna()):
            yield name, int(gaps[name])


def _likeness(values: pd.Series, clock: _Clock) -> tuple[bool, bool, int]:
    """Order columns of times by how much they look like the time of the row: rows often stand in its order."""
    steps = as_times(values, clock.formats[0]).diff().iloc[1:]
    are_in_order = len(steps) > 0 and float((steps >= pd.Timedelta(0)).mean()) >= IN_ORDER
    return are_in_order, speaks_of_time(str(values.name)), values.nunique()


def _read_moments(frame: pd.DataFrame, clock: _Clock) -> pd.Series | None:
    return None if clock.column is None else as_times(frame[clock.column], clock.formats[0])


def _share_lost(rows: pd.DataFrame, group: str | None, moments: pd.Series | None) -> float:
    """Return the share of training rows that a split by time leaves out, as their group has newer rows as well."""
    if group is None or moments is None:
        return 0.0
    ordered = rows[group].iloc[np.argsort(moments.to_numpy(), kind="stable")]
    cut = len(ordered) - int(JUDGING * len(ordered))
    learnt, judging = ordered.iloc[:cut], ordered.iloc[cut:]
    return float(learnt.dropna().isin(judging.dropna()).sum() / max(len(learnt), 1))


def _sort_out(frame: pd.DataFrame, used: set[str | None], moments: pd.Series | None) -> _Columns:
    """Say of each column that has no use yet what it is for."""
    features, ignored, sensitive, groups = [], [], [], []
    formats: dict[str, Remarked] = {}
    for name in filterfalse(used.__contains__, _names(frame)):
        values = frame[name].dropna()
        if why := find_reason_to_ignore(values, len(frame), moments):
            ignored.append(Remarked(name=name, remark=why))
        elif is_repeated_key(values):
            groups.append(name)
        elif (found := recognise(values)) and found.is_sure:
            sensitive.append(name)
        else:
            features.append(make_feature(values, found))
            formats |= format_of_times(values)
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
        return replace(columns, features=_remarked(columns.features, remarks))
    leaks = tuple(Remarked(name=name, remark=remark) for name, remark in remarks.items())
    return replace(columns, features=clean, ignored=(*columns.ignored, *leaks))


def _remarked(features: Sequence[Feature], remarks: Mapping[str, str]) -> tuple[Feature, ...]:
    return tuple(replace(each, remark=remarks[each.name]) for each in features)


def _as_numbers(values: pd.Series, task: Task) -> Numbers:
    numbers = values.astype(float) if task == "regression" else pd.Series(pd.factorize(values, sort=True)[0])
    return np.asarray(numbers, dtype=np.float64)

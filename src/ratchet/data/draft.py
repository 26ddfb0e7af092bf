"""Write a draft of a model's YAML: valid as it is, with a comment wherever a person should look."""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

import yaml

from ratchet.metrics.metric import Task
from ratchet.records.columns import ColumnKind
from ratchet.sections import COLUMN_IN_WORDS

SCHEMA = "# yaml-language-server: $schema=../schema/model.schema.json"
ALIGNED_AT = 34  # column at which remarks begin
MOST_LOST = 0.05  # training rows that keeping groups apart may cost


@dataclass(frozen=True, slots=True, kw_only=True)
class Remarked:
    """A name or value, and why it stands where it does."""

    name: str
    remark: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Feature:
    """A column to learn from."""

    name: str
    type: ColumnKind
    remark: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """Everything that was guessed about a data file.

    Attributes:
        name: the model's name.
        path: the data file.
        origin: what was looked at, in words.
        task: binary, multiclass or regression.
        target: the column to predict.
        labels: positive and negative label of a binary target.
        delimiter: of a CSV file; None for Parquet.
        missing: texts that stand for no value.
        time: the column of times; None for the order of rows.
        formats_of_time: those that fit, None for ISO 8601; the first one is taken.
        time_parts: columns that make a time together.
        times_with_gaps: columns of times that some rows lack, and how many.
        formats: how texts are written, by column.
        encoding: of a CSV file that is not UTF-8.
        sheets: of a workbook, the first of which was looked at.
        most_categories: different values of a feature that the data check is to allow; None for the default.
        features: columns to learn from.
        ignored: columns that are left out.
        sensitive: columns that fairness is judged on.
        group: key of the things that have several rows each.
        lost_by_group: share of the training rows that a split by time leaves out because of it.
        unusable: names that must be changed in the file first.
        target_remarks: what the values of the target tell.
        rows: how many were looked at.
        is_whole: whether these are all rows.
        rarest: share of the rows that the rarest class has; None for a regression.
    """

    name: str
    path: str
    origin: str
    task: Task
    target: str
    labels: tuple[Remarked, ...]
    delimiter: str | None
    missing: tuple[str, ...]
    time: str | None
    formats_of_time: tuple[str | None, ...]
    time_parts: tuple[str, ...]
    times_with_gaps: tuple[tuple[str, int], ...]
    formats: Mapping[str, Remarked]
    encoding: str | None
    sheets: tuple[str, ...]
    most_categories: int | None
    features: tuple[Feature, ...]
    ignored: tuple[Remarked, ...]
    sensitive: tuple[str, ...]
    group: str | None
    lost_by_group: float
    unusable: tuple[str, ...]
    target_remarks: tuple[str, ...]
    rows: int
    is_whole: bool
    rarest: float | None

    def ask(self, questions: Mapping[str, str]) -> "Draft":
        """Return the draft with questions about features, by name, after what is said of them already."""
        asked = (
            replace(each, remark="; ".join(filter(None, (each.remark, questions.get(each.name, "")))))
            for each in self.features
        )
        return replace(self, features=tuple(asked))


def write_draft(draft: Draft) -> str:
    """Return the YAML text of a draft."""
    lines = [
        SCHEMA,
        f"# Drafted from {_as_comment(draft.origin)}.",
        "# Everything below is a guess: read it line by line, above all `time`, `ignore` and `sensitive`.",
        f"model: {quote(draft.name)}",
        'description: ""                 # what it predicts and for whom',
        'owner: ""                       # who answers for it',
        f"task: {draft.task}",
        "",
        "data:",
        *_source(draft),
        *_time(draft),
        *_target(draft),
        "  features:",
        *(_remarked(f"    {quote(each.name)}: {each.type}", each.remark) for each in draft.features),
        *_formats(draft),
        *_listed("ignore", draft.ignored),
        *_sensitive(draft),
        *_group(draft),
        *_checks(draft),
        *_unusable(draft),
        "",
        "split:",
        *_split(draft),
    ]
    return "\n".join(lines) + "\n"


def quote(text: str) -> str:
    """Write a text so that YAML reads the same text back: plain where that is safe, else in quotes."""
    return text if _reads_back(text) else json.dumps(text, ensure_ascii=False)


def _reads_back(text: str) -> bool:
    """Try a plain text in both places where one may stand, in a list and as a key: YAML's rules differ there."""
    if not text.isascii() or not text.isprintable():
        return False
    try:
        read = (yaml.safe_load(f"[{text}]"), yaml.safe_load(f"{text}: 1"))
    except yaml.YAMLError:
        return False
    return read == ([text], {text: 1})


def _source(draft: Draft) -> Iterator[str]:
    yield "  source:"
    yield f"    path: {quote(draft.path)}"
    if draft.delimiter and draft.delimiter != ",":
        yield f"    delimiter: {json.dumps(draft.delimiter)}"
    if draft.encoding:
        yield _remarked(f"    encoding: {draft.encoding}", "not UTF-8: see that names and values are right")
    if len(draft.sheets) > 1:
        yield _remarked(f"    sheet: {quote(draft.sheets[0])}", f"or {', '.join(draft.sheets[1:])}? decide")
    yield from _missing(draft.missing)


def _missing(texts: tuple[str, ...]) -> Iterator[str]:
    if len(texts) > 1:
        listed = ", ".join(map(json.dumps, texts))
        yield _remarked(f"    missing: [{listed}]", "texts that stand for no value, in every column")


def _time(draft: Draft) -> Iterator[str]:
    yield "  time:"
    if draft.time is None:
        yield from _order_of_rows(draft)
        return
    yield f"    column: {quote(draft.time)}"
    first, others = draft.formats_of_time[0], [form for form in draft.formats_of_time[1:] if form]
    if first:
        remark = f"{' or '.join(others)} fits as well: decide" if others else ""
        yield _remarked(f"    format: {json.dumps(first)}", remark)
    yield _remarked("    zone: UTC", "of times that carry none")
    yield f"    # As a feature ({_as_comment(quote(draft.time))}: datetime) it helps where a level grows: try it"


def _order_of_rows(draft: Draft) -> Iterator[str]:
    yield _remarked("    order: rows", "no column of times was found: rows are taken to stand in time order")
    for name, rows in draft.times_with_gaps:
        yield f"    # {_as_comment(quote(name))} has times, but none in {rows:,} rows; every row needs its time"
    yield "    # start: 2024-01-01T00:00:00Z  # with `start` and `every`, each row gets a time"
    yield "    # every: 1h"
    if len(draft.time_parts) > 1:
        yield f"    # {_as_comment(', '.join(draft.time_parts))} look like one time: a column that joins them is better"


def _target(draft: Draft) -> Iterator[str]:
    yield "  target:"
    yield f"    column: {quote(draft.target)}"
    for key, label in zip(("positive", "negative"), draft.labels, strict=False):
        yield _remarked(f"    {key}: {json.dumps(label.name, ensure_ascii=False)}", label.remark)
    yield from (f"    # {_as_comment(remark)}" for remark in draft.target_remarks)
    # Rows without a time have no label that is late: validate refuses the key there.
    needs = "; needs `start` and `every` above" if draft.time is None else ""
    yield f"  # label_delay: 7d              # how long after a row its label is known{needs}"


def _formats(draft: Draft) -> Iterator[str]:
    if draft.formats:
        yield "  # How texts are written; scoring reads them so, too."
        lines = ((f"    {quote(name)}: {quote(form.name)}", form.remark) for name, form in draft.formats.items())
        yield from ("  formats:", *(_remarked(*line) for line in lines))


def _checks(draft: Draft) -> Iterator[str]:
    if draft.most_categories:
        yield "  checks:"
        yield _remarked(f"    max_categories: {draft.most_categories}", "different values of one feature")


def _listed(key: str, entries: Iterable[Remarked]) -> Iterator[str]:
    lines = [_remarked(f"    - {quote(each.name)}", each.remark) for each in entries]
    if lines:
        yield from (f"  {key}:", *lines)


def _sensitive(draft: Draft) -> Iterator[str]:
    if draft.sensitive:
        yield "  # Judged for fairness and not learnt from; one that may be learnt from goes under `features` as well."
        yield from ("  sensitive:", *(f"    - {quote(name)}" for name in draft.sensitive))


def _group(draft: Draft) -> Iterator[str]:
    if draft.group is None:
        yield "  # entity: customer_id          # whom a row is about, where rows repeat it"
        return
    lost = f"{draft.lost_by_group:.0%} of the training rows" if draft.lost_by_group else "no row"
    if draft.lost_by_group > MOST_LOST:
        yield f"  # group: {_as_comment(quote(draft.group))}"
        yield f"  #   would keep its rows on one side of a split, and cost {lost}: newer rows have the same ones"
    else:
        yield _remarked(f"  group: {quote(draft.group)}", f"its rows stay on one side of a split: costs {lost}")
    yield _remarked(f"  entity: {quote(draft.group)}", "whom a row is about; rows to score need it too")


def _unusable(draft: Draft) -> Iterator[str]:
    if draft.unusable:
        yield "  # Left out because of their names; rename them in the file:"
        yield f"  # a name {COLUMN_IN_WORDS}."
        yield from (f"  #   {_as_comment(json.dumps(name, ensure_ascii=False))}" for name in draft.unusable)


def _split(draft: Draft) -> Iterator[str]:
    if draft.time is None and draft.group:
        yield _remarked("  method: group", "whole groups judge; where rows do stand in time order: time")
    elif draft.time is None:
        yield _remarked("  method: time", "the newest rows judge; where the order of rows means nothing: random")
    else:
        yield _remarked("  method: time", "the newest rows judge")


def _remarked(line: str, remark: str) -> str:
    return f"{line:<{ALIGNED_AT}}  # {_as_comment(remark)}" if remark else line


def _as_comment(text: str) -> str:
    """Keep a comment on its line, whatever characters a name or value has."""
    return "".join(letter if letter.isprintable() else " " for letter in text)

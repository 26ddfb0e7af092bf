"""What a draft came to: what will be used, what is left out and why, what a person must decide, what can't be shown."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ratchet.config.evaluation import EvaluationPlan
from ratchet.config.model import MIN_POSITIVES
from ratchet.config.training import SplitBy
from ratchet.data.draft import Draft, Remarked
from ratchet.errors import list_names

MOST_NAMED = 12  # questions about single columns; the others are marked in the file
MOST_HOLDOUT = 0.4  # of the rows: with validation, nearly half are left to learn from
ALIKE = 3  # columns with the same question are one line
LEAK = "leak?"
CHANCE = 2  # standard errors of how many rows of a class fall into a part


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What `init` says at its end.

    Attributes:
        used: what the model will learn from, in one sentence.
        left_out: columns and why.
        decisions: what a person must decide, in order of weight.
        limits: what so few rows can't show.
    """

    used: str
    left_out: tuple[str, ...]
    decisions: tuple[str, ...]
    limits: tuple[str, ...]


def summarise(draft: Draft) -> Summary:
    """Sum a draft up; whatever its remarks ask is a decision."""
    return Summary(
        used=_say_used(draft),
        left_out=tuple(_left_out(draft)),
        decisions=tuple(_decisions(draft)),
        limits=tuple(_limits(draft)),
    )


def _say_used(draft: Draft) -> str:
    kinds = Counter(str(each.type) for each in draft.features)
    listed = ", ".join(f"{count} {kind}" for kind, count in kinds.most_common())
    features = "1 feature" if len(draft.features) == 1 else f"{len(draft.features)} features"
    order = "the file" if draft.time is None else f"'{draft.time}'"
    return f"{features} ({listed}) predict '{draft.target}' ({draft.task}{_name_event(draft)}), in the order of {order}"


def _name_event(draft: Draft) -> str:
    return f", positive where it is '{draft.labels[0].name}'" if draft.labels else ""


def _left_out(draft: Draft) -> Iterator[str]:
    yield from (f"{each.name}: {each.remark}" for each in draft.ignored)
    if draft.sensitive:
        yield f"{list_names(draft.sensitive)}: sensitive: judged for fairness, not learnt from"
    if draft.group:
        yield f"{draft.group}: names whom a row is about: `entity`"
    if draft.unusable:
        yield f"{list_names(map(repr, draft.unusable))}: the name can't be used; rename it in the file"


def _decisions(draft: Draft) -> Iterator[str]:
    yield from (f"`target.positive: {each.name}`: {each.remark}" for each in draft.labels[:1] if _is_asked(each))
    yield from (f"the target '{draft.target}': {remark}" for remark in draft.target_remarks)
    yield from _about_time(draft)
    yield from _about_leaks(draft)
    yield from _about_columns(draft)
    if not draft.group:
        yield "`entity`: whom a row is about, where rows repeat it"
    yield "`owner`, `description`, and `evaluation.slices`: the groups of rows that must not get worse"


def _about_time(draft: Draft) -> Iterator[str]:
    if draft.time is None:
        yield _ask_for_time(draft)
        return
    if len(draft.formats_of_time) > 1:
        forms = " or ".join(str(form) for form in draft.formats_of_time)
        yield f"the time '{draft.time}' is written as {forms}: which?"
    yield "`label_delay`: how long after a row its label is known"


def _about_leaks(draft: Draft) -> Iterator[str]:
    if leaks := [each.name for each in draft.ignored if each.remark.startswith(LEAK)]:
        yield f"leaks? {list_names(leaks)}: left out; a feature again only if it is known when the prediction is made"


def _ask_for_time(draft: Draft) -> str:
    asked = "are the rows in time order? If not, `split.method: random`"
    if len(draft.time_parts) > 1:
        return f"{list_names(draft.time_parts)} look like one time: join them in one column, or {asked}"
    if not draft.times_with_gaps:
        return f"no column of times was found: {asked}"
    name, rows = draft.times_with_gaps[0]
    return (
        f"'{name}' has times, but none in {rows:,} rows: leave these rows out and draft again with --time, or {asked}"
    )


def _about_columns(draft: Draft) -> Iterator[str]:
    asked: dict[str, list[Remarked]] = {}
    for each in filter(_is_asked, _remarks_of(draft)):
        asked.setdefault(each.remark.rpartition(": ")[2], []).append(each)
    every = [line for question, alike in asked.items() for line in _ask(question, alike)]
    yield from every[:MOST_NAMED]
    if len(every) > MOST_NAMED:
        yield f"{len(every) - MOST_NAMED} more questions: see the remarks in the file"


def _remarks_of(draft: Draft) -> Iterator[Remarked]:
    yield from (Remarked(name=name, remark=form.remark) for name, form in draft.formats.items())
    yield from (Remarked(name=each.name, remark=each.remark) for each in draft.features)
    yield from (each for each in draft.ignored if not each.remark.startswith(LEAK))


def _ask(question: str, alike: Sequence[Remarked]) -> Iterator[str]:
    """Ask about each column, or about all of them at once where they are many."""
    if len(alike) >= ALIKE:
        yield f"{list_names(each.name for each in alike)}: {question}"
    else:
        yield from (f"{each.name}: {each.remark}" for each in alike)


def _is_asked(each: Remarked) -> bool:
    return any(sign in each.remark for sign in ("?", "decide", "if so"))


def _limits(draft: Draft) -> Iterator[str]:
    if not draft.is_whole:
        return
    share = float(str(SplitBy.model_fields["holdout"].default))
    judging = math.floor(share * draft.rows)
    needed, why = _rows_needed(draft)
    if judging >= needed:
        return
    whole = math.ceil(needed / share)
    yield (
        f"{draft.rows:,} rows can't get a model promoted at the default split: {judging:,} of them judge, and it takes "
        f"{needed:,} ({why}): {whole:,} rows in all"
    )
    if needed <= MOST_HOLDOUT * draft.rows:
        yield f"until there are more: `split.holdout: {needed}` lets {needed:,} rows judge, and fewer teach"
    else:
        yield "until there are more, a dry run shows figures with their intervals, and no model goes in"


def _rows_needed(draft: Draft) -> tuple[int, str]:
    """Return how many rows must judge, and what asks for them."""
    least = EvaluationPlan().min_rows
    asked = MIN_POSITIVES[draft.task]
    rare = (asked + CHANCE * math.sqrt(asked)) / draft.rarest if draft.rarest else 0
    if math.ceil(rare) <= least:
        return least, f"`evaluation.min_rows`: {least}"
    why = f"{asked} of the rarest class, which has {draft.rarest:.1%} of the rows, with room for chance"
    return math.ceil(rare), why


def write_summary(summary: Summary) -> Sequence[str]:
    """Return the lines of a summary."""
    lines = [f"Will be used: {summary.used}.", *_listed("Left out:", summary.left_out), "Decide before the first run:"]
    lines += [f"  {number}. {each}" for number, each in enumerate(summary.decisions, 1)]
    return [*lines, *_listed("Too little for:", summary.limits)]


def _listed(title: str, entries: Sequence[str]) -> list[str]:
    return [title, *(f"  - {each}" for each in entries)] if entries else []

"""What is wrong in a YAML file: file, line, key, what is allowed and what was found, a sentence a mistake."""

from collections.abc import Iterator
from itertools import chain
from typing import get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from ratchet.config.gates import GateSections
from ratchet.config.model import ModelConfig
from ratchet.config.yaml_file import Location, YamlFile
from ratchet.errors import did_you_mean
from ratchet.gates.all_gates import find_gate, list_gates
from ratchet.sections import COLUMN, COLUMN_IN_WORDS, NAME

SHOWN_VALUE = 60  # characters of a wrong value that a message repeats
KEY_MARK = "[key]"  # what pydantic ends a location with when the key itself is wrong
MOMENT = "should be a time with its zone, such as 2026-01-31T00:00:00Z"
PLAIN_WORDS = {
    "model_type": "should be a section: keys with their values",
    "dict_type": "should be a section: keys with their values",
    "tuple_type": "should be a list",
    "string_type": "should be text",
    "float_type": "should be a number",
    "int_type": "should be a whole number",
    "bool_type": "should be true or false",
    "datetime_type": MOMENT,
    "timezone_aware": MOMENT,
}
# Keys that earlier versions had, each with its name of today.
RENAMED_KEYS = {
    "affordable": "decision_cost",
    "explained": "feature_importance",
    "light": "serving_cost",
    "museum": "past_holdouts",
    "refutable": "overridable_by_labels",
    "remembers": "no_regression",
    "steady": "stable_over_time",
    "usual": "seasonal_baseline",
}
PATTERNS = {
    NAME: "should begin with a small letter, then small letters, digits, _ and - (at most 63 in all)",
    COLUMN: COLUMN_IN_WORDS,
}


def describe_mistakes(file: YamlFile, error: ValidationError) -> list[str]:
    """Return one sentence for each mistake, in the order of the file."""
    details = _root_causes(error.errors())
    found = {text: file.line_of(_keys_of(file, detail)) for detail in details for text in _describe(file, detail)}
    return sorted(found, key=lambda sentence: found[sentence])


def _root_causes(details: list[ErrorDetails]) -> list[ErrorDetails]:
    """Leave out "should have at least 1 item" where an item is there and has a mistake of its own."""
    return [
        detail
        for detail in details
        if detail["type"] != "too_short"
        or not any(other["loc"][: len(detail["loc"])] == detail["loc"] for other in details if other is not detail)
    ]


def _describe(file: YamlFile, detail: ErrorDetails) -> list[str]:
    at = _keys_of(file, detail)
    where = f"{file.path}:{file.line_of(at)}: {'.'.join(map(str, at)) or 'the file'}"
    if detail["type"] == "extra_forbidden":
        allowed = _allowed_keys(detail["loc"][:-1])
        if (renamed := RENAMED_KEYS.get(str(at[-1]))) in allowed:
            return [f"{where}: this key is called '{renamed}' now"]
        return [f"{where}: unknown key{did_you_mean(str(at[-1]), allowed)}; allowed: {', '.join(allowed)}"]
    if detail["type"] == "missing":
        return [f"{where}: missing; it must be given"]
    is_section = isinstance(detail["input"], (dict, list, BaseModel))
    found = "" if is_section else _found(file, detail, at)
    return [f"{where}: {line}{found}" for line in _explain(detail).split("\n")]  # parts that do not fit: a line each


def _explain(detail: ErrorDetails) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "too_short":
        return f"should have at least {context['min_length']} of them"
    if kind == "string_pattern_mismatch":
        return PATTERNS.get(context["pattern"], detail["msg"])
    message = detail["msg"].removeprefix("Value error, ").removeprefix("Input ")
    if kind in {"literal_error", "enum"}:
        choices = [part.strip(" '") for part in context["expected"].replace(" or ", ",").split(",")]
        return message + did_you_mean(str(detail["input"]), choices)
    return PLAIN_WORDS.get(kind, message)


def _found(file: YamlFile, detail: ErrorDetails, at: Location) -> str:
    """Repeat the value as it was written: YAML turns NO into false and 12 into a number before anyone looks."""
    value = detail["input"]
    text = repr(value) if isinstance(value, str) else file.texts.get(at, repr(value))
    shown = text if len(text) <= SHOWN_VALUE else text[:SHOWN_VALUE] + "…"
    return f"; found {shown or 'nothing'}{_how_yaml_reads(detail, shown)}"


def _how_yaml_reads(detail: ErrorDetails, shown: str) -> str:
    """Explain a value that looks right and is not of the type it looks like."""
    kind, value = detail["type"], detail["input"]
    if kind == "string_type" and value is not None:
        return f', which YAML does not read as text: write "{shown}"'
    if kind in {"float_type", "int_type"} and isinstance(value, str):
        return ", which YAML reads as text"
    return ""


def _keys_of(file: YamlFile, detail: ErrorDetails) -> Location:
    """Return a location without what pydantic adds to it."""
    where = detail["loc"]
    return tuple(
        part for index, part in enumerate(where) if part != KEY_MARK and not _is_union_label(file.content, where, index)
    )


def _is_union_label(content: object, location: Location, index: int) -> bool:
    """Pydantic puts the name of a union's member into the location: it is not a key of the file."""
    part = location[index]
    if not isinstance(part, str) or not part[:1].isupper():
        return False
    for step in location[:index]:
        content = _step_into(content, step)
    return not (isinstance(content, dict) and part in content)


def _step_into(content: object, step: str | int) -> object:
    if isinstance(content, dict):
        return content.get(step)
    return content[step] if isinstance(content, list) and isinstance(step, int) and step < len(content) else None


def _allowed_keys(location: Location) -> list[str]:
    """Return the keys allowed in the section at a location, by walking the config's own annotations."""
    sections: list[type[BaseModel]] = [ModelConfig]
    for step in location:
        if isinstance(step, str):  # a number is a place in a list, whose items are sections of the same kinds
            sections = _sections_under(step, sections)
    return list(dict.fromkeys(name for section in sections for name in _keys_of_section(section)))


def _keys_of_section(section: type[BaseModel]) -> tuple[str, ...]:
    """Return the keys of a section; gates of installed packages may be named as well."""
    return list_gates() if issubclass(section, GateSections) else tuple(section.model_fields)


def _sections_under(step: str, sections: list[type[BaseModel]]) -> list[type[BaseModel]]:
    """Take one step down: the name of a union's member chooses among the sections, a key leads into them."""
    if labelled := [section for section in sections if section.__name__ == step]:
        return labelled
    fields = [section.model_fields[step] for section in sections if step in section.model_fields]
    return list(chain.from_iterable(_sections_in(field.annotation) for field in fields)) or _find_gate(step, sections)


def _find_gate(name: str, sections: list[type[BaseModel]]) -> list[type[BaseModel]]:
    is_gate = name in list_gates() and any(issubclass(section, GateSections) for section in sections)
    return [find_gate(name).section] if is_gate else []


def _sections_in(hint: object) -> Iterator[type[BaseModel]]:
    """Find the sections in an annotation, however deep in unions, tuples and `Annotated` they stand."""
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        yield hint
    for argument in get_args(hint):
        yield from _sections_in(argument)

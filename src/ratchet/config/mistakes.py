"""What is wrong in a YAML file: file, line, key, what is allowed and what was found, a sentence a mistake."""

from types import UnionType
from typing import Annotated, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from ratchet.config.base import COLUMN, NAME
from ratchet.config.model import ModelConfig
from ratchet.config.yaml_file import Location, YamlFile
from ratchet.errors import did_you_mean

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
PATTERNS = {
    NAME: "should begin with a small letter, then small letters, digits, _ and - (at most 63 in all)",
    COLUMN: "should begin with a letter or _, then letters, digits, spaces, _, . and - (at most 63 in all)",
}


def describe_mistakes(file: YamlFile, error: ValidationError) -> list[str]:
    """Return one sentence for each mistake, in the order of the file."""
    details = _root_causes(error.errors())
    found = {_describe(file, detail): file.line_of(_keys_of(file, detail)) for detail in details}
    return sorted(found, key=lambda sentence: found[sentence])


def _root_causes(details: list[ErrorDetails]) -> list[ErrorDetails]:
    """Leave out "should have at least 1 item" where an item is there and has a mistake of its own."""
    return [
        detail
        for detail in details
        if detail["type"] != "too_short"
        or not any(other["loc"][: len(detail["loc"])] == detail["loc"] for other in details if other is not detail)
    ]


def _describe(file: YamlFile, detail: ErrorDetails) -> str:
    at = _keys_of(file, detail)
    where = f"{file.path}:{file.line_of(at)}: {'.'.join(str(part) for part in at) or 'the file'}"
    if detail["type"] == "extra_forbidden":
        allowed = _allowed_keys(detail["loc"][:-1])
        return f"{where}: unknown key{did_you_mean(str(at[-1]), allowed)}; allowed: {', '.join(allowed)}"
    if detail["type"] == "missing":
        return f"{where}: missing; it must be given"
    is_section = isinstance(detail["input"], (dict, list, BaseModel))
    return f"{where}: {_explain(detail)}" + ("" if is_section else _found(file, detail, at))


def _explain(detail: ErrorDetails) -> str:
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "too_short":
        return f"should have at least {context['min_length']} of them"
    if kind == "string_pattern_mismatch":
        return PATTERNS.get(context["pattern"], detail["msg"])
    message = detail["msg"].removeprefix("Value error, ").removeprefix("Input ")
    if kind == "literal_error":
        choices = [part.strip(" '") for part in context["expected"].replace(" or ", ",").split(",")]
        return message + did_you_mean(str(detail["input"]), choices)
    return PLAIN_WORDS.get(kind, message)


def _found(file: YamlFile, detail: ErrorDetails, at: Location) -> str:
    """Repeat the value as it was written: YAML turns NO into false and 12 into a number before anyone looks."""
    value = detail["input"]
    text = repr(value) if isinstance(value, str) else file.texts.get(at, repr(value))
    shown = text if len(text) <= SHOWN_VALUE else text[:SHOWN_VALUE] + "…"
    if detail["type"] == "string_type" and value is not None:
        return f'; found {shown}, which YAML does not read as text: write "{shown}"'
    if detail["type"] in {"float_type", "int_type"} and isinstance(value, str):
        return f"; found {shown}, which YAML reads as text"
    return f"; found {shown or 'nothing'}"


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
        if labelled := [section for section in sections if section.__name__ == step]:
            sections = labelled
        elif isinstance(step, str):
            hints = [section.model_fields[step].annotation for section in sections if step in section.model_fields]
            sections = [found for hint in hints for found in _sections_in(hint)]
    return list(dict.fromkeys(name for section in sections for name in section.model_fields))


def _sections_in(hint: object) -> list[type[BaseModel]]:
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return [hint]
    if get_origin(hint) is Annotated:
        return _sections_in(get_args(hint)[0])
    if get_origin(hint) in {Union, UnionType, tuple}:
        return [found for argument in get_args(hint) for found in _sections_in(argument)]
    return []

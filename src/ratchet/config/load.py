"""From a YAML file to a `ModelConfig`, or to one sentence that names file, line, key, value and what is allowed."""

from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from ratchet.config.model import ModelConfig
from ratchet.config.yaml_file import Location, YamlFile, read_yaml
from ratchet.errors import ConfigError, did_you_mean

SHOWN_VALUE = 60  # characters of a wrong value that a message repeats


def load_model(path: Path) -> ModelConfig:
    """Read one model's YAML.

    Raises:
        ConfigError: naming every mistake in the file, one a line.
    """
    file = read_yaml(path)
    try:
        config = ModelConfig.model_validate(file.content)
    except ValidationError as error:
        sentences = dict.fromkeys(_describe(file, detail) for detail in _root_causes(error.errors()))
        raise ConfigError("\n".join(sentences)) from error
    if config.model != path.stem:
        raise ConfigError(
            f"{path}:{file.line_of(('model',))}: model: '{config.model}' does not match the file's name; "
            f"call it '{path.stem}' or rename the file to {config.model}.yaml"
        )
    return config


def find_models(folder: Path) -> list[Path]:
    """Return the model files of a folder, in the order of their names; hidden ones are left out."""
    return sorted(path for path in folder.glob("*.yaml") if not path.name.startswith("."))


def _root_causes(details: list[ErrorDetails]) -> list[ErrorDetails]:
    """Leave out "should have at least 1 item" where an item is there and has a mistake of its own."""
    return [
        detail
        for detail in details
        if detail["type"] != "too_short"
        or not any(other["loc"][: len(detail["loc"])] == detail["loc"] for other in details if other is not detail)
    ]


def _describe(file: YamlFile, detail: ErrorDetails) -> str:
    at = tuple(part for part in detail["loc"] if not _is_union_label(file.content, detail["loc"], part))
    where = f"{file.path}:{file.line_of(at)}"
    key = ".".join(str(part) for part in at) or "the file"
    if detail["type"] == "extra_forbidden":
        allowed = _allowed_keys(at[:-1])
        return f"{where}: {key}: unknown key{did_you_mean(str(at[-1]), allowed)}; allowed: {', '.join(allowed)}"
    if detail["type"] == "missing":
        return f"{where}: {key}: missing; it must be given"
    value = repr(detail["input"])
    shown = value if len(value) <= SHOWN_VALUE else value[:SHOWN_VALUE] + "…"
    message = detail["msg"].removeprefix("Value error, ").removeprefix("Input ")
    hint = _near_choice(detail)
    is_whole_section = isinstance(detail["input"], (dict, list, BaseModel))
    return f"{where}: {key}: {message}{hint}" + ("" if is_whole_section else f"; found {shown}")


def _near_choice(detail: ErrorDetails) -> str:
    if detail["type"] != "literal_error":
        return ""
    choices = [part.strip(" '") for part in detail["ctx"]["expected"].replace(" or ", ",").split(",")]
    return did_you_mean(str(detail["input"]), choices)


def _is_union_label(content: object, location: Location, part: str | int) -> bool:
    """Pydantic puts the name of a union's member into the location: it is not a key of the file."""
    if not isinstance(part, str) or not part[:1].isupper():
        return False
    for step in location[: location.index(part)]:
        content = _step_into(content, step)
    return not (isinstance(content, dict) and part in content)


def _step_into(content: object, step: str | int) -> object:
    if isinstance(content, dict):
        return content.get(step)
    return content[step] if isinstance(content, list) and isinstance(step, int) and step < len(content) else None


def _allowed_keys(at: Location) -> list[str]:
    """Return the keys allowed in the section at a location, by walking the config's own annotations."""
    sections: list[type[BaseModel]] = [ModelConfig]
    for step in at:
        if isinstance(step, str):
            hints = [section.model_fields[step].annotation for section in sections if step in section.model_fields]
            sections = [found for hint in hints for found in _sections_in(hint)]
    return list(dict.fromkeys(name for section in sections for name in section.model_fields))


def _sections_in(hint: Any) -> list[type[BaseModel]]:
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return [hint]
    if get_origin(hint) is Annotated:
        return _sections_in(get_args(hint)[0])
    if get_origin(hint) in {Union, UnionType, tuple}:
        return [found for argument in get_args(hint) for found in _sections_in(argument)]
    return []

"""Read YAML strictly: no duplicate keys, no anchors, no tags, no surprising numbers, bounded size and depth.

Every key knows its line, and every value what was written for it.
"""

import re
from dataclasses import dataclass, field, replace
from pathlib import Path

import yaml

from ratchet.errors import ConfigError

MAX_BYTES = 256 * 1024  # a model's YAML is a few kilobytes; larger is a mistake or an attack
MAX_DEPTH = 12  # a model's YAML needs five; PyYAML recurses, so a deep file would exhaust the stack
# YAML 1.1 reads 010 as 8 and 1:30 as 90: whoever writes that means something else.
SURPRISING = re.compile(r"^[-+]?(0[0-9_]+|[0-9_]+(:[0-5]?[0-9])+(\.[0-9_]*)?)$")
NUMBERS = ("tag:yaml.org,2002:int", "tag:yaml.org,2002:float")
Location = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class YamlFile:
    """A parsed file, the line of each of its keys, and the text of each of its values."""

    path: Path
    content: object
    lines: dict[Location, int] = field(default_factory=dict)
    texts: dict[Location, str] = field(default_factory=dict)

    def line_of(self, location: Location) -> int:
        """Return the line of a key, or of the nearest key around it."""
        while location and location not in self.lines:
            location = location[:-1]
        return self.lines.get(location, 1)


def read_yaml(path: Path) -> YamlFile:
    """Parse one YAML file.

    Raises:
        ConfigError: the file is missing, too large, not UTF-8, not YAML, or uses what is refused.
    """
    try:
        text = _text_of(path)
        _refuse_anchors_and_depth(text, path)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: can't be read: {error}") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}{_line_of(error)}: not valid YAML: {_problem_of(error)}") from error
    file = YamlFile(path, None)
    content = _build(node, (), file) if node else None
    if content is None:
        raise ConfigError(f"{path}: the file is empty; `ratchet init` writes one to start from")
    return replace(file, content=content)


def _text_of(path: Path) -> str:
    size = path.stat().st_size
    if size > MAX_BYTES:
        raise ConfigError(f"{path}: {size} bytes is more than a model file may have ({MAX_BYTES})")
    return path.read_text(encoding="utf-8-sig")  # editors on Windows begin a file with a byte order mark


def _refuse_anchors_and_depth(text: str, path: Path) -> None:
    """Walk the parse events, which cost nothing to build, before anything is composed."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        assert event.start_mark is not None  # only events that a program makes have no place
        line = event.start_mark.line + 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise ConfigError(f"{path}:{line}: anchors and aliases (& and *) are not allowed: write the value out")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > MAX_DEPTH:
            raise ConfigError(f"{path}:{line}: nested deeper than {MAX_DEPTH} levels")


def _build(node: yaml.Node, at: Location, file: YamlFile) -> object:
    file.lines.setdefault(at, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        return _build_mapping(node, at, file)
    if isinstance(node, yaml.SequenceNode):
        return [_build(child, (*at, index), file) for index, child in enumerate(node.value)]
    file.texts[at] = node.value
    return _scalar(node, file.path)


def _build_mapping(node: yaml.MappingNode, at: Location, file: YamlFile) -> dict[str, object]:
    mapping: dict[str, object] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        key = key_node.value
        if not isinstance(key, str):
            raise ConfigError(f"{file.path}:{line}: a key must be plain text")
        if key in mapping:
            first = file.lines[(*at, key)]
            raise ConfigError(f"{file.path}:{line}: the key '{key}' is there twice (first on line {first})")
        file.lines[(*at, key)] = line
        mapping[key] = _build(value_node, (*at, key), file)
    return mapping


def _scalar(node: yaml.Node, path: Path) -> object:
    where = f"{path}:{node.start_mark.line + 1}"
    if node.tag in NUMBERS and SURPRISING.match(node.value):
        raise ConfigError(f"{where}: {node.value} is not a plain decimal number; write one, or put the text in quotes")
    try:
        return yaml.SafeLoader("").construct_object(node)
    except yaml.YAMLError as error:
        raise ConfigError(f"{where}: {_problem_of(error)}") from error
    except ValueError as error:  # a date such as 2026-13-01, a number of five thousand digits
        raise ConfigError(f"{where}: the value can't be read: {error}") from error


def _line_of(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    return f":{mark.line + 1}" if mark else ""


def _problem_of(error: yaml.YAMLError) -> str:
    return " ".join(str(getattr(error, "problem", None) or error).split())

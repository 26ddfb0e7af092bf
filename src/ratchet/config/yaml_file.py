"""Read YAML strictly: no duplicate keys, no anchors, no tags, bounded size and depth; every key knows its line."""

from dataclasses import dataclass, field
from pathlib import Path

import yaml

from ratchet.errors import ConfigError

MAX_BYTES = 256 * 1024  # a model's YAML is a few kilobytes; larger is a mistake or an attack
MAX_DEPTH = 12
Location = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class YamlFile:
    """A parsed file and the line of each of its keys."""

    path: Path
    content: object
    lines: dict[Location, int] = field(default_factory=dict)

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
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise ConfigError(f"{path}: {size} bytes is more than a model file may have ({MAX_BYTES})")
        text = path.read_text(encoding="utf-8-sig")
        _refuse_anchors_and_depth(text, path)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: can't be read: {error}") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}: not valid YAML: {' '.join(str(error).split())}") from error
    if node is None:
        raise ConfigError(f"{path}: the file is empty; `ratchet init` writes one to start from")
    lines: dict[Location, int] = {}
    return YamlFile(path, _build(node, (), lines, path), lines)


def _refuse_anchors_and_depth(text: str, path: Path) -> None:
    """Walk the parse events, which cost nothing to build, before anything is composed."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        line = event.start_mark.line + 1 if event.start_mark else 1
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise ConfigError(f"{path}:{line}: anchors and aliases (& and *) are not allowed: write the value out")
        if isinstance(event, yaml.CollectionStartEvent):
            depth += 1
        elif isinstance(event, yaml.CollectionEndEvent):
            depth -= 1
        if depth > MAX_DEPTH:
            raise ConfigError(f"{path}:{line}: nested deeper than {MAX_DEPTH} levels")


def _build(node: yaml.Node, at: Location, lines: dict[Location, int], path: Path) -> object:
    lines.setdefault(at, node.start_mark.line + 1)
    if isinstance(node, yaml.MappingNode):
        return _build_mapping(node, at, lines, path)
    if isinstance(node, yaml.SequenceNode):
        return [_build(child, (*at, index), lines, path) for index, child in enumerate(node.value)]
    return _scalar(node, path)


def _build_mapping(node: yaml.MappingNode, at: Location, lines: dict[Location, int], path: Path) -> dict[str, object]:
    mapping: dict[str, object] = {}
    for key_node, value_node in node.value:
        line = key_node.start_mark.line + 1
        key = key_node.value
        if not isinstance(key, str):
            raise ConfigError(f"{path}:{line}: a key must be plain text")
        if key in mapping:
            raise ConfigError(f"{path}:{line}: the key '{key}' is there twice (first on line {lines[(*at, key)]})")
        lines[(*at, key)] = line
        mapping[key] = _build(value_node, (*at, key), lines, path)
    return mapping


def _scalar(node: yaml.Node, path: Path) -> object:
    try:
        return yaml.SafeLoader("").construct_object(node)
    except yaml.YAMLError as error:
        raise ConfigError(f"{path}:{node.start_mark.line + 1}: {' '.join(str(error).split())}") from error

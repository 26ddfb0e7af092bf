"""Makes the reference pages of the documentation from the code, while MkDocs builds the site.

Nothing of them is written by hand or kept in the repository: the keys of the YAML come from its JSON Schema, commands
from the command line, gates and records from their docstrings.
"""

import json
import pkgutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module
from inspect import cleandoc
from pathlib import Path
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from typer.main import get_command

Schema = dict[str, Any]
ABSENT = object()
ROOT_PAGES = ("CONTRIBUTING.md", "SECURITY.md", "CODE_OF_CONDUCT.md")
FOLDERS = {
    "decisions": ("Decisions", "What was chosen, from which options, and what confirms it."),
    "runbooks": ("Runbooks", "What an alert means, what to check first, how to decide, and how to undo."),
}
BOUNDS = {"minimum": "≥", "exclusiveMinimum": ">", "maximum": "≤", "exclusiveMaximum": "<"}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the generated pages; MkDocs calls this by its name."""
    for path, text in make_pages(Path(config.config_file_path).parent).items():
        files.append(File.generated(config, path, content=text))
    config.nav = _expand(config.nav, sorted(file.src_uri for file in files))
    return files


def _expand(nav: Any, paths: list[str]) -> Any:
    """Put the pages of a folder in the place of `folder/*`, its index first."""
    if isinstance(nav, dict):
        return {title: _expand(inside, paths) for title, inside in nav.items()}
    if not isinstance(nav, list):
        return nav
    folders = [entry.removesuffix("*") if isinstance(entry, str) and entry.endswith("/*") else None for entry in nav]
    found = [
        [path for path in paths if path.startswith(folder)] if folder else [_expand(entry, paths)]
        for entry, folder in zip(nav, folders, strict=True)
    ]
    return sorted((page for pages in found for page in pages), key=_is_no_index)


def _is_no_index(entry: Any) -> bool:
    return not (isinstance(entry, str) and entry.endswith("index.md"))


def make_pages(repository: Path) -> dict[str, str]:
    """Make every generated page, as Markdown by its path in the site."""
    schema = _schema()
    return {
        "reference/yaml/index.md": _yaml_index(schema),
        **{f"reference/yaml/{key}.md": _yaml_page(schema, key) for key in schema["properties"]},
        "reference/cli.md": _cli_page(),
        "reference/gates.md": _gates_page(schema),
        "reference/metrics.md": _metrics_page(),
        "reference/records.md": _records_page(),
        "reference/python.md": _python_page(),
        **{
            f"{folder}/index.md": _folder_index(repository / "docs" / folder, *words)
            for folder, words in FOLDERS.items()
        },
        "changelog.md": _changelog(repository),
        **{f"project/{name.lower()}": _from_root(repository / name) for name in ROOT_PAGES},
    }


def _schema() -> Schema:
    from ratchet.cli.describe import schema_text  # noqa: PLC0415 - MkDocs imports this file in every command

    return dict(json.loads(schema_text()))


# --- the YAML -----------------------------------------------------------------------------------


def _yaml_index(schema: Schema) -> str:
    rows = [
        f"| [`{key}`]({key}.md) | {_type(shape, schema)} | {_cell(describe(shape, schema))} |"
        for key, shape in schema["properties"].items()
    ]
    return "\n".join(
        [
            "# The model file",
            "",
            "One YAML file describes one model. Unknown keys are mistakes, and so are values of another type:",
            '`"12"` is not a number. `ratchet validate` names each mistake with its line.',
            "",
            *_table("key", "type", "what it says"),
            *rows,
            "",
        ]
    )


def _yaml_page(schema: Schema, key: str) -> str:
    shape = schema["properties"][key]
    default = shape.get("default", ABSENT)
    lines = [f"# {key}", "", _sentence(describe(shape, schema)), ""]
    sections = list(_sections(key, shape, default, schema))
    if not sections:
        lines += [*_table("key", "type", "default"), f"| `{key}` | {_type(shape, schema)} | {_default(default)} |"]
    for path, section, given in sections:
        if path != key:
            lines += [f"## `{path}`", "", _sentence(section.get("description", "")), ""]
        lines += [*_table("key", "type", "default", "what it says"), *_rows(section, given, schema), ""]
    return "\n".join(lines) + "\n"


def _sections(path: str, shape: Schema, default: object, schema: Schema) -> Iterator[tuple[str, Schema, object]]:
    """Walk through the sections below a key: where each is, its schema, and the defaults that its parent gives it."""
    for suffix, section in _objects(shape, schema):
        given = default if not suffix else ABSENT
        yield path + suffix, section, given
        for name, child in section["properties"].items():
            yield from _sections(f"{path}{suffix}.{name}", child, _child_default(name, child, given), schema)


def _objects(shape: Schema, schema: Schema) -> Iterator[tuple[str, Schema]]:
    """Find the sections that a value may be, with what stands between its key and theirs."""
    shape = _resolve(shape, schema)
    if "properties" in shape:
        yield "", shape
    for branch in (*shape.get("anyOf", ()), *shape.get("oneOf", ())):
        yield from _objects(branch, schema)
    if shape.get("type") == "array":
        yield from ((f"[]{suffix}", found) for suffix, found in _objects(shape["items"], schema))
    for others in _values(shape):
        yield from ((f".NAME{suffix}", found) for suffix, found in _objects(others, schema))


def _values(shape: Schema) -> list[Schema]:
    """Find what the values of a map may be."""
    others = (shape.get("additionalProperties"), *shape.get("patternProperties", {}).values())
    return [] if "properties" in shape else [each for each in others if isinstance(each, dict)]


def _rows(section: Schema, given: object, schema: Schema) -> Iterator[str]:
    for name, shape in section["properties"].items():
        default = _child_default(name, shape, given)
        words = "**needed**" if name in section.get("required", ()) and default is ABSENT else _default(default)
        if _is_section(shape, schema) and default is not None:
            words = "" if default is not ABSENT else words
        yield f"| `{name}` | {_type(shape, schema)} | {words} | {_cell(describe(shape, schema))} |"


def _child_default(name: str, shape: Schema, given: object) -> object:
    if isinstance(given, dict) and name in given:
        return given[name]
    return shape.get("default", ABSENT)


def describe(shape: Schema, schema: Schema) -> str:
    """Say what a key is for: its own description, else that of the section which it holds."""
    return str(shape.get("description") or _resolve(shape, schema).get("description", ""))


def _is_section(shape: Schema, schema: Schema) -> bool:
    return "properties" in _resolve(shape, schema)


def _resolve(shape: Schema, schema: Schema) -> Schema:
    while "$ref" in shape:
        shape = schema["$defs"][shape["$ref"].rpartition("/")[2]]
    return shape


def _type(shape: Schema, schema: Schema) -> str:
    shape = _resolve(shape, schema)
    if "const" in shape or "enum" in shape:
        return " or ".join(f"`{value}`" for value in shape.get("enum", [shape.get("const")]))
    if branches := shape.get("anyOf") or shape.get("oneOf"):
        return " or ".join(dict.fromkeys(_type(branch, schema) for branch in branches))
    return _TYPES[shape["type"]](shape, schema) if "type" in shape else "any value"


def _list_type(shape: Schema, schema: Schema) -> str:
    each = _type(shape["items"], schema) if "items" in shape else "values"
    return f"list of {each.replace('section', 'sections')}"


def _map_type(shape: Schema, schema: Schema) -> str:
    if "properties" in shape:
        return "section"
    return " or ".join(f"map of names to {_type(each, schema)}" for each in _values(shape)) or "map"


def _number_type(shape: Schema, _schema: Schema) -> str:
    kind = "whole number" if shape["type"] == "integer" else "number"
    return ", ".join([kind, *(f"{sign} {shape[name]:g}" for name, sign in BOUNDS.items() if name in shape)])


def _text_type(shape: Schema, _schema: Schema) -> str:
    if examples := shape.get("examples"):
        return "text such as " + ", ".join(f"`{example}`" for example in examples)
    return {"date-time": "time", "date": "day"}.get(shape.get("format", ""), "text")


_TYPES: dict[str, Callable[[Schema, Schema], str]] = {
    "array": _list_type,
    "object": _map_type,
    "string": _text_type,
    "integer": _number_type,
    "number": _number_type,
    "boolean": lambda *_: "`true` or `false`",
    "null": lambda *_: "`null`",
}


def _default(value: object) -> str:
    if value is ABSENT:
        return ""
    text = json.dumps(value, ensure_ascii=False)
    return f"`{_cell(text)}`" if len(text) <= 60 else "see below"


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|").replace("<", "&lt;")


def _sentence(text: str) -> str:
    return cleandoc(text).partition("\n\nAttributes:")[0].replace("<", "&lt;")


def _table(*heads: str) -> tuple[str, str]:
    return f"| {' | '.join(heads)} |", f"|{'---|' * len(heads)}"


# --- commands, gates, metrics, records, Python ----------------------------------------------------


def _cli_page() -> str:
    from ratchet.cli.app import app  # noqa: PLC0415

    return "\n".join(["# The command line", "", *_commands(get_command(app), ("ratchet",))]) + "\n"


def _commands(command: Any, names: tuple[str, ...]) -> Iterator[str]:  # typer's own copy of click
    if inside := getattr(command, "commands", None):
        yield from (cleandoc(command.help or ""), "")
        for name in sorted(inside):
            yield from _commands(inside[name], (*names, name))
        return
    context = command.make_context(" ".join(names), [], resilient_parsing=True)
    yield f"## {' '.join(names)}"
    yield from ("", _sentence(command.help or ""), "", "```text")
    yield from (f"{' '.join(names)} {' '.join(command.collect_usage_pieces(context))}", "```", "")
    records = [record for each in command.params if (record := each.get_help_record(context))]
    if records:
        yield from _table("option", "what it does")
        yield from (f"| `{option}` | {_cell(text)} |" for option, text in records)
        yield ""


def _gates_page(schema: Schema) -> str:
    sections = _resolve(schema["properties"]["gates"], schema)["properties"]
    lines = ["# Gates", "", "In the order in which they are asked. Each has a section under `gates:` in the YAML.", ""]
    for name in sections:
        function = getattr(import_module(f"ratchet.gates.{name}"), name)
        lines += [f"## {name}", "", _sentence(function.__doc__ or ""), ""]
        lines += [f"Its settings: [`gates.{name}`](yaml/gates.md#gates{name}).", ""]
    return "\n".join(lines)


def _metrics_page() -> str:
    from ratchet.metrics.registry import read_metrics  # noqa: PLC0415

    lines = ["# Metrics", "", *_table("metric", "task", "better is")]
    lines += [
        f"| `{metric.name}` | {', '.join(metric.tasks)} | {'less' if metric.is_loss else 'more'} |"
        for metric in read_metrics().values()
    ]
    return "\n".join(lines) + "\n"


def _records_page() -> str:
    records = import_module("ratchet.records")
    lines = ["# Records", "", cleandoc(records.__doc__ or ""), ""]
    for module in pkgutil.iter_modules(records.__path__):
        lines += [f"::: ratchet.records.{module.name}", "    options: {heading_level: 2}", ""]
    return "\n".join(lines)


def _python_page() -> str:
    face = import_module("ratchet")
    lines = ["# Python", "", "```python", "import ratchet as rt", "```", ""]
    for name in face.__all__:
        home = getattr(face, name).__module__
        lines += [f"::: {home}.{name}", "    options: {heading_level: 2, show_root_full_path: false}", ""]
    return "\n".join(lines)


# --- pages of the repository ----------------------------------------------------------------------


def _from_root(path: Path) -> str:
    text = path.read_text(encoding="utf-8").replace("](docs/", "](../")
    for name in ROOT_PAGES:
        text = text.replace(f"]({name})", f"]({name.lower()})")
    return text.replace("](LICENSE)", "](https://www.apache.org/licenses/LICENSE-2.0)")


def _folder_index(folder: Path, title: str, sentence: str) -> str:
    heads = {path.name: path.read_text(encoding="utf-8").partition("\n")[0] for path in sorted(folder.glob("*.md"))}
    return "\n".join([f"# {title}", "", sentence, "", *(f"- [{head[2:]}]({name})" for name, head in heads.items()), ""])


def _changelog(repository: Path) -> str:
    command = [sys.executable, "-m", "towncrier", "build", "--draft", "--version", "Not released yet", "--date", ""]
    draft = subprocess.run(command, cwd=repository, capture_output=True, text=True, check=True).stdout
    head, _, released = (repository / "CHANGELOG.md").read_text(encoding="utf-8").partition("<!-- releases -->\n")
    return f"{head}\n{draft.replace(' ()', '')}\n{released}"

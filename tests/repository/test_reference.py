"""The generated reference names everything that there is."""

import json
import pkgutil
import re
from collections import Counter

import pytest
import yaml
from tools.reference import describe, make_pages

import ratchet
import ratchet.records
from ratchet.cli.app import app
from ratchet.cli.describe import schema_text


@pytest.fixture(scope="module")
def pages(repository):
    return make_pages(repository)


@pytest.fixture(scope="module")
def schema():
    return json.loads(schema_text())


def test_every_key_of_the_yaml_is_on_the_page_of_its_section(pages, schema):
    for definition in schema["$defs"].values():
        for key in definition.get("properties", ()):
            assert any(f"| `{key}` |" in text for path, text in pages.items() if path.startswith("reference/yaml/")), (
                key
            )


def test_every_key_of_the_yaml_has_a_description(schema):
    """A section may be described by its own docstring, unless several keys share it."""
    sections = {"the file": schema, **schema["$defs"]}
    keys = [(name, key, shape) for name, each in sections.items() for key, shape in each.get("properties", {}).items()]
    uses = Counter(shape["$ref"] for _, _, shape in keys if "$ref" in shape)
    lacking = [
        f"{section}.{key}"
        for section, key, shape in keys
        if not shape.get("description") and (uses[shape.get("$ref", "")] > 1 or not describe(shape, schema))
    ]
    assert lacking == []


def test_a_key_is_shown_with_type_default_and_description(pages):
    assert (
        '| `cron` | text or `null` | `"@weekly"` | A cron line or preset; null for no baseline. |'
        in pages["reference/yaml/schedule.md"]
    )


def test_the_default_that_a_section_gives_goes_before_that_of_its_kind(pages):
    text = pages["reference/yaml/monitoring.md"]
    _, _, segment = text.partition("## `monitoring.alerts.segment`")
    assert "| `red` | number, > 0 | `0.1` |" in segment.partition("\n## ")[0]


def test_every_command_is_there(pages):
    for command in app.registered_commands:
        assert f"## ratchet {command.name or command.callback.__name__}\n" in pages["reference/cli.md"]
    assert "## ratchet ledger verify\n" in pages["reference/cli.md"]


def test_every_gate_is_there_with_what_it_asks(pages, schema):
    for name in schema["$defs"]["Gates"]["properties"]:
        _, _, rest = pages["reference/gates.md"].partition(f"## {name}\n\n")
        assert rest.split("\n")[0], name


def test_every_module_of_records_is_there(pages):
    for module in pkgutil.iter_modules(ratchet.records.__path__):
        assert f"::: ratchet.records.{module.name}\n" in pages["reference/records.md"]


def test_every_name_of_the_library_is_there(pages):
    for name in ratchet.__all__:
        assert re.search(rf"^::: ratchet\.[a-z_.]+\.{name}$", pages["reference/python.md"], flags=re.MULTILINE), name


def test_the_changelog_has_the_changes_that_wait(pages, repository):
    waiting = list((repository / "changes").glob("*.md"))
    assert waiting
    assert pages["changelog.md"].count("\n- ") >= len(waiting)


def test_every_page_that_is_written_by_hand_can_be_reached(repository):
    nav = yaml.safe_load((repository / "mkdocs.yml").read_text())["nav"]
    named = json.dumps(nav)
    for path in (repository / "docs").rglob("*.md"):
        page = path.relative_to(repository / "docs")
        assert f'"{page}"' in named or f'"{page.parent}/*"' in named, page


def test_a_description_is_that_of_the_key_or_of_the_section_that_it_holds():
    schema = {"$defs": {"Shop": {"description": "Where it is sold."}}}
    assert describe({"$ref": "#/$defs/Shop"}, schema) == "Where it is sold."
    assert describe({"$ref": "#/$defs/Shop", "description": "The second."}, schema) == "The second."
    assert describe({"type": "integer"}, schema) == ""

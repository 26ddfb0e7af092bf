"""The table of packages lists exactly those that there are."""

import ast
import re


def test_the_module_table_is_complete(repository):
    page = repository / "docs" / "explanation" / "architecture.md"
    table = re.findall(r"^\| `ratchet\.(\w+)` \|", page.read_text(), flags=re.MULTILINE)
    source = repository / "src" / "ratchet"
    folders = {path.name for path in source.iterdir() if (path / "__init__.py").exists()}
    assert sorted(table) == sorted(folders | {"errors"})


def test_decisions_are_numbered_without_gaps(repository):
    numbers = sorted(int(path.name[:4]) for path in (repository / "docs" / "decisions").glob("[0-9]*.md"))
    assert numbers == list(range(1, len(numbers) + 1))


def test_package_inits_hold_a_docstring_only(repository):
    face = repository / "src" / "ratchet" / "__init__.py"  # what `import ratchet` offers, loaded when it is used
    for path in {*(repository / "src").rglob("__init__.py")} - {face}:
        body = ast.parse(path.read_text()).body
        assert len(body) == 1, path
        assert isinstance(body[0], ast.Expr), path

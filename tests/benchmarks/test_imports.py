"""What benchmarks import from Ratchet is there: they are run by hand, long after a module has moved."""

import ast
from importlib import import_module
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
FILES = sorted((REPOSITORY / "benchmarks").rglob("*.py"))


def list_imports(file: Path) -> list[tuple[str, str]]:
    """Each name that a file takes from a module of Ratchet."""
    nodes = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.ImportFrom)]
    ours = [node for node in nodes if node.module and node.module.split(".")[0] == "ratchet"]
    return [(str(node.module), name.name) for node in ours for name in node.names]


@pytest.mark.parametrize("file", [file for file in FILES if list_imports(file)], ids=lambda file: file.stem)
def test_a_benchmark_imports_what_is_there(file):
    for module, name in list_imports(file):
        found = import_module(module)
        assert hasattr(found, name) or import_module(f"{module}.{name}"), f"{module} has no {name}"

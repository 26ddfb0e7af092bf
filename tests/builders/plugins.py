"""The example package of plug-ins, found as pip would leave it: its modules beside its metadata."""

import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from ratchet import plugins
from ratchet.metrics import registry

EXAMPLE = Path(__file__).resolve().parents[1] / "example_package"


def write_metadata(folder: Path, package: str, groups: dict[str, dict[str, str]]) -> None:
    """Write what pip writes of a package and its entry points."""
    metadata = folder / f"{package.replace('-', '_')}-1.0.dist-info"
    metadata.mkdir(parents=True)
    (metadata / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {package}\nVersion: 1.0\n")
    lines = [
        f"[{group}]\n" + "\n".join(f"{name} = {value}" for name, value in them.items())
        for group, them in groups.items()
    ]
    (metadata / "entry_points.txt").write_text("\n".join(lines) + "\n")


@contextmanager
def installed_example(folder: Path) -> Iterator[None]:
    """Let the example package be installed, with its metadata in a folder, while the block lasts."""
    project = tomllib.loads((EXAMPLE / "pyproject.toml").read_text())["project"]
    write_metadata(folder, project["name"], project["entry-points"])
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(EXAMPLE)
        patch.syspath_prepend(folder)
        forget()
        yield
    for name in [name for name in sys.modules if name.partition(".")[0] == "shop_plugins"]:
        del sys.modules[name]
    forget()


def forget() -> None:
    """Look for entry points anew."""
    plugins.find_plugins.cache_clear()
    registry.read_metrics.cache_clear()

"""What the how-to pages of plug-ins show is the example package, which other tests use."""

import re
import tomllib
from textwrap import dedent

import pytest

from builders.plugins import EXAMPLE

MODULES = {"add-an-estimator": "estimator", "add-a-source": "source", "add-a-channel": "channel"}


def read_blocks(repository, page, language):
    text = (repository / "docs" / "how-to" / f"{page}.md").read_text()
    blocks = re.findall(rf"^ *```{language}\n(.*?)^ *```", text, flags=re.DOTALL | re.MULTILINE)
    return [dedent(block) for block in blocks]


@pytest.mark.parametrize(("page", "module"), MODULES.items())
def test_the_page_shows_the_module(repository, page, module):
    shown = read_blocks(repository, page, "python")[0]
    assert shown.rstrip() == (EXAMPLE / "shop_plugins" / f"{module}.py").read_text().rstrip()


@pytest.mark.parametrize("page", [*MODULES, "add-a-metric"])
def test_the_page_shows_the_entry_point(repository, page):
    (shown,) = read_blocks(repository, page, "toml")
    points = tomllib.loads((EXAMPLE / "pyproject.toml").read_text())["project"]["entry-points"]
    assert tomllib.loads(shown)["project"]["entry-points"].items() <= points.items()

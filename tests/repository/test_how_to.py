"""What the how-to pages of plug-ins show is the example package, which other tests use."""

import re
import tomllib
from textwrap import dedent

import pytest

from builders.plugins import EXAMPLE

PAGES = {"add-a-source": "source", "add-a-channel": "channel"}


@pytest.mark.parametrize(("page", "module"), PAGES.items())
def test_the_page_shows_the_module_and_its_entry_point(repository, page, module):
    text = (repository / "docs" / "how-to" / f"{page}.md").read_text()
    shown = [dedent(block) for block in re.findall(r"^ *```python\n(.*?)^ *```", text, flags=re.DOTALL | re.MULTILINE)]
    assert (EXAMPLE / "shop_plugins" / f"{module}.py").read_text() == shown[0]
    (entry,) = re.findall(r"^ *```toml\n(.*?)^ *```", text, flags=re.DOTALL | re.MULTILINE)
    shown_points = tomllib.loads(dedent(entry))["project"]["entry-points"]
    points = tomllib.loads((EXAMPLE / "pyproject.toml").read_text())["project"]["entry-points"]
    assert shown_points.items() <= points.items()

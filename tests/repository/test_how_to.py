"""What the how-to pages of plug-ins show is the example package, which other tests use."""

import re
import tomllib
from textwrap import dedent

import pyarrow as pa
import pytest
from pyarrow import feather

from builders.plugins import EXAMPLE
from builders.runs import make_config
from builders.tables import make_frame
from ratchet.config.read_plan import plan_snapshot
from ratchet.data import sources

MODULES = {"add-a-gate": "gate", "add-an-estimator": "estimator", "add-a-source": "source", "add-a-channel": "channel"}


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


def test_a_kind_of_file_is_read_by_what_the_page_shows(repository, tmp_path, monkeypatch):
    monkeypatch.setattr(sources, "READERS", dict(sources.READERS))
    exec(read_blocks(repository, "add-a-source", "python")[1], vars(sources) | {})
    table = pa.Table.from_pandas(make_frame(), preserve_index=False)
    for name in ("1.feather", "2.feather"):
        feather.write_feather(table, tmp_path / name)
    plan = plan_snapshot(make_config(data={"source": {"path": "."}}).data)
    chunks = list(sources.open_source(plan, tmp_path).chunks)
    assert sum(chunk.rows.num_rows for chunk in chunks) == 2 * table.num_rows
    assert chunks[-1].place(0) == f"{tmp_path / '2.feather'}, row 1"

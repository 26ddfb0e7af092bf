"""Plug-ins with options: a person's YAML is checked, the record of an earlier run is only read."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from builders.plugins import EXAMPLE
from builders.runs import DATA, make_config
from ratchet.config.load import load_model
from ratchet.config.model import ModelConfig
from ratchet.errors import ConfigError

SOURCE = {"name": "json_lines", "options": {"path": "rows.jsonl"}}


def write(folder: Path, source: object) -> Path:
    path = folder / "sales.yaml"
    path.write_text(json.dumps({"model": "sales", "task": "binary", "data": DATA | {"source": source}}, indent=1))
    return path


@pytest.mark.usefixtures("example_package")
def test_a_yaml_names_it_with_its_options(tmp_path: Path) -> None:
    config = load_model(write(tmp_path, SOURCE))
    assert config.data.source.load().path == "rows.jsonl"
    assert ModelConfig.model_validate_json(config.model_dump_json()) == config


@pytest.mark.usefixtures("example_package")
@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ({"name": "json_line"}, r"data.source.name: no plug-in of ratchet.sources is called 'json_line' .did you mean"),
        ({"name": "json_lines"}, "data.source.options.path: missing; it must be given"),
        ({"options": {"path": "a"}}, "data.source.name: missing; it must be given"),
        (
            {"name": "json_lines", "options": {"pth": "rows.jsonl"}},
            r"data.source.options: there is no option 'pth' .did you mean 'path'..; there is path",
        ),
        ({"name": "json_lines", "options": {"path": 1}}, "data.source.options.path: should be text.*found 1"),
    ],
)
def test_a_mistake_is_told_with_its_line(source: object, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=rf"sales\.yaml:\d+: {sentence}"):
        load_model(write(tmp_path, source))


def test_a_record_is_read_without_the_package() -> None:
    source = make_config(data={"source": SOURCE}).data.source
    with pytest.raises(ConfigError, match=r"no plug-in of ratchet\.sources is called 'json_lines'"):
        source.load()


@pytest.mark.usefixtures("example_package")
def test_a_record_with_options_of_another_version_says_so_when_it_is_used() -> None:
    source = make_config(data={"source": SOURCE | {"options": {"folder": "rows"}}}).data.source
    with pytest.raises(ConfigError, match="'json_lines' does not take its `options`: there is no option 'folder'"):
        source.load()


@pytest.mark.usefixtures("example_package")
def test_a_plug_in_of_another_kind_is_refused(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("ratchet.config.data.SOURCES", "ratchet.estimators")
    with pytest.raises(
        ConfigError, match=r"'bagged_trees' of ratchet.estimators is a Entry, not a class of `ratchet\.config"
    ):
        load_model(write(tmp_path, {"name": "bagged_trees"}))


def test_the_yaml_loads_nothing_heavy(tmp_path: Path) -> None:
    from builders.plugins import write_metadata

    write_metadata(tmp_path, "shop-plugins", {"ratchet.sources": {"json_lines": "shop_plugins.source:JsonLines"}})
    script = (
        f"import sys; sys.path[:0] = [{str(EXAMPLE)!r}, {str(tmp_path)!r}]\n"
        "from pathlib import Path\nfrom ratchet.config.load import load_model\n"
        f"load_model(Path({str(write(tmp_path, SOURCE))!r}))\n"
        "print(sorted({'numpy', 'pandas', 'pyarrow', 'sklearn'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

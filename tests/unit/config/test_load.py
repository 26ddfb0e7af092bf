"""A model file becomes a config, and says by its name which model it is."""

from pathlib import Path

import pytest

from builders.runs import make_config
from ratchet.config.load import find_models, load_model
from ratchet.errors import ConfigError


def test_the_sample_model_names_its_schema_and_loads(repository: Path) -> None:
    for path in find_models(repository / "include" / "models"):
        first = path.read_text().splitlines()[0]
        assert first == "# yaml-language-server: $schema=../schema/model.schema.json"
        assert load_model(path).model == path.stem


def test_models_are_found_by_name_without_hidden_ones(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yaml", ".draft.yaml", "c.yml", "notes.txt"):
        (tmp_path / name).write_text("")
    assert [path.name for path in find_models(tmp_path)] == ["a.yaml", "b.yaml"]


def test_a_folder_that_is_not_there_has_no_models(tmp_path: Path) -> None:
    assert find_models(tmp_path / "missing") == []


def test_a_config_survives_its_own_json() -> None:
    config = make_config(data={"label_delay": "7d"})
    assert type(config).model_validate_json(config.model_dump_json()) == config


def test_a_model_that_is_not_there_is_a_config_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="can't be read"):
        load_model(tmp_path / "sales.yaml")

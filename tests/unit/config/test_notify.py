import json
from pathlib import Path

import pytest

from builders.runs import DATA, make_config
from ratchet.config.load import load_model
from ratchet.config.notify import Channel, LogChannel
from ratchet.errors import ConfigError


def load(folder: Path, *channels: object):
    path = folder / "sales.yaml"
    path.write_text(json.dumps({"model": "sales", "task": "binary", "data": DATA, "notify": channels}, indent=1))
    return load_model(path)


def test_nobody_is_told_unless_the_yaml_says_so() -> None:
    assert make_config().notify == ()


def test_the_log_needs_no_package(tmp_path: Path) -> None:
    (spec,) = load(tmp_path, {"name": "log"}).notify
    assert isinstance(spec.load(), LogChannel)


@pytest.mark.usefixtures("example_package")
def test_a_channel_of_another_package_has_its_own_options(tmp_path: Path) -> None:
    (spec,) = load(tmp_path, {"name": "chat_room", "options": {"url_env": "ROOM"}}).notify
    assert spec.load().url_env == "ROOM"


@pytest.mark.usefixtures("example_package")
@pytest.mark.parametrize(
    ("channel", "sentence"),
    [
        ({"name": "log", "options": {"to": "me"}}, r"notify\.0\.options: there is no option 'to'; there is none"),
        (
            {"name": "chatroom"},
            r"notify\.0\.name: no plug-in of ratchet\.channels is called 'chatroom' .did you mean 'cha",
        ),
        ({"name": "chat_room"}, r"notify\.0\.options\.url_env: missing; it must be given"),
    ],
)
def test_a_mistake_is_told_with_its_line(channel: object, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=rf"sales\.yaml:\d+: {sentence}"):
        load(tmp_path, channel)


def test_a_channel_without_its_method_says_so() -> None:
    with pytest.raises(NotImplementedError, match="Channel has no method `send`"):
        Channel().send(None)  # type: ignore[arg-type]

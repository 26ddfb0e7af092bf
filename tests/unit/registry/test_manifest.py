import json
from pathlib import Path

from builders.records import make_challenger
from builders.runs import make_config, make_run
from ratchet.registry.manifest import LIBRARIES, make_manifest


def test_the_same_run_gives_the_same_manifest(tmp_path: Path) -> None:
    assert make_manifest(make_run(tmp_path), make_challenger()) == make_manifest(make_run(tmp_path), make_challenger())


def test_it_names_run_model_file_and_libraries(tmp_path: Path) -> None:
    manifest = json.loads(make_manifest(make_run(tmp_path, as_of=1200), make_challenger()))
    assert (manifest["model"], manifest["run_id"], manifest["as_of"]) == ("sales", "run-1", "1200")
    assert manifest["sha256"] == make_challenger().model.sha256
    assert set(manifest["libraries"]) == set(LIBRARIES)


def test_another_config_has_another_fingerprint(tmp_path: Path) -> None:
    texts = [
        make_manifest(make_run(tmp_path, config), make_challenger())
        for config in (make_config(), make_config(owner="growth"))
    ]
    assert len({json.loads(text)["config_sha256"] for text in texts}) == 2

from pathlib import Path

import pytest
from mlflow import MlflowClient

from builders.registry import MODEL, make_promotion_of
from ratchet.artifacts.estimators import read_pipeline
from ratchet.errors import RegistryError
from ratchet.registry.champion import download_model, fetch_model, find_champion
from ratchet.registry.versions import ALIAS


def stored_file(home: Path) -> Path:
    (file,) = (home / "mlartifacts").rglob("model.skops")
    return file


def test_a_model_that_never_had_one_has_no_champion(client: MlflowClient) -> None:
    assert find_champion(client, MODEL) is None


def test_a_registered_model_without_a_version_has_no_champion(client: MlflowClient) -> None:
    client.create_registered_model(MODEL)
    assert find_champion(client, MODEL) is None


def test_the_facts_come_from_the_version_s_tags(home: Path, client: MlflowClient) -> None:
    make_promotion_of(home, 1, against=None, as_of="2026-01-05T00:00:00Z")
    make_promotion_of(home, 2, against=1, as_of="2026-01-12T00:00:00Z")
    champion = find_champion(client, MODEL)
    assert champion is not None
    assert (champion.version, champion.previous, champion.run_id) == (2, 1, "run-2")
    assert (champion.candidate, champion.as_of) == ("boosting", "2026-01-12T00:00:00+00:00")


def test_an_alias_moved_by_hand_to_a_version_of_ours_is_followed(home: Path, client: MlflowClient) -> None:
    make_promotion_of(home, 1, against=None)
    make_promotion_of(home, 2, against=1)
    client.set_registered_model_alias(MODEL, ALIAS, "1")
    champion = find_champion(client, MODEL)
    assert champion is not None
    assert champion.run_id == "run-1"


def test_an_alias_on_a_foreign_version_is_refused(client: MlflowClient) -> None:
    client.create_registered_model(MODEL)
    client.create_model_version(MODEL, "file:///somewhere")
    client.set_registered_model_alias(MODEL, ALIAS, "1")
    with pytest.raises(RegistryError, match="version 1 of sales was not registered by Ratchet"):
        find_champion(client, MODEL)


def test_a_champion_deleted_by_hand_is_missed_not_forgotten(home: Path, client: MlflowClient) -> None:
    make_promotion_of(home, 1, against=None)
    client.delete_model_version(MODEL, "1")
    with pytest.raises(RegistryError, match="sales had champion version 1 and has none now"):
        find_champion(client, MODEL)


def test_the_spelling_of_the_alias_counts(home: Path, client: MlflowClient) -> None:
    make_promotion_of(home, 1, against=None)
    make_promotion_of(home, 2, against=1)
    client.set_registered_model_alias(MODEL, "Champion", "1")
    champion = find_champion(client, MODEL)
    assert champion is not None
    assert champion.version == 2


def test_our_own_copy_survives_the_loss_of_mlflow_s(home: Path, client: MlflowClient) -> None:
    make_promotion_of(home, 1, against=None)
    champion = find_champion(client, MODEL)
    assert champion is not None
    stored_file(home).unlink()
    ref = fetch_model(client, champion, home)
    assert ref.path == "champions/sales/1/model.skops"
    assert read_pipeline(ref, home).predict([[0.0]]).tolist() == [1]


def test_a_damaged_copy_is_fetched_again(home: Path, client: MlflowClient) -> None:
    make_promotion_of(home, 1, against=None)
    champion = find_champion(client, MODEL)
    assert champion is not None
    (home / "champions/sales/1/model.skops").write_bytes(b"damaged")
    assert fetch_model(client, champion, home).sha256 == champion.sha256
    assert [path.name for path in (home / "champions/sales/1").iterdir()] == ["model.skops"]


def test_one_changed_byte_in_the_registry_is_refused(home: Path, client: MlflowClient) -> None:
    make_promotion_of(home, 1, against=None)
    champion = find_champion(client, MODEL)
    assert champion is not None
    content = bytearray(stored_file(home).read_bytes())
    content[100] ^= 1
    stored_file(home).write_bytes(content)
    with pytest.raises(RegistryError, match="version 1 of sales was changed after it was registered"):
        download_model(client, champion, home)
    assert fetch_model(client, champion, home).sha256 == champion.sha256  # the copy from before is still right


def test_a_model_that_is_nowhere_any_more_is_named(home: Path, client: MlflowClient) -> None:
    make_promotion_of(home, 1, against=None)
    champion = find_champion(client, MODEL)
    assert champion is not None
    stored_file(home).unlink()
    (home / "champions/sales/1/model.skops").unlink()
    with pytest.raises(RegistryError, match="version 1 of sales has no model file in the registry any more"):
        fetch_model(client, champion, home)

import shutil
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from mlflow import MlflowClient

from builders.champions import make_champion, make_champion_home
from builders.registry import MODEL, make_promotion_of
from builders.runs import make_config, make_run
from ratchet.artifacts.estimators import read_pipeline
from ratchet.config.run import Run
from ratchet.errors import RegistryError
from ratchet.records.promotion import Champion
from ratchet.registry.champion import find_champion, find_end, require_champion, require_classes, require_version
from ratchet.registry.facts import ALIAS
from ratchet.registry.model_files import download_model, fetch_model, load_champion, load_pipeline


def stored_file(home: Path) -> Path:
    (file,) = (home / "mlartifacts").rglob("model.skops")
    return file


def test_a_model_that_never_had_one_has_no_champion(home: Path, client: MlflowClient) -> None:
    assert find_champion(home, MODEL) is None


def test_a_registered_model_without_a_version_has_no_champion(home: Path, client: MlflowClient) -> None:
    client.create_registered_model(MODEL)
    assert find_champion(home, MODEL) is None


def test_the_facts_come_from_the_version_s_tags(home: Path, client: MlflowClient) -> None:
    make_promotion_of(home, 1, against=None, as_of="2026-01-05T00:00:00Z")
    make_promotion_of(home, 2, against=1, as_of="2026-01-12T00:00:00Z")
    champion = find_champion(home, MODEL)
    assert champion is not None
    assert (champion.version, champion.previous, champion.run_id) == (2, 1, "run-2")
    assert (champion.candidate, champion.as_of) == ("boosting", "2026-01-12T00:00:00+00:00")


def test_an_alias_moved_by_hand_to_a_version_of_ours_is_followed(home: Path, client: MlflowClient) -> None:
    make_promotion_of(home, 1, against=None)
    make_promotion_of(home, 2, against=1)
    client.set_registered_model_alias(MODEL, ALIAS, "1")
    champion = find_champion(home, MODEL)
    assert champion is not None
    assert champion.run_id == "run-1"


def test_an_alias_on_a_foreign_version_is_refused(home: Path, client: MlflowClient) -> None:
    client.create_registered_model(MODEL)
    client.create_model_version(MODEL, "file:///somewhere")
    client.set_registered_model_alias(MODEL, ALIAS, "1")
    with pytest.raises(RegistryError, match="version 1 of sales was not registered by Ratchet"):
        find_champion(home, MODEL)


def test_a_champion_deleted_by_hand_is_missed_not_forgotten(home: Path, client: MlflowClient) -> None:
    make_promotion_of(home, 1, against=None)
    client.delete_model_version(MODEL, "1")
    with pytest.raises(RegistryError, match="sales had champion version 1 and has none now"):
        find_champion(home, MODEL)


def test_the_spelling_of_the_alias_counts(home: Path, client: MlflowClient) -> None:
    make_promotion_of(home, 1, against=None)
    make_promotion_of(home, 2, against=1)
    client.set_registered_model_alias(MODEL, "Champion", "1")
    champion = find_champion(home, MODEL)
    assert champion is not None
    assert champion.version == 2


def test_our_own_copy_survives_the_loss_of_mlflow_s(home: Path, client: MlflowClient) -> None:
    make_promotion_of(home, 1, against=None)
    champion = find_champion(home, MODEL)
    assert champion is not None
    stored_file(home).unlink()
    ref = fetch_model(champion, home)
    assert ref.path == "champions/sales/1/model.skops"
    assert read_pipeline(ref, home).predict([[0.0]]).tolist() == [1]


def test_a_damaged_copy_is_fetched_again(home: Path, client: MlflowClient) -> None:
    make_promotion_of(home, 1, against=None)
    champion = find_champion(home, MODEL)
    assert champion is not None
    (home / "champions/sales/1/model.skops").write_bytes(b"damaged")
    assert fetch_model(champion, home).sha256 == champion.sha256
    assert [path.name for path in (home / "champions/sales/1").iterdir()] == ["model.skops"]


def test_one_changed_byte_in_the_registry_is_refused(home: Path, client: MlflowClient) -> None:
    make_promotion_of(home, 1, against=None)
    champion = find_champion(home, MODEL)
    assert champion is not None
    content = bytearray(stored_file(home).read_bytes())
    content[100] ^= 1
    stored_file(home).write_bytes(content)
    with pytest.raises(RegistryError, match="version 1 of sales was changed after it was registered"):
        download_model(client, champion, home)
    assert fetch_model(champion, home).sha256 == champion.sha256  # the copy from before is still right


def test_a_model_that_is_nowhere_any_more_is_named(home: Path, client: MlflowClient) -> None:
    make_promotion_of(home, 1, against=None)
    champion = find_champion(home, MODEL)
    assert champion is not None
    stored_file(home).unlink()
    (home / "champions/sales/1/model.skops").unlink()
    with pytest.raises(RegistryError, match="version 1 of sales has no model file in the registry any more"):
        fetch_model(champion, home)


@pytest.fixture
def fitted_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    return make_champion_home(tmp_path)


def promote_fitted(home: Path, *, as_of: datetime | int | None = None, **changes: object) -> tuple[Run, Champion]:
    """A run of the model whose champion was fitted, and that champion."""
    run = make_run(home, make_config(**changes), as_of=as_of)
    make_champion(run)
    return run, require_champion(run)


def test_a_champion_comes_with_its_classes_and_the_end_of_its_rows(fitted_home: Path) -> None:
    run, champion = promote_fitted(fitted_home)
    assert (champion.version, require_classes(run, champion)) == (1, ("no", "yes"))
    assert find_end(run, champion) == datetime(2025, 1, 10, 23, tzinfo=UTC)


def test_where_the_run_is_gone_the_registry_knows_enough(fitted_home: Path) -> None:
    as_of = datetime(2025, 1, 10, 12, tzinfo=UTC)
    run, champion = promote_fitted(fitted_home, data={"label_delay": "4h"}, as_of=as_of)
    shutil.rmtree(fitted_home / "runs")
    assert require_classes(run, champion) == ("no", "yes")
    assert find_end(run, champion) == datetime(2025, 1, 10, 8, tzinfo=UTC)


def test_rows_in_an_order_end_at_their_number(fitted_home: Path) -> None:
    assert find_end(*promote_fitted(fitted_home, data={"time": {"order": "rows"}}, as_of=230)) == 230


def test_an_end_that_nobody_knows_is_no_guess(fitted_home: Path) -> None:
    run, champion = promote_fitted(fitted_home)
    shutil.rmtree(fitted_home / "runs")
    assert find_end(run, replace(champion, as_of=None)) is None


def test_classes_that_nobody_knows_are_no_guess(fitted_home: Path) -> None:
    run, champion = promote_fitted(fitted_home, task="multiclass", data={"target": {"column": "bought"}})
    assert require_classes(run, champion) == ("no", "yes")
    shutil.rmtree(fitted_home / "runs")
    with pytest.raises(RegistryError, match="the classes of version 1 of sales are not known any more"):
        require_classes(run, replace(champion, classes=()))


def test_who_scores_needs_a_champion_and_a_version_that_is_there(fitted_home: Path) -> None:
    run = make_run(fitted_home, make_config())
    with pytest.raises(RegistryError, match="sales has no champion: nothing can be scored"):
        require_champion(run)
    make_champion(run)
    assert require_version(run, 1) == require_champion(run)
    with pytest.raises(RegistryError, match="version 2 of sales is deleted"):
        require_version(run, 2)


def test_a_verified_copy_is_loaded_without_the_registry(fitted_home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    champion = promote_fitted(fitted_home)[1]
    monkeypatch.setattr("ratchet.registry.client.connect", None)
    assert list(load_pipeline(champion, fitted_home).classes_) == [0, 1]


def test_what_keeps_a_champion_from_being_compared_is_a_problem(fitted_home: Path) -> None:
    run = make_run(fitted_home, make_config())
    assert load_champion(run, ("no", "yes")) is None
    make_champion(run)
    champion = load_champion(run, ("no", "yes"))
    assert champion is not None
    assert champion.problem is None
    assert champion.pipeline is not None
    other = load_champion(run, ("maybe", "no"))
    assert other is not None
    assert other.pipeline is None
    assert other.problem == "it was trained on the classes no, yes, these rows have maybe, no"

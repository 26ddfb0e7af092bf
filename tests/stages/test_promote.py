from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from mlflow import MlflowClient

from builders.records import make_hold, make_rejection
from builders.registry import MODEL, make_entry, make_home, make_order, make_promotion_of
from ratchet.errors import ConfigError, RegistryError
from ratchet.ledger.database import open_ledger
from ratchet.ledger.journal import read_entries
from ratchet.records.ledger import Kind
from ratchet.records.promotion import Shipped
from ratchet.registry.client import connect
from ratchet.registry.facts import ALIAS
from ratchet.registry.promotion import promote_challenger
from ratchet.registry.versions import read_alias
from ratchet.stages.promote import promote


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A home whose champion is version 1."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    home = make_home(tmp_path)
    make_promotion_of(home, 1, against=None)
    return home


@pytest.fixture
def client(home: Path) -> MlflowClient:
    return connect(home)


def test_a_verdict_that_promotes_moves_the_alias(home: Path, client: MlflowClient) -> None:
    run, challenger = make_entry(home, 2)
    promotion = promote(run, challenger, make_order(1, challenger))
    assert (promotion.moved, promotion.version, promotion.previous) == (True, 2, 1)
    assert read_alias(client, MODEL) == 2


def test_a_rejection_keeps_the_champion(home: Path, client: MlflowClient) -> None:
    run, challenger = make_entry(home, 2)
    promotion = promote(run, challenger, make_rejection(expected_champion=1))
    assert (promotion.moved, promotion.version, promotion.previous) == (False, 1, 1)
    assert promotion.reason == "the verdict is reject: version 1 stays"
    assert len(client.search_model_versions(f"name = '{MODEL}'")) == 1


def test_a_hold_keeps_the_champion(home: Path) -> None:
    run, challenger = make_entry(home, 2)
    assert promote(run, challenger, make_hold(expected_champion=1)).reason == "the verdict is hold: version 1 stays"


def test_a_verdict_about_another_file_of_the_same_name_moves_nothing(home: Path, client: MlflowClient) -> None:
    run, challenger = make_entry(home, 2)
    judged = make_order(1, challenger)
    trained_again = replace(challenger, model=make_entry(home, 3)[1].model)
    with pytest.raises(RegistryError, match="another model file of boosting than the one that run run-2 has now"):
        promote(run, trained_again, judged)
    with pytest.raises(RegistryError, match="another model file"):
        promote(run, challenger, replace(judged, challenger_sha256=None))
    assert read_alias(client, MODEL) == 1
    assert promote(run, challenger, judged).version == 2


def test_rejected_data_leaves_no_challenger_and_is_no_error(home: Path) -> None:
    run, _ = make_entry(home, 2)
    assert not promote(run, None, make_rejection(challenger=None, expected_champion=None)).moved


def test_a_dry_run_never_promotes(home: Path, client: MlflowClient) -> None:
    run, challenger = make_entry(home, 2, dry_run=True)
    promotion = promote(run, challenger, make_order(1, challenger))
    assert promotion.reason == "the verdict is promote, and this is a dry run: version 1 stays"
    assert read_alias(client, MODEL) == 1


def test_without_a_champion_a_rejection_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    run, challenger = make_entry(make_home(tmp_path), 1)
    promotion = promote(run, challenger, make_rejection(expected_champion=None))
    assert (promotion.version, promotion.reason) == (None, "the verdict is reject: there is still no champion")


def test_a_rejection_is_no_error_where_the_alias_is_on_a_foreign_version(home: Path, client: MlflowClient) -> None:
    client.create_model_version(MODEL, "file:///somewhere")
    client.set_registered_model_alias(MODEL, ALIAS, "2")
    run, challenger = make_entry(home, 2)
    assert promote(run, challenger, make_rejection()).version == 2


def test_a_verdict_about_another_challenger_is_refused(home: Path, client: MlflowClient) -> None:
    run, challenger = make_entry(home, 2)
    with pytest.raises(RegistryError, match="about challenger boosting, the run has forest: nothing changed"):
        promote(run, replace(challenger, name="forest"), make_order(1, challenger))
    with pytest.raises(RegistryError, match="about challenger boosting, the run has none: nothing changed"):
        promote(run, None, make_order(1))
    assert read_alias(client, MODEL) == 1


def entries(home: Path) -> list[tuple[Kind, str, str]]:
    with open_ledger(home).connect() as connection:
        return [(entry.note.kind, entry.note.actor, entry.note.reason) for entry in read_entries(connection)]


def test_a_promotion_is_in_the_ledger_once_however_often_it_is_tried(home: Path) -> None:
    run, challenger = make_entry(home, 2)
    order = make_order(1, challenger)
    for _ in range(2):
        promote(run, challenger, order)
    assert entries(home) == [(Kind.PROMOTION, f"run run-{number}", order.reason) for number in (1, 2)]


def test_what_a_dead_process_moved_is_written_by_the_next_run_even_a_rejected_one(
    home: Path, client: MlflowClient
) -> None:
    """The process dies between the registry and the ledger."""
    run, challenger = make_entry(home, 2)
    promote_challenger(
        client, run, Shipped(judged=challenger), verdict=make_order(1, challenger), now=datetime.now(UTC)
    )
    assert len(entries(home)) == 1
    promote(make_entry(home, 3)[0], None, make_rejection(expected_champion=2))
    assert [actor for _, actor, _ in entries(home)] == ["run run-1", "run run-2"]


def test_without_a_ledger_to_write_in_nothing_is_moved(
    home: Path, client: MlflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    run, challenger = make_entry(home, 2)
    monkeypatch.setenv("RATCHET_LEDGER_URL", "nothing")
    with pytest.raises(ConfigError, match="RATCHET_LEDGER_URL"):
        promote(run, challenger, make_order(1, challenger))
    assert read_alias(client, MODEL) == 1

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from mlflow import MlflowClient

from builders.registry import MODEL
from ratchet.records.promotion import AliasMove, AliasMoveKind, AliasMoveState
from ratchet.registry.alias_history import close_move, open_move, settle
from ratchet.registry.facts import ALIAS, done_moves, read_moves
from ratchet.registry.versions import read_model

MOVE = AliasMove(
    kind=AliasMoveKind.PROMOTE,
    version=1,
    previous=None,
    at=datetime(2026, 1, 5, tzinfo=UTC),
    reason="boosting beats <nobody>: «gain» +0.01",
    run_id="run-1",
    key="abc",
)


@pytest.fixture
def model(client: MlflowClient) -> str:
    """A registered model with one version."""
    client.create_registered_model(MODEL)
    client.create_model_version(MODEL, "file:///somewhere")
    return MODEL


def test_a_move_reads_back_as_it_was_written(client: MlflowClient, model: str) -> None:
    opened = open_move(client, model, MOVE)
    assert opened == replace(MOVE, number=1)
    assert read_moves(read_model(client, model)) == (opened,)


def test_moves_are_counted_and_kept_in_order(client: MlflowClient, model: str) -> None:
    for _ in range(11):
        close_move(client, model, open_move(client, model, MOVE), AliasMoveState.DONE)
    assert [move.number for move in done_moves(read_model(client, model))] == list(range(1, 12))


def test_a_move_that_came_to_nothing_keeps_its_number(client: MlflowClient, model: str) -> None:
    close_move(client, model, open_move(client, model, MOVE), AliasMoveState.ABORTED)
    open_move(client, model, MOVE)
    states = {move.number: move.state for move in read_moves(read_model(client, model))}
    assert states == {1: AliasMoveState.ABORTED, 2: AliasMoveState.INTENT}


def test_only_finished_moves_took_place(client: MlflowClient, model: str) -> None:
    close_move(client, model, open_move(client, model, MOVE), AliasMoveState.ABORTED)
    open_move(client, model, MOVE)
    assert done_moves(read_model(client, model)) == ()


def test_an_intent_whose_alias_moved_is_done(client: MlflowClient, model: str) -> None:
    open_move(client, model, MOVE)
    client.set_registered_model_alias(model, ALIAS, "1")
    assert [move.state for move in settle(client, model)] == [AliasMoveState.DONE]
    assert settle(client, model) == ()


def test_an_intent_whose_alias_never_moved_is_aborted(client: MlflowClient, model: str) -> None:
    open_move(client, model, MOVE)
    assert settle(client, model) == ()
    assert [move.state for move in read_moves(read_model(client, model))] == [AliasMoveState.ABORTED]


def test_tags_of_other_people_are_no_moves(client: MlflowClient, model: str) -> None:
    client.set_registered_model_tag(model, "team", "growth")
    assert read_moves(read_model(client, model)) == ()

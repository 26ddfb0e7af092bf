"""Every move of the champion alias, kept as tags of the registered model: MLflow itself keeps no history of it.

A move is written down before the alias is touched and closed after, so that a process that dies between the two
leaves an intent that the next one can settle by looking at the alias.
"""

from dataclasses import replace

from mlflow import MlflowClient

from ratchet.records.promotion import AliasMove, AliasMoveState
from ratchet.registry.facts import MOVES, PREFIX, read_moves
from ratchet.registry.versions import read_alias, read_model


def open_move(client: MlflowClient, model: str, move: AliasMove) -> AliasMove:
    """Write down a move that is about to be made, with the next number; the caller holds the model's lock."""
    moves = read_moves(read_model(client, model))
    opened = replace(move, number=moves[-1].number + 1 if moves else 1, state=AliasMoveState.INTENT)
    _write(client, model, opened)
    return opened


def close_move(client: MlflowClient, model: str, move: AliasMove, state: AliasMoveState) -> AliasMove:
    """Write down how a move ended."""
    closed = replace(move, state=state)
    _write(client, model, closed)
    return closed


def settle(client: MlflowClient, model: str) -> tuple[AliasMove, ...]:
    """Close what a dead process left open, by where the alias is; return the moves that turn out to be done.

    An intent whose alias never moved is closed as aborted, not made up for: whoever asked is asked again.
    """
    now = read_alias(client, model)
    dangling = [move for move in read_moves(read_model(client, model)) if move.state is AliasMoveState.INTENT]
    closed = [
        close_move(client, model, move, AliasMoveState.DONE if move.version == now else AliasMoveState.ABORTED)
        for move in dangling
    ]
    return tuple(move for move in closed if move.state is AliasMoveState.DONE)


def _write(client: MlflowClient, model: str, move: AliasMove) -> None:
    client.set_registered_model_tag(model, f"{PREFIX}{move.number:07d}", MOVES.dump_json(move).decode())

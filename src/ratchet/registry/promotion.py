"""Move the champion alias, forward or back, so that it always names a complete model that loads."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from mlflow import MlflowClient

from ratchet.artifacts.estimators import read_pipeline
from ratchet.config.run import Run
from ratchet.errors import RegistryError
from ratchet.records.judgement import Verdict
from ratchet.records.promotion import (
    AliasMove,
    AliasMoveKind,
    AliasMoveState,
    Champion,
    Promotion,
    RollbackRequest,
    Shipped,
)
from ratchet.registry.alias_history import close_move, open_move, settle
from ratchet.registry.champion import find_champion
from ratchet.registry.facts import ALIAS, PREVIOUS, SINCE, RegisteredFacts, describe_version, done_moves
from ratchet.registry.lock import held_lock
from ratchet.registry.model_files import download_model, load_pipeline
from ratchet.registry.tracking import log_model
from ratchet.registry.versions import (
    as_of_text,
    create_model,
    create_version,
    find_version,
    make_key,
    read_alias,
    read_model,
    read_version,
)


def promote_challenger(
    client: MlflowClient, run: Run, shipped: Shipped, *, verdict: Verdict, now: datetime
) -> Promotion:
    """Put what a verdict is about into service, once, however often and from wherever it is tried.

    Raises:
        RegistryError: the champion is not the one the verdict was given against, or what the registry gives back is
            not what was handed to it; the alias has not moved.
        ArtifactError: the model file was changed since it was fitted; the alias has not moved.
    """
    home, key = run.home, make_key(run, shipped.judged.model)
    with held_lock(lock_file(home, run.model)):
        create_model(client, run.model)
        settle(client, run.model)
        if earlier := _find_earlier(read_model(client, run.model), key):
            return _answer_again(client, run.model, earlier)
        if stays := _refuse(client, run, shipped, verdict.expected_champion):
            return stays
        target = _register(client, run, shipped)
        # Not our own copies: what counts is what the registry gives to anyone who asks.
        read_pipeline(download_model(client, target, home), home)
        if target.twin_sha256 is not None:
            read_pipeline(download_model(client, target, home, judged=True), home)
        move = _promotion_to(target, run, verdict, key=key, now=now)
        return describe_move(_move_alias(client, run.model, move))


def roll_back(home: Path, client: MlflowClient, model: str, asked: RollbackRequest) -> Promotion:
    """Move the alias back to the champion before, after checking that it loads; once more goes further back.

    When a person moved or removed the alias, that is what is undone. A rollback that died and is tried again with
    the same key, or without keys with the same reason, is finished, not made twice.

    Raises:
        RegistryError: there is nothing to go back to, or it can't be verified; the alias has not moved.
    """
    with held_lock(lock_file(home, model)):
        settled = settle(client, model)
        if earlier := _find_rollback(read_model(client, model), settled, asked):
            return _answer_again(client, model, earlier)
        champion = read_alias(client, model)
        target = _find_former(client, model, champion)
        # Before the alias moves: a champion that does not load would be worse than the one that is to go.
        load_pipeline(target, home)
        move = AliasMove(
            kind=AliasMoveKind.ROLL_BACK,
            version=target.version,
            previous=champion,
            at=asked.at,
            reason=asked.reason,
            key=asked.key,
            actor=asked.actor,
        )
        return describe_move(_move_alias(client, model, move))


def list_promotions(client: MlflowClient, model: str) -> tuple[AliasMove, ...]:
    """Return every promotion and rollback of a model that took place, the oldest first."""
    return done_moves(read_model(client, model))


def describe_move(move: AliasMove) -> Promotion:
    """Say in a sentence what a move did."""
    came_from = (
        f"moved from version {move.previous} to {move.version}" if move.previous else f"names version {move.version}"
    )
    text = f"the champion alias {came_from}"
    if move.kind is AliasMoveKind.ROLL_BACK:
        text = f"rolled back: {text}: {move.reason}"
    return Promotion(moved=True, version=move.version, previous=move.previous, reason=text)


def keep_champion(version: int | None, why: str) -> Promotion:
    """Say why the alias stays where it is."""
    stays = f"version {version} stays" if version else "there is still no champion"
    return Promotion(moved=False, version=version, previous=version, reason=f"{why}: {stays}")


def is_older(as_of: str | None, champion: str | None) -> bool:
    """Tell whether data is older than the champion's; what can't be compared is not."""
    if as_of is None or champion is None or as_of.isdigit() != champion.isdigit():
        return False
    if as_of.isdigit():
        return int(as_of) < int(champion)
    return datetime.fromisoformat(as_of) < datetime.fromisoformat(champion)


def lock_file(home: Path, model: str) -> Path:
    """Return the file whose lock a process holds while it moves a model's alias."""
    return home / "locks" / f"{model}.registry.lock"


def _find_earlier(registered: RegisteredFacts | None, key: str) -> AliasMove | None:
    return next((move for move in done_moves(registered) if move.key == key), None)


def _find_rollback(
    registered: RegisteredFacts | None, settled: tuple[AliasMove, ...], asked: RollbackRequest
) -> AliasMove | None:
    """Return the rollback that this is another try of."""
    if asked.key is not None:
        return _find_earlier(registered, asked.key)
    mine = [move for move in settled if move.kind is AliasMoveKind.ROLL_BACK and move.reason == asked.reason]
    return mine[-1] if mine else None


def _answer_again(client: MlflowClient, model: str, earlier: AliasMove) -> Promotion:
    champion = read_alias(client, model)
    if champion == earlier.version:
        return describe_move(earlier)
    when = earlier.at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
    moved = "rolled back to" if earlier.kind is AliasMoveKind.ROLL_BACK else "promoted"
    return keep_champion(champion, f"this run {moved} version {earlier.version} on {when}, and it was replaced since")


def _refuse(client: MlflowClient, run: Run, shipped: Shipped, expected: int | None) -> Promotion | None:
    """Return why the alias may not move, None when it may; raise when the registry is not as the verdict saw it."""
    now = read_alias(client, run.model)
    # Before the comparison: whoever set this model by hand has done what is asked for.
    made = find_version(client, run.model, make_key(run, shipped.model))
    if made and now == made.version:
        return keep_champion(now, "this run's model is the champion already, set by hand")
    _compare(run.model, now, expected)
    champion = find_champion(run.home, run.model)
    if champion and not run.reason and is_older(as_of_text(run), champion.as_of):
        return keep_champion(
            now,
            f"the data is as of {as_of_text(run)}, older than the champion's ({champion.as_of}), and the run gives no "
            "reason for that",
        )
    return None


def _compare(model: str, now: int | None, expected: int | None) -> None:
    if now != expected:
        raise RegistryError(
            f"the champion of {model} is {_name(now)}, the decision was made against {_name(expected)}: nothing "
            "changed; run again to judge against the present champion"
        )


def _name(version: int | None) -> str:
    return "none" if version is None else f"version {version}"


def _register(client: MlflowClient, run: Run, shipped: Shipped) -> Champion:
    """Log the model and register it, or find what an earlier try registered; logging again mends a half-made copy."""
    tracking_id, source = log_model(client, run, shipped)
    version = find_version(client, run.model, make_key(run, shipped.model))
    if version is None:
        version = create_version(client, run, shipped, source=source, tracking_id=tracking_id)
    return describe_version(version)


def _promotion_to(target: Champion, run: Run, verdict: Verdict, *, key: str, now: datetime) -> AliasMove:
    move = AliasMove(
        kind=AliasMoveKind.PROMOTE,
        version=target.version,
        previous=verdict.expected_champion,
        at=now,
        reason=verdict.reason,
        run_id=run.run_id,
        key=key,
        actor=f"run {run.run_id}",
    )
    if run.adoption is None:
        return move
    why = f"adopted from {run.adoption.source}: {run.reason}; {verdict.reason}"
    return replace(move, kind=AliasMoveKind.ADOPT, actor=run.adoption.person, reason=why)


def _find_former(client: MlflowClient, model: str, champion: int | None) -> Champion:
    for number in _former_numbers(done_moves(read_model(client, model)), champion):
        if version := read_version(client, model, number):
            return describe_version(version)
    raise RegistryError(
        f"{model} has no former champion left to go back to (the champion is {_name(champion)}): nothing changed"
    )


def _former_numbers(moves: tuple[AliasMove, ...], champion: int | None) -> Iterator[int]:
    """Give the versions to go back to, the nearest first; some may have been deleted since."""
    came_from: dict[int | None, int | None] = {
        move.version: move.previous for move in moves if move.kind is not AliasMoveKind.ROLL_BACK
    }
    moved_by_hand = bool(moves) and moves[-1].version != champion
    wanted = moves[-1].version if moved_by_hand else came_from.get(champion)
    while wanted is not None:
        yield wanted
        wanted = came_from.get(wanted)


def _move_alias(client: MlflowClient, model: str, move: AliasMove) -> AliasMove:
    """Write the intent, the version's tags, the alias, the end: in this order, so that a retry knows where it was."""
    _compare(model, read_alias(client, model), move.previous)  # a person may have moved it during the upload
    opened = open_move(client, model, move)
    version = str(move.version)
    if move.kind is not AliasMoveKind.ROLL_BACK and move.previous is not None:
        client.set_model_version_tag(model, version, PREVIOUS, str(move.previous))
    client.set_model_version_tag(model, version, SINCE, move.at.isoformat())
    client.set_registered_model_alias(model, ALIAS, version)
    return close_move(client, model, opened, AliasMoveState.DONE)

import json
import random
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from mlflow import MlflowClient

from builders.registry import (
    MODEL,
    make_entry,
    make_order,
    make_promotion_of,
    promote_against,
    promote_and_die,
    race,
    roll_back_and_die,
    run_to_its_death,
)
from ratchet.artifacts.estimators import read_pipeline
from ratchet.errors import ArtifactError, RegistryError
from ratchet.ledger.database import open_ledger
from ratchet.ledger.journal import read_entries
from ratchet.records.ledger import Kind
from ratchet.records.promotion import AliasMoveKind, AliasMoveState
from ratchet.registry.champion import find_champion
from ratchet.registry.facts import ALIAS, PREVIOUS, SINCE, read_moves
from ratchet.registry.model_files import download_model
from ratchet.registry.promotion import is_older, list_promotions
from ratchet.registry.versions import read_alias, read_model
from ratchet.stages.promote import promote
from ratchet.stages.roll_back import roll_back

WRITES_OF_A_PROMOTION = 9
WRITES_OF_A_ROLLBACK = 4


def versions(client: MlflowClient) -> list[int]:
    return sorted(int(version.version) for version in client.search_model_versions(f"name = '{MODEL}'"))


def assert_champion_is_whole(client: MlflowClient, home: Path) -> None:
    champion = find_champion(home, MODEL)
    if champion is None:
        return
    model = read_pipeline(download_model(client, champion, home), home)
    assert f"run-{model.predict([[0.0]])[0]}" == champion.run_id


def during_upload(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Do something by hand just after the version was registered."""
    create = MlflowClient.create_model_version

    def create_and_act(*arguments: object, **options: object) -> object:
        version = create(*arguments, **options)
        act()
        return version

    monkeypatch.setattr(MlflowClient, "create_model_version", create_and_act)


class Killed(BaseException):
    """What ends a process in the middle of its writes."""


def killed_after_the_alias_moved(monkeypatch: pytest.MonkeyPatch, act: Callable[[], object]) -> None:
    """Do something that dies once the alias has moved, before that is written down."""
    move = MlflowClient.set_registered_model_alias

    def move_and_die(*arguments: object) -> None:
        move(*arguments)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(MlflowClient, "set_registered_model_alias", move_and_die)
        with pytest.raises(Killed):
            act()


def record_writes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """List what is written to the registry from now on: a tag by its name, a move by its state, the alias."""
    written: list[str] = []

    def recording(name: str, tell: Callable[..., str]) -> None:
        write = getattr(MlflowClient, name)

        def call(client: MlflowClient, *arguments: str) -> None:
            written.append(tell(*arguments))
            write(client, *arguments)

        monkeypatch.setattr(MlflowClient, name, call)

    recording("set_registered_model_tag", lambda _model, _name, text: str(json.loads(text)["state"]))
    recording("set_model_version_tag", lambda _model, _version, name, _value: name)
    recording("set_registered_model_alias", lambda _model, alias, version: f"{alias} is {version}")
    return written


def test_the_first_champion_has_nobody_before_it(home: Path, client: MlflowClient) -> None:
    promotion = make_promotion_of(home, 1, against=None)
    assert (promotion.moved, promotion.version, promotion.previous) == (True, 1, None)
    assert promotion.reason == "the champion alias names version 1"
    assert_champion_is_whole(client, home)


def test_a_promotion_says_from_where_to_where(home: Path, client: MlflowClient) -> None:
    make_promotion_of(home, 1, against=None)
    promotion = make_promotion_of(home, 2, against=1)
    assert promotion.reason == "the champion alias moved from version 1 to 2"
    champion = find_champion(home, MODEL)
    assert champion is not None
    assert champion.previous == 1


def test_a_promotion_tried_again_gives_the_same_answer_and_nothing_new(home: Path, client: MlflowClient) -> None:
    first = make_promotion_of(home, 1, against=None)
    assert make_promotion_of(home, 1, against=None) == first
    assert versions(client) == [1]
    assert len(list_promotions(client, MODEL)) == 1


def test_a_promotion_that_was_rolled_back_is_not_made_again_by_a_retry(home: Path, client: MlflowClient) -> None:
    make_promotion_of(home, 1, against=None)
    make_promotion_of(home, 2, against=1)
    roll_back(home, MODEL, "worse in production")
    again = make_promotion_of(home, 2, against=1)
    assert (again.moved, again.version) == (False, 1)
    assert "it was replaced since: version 1 stays" in again.reason
    assert read_alias(client, MODEL) == 1


def test_the_intent_comes_first_then_the_tags_the_alias_and_the_end(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_promotion_of(home, 1, against=None)
    written = record_writes(monkeypatch)
    make_promotion_of(home, 2, against=1)
    assert written[-5:] == ["intent", PREVIOUS, SINCE, f"{ALIAS} is 2", "done"]


def test_a_promotion_that_died_before_its_end_was_written_is_finished_by_a_retry(
    home: Path, client: MlflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_promotion_of(home, 1, against=None)
    killed_after_the_alias_moved(monkeypatch, lambda: make_promotion_of(home, 2, against=1))
    retried = make_promotion_of(home, 2, against=1)
    assert (retried.moved, retried.version, retried.previous) == (True, 2, 1)
    assert [move.state for move in read_moves(read_model(client, MODEL))] == [AliasMoveState.DONE] * 2


@pytest.mark.parametrize(("reason", "version"), [("worse", 2), ("worse still", 1)])
def test_a_rollback_that_died_is_finished_for_its_own_reason_only(
    home: Path, monkeypatch: pytest.MonkeyPatch, reason: str, version: int
) -> None:
    for number in (1, 2, 3):
        make_promotion_of(home, number, against=number - 1 or None)
    killed_after_the_alias_moved(monkeypatch, lambda: roll_back(home, MODEL, "worse"))
    assert roll_back(home, MODEL, reason).version == version


def test_another_champion_than_the_one_judged_against_is_refused(home: Path, client: MlflowClient) -> None:
    make_promotion_of(home, 1, against=None)
    make_promotion_of(home, 2, against=1)
    with pytest.raises(RegistryError, match="is version 2, the decision was made against version 1: nothing changed"):
        make_promotion_of(home, 3, against=1)
    with pytest.raises(RegistryError, match="is version 2, the decision was made against none"):
        make_promotion_of(home, 3, against=None)
    assert versions(client) == [1, 2]


def test_an_alias_moved_by_hand_during_the_run_is_left_there(
    home: Path, client: MlflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_promotion_of(home, 1, against=None)
    make_promotion_of(home, 2, against=1)
    during_upload(monkeypatch, lambda: client.set_registered_model_alias(MODEL, ALIAS, "1"))
    with pytest.raises(RegistryError, match="is version 1, the decision was made against version 2"):
        make_promotion_of(home, 3, against=2)
    assert read_alias(client, MODEL) == 1


def test_a_model_set_by_hand_before_its_retry_is_not_set_again(
    home: Path, client: MlflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_promotion_of(home, 1, against=None)
    during_upload(monkeypatch, lambda: client.set_registered_model_alias(MODEL, ALIAS, "2"))
    with pytest.raises(RegistryError, match="is version 2, the decision was made against version 1"):
        make_promotion_of(home, 2, against=1)
    again = make_promotion_of(home, 2, against=1)
    assert (again.moved, again.version) == (False, 2)
    assert "set by hand" in again.reason


def test_a_byte_flipped_in_the_stored_model_stops_the_promotion(
    home: Path, client: MlflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_promotion_of(home, 1, against=None)

    def flip() -> None:
        newest = max((home / "mlartifacts").rglob("model.skops"), key=lambda path: path.stat().st_mtime_ns)
        content = bytearray(newest.read_bytes())
        content[-1] ^= 1
        newest.write_bytes(content)

    with monkeypatch.context() as patch:
        during_upload(patch, flip)
        with pytest.raises(RegistryError, match="version 2 of sales was changed after it was registered"):
            make_promotion_of(home, 2, against=1)
    assert read_alias(client, MODEL) == 1
    assert_champion_is_whole(client, home)
    assert make_promotion_of(home, 2, against=1).version == 2  # logging again mends the copy


def test_a_model_file_changed_since_the_fit_stops_the_promotion(home: Path, client: MlflowClient) -> None:
    run, challenger = make_entry(home, 1)
    (home / challenger.model.path).write_bytes(b"other")
    with pytest.raises(ArtifactError, match="was changed after it was written"):
        promote(run, challenger, make_order(None, challenger))
    assert versions(client) == []


def test_a_registered_version_deleted_by_hand_is_registered_again(
    home: Path, client: MlflowClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_promotion_of(home, 1, against=None)
    with monkeypatch.context() as patch:
        during_upload(patch, lambda: client.delete_model_version(MODEL, "2"))
        with pytest.raises(RegistryError, match="version 2"):
            make_promotion_of(home, 2, against=1)
    assert read_alias(client, MODEL) == 1
    assert make_promotion_of(home, 2, against=1).version == 3


@pytest.mark.parametrize(
    ("as_of", "champion", "older"),
    [
        ("2026-01-04T00:00:00+00:00", "2026-01-05T00:00:00+00:00", True),
        ("2026-01-05T00:00:00+00:00", "2026-01-05T00:00:00+00:00", False),
        ("2026-01-06T00:00:00+00:00", "2026-01-05T00:00:00+00:00", False),
        ("900", "1000", True),
        ("1000", "900", False),
        (None, "1000", False),
        ("1000", None, False),
        ("1000", "2026-01-05T00:00:00+00:00", False),
    ],
)
def test_data_is_older_only_when_both_times_are_known(as_of: str | None, champion: str | None, older: bool) -> None:
    assert is_older(as_of, champion) is older


def test_older_data_than_the_champion_s_needs_a_reason(home: Path, client: MlflowClient) -> None:
    make_promotion_of(home, 1, against=None, as_of="2026-01-12T00:00:00Z")
    late = make_promotion_of(home, 2, against=1, as_of="2026-01-05T00:00:00Z")
    assert not late.moved
    assert "older than the champion's (2026-01-12T00:00:00+00:00)" in late.reason
    wanted = make_promotion_of(home, 3, against=1, as_of="2026-01-05T00:00:00Z", reason="the newer rows were wrong")
    assert wanted.moved
    assert versions(client) == [1, 2]


def test_a_rollback_goes_back_and_once_more_further_back(home: Path, client: MlflowClient) -> None:
    for number in (1, 2, 3):
        make_promotion_of(home, number, against=number - 1 or None)
    back = roll_back(home, MODEL, "worse in production")
    assert (back.moved, back.version, back.previous) == (True, 2, 3)
    assert back.reason == "rolled back: the champion alias moved from version 3 to 2: worse in production"
    assert roll_back(home, MODEL, "worse in production").version == 1
    with pytest.raises(RegistryError, match="sales has no former champion left to go back to"):
        roll_back(home, MODEL, "worse in production")
    assert_champion_is_whole(client, home)


def test_what_follows_a_rollback_goes_back_to_what_it_replaced(home: Path) -> None:
    for number in (1, 2, 3):
        make_promotion_of(home, number, against=number - 1 or None)
    roll_back(home, MODEL, "worse")
    make_promotion_of(home, 4, against=2)
    assert roll_back(home, MODEL, "worse again").version == 2
    assert roll_back(home, MODEL, "and again").version == 1


def test_a_former_champion_deleted_by_hand_is_passed_over(home: Path, client: MlflowClient) -> None:
    for number in (1, 2, 3):
        make_promotion_of(home, number, against=number - 1 or None)
    client.delete_model_version(MODEL, "2")
    assert roll_back(home, MODEL, "worse").version == 1


def test_a_champion_deleted_by_hand_is_replaced_by_the_one_before(home: Path, client: MlflowClient) -> None:
    for number in (1, 2):
        make_promotion_of(home, number, against=number - 1 or None)
    client.delete_model_version(MODEL, "2")
    assert roll_back(home, MODEL, "the champion is gone").version == 1
    assert_champion_is_whole(client, home)


def test_a_rollback_undoes_what_was_done_by_hand_first(home: Path, client: MlflowClient) -> None:
    for number in (1, 2):
        make_promotion_of(home, number, against=number - 1 or None)
    client.create_model_version(MODEL, "file:///somewhere")
    client.set_registered_model_alias(MODEL, ALIAS, "3")
    assert roll_back(home, MODEL, "that is not ours").version == 2
    client.delete_registered_model_alias(MODEL, ALIAS)
    assert roll_back(home, MODEL, "the alias is gone").version == 2


def test_a_rollback_to_a_damaged_model_is_refused(home: Path, client: MlflowClient) -> None:
    for number in (1, 2):
        make_promotion_of(home, number, against=number - 1 or None)
    for path in (home / "mlartifacts").rglob("model.skops"):
        path.write_bytes(b"damaged")
    (home / "champions/sales/1/model.skops").write_bytes(b"damaged")
    with pytest.raises(RegistryError, match="version 1 of sales was changed after it was registered"):
        roll_back(home, MODEL, "worse")
    assert read_alias(client, MODEL) == 2


def test_a_model_without_champions_has_nothing_to_go_back_to(home: Path) -> None:
    with pytest.raises(RegistryError, match="the champion is none"):
        roll_back(home, MODEL, "worse")


def test_every_move_can_be_read_in_its_order(home: Path, client: MlflowClient) -> None:
    for number in (1, 2):
        make_promotion_of(home, number, against=number - 1 or None)
    roll_back(home, MODEL, "worse in production")
    moves = list_promotions(client, MODEL)
    assert [(move.number, move.kind, move.previous, move.version) for move in moves] == [
        (1, AliasMoveKind.PROMOTE, None, 1),
        (2, AliasMoveKind.PROMOTE, 1, 2),
        (3, AliasMoveKind.ROLL_BACK, 2, 1),
    ]
    assert [move.run_id for move in moves] == ["run-1", "run-2", None]
    assert moves[2].reason == "worse in production"


def test_a_model_that_is_not_registered_has_no_moves(client: MlflowClient) -> None:
    assert list_promotions(client, MODEL) == ()


def test_an_edited_move_is_named(home: Path, client: MlflowClient) -> None:
    make_promotion_of(home, 1, against=None)
    client.set_registered_model_tag(MODEL, "ratchet.move.0000001", "{}")
    with pytest.raises(RegistryError, match=r"tag ratchet\.move\.0000001 was changed"):
        list_promotions(client, MODEL)


@pytest.mark.slow
def test_of_promoters_at_the_same_moment_exactly_one_wins(home: Path, client: MlflowClient) -> None:
    make_promotion_of(home, 1, against=None)
    refused, won = race(home, (2, 3))
    assert won == "version 2"
    assert refused.startswith("the champion of sales is version 2, the decision was made against version 1")
    assert versions(client) == [1, 2]
    assert_champion_is_whole(client, home)


@pytest.mark.slow
def test_a_run_promoted_twice_at_the_same_moment_is_promoted_once(home: Path, client: MlflowClient) -> None:
    make_promotion_of(home, 1, against=None)
    make_entry(home, 2)
    assert race(home, (2, 2)) == ["version 2", "version 2"]
    assert versions(client) == [1, 2]
    assert len(list_promotions(client, MODEL)) == 2


@pytest.mark.slow
def test_a_promotion_killed_before_any_of_its_writes_is_made_good_by_a_retry(home: Path, client: MlflowClient) -> None:
    make_promotion_of(home, 1, against=None)
    for write in range(1, WRITES_OF_A_PROMOTION + 2):
        code = run_to_its_death(promote_and_die, write, home, write + 1, write)
        assert code == (-signal.SIGKILL if write <= WRITES_OF_A_PROMOTION else 0)
        assert_champion_is_whole(client, home)
        retried = make_promotion_of(home, write + 1, against=write)
        assert (retried.moved, retried.version, retried.previous) == (True, write + 1, write)
        assert_champion_is_whole(client, home)
    assert versions(client) == list(range(1, WRITES_OF_A_PROMOTION + 3))
    assert AliasMoveState.INTENT not in {move.state for move in read_moves(read_model(client, MODEL))}


@pytest.mark.slow
def test_a_promotion_killed_at_any_moment_is_made_good_by_a_retry(home: Path, client: MlflowClient) -> None:
    run_to_its_death(promote_against, home, 1, None)  # starts the server that the others fork from
    began = time.monotonic()
    run_to_its_death(promote_against, home, 2, 1)
    usual = time.monotonic() - began
    moments = random.Random(7)
    for number in range(3, 23):
        run_to_its_death(promote_against, home, number, number - 1, after=usual * moments.uniform(0.5, 1))
        assert_champion_is_whole(client, home)
        retried = make_promotion_of(home, number, against=number - 1)
        assert (retried.moved, retried.version, retried.previous) == (True, number, number - 1)
    assert_champion_is_whole(client, home)
    assert versions(client) == list(range(1, 23))


@pytest.mark.slow
def test_a_rollback_killed_before_any_of_its_writes_goes_back_once(home: Path, client: MlflowClient) -> None:
    champions = WRITES_OF_A_ROLLBACK + 2
    for number in range(1, champions + 1):
        make_promotion_of(home, number, against=number - 1 or None)
    for write in range(1, WRITES_OF_A_ROLLBACK + 1):
        assert run_to_its_death(roll_back_and_die, write, home, "worse") == -signal.SIGKILL
        assert_champion_is_whole(client, home)
        assert roll_back(home, MODEL, "worse").version == champions - write
    assert read_alias(client, MODEL) == 2


@pytest.mark.slow
def test_a_task_that_rolls_back_and_is_killed_goes_back_once_however_often_it_is_tried(home: Path) -> None:
    for number in (1, 2, 3):
        make_promotion_of(home, number, against=number - 1 or None)
    assert run_to_its_death(roll_back_and_die, WRITES_OF_A_ROLLBACK, home, "worse", "task-1") == -signal.SIGKILL
    for _ in range(2):
        assert roll_back(home, MODEL, "worse", "ann", "task-1").version == 2
    with open_ledger(home).connect() as connection:
        assert [entry.note.actor for entry in read_entries(connection, kinds=[Kind.ROLLBACK])] == ["ann"]

"""What a run did, as notes: the same event makes the same key."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from builders.records import make_hold, make_verdict
from builders.runs import make_run
from ratchet.ledger.events import note_approval, note_moves, note_verdict
from ratchet.records.judgement import Decision
from ratchet.records.ledger import Kind
from ratchet.records.promotion import AliasMove, AliasMoveKind, AliasMoveState

NOW = datetime(2026, 3, 2, 8, tzinfo=UTC)
MOVE = AliasMove(
    kind=AliasMoveKind.PROMOTE,
    version=2,
    previous=1,
    at=NOW,
    reason="better",
    run_id="run-1",
    key="x",
    number=2,
    state=AliasMoveState.DONE,
    actor="run run-1",
)


def test_a_verdict_tells_who_decided_what_and_why(tmp_path):
    run, verdict = make_run(tmp_path), make_verdict()
    note = note_verdict(run, verdict, at=NOW)
    assert (note.kind, note.model, note.actor, note.reason) == (Kind.VERDICT, run.model, "run run-1", verdict.reason)
    assert '"decision": "promote"' in note.payload


@pytest.mark.parametrize(
    ("changes", "is_new"),
    [
        ({}, False),
        ({"reason": "the same in other words"}, False),
        ({"challenger_sha256": "another model"}, True),
        ({"decision": Decision.REJECT}, True),
    ],
)
def test_a_run_that_was_cleared_has_a_new_verdict_only_when_it_is_another(changes, is_new, tmp_path):
    run, verdict = make_run(tmp_path), make_verdict()
    first = note_verdict(run, verdict, at=NOW)
    again = note_verdict(run, replace(verdict, **changes), at=NOW + timedelta(hours=1))
    assert (first.key != again.key) is is_new


def test_an_approval_names_the_person_and_keeps_their_words(tmp_path):
    run, held = make_run(tmp_path), make_hold()
    note = note_approval(run, held, reason="seen with the shop team", actor="ann", at=NOW)
    assert (note.kind, note.actor, note.reason) == (Kind.APPROVAL, "ann", "seen with the shop team")
    assert note.key == note_approval(run, held, reason="seen with the shop team", actor="ann", at=NOW).key
    assert note.key == note_approval(run, held, reason="seen again", actor="bob", at=NOW).key
    other = replace(held, challenger_sha256="0" * 64)
    assert note.key != note_approval(run, other, reason="seen with the shop team", actor="ann", at=NOW).key


@pytest.mark.parametrize(
    ("changes", "kind", "actor"),
    [
        ({}, Kind.PROMOTION, "run run-1"),
        ({"actor": None}, Kind.PROMOTION, "run run-1"),
        ({"kind": AliasMoveKind.ADOPT, "actor": "ann"}, Kind.ADOPTION, "ann"),
        ({"kind": AliasMoveKind.ROLL_BACK, "run_id": None, "actor": "ann"}, Kind.ROLLBACK, "ann"),
        ({"kind": AliasMoveKind.ROLL_BACK, "run_id": None, "actor": None}, Kind.ROLLBACK, "unknown"),
    ],
)
def test_a_move_is_noted_by_whom_it_was_made(changes, kind, actor):
    [note] = note_moves("sales", [replace(MOVE, **changes)])
    assert (note.kind, note.actor, note.reason, note.at) == (kind, actor, "better", NOW)


def test_the_moves_of_a_registry_that_was_made_anew_are_new():
    keys = {note.key for note in note_moves("sales", [MOVE, replace(MOVE, at=NOW + timedelta(days=1)), MOVE])}
    assert len(keys) == 2

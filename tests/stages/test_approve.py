import pytest

from builders.records import make_hold, make_rejection, make_verdict
from builders.runs import make_run
from ratchet.errors import RegistryError
from ratchet.ledger.database import open_ledger
from ratchet.ledger.journal import read_entries
from ratchet.records.judgement import Decision
from ratchet.records.ledger import Kind
from ratchet.stages.approve import approve


def test_a_hold_becomes_a_promotion_in_the_persons_words(tmp_path):
    held = make_hold()
    approved = approve(make_run(tmp_path), held, " seen with the shop team ")
    assert approved.decision is Decision.PROMOTE
    assert approved.reason == f"approved: seen with the shop team; {held.reason}"
    assert (approved.gates, approved.challenger, approved.expected_champion) == (
        held.gates,
        held.challenger,
        held.expected_champion,
    )


@pytest.mark.parametrize("verdict", [make_verdict(), make_rejection()])
def test_only_a_hold_can_be_approved(verdict, tmp_path):
    with pytest.raises(RegistryError, match="only a hold can be approved"):
        approve(make_run(tmp_path), verdict, "please")


def test_a_dry_run_is_never_approved(tmp_path):
    with pytest.raises(RegistryError, match="was a dry run, which never promotes"):
        approve(make_run(tmp_path, dry_run=True), make_hold(), "please")
    with open_ledger(tmp_path).connect() as connection:
        assert not list(read_entries(connection))


def test_a_reason_is_asked_for(tmp_path):
    with pytest.raises(RegistryError, match="say why"):
        approve(make_run(tmp_path), make_hold(), "  ")


def test_who_said_yes_and_why_is_in_the_ledger_once(tmp_path):
    run = make_run(tmp_path)
    for _ in range(2):
        approve(run, make_hold(), " seen with the shop team ", "ann")
    with open_ledger(tmp_path).connect() as connection:
        [entry] = read_entries(connection, kinds=[Kind.APPROVAL])
    assert (entry.note.actor, entry.note.reason, entry.note.model) == ("ann", "seen with the shop team", run.model)


@pytest.mark.parametrize(("reason", "actor"), [("seen again", "ann"), ("seen", "bob")])
def test_a_second_yes_is_told_of_the_first_whose_words_stay(reason, actor, tmp_path, caplog):
    run = make_run(tmp_path)
    approve(run, make_hold(), "seen", "ann")
    assert not caplog.records
    again = approve(run, make_hold(), reason, actor)
    assert again.reason.startswith("approved: seen; ")
    assert "was approved already, by ann on " in caplog.text
    with open_ledger(tmp_path).connect() as connection:
        assert len(list(read_entries(connection, kinds=[Kind.APPROVAL]))) == 1

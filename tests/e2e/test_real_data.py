"""Public data sets through a real scheduler, each with a YAML that `ratchet init` drafted and a person edited."""

from itertools import pairwise

import pytest

from ratchet.artifacts.run_store import find_record
from ratchet.records.data import DataReport, Split
from ratchet.records.judgement import Decision, Evaluation, Outcome
from ratchet.records.modelling import Challenger

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.airflow]

ROWS = 45_312  # half hours in the electricity file
QUICKLY = "search: {rows: 10_000, folds: 3}\n"  # what a search finds is shown elsewhere
SHARES = (0.4, 0.6, 0.8, 0.9)  # as-of times; the old concept returns between 80 and 90 % of the rows


@pytest.fixture(scope="module", autouse=True)
def data(world, shared_data):
    link = world.settings.project / "data"
    if not link.exists():
        link.symlink_to(shared_data.resolve())


def half_hour(share: float) -> str:
    from datetime import UTC, datetime, timedelta

    return (datetime(1996, 5, 7, tzinfo=UTC) + timedelta(minutes=30) * int(share * ROWS)).isoformat()


def test_electricity_keeps_its_champion_where_the_old_concept_returns(world, repository):
    world.add_model(repository / "tests" / "models" / "electricity.yaml", QUICKLY)
    champions = []
    for share in SHARES:
        run_id = f"at-{share:.0%}".replace("%", "")
        assert world.run("electricity", run_id, as_of=half_hour(share)) == "success"
        champions.append(world.verified_champion("electricity"))
    first = world.verdict("electricity", "at-40")
    assert (first.decision, first.unopposed) == (Decision.PROMOTE, True)
    returned = world.verdict("electricity", "at-90")
    assert returned.decision is not Decision.PROMOTE
    assert champions[-1] == champions[-2]
    assert all(before.version <= after.version for before, after in pairwise(champions))


def test_bike_sharing_is_promoted_unopposed_and_then_judged(world, repository):
    world.add_model(repository / "tests" / "models" / "bike_sharing.yaml", QUICKLY)
    assert world.run("bike_sharing", "first", as_of="2012-03-01T00:00:00Z") == "success"
    assert world.verdict("bike_sharing", "first").unopposed
    assert world.run("bike_sharing", "second", as_of="2012-10-01T00:00:00Z") == "success"
    second = world.verdict("bike_sharing", "second")
    evaluation = find_record(world.folder("bike_sharing", "second"), "evaluate", Evaluation)
    assert evaluation.champion_gain.metric == "rmse"
    assert (second.decision is Decision.PROMOTE) == (
        evaluation.champion_gain.lower > 0 and all(g.consequence is Decision.PROMOTE for g in second.gates)
    )
    assert world.verified_champion("bike_sharing") is not None


def test_diabetes_keeps_every_patient_on_one_side(world, repository):
    from ratchet.artifacts.frames import read_frame

    world.add_model(repository / "tests" / "models" / "diabetes130.yaml", QUICKLY)
    assert world.run("diabetes130", "first") == "success"
    folder = world.folder("diabetes130", "first")
    report, split = find_record(folder, "check", DataReport), find_record(folder, "split", Split)
    assert (report.outcome, report.rows) == (Outcome.PASS, 101_766)
    sides = [
        set(read_frame(part.file, folder.home, ["patient_nbr"])["patient_nbr"])
        for part in (split.train, split.validation, split.holdout)
    ]
    assert not (sides[0] & sides[1])
    assert not (sides[0] & sides[2])
    assert not (sides[1] & sides[2])
    board = find_record(folder, "select", Challenger).leaderboard
    assert [each.failure for each in board] == [None] * 4
    assert world.verdict("diabetes130", "first").decision is Decision.PROMOTE

"""What a bad delivery does to a model in service: one clear sentence, and the champion stays."""

import time

import pytest

from ratchet.ledger.database import open_ledger
from ratchet.ledger.runs import find_run_end
from ratchet.records.judgement import Decision
from ratchet.records.ledger import RunEnd

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.airflow]

MODEL = "shop"
YAML = """
model: shop
task: binary
data:
  source: {path: shop}
  time: {column: seen_at}
  label_delay: 14d
  target: {column: cancelled, positive: "yes", negative: "no"}
  features: {tenure_months: numeric, monthly_fee: numeric, support_calls: numeric, plan: categorical}
  ignore: [customer_id, region, autopay, days_since_login]
candidates:
  - {name: linear, estimator: linear}
schedule: {cron: null}
"""


@pytest.fixture(scope="module")
def shop(world, tmp_path_factory):
    from ratchet.demo.acts import write_months

    write_months(world.settings.project / MODEL, "2025-01", "2025-04")
    file = tmp_path_factory.mktemp("model") / f"{MODEL}.yaml"
    file.write_text(YAML)
    world.add_model(file)
    assert world.run(MODEL, "healthy", as_of="2025-05-15T00:00:00Z") == "success"
    assert world.verdict(MODEL, "healthy").decision is Decision.PROMOTE
    return world


def wait_for_end(world, run_id: str) -> RunEnd:
    """Wait until the ledger knows how a run ended: Airflow's dag-processor tells it of a failure."""
    ledger, deadline = open_ledger(world.settings.home), time.monotonic() + 60
    while True:
        with ledger.connect() as connection:
            if end := find_run_end(connection, MODEL, run_id):
                return end
        assert time.monotonic() < deadline, f"the ledger does not know how run {run_id} ended"
        time.sleep(0.3)


def test_a_file_that_cannot_be_read_ends_red_at_once_with_one_sentence(shop):
    before = shop.verified_champion(MODEL)
    broken = shop.settings.project / MODEL / "2025-05.csv"
    broken.write_text(
        "customer_id,seen_at,tenure_months,monthly_fee,support_calls,plan\n1,2025-05-01T00:00:00Z,a,b,c,d\n"
    )
    try:
        assert shop.run(MODEL, "unreadable", as_of="2025-06-15T00:00:00Z") == "failed"
        (ingest,) = (each for each in shop.api.tasks(f"{MODEL}.retrain", "unreadable") if each.task == "ingest")
        assert ingest.tries == 1  # data errors are not tried again
        log = shop.api.log(f"{MODEL}.retrain", "unreadable", "ingest")
        assert "2025-05.csv" in log
        assert wait_for_end(shop, "unreadable").succeeded is False
    finally:
        broken.unlink()
    assert shop.verified_champion(MODEL) == before


def test_rejected_data_is_a_green_run_that_trains_nothing(shop):
    from ratchet.demo.acts import write_bad_month

    before = shop.verified_champion(MODEL)
    write_bad_month(shop.settings.project / MODEL, "2025-05")
    assert shop.run(MODEL, "rejected", as_of="2025-06-15T00:00:00Z") == "success"
    states = {each.task: each.state for each in shop.api.tasks(f"{MODEL}.retrain", "rejected")}
    assert (states["check"], states["train"], states["select"], states["report"]) == (
        "success",
        "skipped",
        "skipped",
        "success",
    )
    verdict = shop.verdict(MODEL, "rejected")
    assert verdict.decision is Decision.REJECT
    assert "data" in verdict.reason
    assert shop.verified_champion(MODEL) == before


def test_a_broken_model_file_shows_and_the_others_stay_in_service(shop):
    broken = shop.settings.models / "typo.yaml"
    broken.write_text("model: typo\ntask: binry\n")
    try:
        deadline = time.monotonic() + 60
        while not (errors := shop.api.import_errors()) and time.monotonic() < deadline:
            time.sleep(1)
        assert "typo.yaml:2: task: should be 'binary'" in errors[0]
        assert f"{MODEL}.retrain" in shop.api.dag_ids()
    finally:
        broken.unlink()

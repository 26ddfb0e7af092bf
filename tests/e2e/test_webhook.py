"""Alertmanager posts to a real Airflow: the alert is in the ledger, starts a run, and can be followed to its end."""

import json
import time

import httpx
import pytest

from builders.alertmanager import make_alert, make_delivery
from builders.projects import write_visits
from builders.storms import STORM_MODEL
from ratchet.ledger.database import open_ledger
from ratchet.ledger.journal import read_entries, verify_ledger
from ratchet.ledger.triggers import read_triggers
from ratchet.records.ledger import Kind

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.airflow]

MODEL = "posted"
DAG = f"{MODEL}.retrain"
STORY = [Kind.TRIGGER, Kind.ADMISSION, Kind.SETTLEMENT, Kind.VERDICT, Kind.RUN]


@pytest.fixture(scope="module")
def posted(world, tmp_path_factory):
    write_visits(world.settings.project / f"{MODEL}.csv", 300, missing_share=0.3)
    file = tmp_path_factory.mktemp("model") / f"{MODEL}.yaml"
    file.write_text(STORM_MODEL.format(model=MODEL))
    world.add_model(file)
    return world


def post(world, token, body):
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    content = body if isinstance(body, str) else json.dumps(body)
    return httpx.post(f"{world.site.url}/ratchet/api/alerts", content=content, headers=headers, timeout=30)


def alert_about(model, **changes):
    return make_delivery(make_alert(labels={"alertname": "ErrorRateHigh", "ratchet_model": model}, **changes))


def in_ledger(world):
    with open_ledger(world.settings.home).connect() as connection:
        return read_triggers(connection, MODEL)


def wait_for_run(world, within_seconds: float = 300) -> str:
    deadline = time.monotonic() + within_seconds
    while not (found := world.api.call("GET", f"/dags/{DAG}/dagRuns")["dag_runs"]):
        assert time.monotonic() < deadline, "nobody woke the retraining"
        time.sleep(0.3)
    return found[0]["dag_run_id"]


def test_who_has_no_right_and_what_is_malformed_leaves_nothing(posted):
    token, before = posted.site.webhook_token.read_text(), in_ledger(posted)
    assert post(posted, None, alert_about(MODEL)).status_code == 401
    assert post(posted, "wrong", alert_about(MODEL)).status_code == 403
    assert post(posted, token + "x", alert_about(MODEL)).status_code == 403
    assert post(posted, token, "{").status_code == 422
    refused = post(posted, token, alert_about("another"))
    assert (refused.status_code, refused.json()["detail"][0]["loc"]) == (422, ["alerts", 0, "labels", "ratchet_model"])
    assert in_ledger(posted) == before


def test_an_alert_starts_one_run_however_often_it_is_delivered(posted):
    token, delivery = posted.site.webhook_token.read_text(), alert_about(MODEL)
    assert post(posted, token, delivery).json()["recorded"] == 1
    as_admin = post(posted, posted.api.token(), delivery)  # a user of Airflow may post as well
    assert (as_admin.status_code, as_admin.json()["known"]) == (200, 1)
    gone = alert_about(MODEL, status="resolved")
    assert post(posted, token, gone).json()["resolved"] == 1
    run_id = wait_for_run(posted)
    assert posted.api.wait_for_run(DAG, run_id, timeout_seconds=200) == "success"
    ledger = open_ledger(posted.settings.home)
    with ledger.connect() as connection:
        story = list(read_entries(connection, model=MODEL))
    assert [entry.note.kind for entry in story] == STORY
    assert all(run_id in entry.note.payload for entry in story[1:])
    assert story[0].note.reason == "ErrorRateHigh: errors doubled since Monday"
    assert verify_ledger(ledger).breach is None

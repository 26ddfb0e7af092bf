import json

import pytest

from builders.monitoring_stories import (
    make_alert,
    make_alert_report,
    make_appraisal,
    make_observed,
    make_queue,
    make_shift,
)
from builders.observations import NO_FILE
from builders.production import make_production
from ratchet.cli.monitor import tell
from ratchet.pipelines.monitoring import MonitoringResult
from ratchet.records.alerts import AlertLevel
from ratchet.records.monitoring import MonitoringPages

YAML = """\
model: sales
task: binary
data:
  source: {path: data.csv}
  time: {column: when}
  target: {column: bought, positive: "yes", negative: "no"}
  features: {age: numeric, city: categorical, member: boolean}
  entity: who
scoring:
  source: {path: new.csv}
"""


@pytest.fixture
def site(project, monkeypatch):
    make_production(project)
    monkeypatch.setenv("RATCHET_HOME", str(project))
    (project / "include" / "models" / "sales.yaml").write_text(YAML)
    return project


def test_a_window_is_looked_at_and_what_came_of_it_is_told(site, ratchet):
    done = ratchet("monitor", "sales", "--as-of", "2025-01-20T00:00:00Z", "--run-id", "look")
    assert done.exit_code == 0, done.stderr
    assert "Level:    " in done.stdout
    assert "Window:   2025-01-13 to 2025-01-20, 168 predictions, 0 labelled" in done.stdout
    folder = site / "monitoring" / "sales" / "runs" / "look"
    assert f"Page:     {folder}" in done.stdout
    records = {"run", "as_of", "collect", "measure_drift", "measure_performance", "queue_labels", "alert", "publish"}
    assert {path.stem for path in folder.glob("*.json")} >= records
    assert not (site / "runs" / "sales" / "look").exists()  # it is no training run
    told = ratchet("status", "sales").stdout
    assert "Watched:  " in told
    assert "(as of 2025-01-20)" in told


def test_a_past_window_says_that_it_asks_for_nothing(site, ratchet):
    assert "was looked at before" not in ratchet("monitor", "sales", "--as-of", "2025-01-20").stdout
    done = ratchet("monitor", "sales", "--as-of", "2025-01-19")
    assert "a later window, as of 2025-01-20, was looked at before: this one asks for nothing" in done.stdout
    assert "Retrain:" not in done.stdout


def test_nothing_to_monitor_yet_is_no_failure(project, ratchet):
    done = ratchet("monitor", "sales")
    assert (done.exit_code, done.stdout.count("\n")) == (0, 1)
    assert "sales has no champion yet: there is nothing to monitor" in done.stdout
    assert "waiting_for" in json.loads(ratchet("monitor", "sales", "--json").stdout)


def test_a_look_from_before_the_first_prediction_leaves_no_folder(site, ratchet):
    done = ratchet("monitor", "sales", "--as-of", "2020-01-01")
    assert (done.exit_code, "nothing of sales was predicted before" in done.stdout) == (0, True)
    assert not (site / "monitoring" / "sales" / "runs").exists()


def test_a_wrong_as_of_is_one_sentence(site, ratchet):
    done = ratchet("monitor", "sales", "--as-of", "yesterday")
    assert done.exit_code == 1
    assert "'yesterday' is not a time such as" in done.stderr


def test_nobody_looks_from_a_time_that_has_not_come(site, ratchet):
    done = ratchet("monitor", "sales", "--as-of", "2999-01-01")
    assert done.exit_code == 1
    assert "'2999-01-01' has not come yet" in done.stderr
    assert not (site / "monitoring" / "sales" / "runs").exists()


def test_one_loss_that_several_rules_tell_is_one_line(tmp_path, capsys):
    told = [make_alert(name, AlertLevel.RED, f"by {name}") for name in ("sudden.f1", "performance.f1", "slow.f1")]
    result = MonitoringResult(
        observation=make_observed(), shift=make_shift(), performance=make_appraisal(), queue=make_queue(),
        alert_report=make_alert_report(alerts=(*told, make_alert("drift.age", AlertLevel.YELLOW, "by drift"))),
        pages=MonitoringPages(page=NO_FILE, evidently=None, evidently_rows=0),
    )  # fmt: skip
    tell(result, tmp_path)
    shown = capsys.readouterr().out
    assert ("by sudden.f1" in shown, "by performance.f1" in shown, "by slow.f1" in shown) == (True, False, False)
    assert "by drift" in shown

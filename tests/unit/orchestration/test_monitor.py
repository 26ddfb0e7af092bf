from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace

import pytest

from builders.champions import again
from builders.monitoring_stories import make_alert_report
from builders.production import after, make_production
from builders.runs import DATA, make_config, make_run

pytest.importorskip("airflow")
pytestmark = pytest.mark.airflow

from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException  # noqa: E402

from ratchet.artifacts.files import adapter_of  # noqa: E402
from ratchet.artifacts.monitoring_store import keep_moment, keep_monitoring, monitoring_of  # noqa: E402
from ratchet.orchestration import monitor as module  # noqa: E402
from ratchet.orchestration import tasks  # noqa: E402
from ratchet.orchestration.declaring import drift_asset, scored_asset  # noqa: E402
from ratchet.orchestration.tasks import RUN  # noqa: E402
from ratchet.records.alerts import AlertReport  # noqa: E402

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def event(hour: int, **extra: str) -> SimpleNamespace:
    return SimpleNamespace(timestamp=NOON + timedelta(hours=hour), extra=extra)


def context(**facts):
    dag_run = SimpleNamespace(run_id="asset_triggered__1", start_date=NOON, run_after=NOON)
    return {"params": {"as_of": None}, "dag_run": dag_run, "triggering_asset_events": {}} | facts


@pytest.fixture
def begin(tmp_path, monkeypatch):
    """Run the first task in a context."""
    import yaml

    monkeypatch.setenv("RATCHET_PROJECT", str(tmp_path))
    monkeypatch.setenv("RATCHET_HOME", str(tmp_path))
    file = tmp_path / "sales.yaml"
    file.write_text(yaml.safe_dump({"model": "sales", "task": "binary", "data": DATA}))

    def run(**facts):
        pushed: dict[str, dict[str, object]] = {}
        ti = SimpleNamespace(xcom_push=pushed.__setitem__)
        monkeypatch.setattr(module, "get_current_context", lambda: context(ti=ti, **facts))
        module.begin_monitoring(str(file))
        return pushed[RUN]

    return run


def test_a_scheduled_run_looks_up_to_its_own_time(begin, tmp_path):
    assert begin()["as_of"] == NOON.isoformat()
    assert not monitoring_of(tmp_path, "sales").exists()  # a folder comes with the first record


def test_a_run_after_a_scoring_looks_up_to_where_that_looked(begin):
    events = {
        scored_asset("sales"): [event(2, as_of="2025-02-01T00:00:00+00:00"), event(1, as_of="2025-01-01T00:00:00Z")]
    }
    assert begin(triggering_asset_events=events)["as_of"] == "2025-02-01T00:00:00+00:00"


def test_an_event_that_a_person_made_says_nothing_of_a_time(begin):
    assert begin(triggering_asset_events={scored_asset("sales"): [event(1)]})["as_of"] == NOON.isoformat()


def test_what_the_form_says_comes_first(begin):
    events = {scored_asset("sales"): [event(2, as_of="2025-02-01T00:00:00+00:00")]}
    asked = {"as_of": "2024-05-01T00:00:00Z"}
    assert begin(params=asked, triggering_asset_events=events)["as_of"] == "2024-05-01T00:00:00+00:00"


def test_a_wrong_answer_in_the_form_fails_at_once(begin):
    with pytest.raises(AirflowFailException, match="'soon' is not a time"):
        begin(params={"as_of": "soon"})


@pytest.fixture
def collect(tmp_path, monkeypatch):
    """Run the task `collect` of a model that has predicted, as of a time."""
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    made = make_production(tmp_path)

    def run(as_of):
        asked = made.model_dump(mode="json") | {"run_id": "look", "as_of": as_of}
        ti = SimpleNamespace(xcom_pull=lambda task_ids, key: asked if (task_ids, key) == ("begin", RUN) else None)
        monkeypatch.setattr(tasks, "get_current_context", lambda: {"ti": ti})
        return tasks.run_stage("monitor", "collect", {})

    return run


def test_a_stage_gives_json_and_its_record_is_kept(collect, tmp_path):
    assert collect(after(20).isoformat())["rows"] == 168
    folder = monitoring_of(tmp_path, "sales") / "runs" / "look"
    assert all((folder / name).is_file() for name in ("run.json", "collect.json"))


def test_nothing_to_monitor_yet_is_skipped_with_its_sentence(collect):
    with pytest.raises(AirflowSkipException, match="nothing of sales was predicted before"):
        collect(after(1).isoformat())


def test_what_another_try_would_not_mend_fails_at_once(collect):
    with pytest.raises(AirflowFailException, match="is a number of rows"):
        collect(500)


@pytest.mark.parametrize(("cron", "times"), [("@daily", "0 0 * * *"), ("5 * * * *", "5 * * * *")])
def test_monitoring_has_times_of_its_own_beside_each_scoring(cron, times):
    schedule = module.schedule_of(make_config(monitoring={"cron": cron}))
    assert schedule.timetable.expression == times
    assert list(schedule.asset_condition.objects) == [scored_asset("sales")]


def test_without_times_of_its_own_it_only_follows_scoring():
    assert module.schedule_of(make_config(monitoring={"cron": None})) == [scored_asset("sales")]


def test_a_time_that_comes_once_is_a_time_as_well():
    assert isinstance(module.schedule_of(make_config(monitoring={"cron": "@once"})).timetable, module.OnceTimetable)


def test_the_drift_asset_is_touched_only_where_a_retraining_is_asked_for(tmp_path, monkeypatch):
    monkeypatch.setenv("RATCHET_HOME", str(tmp_path))
    asking = adapter_of(AlertReport).dump_python(make_alert_report(asks_for="roc_auc is 30 % worse"), mode="json")
    assert module.ask_for_retrain(asking) == "roc_auc is 30 % worse"
    with pytest.raises(AirflowSkipException, match="no retraining is asked for"):
        module.ask_for_retrain(asking | {"asks_for": None})
    assert drift_asset("sales") != scored_asset("sales")


def test_a_past_window_that_is_looked_at_again_touches_nothing(tmp_path, monkeypatch):
    monkeypatch.setenv("RATCHET_HOME", str(tmp_path))
    report = make_alert_report(asks_for="roc_auc is 30 % worse")
    run = again(make_run(tmp_path), "later")
    keep_moment(run, report.as_of + timedelta(days=1))
    keep_monitoring(run, "alert", replace(report, run_id="later", as_of=report.as_of + timedelta(days=1)))
    with pytest.raises(AirflowSkipException, match="a later window, as of"):
        module.ask_for_retrain(adapter_of(AlertReport).dump_python(report, mode="json"))

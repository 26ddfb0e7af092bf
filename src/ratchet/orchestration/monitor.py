"""The DAG `<model>.monitor`: after each scoring and daily, what production looks like and whether somebody is told."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, AssetOrTimeSchedule, CronTriggerTimetable, Param, get_current_context
from airflow.sdk.definitions.timetables.simple import OnceTimetable
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from ratchet.config.load import load_model
from ratchet.config.model import ModelConfig
from ratchet.config.settings import read_settings
from ratchet.errors import RatchetError
from ratchet.orchestration.declaring import ask_as_of, declare, drift_asset, scored_asset
from ratchet.orchestration.request import make_run
from ratchet.orchestration.tasks import RUN, draw, make_task
from ratchet.pipelines.tables import MONITOR


def build_monitor(model_file: Path) -> DAG:
    """Declare the monitoring DAG of one model file.

    Raises:
        ConfigError: the YAML is wrong.
    """
    config = load_model(model_file)
    with declare(
        config,
        "monitor",
        description=f"AlertReport the predictions of {config.model}, and the labels that come",
        doc_md=describe(config),
        schedule=schedule_of(config),
        params=form(config),
    ) as dag:
        made = draw(MONITOR, config, make_task(begin_monitoring, "begin")(str(model_file)))
        make_task(ask_for_retrain, "ask_for_retrain", outlets=[drift_asset(config.model)])(made["alert"])
    return dag


def schedule_of(config: ModelConfig) -> Any:
    """Return when a model is monitored: after each scoring and, unless the YAML says null, at its own times."""
    scored, cron = scored_asset(config.model), config.monitoring.cron
    if cron is None:
        return [scored]
    timetable = OnceTimetable() if cron == "@once" else CronTriggerTimetable(cron, timezone="UTC")
    return AssetOrTimeSchedule(timetable=timetable, assets=[scored])


def form(config: ModelConfig) -> dict[str, Param]:
    """Return the fields of the trigger form; every one has a default, so a schedule needs no answer."""
    text = (
        "the window ends there, and only labels that were known by then count. Any past window can be "
        "monitored again. Empty: what the last scoring went up to or, at a scheduled time, that time."
    )
    return {"as_of": ask_as_of(config, text)}


def describe(config: ModelConfig) -> str:
    """Return the page that Airflow shows beside the DAG."""
    lines = [
        f"# Monitoring of {config.model}",
        "Compares what was predicted lately with the rows that the champion was judged on, measures performance as far "
        "as labels are known, and says when somebody should look. A page of each run is in "
        f"`monitoring/{config.model}/runs/` under Ratchet's home.",
        "",
        *MONITOR.describe(),
        "",
        "A red alert is a green run: the run did what it is for. Before anything was predicted all steps are skipped, "
        "and the log of `collect` says what is waited for.",
    ]
    return "\n".join(lines)


def begin_monitoring(model_file: str) -> None:
    """Freeze the model's YAML and up to when is looked, and hand the run to the other tasks.

    Raises:
        AirflowFailException: the YAML or the trigger form is wrong.
    """
    context = get_current_context()
    params = {"as_of": context["params"]["as_of"] or find_scored_as_of(context)}
    try:
        run = make_run(model_file, {**context, "params": params})
    except RatchetError as error:
        raise AirflowFailException(str(error)) from error
    context["ti"].xcom_push(RUN, run.model_dump(mode="json"))


def find_scored_as_of(context: Mapping[str, Any]) -> str | None:
    """Return up to when the newest of the scorings looked that this run follows; None when it follows none.

    Rows that are scored in arrears are so monitored as of their own time.
    """
    events = [event for found in context["triggering_asset_events"].values() for event in found]
    newest = max(events, key=lambda event: event.timestamp, default=None)
    return (newest.extra or {}).get("as_of") if newest else None


def ask_for_retrain(report: dict[str, Any]) -> str:
    """Let the drift asset be touched, which a skipped task does not.

    Raises:
        AirflowSkipException: no retraining is asked for, or by a past window only.
    """
    from ratchet.artifacts.files import adapter_of
    from ratchet.artifacts.monitoring_store import find_later_look
    from ratchet.records.alerts import AlertReport

    seen = adapter_of(AlertReport).validate_python(report)
    if seen.asks_for is None:
        raise AirflowSkipException("no retraining is asked for")
    if later := find_later_look(read_settings().home, seen):
        raise AirflowSkipException(f"no retraining is asked for: a later window, as of {later}, was looked at before")
    return seen.asks_for

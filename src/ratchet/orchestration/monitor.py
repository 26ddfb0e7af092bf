"""The DAG `<model>.monitor`: after each scoring and daily, what production looks like and whether somebody is told."""

import logging
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow.sdk import DAG, AssetOrTimeSchedule, CronTriggerTimetable, Param, get_current_context
from airflow.sdk.definitions.timetables.simple import OnceTimetable
from airflow.sdk.exceptions import AirflowFailException, AirflowSkipException

from ratchet.config.load import load_model
from ratchet.config.model import ModelConfig
from ratchet.config.quiet import keep_quiet
from ratchet.config.settings import read_settings
from ratchet.errors import NothingYetError, RatchetError
from ratchet.orchestration.assets import drift_asset, scored_asset
from ratchet.orchestration.declaring import ask_as_of, declare
from ratchet.orchestration.request import make_run
from ratchet.orchestration.score import UNASKED
from ratchet.orchestration.tasks import make_task
from ratchet.orchestration.wire import read_inputs, write_output

if TYPE_CHECKING:
    from airflow.sdk import XComArg

logger = logging.getLogger(__name__)

FIRST = "begin"


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
        connect(config, model_file)
    return dag


def schedule_of(config: ModelConfig) -> Any:
    """Return when a model is monitored: after each scoring and, unless the YAML says null, at its own times."""
    scored, cron = scored_asset(config.model), config.monitoring.cron
    if cron is None:
        return [scored]
    timetable = OnceTimetable() if cron == "@once" else CronTriggerTimetable(cron, timezone="UTC")
    return AssetOrTimeSchedule(timetable=timetable, assets=[scored])


def connect(config: ModelConfig, model_file: Path) -> None:
    """Draw the arrows of a run: a record flows along each of them."""
    begin = make_task(begin_monitoring, FIRST)(str(model_file))
    seen = monitor_stage("collect")
    begin >> seen
    shift = monitor_stage("measure_drift", observation=seen)
    performance = monitor_stage("measure_performance", observation=seen)
    queue = monitor_stage("queue_labels", observation=seen)
    report = monitor_stage("alert", observation=seen, shift=shift, performance=performance)
    monitor_stage("publish", observation=seen, shift=shift, performance=performance, alert_report=report, queue=queue)
    make_task(ask_for_retrain, "ask_for_retrain", outlets=[drift_asset(config.model)])(report)


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
        "| step | what it does |",
        "|---|---|",
        *(f"| `{name}` | {what} |" for name, what in STEPS),
        "",
        "A red alert is a green run: the run did what it is for. Before anything was predicted all steps are skipped, "
        "and the log of `collect` says what is waited for.",
    ]
    return "\n".join(lines)


STEPS = (
    ("begin", "freezes the YAML and up to when is looked"),
    ("collect", "puts together predictions, their rows and the labels that were known, and counts new days"),
    ("measure_drift", "measures how far features, prediction and label have moved"),
    ("measure_performance", "measures performance on rows whose labels had time to come"),
    ("queue_labels", "chooses predictions that are worth a label"),
    ("alert", "decides between green, unknown, yellow and red, with the memory of earlier windows"),
    ("publish", "writes the page and Evidently's report"),
    ("ask_for_retrain", "touches the model's drift asset when a retraining is asked for; skipped otherwise"),
)


def monitor_stage(name: str, **inputs: "XComArg") -> "XComArg":
    """Make the task of a stage of monitoring; passing one task's result to another draws the arrow."""
    result: XComArg = make_task(run_monitor_stage, name)(stage_name=name, inputs=inputs)
    return result


def run_monitor_stage(stage_name: str, inputs: dict[str, Any]) -> Any:
    """Run a stage on records that arrive as JSON, keep its record in the monitoring run's folder, return it as JSON.

    Raises:
        AirflowSkipException: nothing was predicted yet.
        AirflowFailException: the stage said in one sentence what is wrong; another try would not help.
    """
    keep_quiet()
    from ratchet.artifacts.monitoring_store import keep_monitoring

    function = getattr(import_module(f"ratchet.stages.{stage_name}"), stage_name)
    run = get_current_context()["ti"].xcom_pull(task_ids=FIRST)
    try:
        arguments = read_inputs(function, {"run": run, **inputs})
        output = function(**arguments)
    except NothingYetError as waiting:
        logger.info("%s", waiting)  # Airflow does not show why a task was skipped
        raise AirflowSkipException(str(waiting)) from waiting
    except RatchetError as error:
        raise AirflowFailException(str(error)) from error
    keep_monitoring(arguments["run"], stage_name, output)
    return write_output(function, output)


def begin_monitoring(model_file: str) -> Any:
    """Freeze the model's YAML and up to when is looked: the first argument of every stage.

    Raises:
        AirflowFailException: the YAML or the trigger form is wrong.
    """
    from ratchet.artifacts.monitoring_store import keep_monitoring

    context = get_current_context()
    params = {**UNASKED, "as_of": context["params"]["as_of"] or find_scored_as_of(context)}
    try:
        run = make_run(model_file, {**context, "params": params})
    except RatchetError as error:
        raise AirflowFailException(str(error)) from error
    keep_monitoring(run, "run", run)
    return run.model_dump(mode="json")


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
    from ratchet.artifacts.adapters import adapter_of
    from ratchet.artifacts.monitoring_store import find_later_look
    from ratchet.records.alerts import AlertReport

    seen = adapter_of(AlertReport).validate_python(report)
    if seen.asks_for is None:
        raise AirflowSkipException("no retraining is asked for")
    if later := find_later_look(read_settings().home, seen):
        raise AirflowSkipException(f"no retraining is asked for: a later window, as of {later}, was looked at before")
    return seen.asks_for

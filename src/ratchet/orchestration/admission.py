"""The first task of a retraining: it freezes what was asked for, and ends the run where that must wait."""

import logging
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from airflow.sdk import get_current_context, task
from airflow.sdk.exceptions import AirflowFailException

from ratchet.config.run import Run
from ratchet.config.settings import read_settings
from ratchet.errors import RatchetError
from ratchet.orchestration.declaring import drift_asset
from ratchet.orchestration.request import read_events, read_own_trigger
from ratchet.orchestration.tasks import RUN, make_task
from ratchet.records.admission import Admission, Trigger, dag_of

if TYPE_CHECKING:
    from airflow.sdk import Context, XComArg


logger = logging.getLogger(__name__)

ADMISSION = "admission"  # the XCom in which the decision is shown
# Events are numbered before they are committed, so that one may appear after a later one was read.
OVERLAP = timedelta(hours=1)


def admit(model: str, model_file: Path) -> "XComArg":
    """Make the first task: every other task is skipped when the run must wait, whatever its trigger rule."""
    make = make_task(admit_run, "admit", kind=task.short_circuit, inlets=[drift_asset(model)])
    result: XComArg = make(str(model_file))
    return result


def admit_run(model_file: str) -> bool:
    """Freeze the model's YAML and what was asked for, ask the throttle, and hand the run to the other tasks.

    Returns:
        Whether the run goes on; else it ends here, green. Airflow logs it: the run would be its whole configuration.

    Raises:
        AirflowFailException: the YAML or the trigger form is wrong.
    """
    from ratchet.artifacts.run_store import keep_record
    from ratchet.orchestration.request import make_run

    context = get_current_context()
    try:
        run = make_run(model_file, context)
        admission = ask_throttle(run, context)
    except RatchetError as error:
        raise AirflowFailException(str(error)) from error
    if not admission.admitted:
        return False
    keep_record(run, "run", run)
    keep_record(run, "admit", admission)
    context["ti"].xcom_push(RUN, run.model_dump(mode="json"))
    return True


def ask_throttle(run: Run, context: "Context") -> Admission:
    """Write down what came with a run, decide, and show the decision beside the task."""
    from pydantic import TypeAdapter

    from ratchet.stages.admit import admit as decide

    admission = decide(run, collect(run, context), dag_of(run.model))
    context["ti"].xcom_push(ADMISSION, TypeAdapter(Admission).dump_python(admission, mode="json"))
    return admission


def collect(run: Run, context: "Context") -> tuple[tuple[Trigger, str], ...]:
    """Return what asks for this run: itself, and every event since the last run that looked.

    A run is told only of the events that were attached to it, and bursts are attached in part or not at all
    (apache/airflow #56050, #56750). They are all read here; the ledger takes each once.
    """
    from ratchet.ledger.admissions import find_last_admission
    from ratchet.ledger.database import open_ledger

    own = read_own_trigger(run, context)
    events = context["inlet_events"][drift_asset(run.model)]
    with open_ledger(run.home).connect() as connection:
        last = find_last_admission(connection, run.model, dag_of(run.model))
    if last and last <= run.started:  # else a clock went back, and when the last look was is not known
        events = events.after((last - OVERLAP).isoformat())
    return (*([(own, "{}")] if own else []), *read_events(run, events))


def note_failure(context: "Context") -> None:
    """Write down that an admitted run broke; Airflow calls it when a run of the DAG has failed.

    Only the ledger is asked whether it was: a run that was admitted may have died before its folder was made.
    """
    from ratchet.artifacts.run_store import find_folder, find_problem
    from ratchet.ledger.settling import break_off

    home, model, run_id = read_settings().home, context["dag"].dag_id.removesuffix(".retrain"), context["run_id"]
    problem = find_problem(find_folder(home, model, run_id)) or str(context.get("reason") or "the run failed")
    break_off(home, model, run_id, problem, datetime.now(UTC))

"""The DAG `<model>.roll_back`: one task that moves the champion alias back to the model before."""

from pathlib import Path
from typing import Any

from airflow.sdk import DAG, Param, get_current_context
from airflow.sdk.exceptions import AirflowFailException

from ratchet.config.load import load_model
from ratchet.config.settings import keep_quiet, read_settings
from ratchet.errors import RatchetError
from ratchet.orchestration.declaring import declare
from ratchet.orchestration.tasks import make_task, write_output


def build_roll_back(model_file: Path) -> DAG:
    """Declare the rollback DAG of one model file: run by hand, with a reason.

    Raises:
        ConfigError: the YAML is wrong.
    """
    config = load_model(model_file)
    why = "Why the champion is taken back; it is kept with the move."
    with declare(
        config,
        "roll_back",
        description=f"Give {config.model} back the champion it had before",
        doc_md="Moves the champion alias back to the version before, after checking that it loads. No retraining.",
        schedule=None,
        params={"reason": Param("", type="string", minLength=1, title="Reason", description=why)},
    ) as dag:
        make_task(move_back, "roll_back")(config.model)
    return dag


def move_back(model: str) -> Any:
    """Run the stage on what the form says.

    Raises:
        AirflowFailException: there is nothing to go back to, or it can't be verified.
    """
    keep_quiet()
    from ratchet.stages.roll_back import roll_back

    context = get_current_context()
    reason, dag_run = context["params"]["reason"], context["dag_run"]
    key, actor = f"roll_back:{dag_run.run_id}", dag_run.triggering_user_name or f"run {dag_run.run_id}"
    try:
        return write_output(roll_back, roll_back(read_settings().home, model, reason, actor, key))
    except RatchetError as error:
        raise AirflowFailException(str(error)) from error

"""The DAG `<model>.score`: one task that scores new rows with the champion."""

from datetime import datetime
from pathlib import Path
from typing import Any

from airflow.sdk import DAG, Param, get_current_context
from airflow.sdk.exceptions import AirflowFailException

from ratchet.config.load import load_model
from ratchet.config.model import ModelConfig
from ratchet.config.settings import keep_quiet
from ratchet.errors import RatchetError
from ratchet.orchestration.declaring import ask_as_of, declare, scored_asset
from ratchet.orchestration.request import make_run
from ratchet.orchestration.tasks import make_task, write_output
from ratchet.pipelines.running import load_stage, run_steps
from ratchet.pipelines.tables import SCORE
from ratchet.timeline import Moment


def build_score(model_file: Path) -> DAG:
    """Declare the scoring DAG of one model file.

    Raises:
        ConfigError: the YAML is wrong.
    """
    config = load_model(model_file)
    with declare(
        config,
        "score",
        description=f"Predict new rows with the champion of {config.model}",
        doc_md=describe(config),
        schedule=config.scoring.cron,
        params=form(config),
    ) as dag:
        make_task(score_rows, "score", outlets=[scored_asset(config.model)])(str(model_file))
    return dag


def form(config: ModelConfig) -> dict[str, Param]:
    """Return the fields of the trigger form; every one has a default, so a schedule needs no answer."""
    return {
        "as_of": ask_as_of(config, "only rows up to then are scored. Empty: up to this run's own time."),
        "source": Param(
            None,
            type=["null", "string"],
            title="File or folder",
            description="Score the rows of this file or folder instead of the YAML's, relative to the project.",
        ),
        "again": Param(
            default=False,
            type="boolean",
            title="Again",
            description="Also predict rows that another version predicted, as after a rollback; both are kept.",
        ),
    }


def describe(config: ModelConfig) -> str:
    """Return the page that Airflow shows beside the DAG."""
    own = "`scoring.source`" if config.scoring.source else "`data.source`, newer than those the champion was made from"
    return (
        f"Predicts the rows of {own}, each of them once, with the champion of **{config.model}**. Predictions are a "
        f"Parquet dataset in `predictions/{config.model}/` under Ratchet's home, one folder a day of events.\n\n"
        "A run that is repeated replaces its own files. A delivery that can't be used fails the run and writes nothing."
    )


def tell_scored(as_of: Moment | None) -> dict[str, str]:
    """Return what monitoring is told with the event of a scoring: up to when rows were looked at."""
    if as_of is None:
        return {}
    return {"as_of": as_of.isoformat() if isinstance(as_of, datetime) else str(as_of)}


def score_rows(model_file: str) -> Any:
    """Run the stage on what the form says.

    Raises:
        AirflowFailException: the form or the YAML is wrong, there is no champion, or the rows can't be used.
    """
    keep_quiet()
    context = get_current_context()
    params = context["params"]
    try:
        run = make_run(model_file, context).reading(params["source"])
        scoring = run_steps(SCORE, run, again=params["again"])["score"]
        context["outlet_events"][scored_asset(run.model)].extra.update(tell_scored(scoring.as_of))
        return write_output(load_stage("score"), scoring)
    except RatchetError as error:
        raise AirflowFailException(str(error)) from error

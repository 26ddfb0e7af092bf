"""`ratchet score`: predictions for new rows, without Airflow."""

from pathlib import Path
from typing import Annotated

from typer import Option

from ratchet.cli.options import AsJson, ModelName
from ratchet.cli.output import print_json, say, stdout_for_results
from ratchet.cli.run import watch_step
from ratchet.errors import ServiceError
from ratchet.library.modelling import load
from ratchet.pipelines.running import run_steps
from ratchet.pipelines.tables import SCORE
from ratchet.records.scoring import Scoring
from ratchet.reports.wording import seconds


def score(
    model: ModelName,
    *,
    as_of: Annotated[str | None, Option(help="Score rows up to this ISO time (UTC), or this many rows.")] = None,
    source: Annotated[str | None, Option(help="Score this file or folder instead of the YAML's.")] = None,
    again: Annotated[bool, Option("--again", help="Also predict rows that another version predicted.")] = False,
    run_id: Annotated[str | None, Option(help="Name of the run; the same name replaces its own predictions.")] = None,
    as_json: AsJson = False,
) -> None:
    """Predict new rows with the champion, each of them once."""
    run = load(model).ask(as_of=as_of, run_id=run_id).reading(source)
    with stdout_for_results():
        try:
            scoring = run_steps(SCORE, run, watch_step, again=again)["score"]
        except TimeoutError as error:
            raise ServiceError(
                f"another scoring of {run.model} is not done: nothing changed, ask again later"
            ) from error
    if as_json:
        print_json(scoring)
    else:
        tell(scoring, run.home)


def tell(scoring: Scoring, home: Path) -> None:
    """Print what was predicted, and where it is."""
    say(f"Scored:  {scoring.rows:,} rows with version {scoring.version} in {seconds(scoring.seconds)}", style="bold")
    if scoring.rows_known:
        say(f"Known:   {scoring.rows_known:,} rows were predicted before")
    for warning in scoring.warnings:
        say(f"Mind:    {warning}", style="yellow")
    say(f"Run:     {scoring.run_id}")
    say(f"Dataset: {home / 'predictions' / scoring.model}")

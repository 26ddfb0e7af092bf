"""`make demo`: three acts through a real Airflow scheduler, from no champion to a bad delivery that is stopped."""

import os
import shutil
import sys
import time
from pathlib import Path

from rich.console import Console

from ratchet.artifacts.run_store import find_folder, find_record
from ratchet.config.settings import Settings
from ratchet.demo.acts import ACTS, Act
from ratchet.demo.screen import StageProgress, gates_table, leaderboard_table, verdict_line
from ratchet.errors import RatchetError, ServiceError
from ratchet.local.airflow import local_airflow
from ratchet.local.api import AirflowApi
from ratchet.local.environment import make_site
from ratchet.records.judgement import Verdict
from ratchet.records.modelling import Challenger
from ratchet.records.promotion import Promotion

MODEL = "churn"
DAG = f"{MODEL}.retrain"
PORT = 8080
RUN_WITHIN_SECONDS = 300.0


def main() -> int:
    """Run the demo; return the process's exit code."""
    console = Console()
    project = Path(os.environ.get("RATCHET_PROJECT", ".")).resolve()
    # A home of its own, because the demo begins by removing it.
    settings = Settings(project=project, home=project / "var" / "demo")
    began = time.monotonic()
    try:
        play(settings, console)
    except RatchetError as error:
        Console(stderr=True).print(f"The demo stopped: {error}", style="red", highlight=False, soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        Console(stderr=True).print("The demo was stopped; nothing is left running.", style="red")
        return 130
    console.print(f"\nThree acts in {time.monotonic() - began:.0f} s. Nothing is left running.")
    console.print(where_to_look(settings), highlight=False, soft_wrap=True)
    return 0


def play(settings: Settings, console: Console) -> None:
    """Start from nothing, play each act through the scheduler, and check what came of it.

    Raises:
        ServiceError: Airflow did not come up, or an act ended otherwise than it must.
    """
    shutil.rmtree(settings.home, ignore_errors=True)
    site = make_site(settings, int(os.environ.get("RATCHET_PORT", PORT)))
    console.rule("[bold]Ratchet")
    console.print("Starting Airflow: scheduler, dag-processor, API server, triggerer …")
    with local_airflow(site) as api:
        console.print(f"Airflow is up at {site.url} (user {site.user}, password {site.password})", highlight=False)
        api.wait_for_dag(DAG, timeout_seconds=60)
        api.unpause(DAG)
        for number, act in enumerate(ACTS, start=1):
            console.print(f"\n[bold]Act {number}.[/] {act.title}")
            play_act(act, settings, api, console)


def play_act(act: Act, settings: Settings, api: AirflowApi, console: Console) -> None:
    """Deliver the act's data, run the DAG, show what came of it."""
    act.deliver(settings.home / "deliveries")
    api.trigger(DAG, act.run_id, {"as_of": act.as_of, "reason": act.title})
    with StageProgress(console) as progress:
        state = api.wait_for_run(DAG, act.run_id, timeout_seconds=RUN_WITHIN_SECONDS, on_tasks=progress.show)
    if state != "success":
        raise ServiceError(f"run {act.run_id} ended {state}: {failure_of(api, act)}")
    folder = find_folder(settings.home, MODEL, act.run_id)
    verdict, promotion = find_record(folder, "decide", Verdict), find_record(folder, "promote", Promotion)
    if not verdict or not promotion:
        raise ServiceError(f"run {act.run_id} left no verdict in {folder.path}")
    if challenger := find_record(folder, "select", Challenger):
        console.print(leaderboard_table(challenger))
    console.print(gates_table(verdict))
    console.print(verdict_line(verdict, promotion), highlight=False)
    console.print(f"report: {folder.path / 'report.html'}", highlight=False, soft_wrap=True)
    # The demo is a test as well: an act that ends otherwise must not pass for a success.
    if (verdict.decision, promotion.moved) != (act.decision, act.moves):
        raise ServiceError(f"run {act.run_id} ended with {verdict.decision}, {act.decision} was to be shown")


def failure_of(api: AirflowApi, act: Act) -> str:
    """Return what the first failed task's log says of it."""
    failed = [each for each in api.tasks(DAG, act.run_id) if each.state == "failed"]
    if not failed:
        return "no task failed"
    lines = api.log(DAG, act.run_id, failed[0].task, attempt=failed[0].tries).splitlines()
    errors = [line for line in lines if "Exception: " in line or "Error: " in line]
    return f"{failed[0].task}: {(errors or lines)[-1]}"


def where_to_look(settings: Settings) -> str:
    """Return the places to go on from."""
    return "\n".join(
        (
            f"  reports    {settings.home}/runs/{MODEL}/*/report.html",
            "  the UIs    make up     (Airflow and MLflow, until make down)",
            f"  the model  include/models/{MODEL}.yaml",
            "  your data  .venv/bin/ratchet init --data FILE --target COLUMN",
        )
    )


if __name__ == "__main__":
    sys.exit(main())

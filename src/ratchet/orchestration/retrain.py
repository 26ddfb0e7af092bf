"""The DAG `<model>.retrain`: from a fresh snapshot to a verdict, and to a promotion when it says so."""

from pathlib import Path

from airflow.sdk import DAG, Param

from ratchet.config.load import load_model
from ratchet.config.model import ModelConfig
from ratchet.orchestration.admission import admit, note_failure
from ratchet.orchestration.declaring import ask_as_of, declare
from ratchet.orchestration.tasks import draw
from ratchet.orchestration.waking import schedule_of
from ratchet.pipelines.tables import RETRAIN


def build_retrain(model_file: Path) -> DAG:
    """Declare the retraining DAG of one model file.

    Raises:
        ConfigError: the YAML is wrong.
    """
    config = load_model(model_file)
    with declare(
        config,
        "retrain",
        description=config.description or f"Retrain {config.model} and promote it when it is shown to be better",
        doc_md=describe(config, model_file),
        schedule=schedule_of(config),
        params=form(config),
        on_failure_callback=note_failure,
    ) as dag:
        draw(RETRAIN, config, admit(config.model, model_file))
    return dag


def form(config: ModelConfig) -> dict[str, Param]:
    """Return the fields of the trigger form; every one has a default, so a schedule needs no answer."""
    names = [spec.name for spec in config.candidates]
    return {
        "as_of": ask_as_of(
            config, "only rows whose label was known by then are used. Empty: up to this run's own time."
        ),
        "candidates": Param(
            None,
            type=["null", "array"],
            examples=names,
            title="Candidates",
            description="Train only these. Empty: all of them.",
        ),
        "reason": Param(
            None,
            type=["null", "string"],
            title="Reason",
            description="Why this run is asked for; it is kept with the verdict.",
        ),
        "dry_run": Param(
            default=False, type="boolean", title="Dry run", description="Judge the challenger, but never promote it."
        ),
        "override": Param(
            default=True,
            type="boolean",
            title="Overrule the throttle",
            description="Run at once, whatever `schedule.throttle` says; that is recorded with your name and reason. "
            "Without it the run waits its turn, unless it is a dry run or as of another time: no later run would do "
            "the same.",
        ),
    }


def describe(config: ModelConfig, model_file: Path) -> str:
    """Return the page that Airflow shows beside the DAG."""
    plan = config.schedule
    lines = [
        f"# {config.model}",
        config.description,
        f"A **{config.task}** model of `{config.data.target.column}`, judged by `{config.metric}`, described in "
        f"`{model_file.name}`.",
        "",
        *RETRAIN.describe(),
        "",
        "A rejected challenger is a green run: the champion stays, and the report says why. Red means that the run "
        "itself is broken. Nothing is promoted on a dry run.",
        "",
        f"Baseline: {f'`{plan.cron}` ({plan.zone})' if plan.cron else 'none'}; a person, an alert or an "
        "asset event may ask for more. A run that must wait ends at once, green, with all after `admit` skipped; its "
        "log says why, and when another run will be started for what asked. `ratchet status` shows it too.",
    ]
    return "\n".join(lines)

"""The DAG `<model>.retrain`: from a fresh snapshot to a verdict, and to a promotion when it says so."""

from pathlib import Path

from airflow.sdk import DAG, Param, TriggerRule, chain

from ratchet.config.load import load_model
from ratchet.config.model import ModelConfig
from ratchet.orchestration.admission import admit, note_failure
from ratchet.orchestration.declaring import ask_as_of, declare
from ratchet.orchestration.tasks import stage, stage_for_each
from ratchet.orchestration.waking import schedule_of


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
        connect(config, model_file)
    return dag


def connect(config: ModelConfig, model_file: Path) -> None:
    """Draw the arrows of a run: a record flows along each of them."""
    table = stage("ingest")
    chain(admit(config.model, model_file), table)
    check = stage("check", table=table)
    parts = stage("split", table=table, unless_rejected=check)
    names = [spec.name for spec in config.candidates]
    fitted = stage_for_each("train", candidates=names, split=parts)
    survivors = TriggerRule.ALL_DONE  # one lost candidate never loses the run
    chosen = stage("select", candidates=fitted, unless_rejected=check, trigger_rule=survivors)
    leaks = stage("audit", split=parts)
    gains = stage("evaluate", challenger=chosen, split=parts)
    behaviour = stage("measure_behaviour", challenger=chosen, split=parts)
    serving_costs = stage("measure_serving_cost", challenger=chosen, split=parts)
    rejected_too = TriggerRule.NONE_FAILED  # rejected data skips training, and is still decided and reported
    verdict = stage(
        "decide",
        data_report=check,
        evaluation=gains,
        audit=leaks,
        behaviour=behaviour,
        serving_costs=serving_costs,
        trigger_rule=rejected_too,
    )
    moved = stage("promote", challenger=chosen, verdict=verdict, trigger_rule=rejected_too)
    stage(
        "report",
        data_report=check,
        verdict=verdict,
        promotion=moved,
        evaluation=gains,
        challenger=chosen,
        trigger_rule=rejected_too,
    )


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
        "| step | what it does |",
        "|---|---|",
        *(f"| `{name}` | {what} |" for name, what in STEPS),
        "",
        "A rejected challenger is a green run: the champion stays, and the report says why. Red means that the run "
        "itself is broken. Nothing is promoted on a dry run.",
        "",
        f"Baseline: {f'`{plan.cron}` ({plan.zone})' if plan.cron else 'none'}; a person, an alert or an "
        "asset event may ask for more. A run that must wait ends at once, green, with all after `admit` skipped; its "
        "log says why, and when another run will be started for what asked. `ratchet status` tells as well.",
    ]
    return "\n".join(lines)


STEPS = (
    ("admit", "freezes the YAML and what was asked for; ends the run here when the throttle says that it must wait"),
    ("ingest", "reads the source as of one time into an immutable snapshot"),
    ("check", "runs the data expectations; a failure stops the run here"),
    ("split", "cuts train, validation and an untouched holdout"),
    ("audit", "looks for leaks between training rows and holdout"),
    ("train", "fits each candidate in a process of its own, within its time limit"),
    ("select", "chooses one challenger on validation"),
    ("evaluate", "measures it against champion and baseline on the holdout"),
    ("measure_behaviour", "measures what it looks at, and what it says about rows that are changed on purpose"),
    ("measure_serving_cost", "measures its time, memory and size in a fresh process"),
    ("decide", "asks every gate and gives the verdict: promote, hold or reject"),
    ("promote", "moves the champion alias, last of all, when the verdict says so"),
    ("report", "writes the run report and the model card"),
)

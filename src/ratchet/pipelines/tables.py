"""The pipelines: which stages there are, what each takes from which, and when one is skipped.

The runner in one process and the DAGs in Airflow walk the same tables. A stage is named, not imported: reading a table
loads nothing heavy.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, auto

from ratchet.artifacts.run_store import keep_problem
from ratchet.config.run import Run
from ratchet.pipelines.keeping import keep_monitored, keep_nothing, keep_retrained

Keep = Callable[[Run, str, object], None]
KeepProblem = Callable[[Run, str, str], None]


class When(Enum):
    """When a step runs, by what became of the steps that it takes records from."""

    ALL_MADE = auto()  # each made its record; else this one is skipped too
    ALL_ENDED = auto()  # each has ended: one lost candidate never loses the run
    NONE_BROKE = auto()  # a skipped one gives None: rejected data skips training, and is still decided and reported


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A row of a pipeline.

    Attributes:
        name: the stage, its module, and the task's id.
        what: what it does, for a person who looks at the pipeline.
        inputs: its parameters but for `run`, and the step whose record each gets.
        options: its parameters that whoever starts the pipeline may give.
        unless_rejected: the step that checks the data; when that failed, this one is skipped.
        when: what else it waits for.
        is_for_each: whether it runs once for each candidate, by its parameter `candidate`.
        record: what its record is called where that is not the stage's name: two stages make the same.
    """

    name: str
    what: str
    inputs: Mapping[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    unless_rejected: str | None = None
    when: When = When.ALL_MADE
    is_for_each: bool = False
    record: str | None = None

    @property
    def kept_as(self) -> str:
        """What its record is called, in the run's folder and among the inputs of other steps."""
        return self.record or self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class Pipeline:
    """A table of steps, in an order in which one process can walk it.

    Attributes:
        name: the second part of the DAG's id.
        steps: the stages.
        keep: puts a step's record where the run keeps it.
        keep_problem: puts down why a step has none.
        opening: what Airflow does first, where that is a task of its own: it makes the run.
        closing: what Airflow does last, where that is a task of its own.
    """

    name: str
    steps: tuple[Step, ...]
    keep: Keep
    keep_problem: KeepProblem = keep_nothing
    opening: Step | None = None
    closing: Step | None = None

    def describe(self) -> Iterator[str]:
        """Yield the lines of a Markdown table of the steps, as Airflow has them."""
        yield from ("| step | what it does |", "|---|---|")
        for step in (self.opening, *self.steps, self.closing):
            if step:
                yield f"| `{step.name}` | {step.what} |"


RETRAIN = Pipeline(
    name="retrain",
    keep=keep_retrained,
    keep_problem=keep_problem,
    opening=Step(
        name="admit",
        what="freezes the YAML and what was asked for; ends the run here when the throttle says that it must wait",
    ),
    steps=(
        Step(name="ingest", what="reads the source as of one time into an immutable snapshot"),
        Step(
            name="check",
            what="runs the data expectations; a failure stops the run here",
            inputs={"table": "ingest"},
        ),
        Step(
            name="split",
            what="cuts train, validation and an untouched holdout",
            inputs={"table": "ingest"},
            unless_rejected="check",
        ),
        Step(name="audit", what="looks for leaks between training rows and holdout", inputs={"split": "split"}),
        Step(
            name="search",
            what="tries on earlier blocks of rows which of them each candidate should learn",
            inputs={"split": "split"},
        ),
        Step(
            name="train",
            what="fits each candidate in a process of its own, within its time limit",
            inputs={"split": "split", "search": "search"},
            is_for_each=True,
        ),
        Step(
            name="select",
            what="chooses one challenger on rows before the holdout",
            inputs={"candidates": "train"},
            unless_rejected="check",
            when=When.ALL_ENDED,
        ),
        Step(
            name="evaluate",
            what="measures it against champion and baseline on the holdout",
            inputs={"challenger": "select", "split": "split"},
        ),
        Step(
            name="measure_behaviour",
            what="measures what it looks at, and what it says about rows that are changed on purpose",
            inputs={"challenger": "select", "split": "split"},
        ),
        Step(
            name="measure_serving_cost",
            what="measures its time, memory and size in a fresh process",
            inputs={"challenger": "select", "split": "split"},
        ),
        Step(
            name="decide",
            what="asks every gate and gives the verdict: promote, hold or reject",
            inputs={
                "data_report": "check",
                "evaluation": "evaluate",
                "audit": "audit",
                "behaviour": "measure_behaviour",
                "serving_costs": "measure_serving_cost",
            },
            when=When.NONE_BROKE,
        ),
        Step(
            name="refit",
            what="fits a promoted recipe on every known row, and checks it against the judged model",
            inputs={"table": "ingest", "split": "split", "challenger": "select", "verdict": "decide"},
            when=When.NONE_BROKE,
        ),
        Step(
            name="promote",
            what="moves the champion alias, last of all, when the verdict says so",
            inputs={"challenger": "select", "verdict": "decide", "refit": "refit"},
            when=When.NONE_BROKE,
        ),
        Step(
            name="report",
            what="writes the run report and the model card",
            inputs={
                "data_report": "check",
                "verdict": "decide",
                "promotion": "promote",
                "evaluation": "evaluate",
                "challenger": "select",
            },
            when=When.NONE_BROKE,
        ),
    ),
)

RECIPES = ("search", "train")  # steps that a model from elsewhere has no use for
ADOPTED = Step(
    name="adopt",
    what="reads a model from elsewhere once, in a process without network, and makes it the challenger",
    inputs={"split": "split"},
    record="select",
)
# A retraining whose challenger comes from elsewhere: what is asked of it is the same.
ADOPT = Pipeline(
    name="adopt",
    keep=keep_retrained,
    keep_problem=keep_problem,
    steps=tuple(ADOPTED if step.name == "select" else step for step in RETRAIN.steps if step.name not in RECIPES),
)

MONITOR = Pipeline(
    name="monitor",
    keep=keep_monitored,
    opening=Step(name="begin", what="freezes the YAML and up to when is looked"),
    steps=(
        Step(
            name="collect",
            what="puts together predictions, their rows and the labels that were known, and counts new days",
        ),
        Step(
            name="measure_drift",
            what="measures how far features, prediction and label have moved",
            inputs={"observation": "collect"},
        ),
        Step(
            name="measure_performance",
            what="measures performance on rows whose labels had time to come",
            inputs={"observation": "collect"},
        ),
        Step(
            name="queue_labels",
            what="chooses predictions that are worth a label",
            inputs={"observation": "collect"},
        ),
        Step(
            name="alert",
            what="decides between green, unknown, yellow and red, with the memory of earlier windows",
            inputs={"observation": "collect", "shift": "measure_drift", "performance": "measure_performance"},
        ),
        Step(
            name="publish",
            what="writes the page and Evidently's report",
            inputs={
                "observation": "collect",
                "shift": "measure_drift",
                "performance": "measure_performance",
                "alert_report": "alert",
                "queue": "queue_labels",
            },
        ),
    ),
    closing=Step(
        name="ask_for_retrain",
        what="touches the model's drift asset when a retraining is asked for; skipped otherwise",
        inputs={"report": "alert"},
    ),
)

SCORE = Pipeline(
    name="score",
    keep=keep_nothing,  # the stage keeps its record itself, while it holds the lock of the dataset
    steps=(Step(name="score", what="predicts new rows with the champion, each of them once", options=("again",)),),
)

PIPELINES = {pipeline.name: pipeline for pipeline in (RETRAIN, ADOPT, MONITOR, SCORE)}

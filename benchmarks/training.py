"""What is promoted, beside the model that was judged and plain fits, on rows that came after.

    python -m benchmarks.training [--data ../shared/data] [--sets electricity ...]

Each set is cut at 85 % of its rows. A run as of that cut trains the default candidates and promotes one; the last
15 % are rows that nothing has seen. Beside what is promoted stand the judged model, the same recipe fitted on all
earlier rows without a window, and the defaults of boosting libraries on all earlier rows.
"""

import argparse
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd
import pyarrow as pa
from rich.console import Console
from rich.table import Table as Grid
from sklearn.pipeline import Pipeline

import ratchet as rt
from ratchet.artifacts.estimators import read_pipeline
from ratchet.artifacts.frames import read_frame
from ratchet.artifacts.run_store import find_record, folder_of
from ratchet.config.model import DEFAULT_CANDIDATES, ModelConfig
from ratchet.config.settings import keep_quiet, read_threads
from ratchet.config.training import CandidateSpec
from ratchet.data.splitting import classes_of
from ratchet.library.modelling import Model
from ratchet.metrics.registry import find_metric
from ratchet.models.fitting import fit_candidate
from ratchet.models.labels import encode_labels
from ratchet.models.scoring import score_rows
from ratchet.pipelines.in_process import RunResult
from ratchet.records.columns import TIME
from ratchet.records.data import Split
from ratchet.records.judgement import Decision
from ratchet.stages.ingest import ingest
from ratchet.stages.refit import refit
from ratchet.timeline import Moment

REPOSITORY = Path(__file__).resolve().parents[1]
SETS = {
    "electricity": "tests/models",
    "bike_sharing": "tests/models",
    "noaa_weather": "benchmarks/models",
    "beijing_pm25": "benchmarks/models",
    "bank_marketing": "benchmarks/models",
}
CUT = 0.85
PLAIN = ("xgboost", "hist_gradient_boosting", "lightgbm")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """One set.

    Attributes:
        name: the set.
        metric: what is measured on the last rows.
        chosen: the candidate that was chosen, and the verdict.
        by_model: the metric of each model, by its name.
        seconds: processor time of the run, and of nothing else.
    """

    name: str
    metric: str
    chosen: str
    by_model: dict[str, float]
    seconds: float


def main() -> None:
    """Print a line a set and a column a model."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=REPOSITORY.parent / "shared" / "data")
    parser.add_argument("--sets", nargs="+", default=[*SETS], choices=[*SETS])
    asked = parser.parse_args()
    keep_quiet()
    show([measure(name, asked.data.resolve()) for name in asked.sets])


def measure(name: str, data: Path) -> Figures:
    """Run a set up to the cut, and measure every model on the rows after it."""
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        (project / "data").symlink_to(data)
        model = read_set(name, project)
        every = read_all(model)
        cut = int(len(every) * CUT)
        past, future = every.iloc[:cut], every.iloc[cut:]
        as_of = past[TIME].iloc[-1].to_pydatetime() if model.config.data.has_clock else cut
        began = time.process_time()
        result = model.run(as_of=as_of, run_id="cut")
        seconds = time.process_time() - began
        models = dict(list_models(model, result, as_of, past))
        chosen = f"{result.challenger.name}, {result.verdict.decision}" if result.challenger else "none"
        figures = {each: score(model.config, pipeline, future) for each, pipeline in models.items()}
        return Figures(name=name, metric=model.config.metric, chosen=chosen, by_model=figures, seconds=seconds)


def read_set(name: str, project: Path) -> Model:
    """Read a set's YAML with the default candidates."""
    model = rt.load(REPOSITORY / SETS[name] / f"{name}.yaml", project=project)
    config = model.config.model_copy(update={"candidates": DEFAULT_CANDIDATES})
    return Model(config=config, settings=model.settings)


def read_all(model: Model) -> pd.DataFrame:
    """Return every row of a set, typed, in the order of time."""
    run = model.ask(run_id="all")
    return read_frame(ingest(run).file, run.home)


def list_models(model: Model, result: RunResult, as_of: Moment, past: pd.DataFrame) -> Iterator[tuple[str, Pipeline]]:
    """Yield what a promotion puts into service, what was judged, and plain fits on all earlier rows.

    A challenger that was held is refitted as well: that is what a person who approves it gets.
    """
    config, run = model.config, model.ask(as_of=as_of, run_id="cut")
    challenger, split = result.challenger, find_record(folder_of(run), "split", Split)
    assert challenger is not None, "the sets are clean"
    promoted = replace(result.verdict, decision=Decision.PROMOTE)
    refitted = refit(run, result.table, split, challenger, promoted)
    assert refitted is not None, "the verdict promotes"
    yield "refitted", read_pipeline(refitted.model or challenger.model, run.home)
    yield "judged", read_pipeline(challenger.model, run.home)
    spec = next(each for each in config.candidates if each.name == challenger.name)
    yield "recipe, all rows", fit_all(config, spec, past)
    for name in PLAIN:
        yield name, fit_all(config, CandidateSpec(name=name.replace("_", "-"), estimator=name), past)


def fit_all(config: ModelConfig, spec: CandidateSpec, past: pd.DataFrame) -> Pipeline:
    """Fit a recipe on all earlier rows."""
    known = past
    if config.data.has_clock:
        known = past[past[TIME] <= past[TIME].max() - config.data.label_delay]
    classes = classes_of(config, pa.chunked_array([known[config.data.target.column]]))
    return fit_candidate(spec, known, config, classes=classes, seed=config.schedule.seed, threads=read_threads())


def score(config: ModelConfig, pipeline: Pipeline, future: pd.DataFrame) -> float:
    """Measure a model by the set's metric."""
    target = future[config.data.target.column]
    labels = encode_labels(target, config.task, classes_of(config, pa.chunked_array([target])))
    return float(
        find_metric(config.metric).value(labels, score_rows(pipeline, future, config), config.evaluation.options)
    )


def show(found: list[Figures]) -> None:
    """Print the table."""
    columns = [*found[0].by_model]
    grid = Grid("set", "metric", "chosen", *columns, "CPU s")
    for each in found:
        values = (f"{each.by_model[name]:.4f}" for name in columns)
        grid.add_row(each.name, each.metric, each.chosen, *values, f"{each.seconds:.0f}")
    Console(width=180).print(grid)


if __name__ == "__main__":
    main()

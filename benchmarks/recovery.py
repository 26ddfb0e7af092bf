"""A world that changes at once: is a lost champion replaced by itself, and by what?

    python -m benchmarks.recovery [--kinds binary four ...] [--after 500 2000] [--delay 0d 7d] [--seeds 1]

Streams of 20,000 rows, six numbers each, whose meaning changes at half. A champion is made at 45 %; the model is
retrained once, when so many rows after the change have their labels. What serves then is measured on the next 2,000
rows, beside the better of two plain fits on the rows since the change. `--steady` leaves the meaning as it was.
"""

import argparse
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
from rich.console import Console
from rich.table import Table as Grid
from sklearn.pipeline import Pipeline

import ratchet as rt
from ratchet.config.model import ModelConfig
from ratchet.config.settings import keep_quiet, read_threads
from ratchet.data.splitting import classes_of
from ratchet.library.modelling import Model
from ratchet.models.fitting import fit_candidate
from ratchet.models.labels import encode_labels
from ratchet.models.scoring import score_rows
from ratchet.registry.champion import require_champion
from ratchet.registry.model_files import load_pipeline

ROWS, CHANGE, NEXT = 20_000, 10_000, 2_000
FIRST = 0.45
STEP = pd.Timedelta("10min")
CLASSES = {"binary": 2, "four": 4, "six": 6, "regression": 0}
RARE = (0.0, 0.0, 0.0, -1.5, -2.0, -2.5)  # of the six classes, three are rare
NAMES = "abcdef"
AIM = {500: 1.4, 2000: 1.15}
YAML = """\
model: stream
task: {task}
data:
  source: {{path: stream.csv}}
  time: {{column: when}}
  label_delay: {delay}
  target: {{column: y{positive}}}
  features: {{x0: numeric, x1: numeric, x2: numeric, x3: numeric, x4: numeric, x5: numeric}}
candidates:
  - {{name: linear, estimator: linear}}
  - {{name: xgboost, estimator: xgboost, parameters: {{n_estimators: 80, max_depth: 4}}}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One stream and when it is retrained."""

    kind: str
    after: int
    delay: str
    seed: int
    is_steady: bool

    @property
    def task(self) -> str:
        """The model's task."""
        return {"binary": "binary", "regression": "regression"}.get(self.kind, "multiclass")


def main() -> None:
    """Print a line a stream."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kinds", nargs="+", default=[*CLASSES], choices=[*CLASSES])
    parser.add_argument("--after", nargs="+", type=int, default=[500, 2000])
    parser.add_argument("--delay", nargs="+", default=["0d"])
    parser.add_argument("--seeds", type=int, default=1)
    parser.add_argument("--steady", action="store_true")
    asked = parser.parse_args()
    keep_quiet()
    grid = Grid("stream", "rows since", "label delay", "seed", "verdict", "error", "fresh fit", "ratio", "aim")
    for kind in asked.kinds:
        for after in asked.after:
            for delay in asked.delay:
                for seed in range(asked.seeds):
                    case = Case(kind=kind, after=after, delay=delay, seed=seed, is_steady=asked.steady)
                    line = measure(case)
                    print(*line, flush=True)  # a table comes at the end only
                    grid.add_row(*line)
    Console(width=160).print(grid)


def measure(case: Case) -> tuple[str, ...]:
    """Play one stream and return its line."""
    rows, delay = draw(case), pd.Timedelta(case.delay)
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder)
        rows.to_csv(project / "stream.csv", index=False)
        positive = ', positive: "a", negative: "b"' if case.kind == "binary" else ""
        text = YAML.format(task=case.task, delay=case.delay, positive=positive)
        (project / "stream.yaml").write_text(text)
        model = rt.load(project / "stream.yaml", project=project)
        first = model.run(as_of=moment(rows, int(ROWS * FIRST)), run_id="first")
        if not first.promotion.moved:
            why = f"no champion: {first.verdict.reason}"[:60]
            return (case.kind, f"{case.after:,}", case.delay, str(case.seed), why, *("",) * 4)
        known = CHANGE + case.after
        done = model.run(as_of=moment(rows, known) + delay, run_id="second")
        coded = rows.assign(y=(rows["y"] == "a").astype(int)) if case.kind == "binary" else rows
        begin = known + int(delay / STEP)
        future = coded.iloc[begin : begin + NEXT]
        served = find_error(case, model.config, load_champion(model), future)
        fresh = min(find_error(case, model.config, fit, future) for fit in fit_fresh(model, coded.iloc[CHANGE:known]))
    verdict, ratio = str(done.verdict.decision), served / fresh
    aim = f"{AIM[case.after]}" if case.after in AIM and not case.is_steady else ""
    facts = (f"{served:.4f}", f"{fresh:.4f}", f"{ratio:.2f}", aim)
    return (case.kind, f"{case.after:,}", case.delay, str(case.seed), verdict, *facts)


def draw(case: Case) -> pd.DataFrame:
    """Draw a stream; from the change on other weights give the target."""
    rng = np.random.default_rng(case.seed)
    inputs, classes = rng.normal(size=(ROWS, 6)), CLASSES[case.kind]
    first, second = (rng.normal(size=(6, max(classes, 1))) for _ in range(2))
    is_old = (np.arange(ROWS) < CHANGE)[:, None] | case.is_steady
    signal = np.where(is_old, inputs @ first, inputs @ second)
    frame = pd.DataFrame(inputs, columns=[f"x{place}" for place in range(6)])
    frame.insert(0, "when", pd.date_range("2025-01-01", periods=ROWS, freq=STEP, tz="UTC"))
    if not classes:
        return frame.assign(y=10 * (signal[:, 0] + np.abs(inputs[:, 0])) + rng.normal(size=ROWS))
    chosen = signal + (np.array(RARE) if case.kind == "six" else 0) + 0.3 * rng.gumbel(size=signal.shape)
    return frame.assign(y=np.array([*NAMES])[chosen.argmax(axis=1)])


def moment(rows: pd.DataFrame, count: int) -> pd.Timestamp:
    """Return when the last of so many rows happened."""
    last: pd.Timestamp = rows["when"].iloc[count - 1]
    return last


def load_champion(model: Model) -> Pipeline:
    """Return what serves."""
    run = model.ask()
    return load_pipeline(require_champion(run), run.home)


def fit_fresh(model: Model, rows: pd.DataFrame) -> list[Pipeline]:
    """Fit each candidate on some rows."""
    config, classes = model.config, classes_of(model.config, pa.chunked_array([rows["y"]]))
    return [
        fit_candidate(spec, rows, config, classes=classes, seed=config.schedule.seed, threads=read_threads())
        for spec in config.candidates
    ]


def find_error(case: Case, config: ModelConfig, pipeline: Pipeline, rows: pd.DataFrame) -> float:
    """Return the share of wrong classes, or the mean absolute error."""
    scores, classes = score_rows(pipeline, rows, config), tuple(NAMES[: CLASSES[case.kind]])
    if config.task == "binary":
        classes = config.data.target.names
    labels = encode_labels(rows["y"], config.task, classes)
    if config.task == "regression":
        return float(np.abs(scores - labels).mean())
    decided = scores > 0.5 if scores.ndim == 1 else scores.argmax(axis=1)
    return float((decided != labels).mean())


if __name__ == "__main__":
    main()

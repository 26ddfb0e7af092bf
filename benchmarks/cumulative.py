"""A replayed year: what mistakes add up to, retrained at twelve moments by several rules, and with several windows.

    python -m benchmarks.cumulative [--streams electricity sudden ...] [--data ../shared/data] [--now-only]

Four public sets and four generated streams whose truth is known. The first model is made of 40 % of the rows; then,
every 5 %, each rule decides what serves the next 5 %. `never` keeps the first model; `all`, `1/2`, `1/4` and `1/8` are
refitted each time on that share of what is known, with no gate asked; `auto` is Ratchet's challenger with no gate
asked; `before` and `now` are Ratchet as a whole, the former without refit, recovery and choice of a window. Everybody
has the same 60 trees. The loss is the log-loss or the absolute error, added up over all rows.
"""

import argparse
import resource
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import yaml
from rich.console import Console
from rich.table import Table as Grid
from sklearn.pipeline import Pipeline

import ratchet as rt
from benchmarks.champions import refit_challenger
from ratchet.artifacts.frames import read_frame
from ratchet.config.model import ModelConfig
from ratchet.config.settings import keep_quiet, read_threads
from ratchet.data.splitting import classes_of
from ratchet.library.modelling import Model
from ratchet.models.fitting import fit_candidate
from ratchet.models.labels import encode_labels
from ratchet.models.scoring import score_rows
from ratchet.records.columns import TIME
from ratchet.records.judgement import Decision
from ratchet.registry.champion import find_champion
from ratchet.registry.model_files import load_pipeline
from ratchet.stages.ingest import ingest

REPOSITORY = Path(__file__).resolve().parents[1]
SETS = {
    "electricity": "tests/models",
    "bike_sharing": "tests/models",
    "noaa_weather": "benchmarks/models",
    "beijing_pm25": "benchmarks/models",
}
DRAWN = {"sudden": "multiclass", "gradual": "regression", "recurring": "binary", "none": "binary"}
ROWS, SEED = 12_000, 7
FIRST, STEPS, STEP = 0.4, 12, 0.05
WINDOWS = {"all": 1.0, "1/2": 0.5, "1/4": 0.25, "1/8": 0.125}
TREES = {"name": "xgboost", "estimator": "xgboost", "parameters": {"n_estimators": 60, "max_depth": 4}}
BEFORE = {"split": {"recover": False}, "refit": {"on": "train"}}
NOW: dict[str, dict[str, object]] = {}
OTHERS = ("never", *WINDOWS)
AIM = 1.03
CHANGE, SEASON = 0.6, 0.2  # of all rows
LEAST_CHANCE = 1e-6
YAML = """\
model: stream
task: {task}
data:
  source: {{path: stream.csv}}
  time: {{column: when}}
  target: {{column: y}}
  features: {{x0: numeric, x1: numeric, x2: numeric, x3: numeric, x4: numeric, x5: numeric}}
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """One stream, laid out.

    Attributes:
        name: what it is called.
        plain: its YAML.
        project: where its data is.
        rows: all of them, in the order of time.
        edges: after how many rows each period begins, and the end.
    """

    name: str
    plain: dict[str, object]
    project: Path
    rows: pd.DataFrame
    edges: tuple[int, ...]

    def model(self, changes: dict[str, dict[str, object]], home: str) -> Model:
        """Return the model with some sections changed, in an installation of its own."""
        path = self.project / home / f"{self.plain['model']}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(yaml.safe_dump(self.plain | changes))
        return rt.load(path, project=self.project, home=self.project / home)

    def as_of(self, period: int, config: ModelConfig) -> object:
        """Return when a period begins."""
        return self.rows[TIME].iloc[self.edges[period] - 1] if config.data.has_clock else self.edges[period]

    def known(self, period: int, config: ModelConfig) -> pd.DataFrame:
        """Return the rows whose labels are known when a period begins."""
        rows = self.rows.iloc[: self.edges[period]]
        return rows[rows[TIME] <= rows[TIME].max() - config.data.label_delay] if config.data.has_clock else rows

    def next(self, period: int) -> pd.DataFrame:
        """Return the rows of a period."""
        return self.rows.iloc[self.edges[period] : self.edges[period + 1]]


@dataclass(slots=True, kw_only=True)
class Year:
    """What Ratchet's year came to: its loss, that of each challenger with no gate asked, and what was decided."""

    loss: float = 0.0
    ungated: float = 0.0
    promoted: int = 0
    held: int = 0


def main() -> None:
    """Print a line a stream."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=REPOSITORY.parent / "shared" / "data")
    parser.add_argument("--streams", nargs="+", default=[*SETS, *DRAWN], choices=[*SETS, *DRAWN])
    parser.add_argument("--now-only", action="store_true", help="leave out Ratchet before")
    asked = parser.parse_args()
    keep_quiet()
    stay_in_this_process()
    found = {}
    for name in asked.streams:
        with tempfile.TemporaryDirectory() as folder:
            stream = lay_out(name, Path(folder), asked.data.resolve())
            found[name] = play(stream, asked)
        print(name, *(f"{rule} {value:.5g}" for rule, value in found[name].items()), sep=", ", flush=True)
    show(found)


def stay_in_this_process() -> None:
    """Let stages work here instead of in a child: what is decided is the same, and no interpreter is started."""

    def work_here(work: Callable[..., object], job: object, **_limits: object) -> object:
        return work(job)

    for name, module in [*sys.modules.items()]:
        if name.startswith("ratchet.stages.") and hasattr(module, "run_in_child"):
            module.run_in_child = work_here  # type: ignore[attr-defined]


def play(stream: Stream, asked: argparse.Namespace) -> dict[str, float]:
    """Return what each rule's loss is a row, and what Ratchet decided."""
    losses = dict(replay_windows(stream))
    now = replay_ratchet(stream, NOW, "now")
    found = losses | {"auto": now.ungated, "now": now.loss, "promoted": now.promoted, "held": now.held}
    if not asked.now_only:
        found["before"] = replay_ratchet(stream, BEFORE, "before").loss
    rows = stream.edges[-1] - stream.edges[0]
    return {rule: value if rule in {"promoted", "held"} else value / rows for rule, value in found.items()}


def replay_windows(stream: Stream) -> Iterator[tuple[str, float]]:
    """Yield the loss of the first model, and of each window that is refitted every time."""
    config = stream.model({}, "windows").config
    classes = classes_of(config, pa.chunked_array([stream.rows[config.data.target.column]]))
    spec, seed = config.candidates[0], config.schedule.seed

    def fit(period: int, share: float) -> Pipeline:
        known = stream.known(period, config)
        newest = known.iloc[-int(len(known) * share) :]
        return fit_candidate(spec, newest, config, classes=classes, seed=seed, threads=read_threads())

    first = fit(0, 1.0)
    yield "never", sum(measure(stream, config, first, period) for period in range(STEPS))
    for name, share in WINDOWS.items():
        yield name, sum(measure(stream, config, fit(period, share), period) for period in range(STEPS))


def replay_ratchet(stream: Stream, changes: dict[str, dict[str, object]], home: str) -> Year:
    """Retrain at every moment and add up what what serves then loses."""
    model, year = stream.model(changes, home), Year()
    for period in range(STEPS):
        as_of = stream.as_of(period, model.config)
        result = model.run(as_of=as_of, run_id=f"run{period}")
        run = model.ask(as_of=as_of, run_id=f"run{period}")
        year.promoted += result.promotion.moved
        year.held += result.verdict.decision is Decision.HOLD
        champion = find_champion(run.home, run.model)
        served = load_pipeline(champion, run.home) if champion else None
        newest = served if result.promotion.moved else refit_challenger(run, result)
        year.ungated += measure(stream, model.config, newest, period)
        year.loss += measure(stream, model.config, served or newest, period)  # a person lets the first one in
    return year


def measure(stream: Stream, config: ModelConfig, pipeline: Pipeline, period: int) -> float:
    """Return what a model's loss adds up to in a period."""
    rows, target = stream.next(period), config.data.target.column
    classes = classes_of(config, pa.chunked_array([stream.rows[target]]))
    labels, scores = encode_labels(rows[target], config.task, classes), score_rows(pipeline, rows, config)
    if config.task == "regression":
        return float(np.abs(labels - scores).sum())
    chance = scores[np.arange(len(rows)), labels.astype(int)] if scores.ndim > 1 else np.abs(1 - labels - scores)
    return float(-np.log(np.clip(chance, LEAST_CHANCE, 1)).sum())


def lay_out(name: str, project: Path, data: Path) -> Stream:
    """Read a public set, or draw a stream."""
    if name in SETS:
        (project / "data").symlink_to(data)
        plain = yaml.safe_load((REPOSITORY / SETS[name] / f"{name}.yaml").read_text())
        plain["split"] = {}
    else:
        draw(name).to_csv(project / "stream.csv", index=False)
        plain = yaml.safe_load(YAML.format(task=DRAWN[name]))
        plain["data"]["target"] |= {"positive": "a", "negative": "b"} if DRAWN[name] == "binary" else {}
    plain |= {"candidates": [TREES]}
    plain["evaluation"] = {"metric": "mae" if plain["task"] == "regression" else "log_loss"}
    (project / f"{plain['model']}.yaml").write_text(yaml.safe_dump(plain))
    model = rt.load(project / f"{plain['model']}.yaml", project=project, home=project / "all")
    rows = read_frame(ingest(model.ask(run_id="all")).file, project / "all")
    if model.config.data.has_clock:
        rows = rows.sort_values(TIME, kind="stable", ignore_index=True)
    edges = tuple(find_edge(rows, FIRST + STEP * place) for place in range(STEPS + 1))
    return Stream(name=name, plain=plain, project=project, rows=rows, edges=edges)


def find_edge(rows: pd.DataFrame, share: float) -> int:
    """Return after how many rows a share of them has happened; rows of one time stay together."""
    place = round(len(rows) * share)
    if TIME not in rows:
        return place
    return int((rows[TIME] <= rows[TIME].iloc[place - 1]).sum())


def draw(name: str) -> pd.DataFrame:
    """Draw a stream: what the inputs mean changes at once, slowly, to and fro, or never."""
    rng = np.random.default_rng(SEED)
    inputs, place = rng.normal(size=(ROWS, 6)), np.arange(ROWS) / ROWS
    share = {
        "sudden": (place >= CHANGE).astype(float),
        "gradual": np.clip((place - 0.3) / 0.6, 0, 1),
        "recurring": (np.floor(place / SEASON) % 2).astype(float),
        "none": np.zeros(ROWS),
    }[name]
    classes = {"multiclass": 4, "binary": 2, "regression": 1}[DRAWN[name]]
    first, second = (inputs @ rng.normal(size=(6, classes)) for _ in range(2))
    signal = first * (1 - share)[:, None] + second * share[:, None]
    frame = pd.DataFrame(inputs, columns=[f"x{number}" for number in range(6)])
    frame.insert(0, "when", pd.date_range("2025-01-01", periods=ROWS, freq="30min", tz="UTC"))
    if DRAWN[name] == "regression":
        return frame.assign(y=signal[:, 0] + np.abs(inputs[:, 0]) + 0.5 * rng.normal(size=ROWS))
    chosen = (signal + rng.gumbel(size=signal.shape)).argmax(axis=1)
    return frame.assign(y=np.array([*"abcd"])[chosen])


def show(found: dict[str, dict[str, float]]) -> None:
    """Print the losses over the best of the others, and whether the aims are met."""
    rules = [
        rule for rule in ("never", *WINDOWS, "auto", "before", "now") if all(rule in each for each in found.values())
    ]
    grid = Grid("stream", "best of the others", *rules, "promoted", "held")
    for name, losses in found.items():
        best = min(OTHERS, key=losses.__getitem__)
        shares = (f"{losses[rule] / losses[best]:.3f}" for rule in rules)
        counts = (f"{losses[what]:.0f}" for what in ("promoted", "held"))
        grid.add_row(name, f"{best} {losses[best]:.4g}", *shares, *counts)
    console = Console(width=170)
    console.print("loss over that of the best of never and the fixed windows, in hindsight", grid)

    def misses(rule: str, names: tuple[str, ...]) -> list[str]:
        return [each for each, losses in found.items() if losses[rule] > AIM * min(losses[other] for other in names)]

    for rule in rules:
        missed = misses(rule, OTHERS if rule in {"before", "now"} else (*WINDOWS,))
        beside = "of all others" if rule in {"before", "now"} else "of the windows"
        print(
            f"{rule}: beyond {AIM} of the best {beside} on {len(missed)} of {len(found)}: {', '.join(missed) or 'none'}"
        )
    for rule in rules:
        total = sum(losses[rule] / losses["all"] for losses in found.values()) / len(found)
        print(f"{rule}: {total:.3f} of `all` on average over the streams")
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    print(f"{sum(each.ru_utime + each.ru_stime for each in usage) / 60:.1f} minutes of processor time")


if __name__ == "__main__":
    main()

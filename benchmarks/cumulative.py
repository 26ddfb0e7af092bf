"""A replayed year: what mistakes add up to, retrained at twelve moments by several rules, and with several windows.

    python -m benchmarks.cumulative [--streams electricity sudden ...] [--data ../shared/data] [--keep FILE]

The newest 12,000 rows of four public sets, and four generated streams whose truth is known. The first model is made of
40 % of the rows; then, every 5 %, each rule decides what serves the next 5 %. `never` keeps the first model; `all`,
`1/2`, `1/4` and `1/8` are refitted each time on that share of what is known, with no gate asked; `auto` is Ratchet's
challenger with no gate asked; `before` and `now` are Ratchet as a whole, the former without refit, recovery and choice
of a window. Everybody has the same 60 trees. The loss is the log-loss or the absolute error, added up over all rows.
"""

import argparse
import json
import pkgutil
import resource
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from importlib import import_module
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import yaml
from rich.console import Console
from rich.table import Table as Grid
from sklearn.pipeline import Pipeline

import ratchet as rt
import ratchet.stages
from benchmarks.champions import refit_challenger
from benchmarks.schedules import REPOSITORY, SETS
from ratchet.artifacts.frames import read_frame
from ratchet.config.model import ModelConfig
from ratchet.config.settings import keep_quiet, read_threads
from ratchet.data import validation
from ratchet.data.splitting import classes_of
from ratchet.library.modelling import Model
from ratchet.models.fitting import fit_candidate
from ratchet.models.labels import encode_labels
from ratchet.models.scoring import score_rows
from ratchet.records.columns import TIME
from ratchet.records.judgement import Decision
from ratchet.registry.champion import find_champion
from ratchet.registry.model_files import load_pipeline
from ratchet.stages import report
from ratchet.stages.ingest import ingest

REAL = ("electricity", "bike_sharing", "noaa_weather", "beijing_pm25")
DRAWN = {"sudden": "multiclass", "gradual": "regression", "recurring": "binary", "none": "binary"}
ROWS, SEED = 12_000, 7
FIRST, STEPS, STEP = 0.4, 12, 0.05
WINDOWS = {"all": 1.0, "1/2": 0.5, "1/4": 0.25, "1/8": 0.125}
TREES = {"name": "xgboost", "estimator": "xgboost", "parameters": {"n_estimators": 60, "max_depth": 4}}
BEFORE = {"split": {"recover": False, "window": None}, "search": {"folds": 0}, "refit": {"on": "train"}}
# Each new season is an unseen category, and stops every run until a person accepts the delivery.
OPEN_CHECKS = {"max_unseen_share": 1.0, "max_outside_share": 1.0}
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

    def as_of(self, period: int) -> pd.Timestamp:
        """Return when a period begins."""
        return self.rows[TIME].iloc[self.edges[period] - 1]

    def known(self, period: int, config: ModelConfig) -> pd.DataFrame:
        """Return the rows whose labels are known when a period begins."""
        return self.rows[self.rows[TIME] <= self.as_of(period) - config.data.label_delay]

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
    parser.add_argument("--streams", nargs="+", default=[*REAL, *DRAWN], choices=[*REAL, *DRAWN])
    parser.add_argument("--keep", type=Path, help="a file of what is found; what is in it is not found again")
    parser.add_argument("--rules", nargs="+", default=["before", "now"], choices=["before", "now"])
    asked = parser.parse_args()
    keep_quiet()
    only_decide()
    kept = json.loads(asked.keep.read_text()) if asked.keep and asked.keep.exists() else {}
    for name in asked.streams:
        with tempfile.TemporaryDirectory() as folder:
            stream = lay_out(name, Path(folder), asked.data.resolve())
            for part in ("windows", *asked.rules):
                if f"{name} {part}" not in kept:
                    kept[f"{name} {part}"] = play(stream, part)
                    print(name, part, kept[f"{name} {part}"], flush=True)
                    if asked.keep:
                        asked.keep.write_text(json.dumps(kept, indent=1))
    parts = ("windows", *asked.rules)
    show({name: dict(item for part in parts for item in kept[f"{name} {part}"].items()) for name in asked.streams})


def only_decide() -> None:
    """Let stages work in this process and write no pages: what is decided is the same, in a third of the time."""

    def work_here(work: Callable[..., object], job: object, **_limits: object) -> object:
        return work(job)

    for found in pkgutil.iter_modules(ratchet.stages.__path__, "ratchet.stages."):
        module = import_module(found.name)
        if hasattr(module, "run_in_child"):
            module.run_in_child = work_here
    report.PAGES = dict.fromkeys(report.PAGES, lambda _story: "")
    report.run_report_html = lambda _story, _folder: ""
    validation.write_docs = lambda _context, _building, docs: docs / "index.html"


def play(stream: Stream, part: str) -> dict[str, float]:
    """Return what each rule of a part loses a row, and what Ratchet decided."""
    rows = stream.edges[-1] - stream.edges[0]
    if part == "windows":
        return {rule: loss / rows for rule, loss in replay_windows(stream)}
    year = replay_ratchet(stream, {"before": BEFORE, "now": NOW}[part], part)
    found = {part: year.loss / rows, f"{part} promoted": year.promoted, f"{part} held": year.held}
    return found | ({"auto": year.ungated / rows} if part == "now" else {})


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
        as_of = stream.as_of(period)
        result = model.run(as_of=as_of, run_id=f"run{period}")
        run = model.ask(as_of=as_of, run_id=f"run{period}")
        year.promoted += result.promotion.moved
        year.held += result.verdict.decision is Decision.HOLD
        champion = find_champion(run.home, run.model)
        served = load_pipeline(champion, run.home) if champion else None
        if result.challenger is not None:  # the data check stops a run before it has one
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
    """Read the newest rows of a public set, or draw a stream."""
    rows, kinds, task, delay = read_set(name, project, data) if name in REAL else draw(name)
    rows.to_csv(project / "stream.csv", index=False)
    plain = yaml.safe_load(YAML.format(task=task))
    positive = {"positive": str(rows["y"].min())} if task == "binary" else {}
    plain["data"] |= {"target": {"column": "y"} | positive, "features": kinds, "label_delay": delay}
    plain["data"]["checks"] = OPEN_CHECKS
    plain |= {"candidates": [TREES], "evaluation": {"metric": "mae" if task == "regression" else "log_loss"}}
    whole = Stream(name=name, plain=plain, project=project, rows=rows, edges=())
    run = whole.model({}, "whole").ask(run_id="whole")
    rows = read_frame(ingest(run).file, run.home).sort_values(TIME, kind="stable", ignore_index=True)
    edges = tuple(find_edge(rows, FIRST + STEP * place) for place in range(STEPS + 1))
    return replace(whole, rows=rows, edges=edges)


def read_set(name: str, project: Path, data: Path) -> tuple[pd.DataFrame, dict[str, str], str, str]:
    """Return the newest rows of a public set, their kinds, the task and how late labels are."""
    (project / "data").symlink_to(data)
    model = rt.load(REPOSITORY / SETS[name] / f"{name}.yaml", project=project, home=project / "read")
    run, config = model.ask(run_id="read"), model.config
    rows = read_frame(ingest(run).file, run.home).sort_values(TIME, kind="stable").tail(ROWS)
    kinds = {column: str(kind) for column, kind in config.data.features.items()}
    rows = rows.rename(columns={TIME: "when", config.data.target.column: "y"})
    return rows[["when", "y", *kinds]], kinds, config.task, f"{config.data.label_delay.total_seconds():.0f}s"


def find_edge(rows: pd.DataFrame, share: float) -> int:
    """Return after how many rows a share of them has happened; rows of one time stay together."""
    last = rows[TIME].iloc[round(len(rows) * share) - 1]
    return int((rows[TIME] <= last).sum())


def draw(name: str) -> tuple[pd.DataFrame, dict[str, str], str, str]:
    """Draw a stream, described as a set is: what inputs mean changes at once, slowly, to and fro, or never."""
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
    kinds = {column: "numeric" for column in frame.columns if column != "when"}
    chosen = np.array([*"abcd"])[(signal + rng.gumbel(size=signal.shape)).argmax(axis=1)]
    value = signal[:, 0] + np.abs(inputs[:, 0]) + 0.5 * rng.normal(size=ROWS)
    return frame.assign(y=value if DRAWN[name] == "regression" else chosen), kinds, DRAWN[name], "0s"


def show(found: dict[str, dict[str, float]]) -> None:
    """Print the losses over the best of the others, and whether the aims are met."""
    rules = [
        rule for rule in ("never", *WINDOWS, "auto", "before", "now") if all(rule in each for each in found.values())
    ]
    counts = [what for what in next(iter(found.values())) if what.endswith((" promoted", " held"))]
    grid = Grid("stream", "best of the others", *rules, *counts)
    for name, losses in found.items():
        best = min(OTHERS, key=losses.__getitem__)
        shares = (f"{losses[rule] / losses[best]:.3f}" for rule in rules)
        grid.add_row(name, f"{best} {losses[best]:.4g}", *shares, *(f"{losses[what]:.0f}" for what in counts))
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

"""Ways to refresh a model, each on its own, with no gate asked: what they lose, what they cost, and what they gain.

    python -m benchmarks.refresh [--streams none gradual recurring electricity] [--data ../shared/data]

The streams of `benchmarks.cumulative`: the first model learns 40 % of the rows; at twelve moments, 5 % of them apart,
each way makes the next one from the one before and what is known by then, and that serves the next 5 %. `full` is
fitted anew each time, and every sixth time so are `incremental` and `refresh`. `frozen` keeps the first one. A loss is
the log-loss or the absolute error of a row; the distance is the mean one from what the full fit of that moment says.
"""

import argparse
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
from rich.console import Console
from rich.table import Table as Grid
from sklearn.pipeline import Pipeline

from benchmarks.cumulative import STEPS, Stream, lay_out, measure
from benchmarks.schedules import REPOSITORY
from ratchet.config.model import ModelConfig
from ratchet.config.settings import keep_quiet
from ratchet.config.training import CandidateSpec
from ratchet.data.splitting import classes_of
from ratchet.models.fitting import fit_from
from ratchet.models.refreshing import Base
from ratchet.models.scoring import score_rows
from ratchet.records.columns import TIME
from ratchet.timeline import Moment

STREAMS = ("none", "gradual", "recurring", "electricity")
NEW_ROWS = "refresh, new rows alone"  # what `refresh` is not: to show what it forgets
WAYS = {"full": "full", "incremental": "incremental", "refresh": "refresh", NEW_ROWS: "refresh", "ages": "ages"}
THREADS = 1


@dataclass(slots=True, kw_only=True)
class Found:
    """What a way came to, over all periods."""

    loss: float = 0.0
    seconds: float = 0.0
    distances: tuple[float, ...] = ()
    problems: int = 0


def main() -> None:
    """Print a table a stream."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=REPOSITORY.parent / "shared" / "data")
    parser.add_argument("--streams", nargs="+", default=[*STREAMS])
    asked = parser.parse_args()
    keep_quiet()
    for name in asked.streams:
        with tempfile.TemporaryDirectory() as folder:
            stream = lay_out(name, Path(folder), asked.data.resolve())
            show(name, replay(stream))


def replay(stream: Stream) -> dict[str, Found]:
    """Let each way make its models, one after the other."""
    config = stream.model({}, "refresh").config
    classes = classes_of(config, pa.chunked_array([stream.rows[config.data.target.column]]))
    rows = stream.edges[-1] - stream.edges[0]
    first = _fit(config, stream, 0, "full", None, classes)[0]
    found = {"frozen": Found(loss=sum(measure(stream, config, first, period) for period in range(STEPS)) / rows)}
    fulls: list[Pipeline] = []
    for name in WAYS:
        found[name] = result = Found()
        model = first
        for period in range(STEPS):
            began, base = time.process_time(), Base(pipeline=model, until=_learnt_until(stream, config, period - 1))
            model, problem = _fit(config, stream, period, name, base if period else None, classes)
            result.seconds += time.process_time() - began
            result.problems += problem is not None
            result.loss += measure(stream, config, model, period) / rows
            if name == "full":
                fulls.append(model)
            result.distances += (_distance(config, stream, period, model, fulls[period]),)
    return found


def _learnt_until(stream: Stream, config: ModelConfig, period: int) -> Moment:
    until: Moment = stream.known(max(period, 0), config)[TIME].iloc[-1]
    return until


def _fit(
    config: ModelConfig, stream: Stream, period: int, name: str, base: Base | None, classes: tuple[str, ...]
) -> tuple[Pipeline, str | None]:
    """Fit as a way does; after so many increments, in full."""
    known = stream.known(period, config)
    spec: CandidateSpec = config.candidates[0].model_copy(update={"refresh": WAYS[name]})
    is_due = name != "ages" and period % (spec.full_after + 1) == 0
    if name == NEW_ROWS and base is not None:
        spec = spec.model_copy(update={"window": int((known[TIME] > base.until).sum())})
    return fit_from(None if is_due else base, spec, known, config, classes=classes, threads=THREADS)


def _distance(config: ModelConfig, stream: Stream, period: int, model: Pipeline, full: Pipeline) -> float:
    one, other = (score_rows(each, stream.next(period), config) for each in (model, full))
    return float(np.abs(one - other).mean())


def show(name: str, found: dict[str, Found]) -> None:
    """Print a line a way; what is worse than the frozen model is a miss."""
    grid = Grid("way", "loss", "gain over frozen", "CPU s", "distance to full", "fitted in full", title=name)
    frozen = found["frozen"].loss
    for way, each in found.items():
        distance = f"{np.mean(each.distances):.4f}" if each.distances else "-"
        gain = "-" if way == "frozen" else f"{frozen - each.loss:+.4f}" + (" MISS" if each.loss > frozen else "")
        grid.add_row(way, f"{each.loss:.4f}", gain, f"{each.seconds:.1f}", distance, str(each.problems))
    Console(width=120).print(grid)


if __name__ == "__main__":
    main()

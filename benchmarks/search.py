"""How much sooner a search finds what it would find when it begins with what earlier runs found.

    python -m benchmarks.search [--retrains 20] [--trials 16] [--streams sudden gradual recurring none]

The generated streams of `benchmarks.cumulative`, retrained at moments of equal distance on the newest 3,000 rows: a
linear model, histogram boosting and XGBoost. `cold` knows nothing; `warm` begins with what its own earlier searches
found, as a run does. Both are asked for the same number of trials. Counted is after how many trials `warm` is as good
on the folds as `cold` is at its end.
"""

import argparse
import tempfile
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np
from rich.console import Console
from rich.table import Table as Grid

from benchmarks.cumulative import DRAWN, lay_out
from ratchet.artifacts.past_runs import rank_trials
from ratchet.config.model import ModelConfig
from ratchet.config.settings import keep_quiet
from ratchet.config.training import CandidateSpec
from ratchet.models.recipes import FoldRows, cut_fold_rows, measure_recipe
from ratchet.models.tuning import Study
from ratchet.records.modelling import Trial

ROWS, FIRST = 3_000, 0.4
SPECS = tuple(CandidateSpec(name=name, estimator=name) for name in ("linear", "hist_gradient_boosting", "xgboost"))


def main() -> None:
    """Print a line a stream."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--retrains", type=int, default=20)
    parser.add_argument("--trials", type=int, default=16)
    parser.add_argument("--streams", nargs="+", default=[*DRAWN], choices=[*DRAWN])
    asked = parser.parse_args()
    keep_quiet()
    grid = Grid("stream", "trials of warm for cold's best, median", "not reached", "the same again", "CPU s")
    for name in asked.streams:
        began = time.process_time()
        counts, same = play(name, asked.retrains, asked.trials)
        missed = f"{sum(each > asked.trials for each in counts)} of {len(counts)}"
        facts = (f"{median(counts):g} of {asked.trials}" if counts else "", missed, "yes" if same else "no")
        grid.add_row(name, *facts, f"{time.process_time() - began:.0f}")
    Console(width=140).print(grid)


def play(name: str, retrains: int, trials: int) -> tuple[list[int], bool]:
    """Return after how many trials `warm` is as good, where `cold` found something, and whether it repeats."""
    with tempfile.TemporaryDirectory() as folder:
        stream = lay_out(name, Path(folder), Path())
        config = stream.model({}, "search").config
    rows, searches, counts, same = stream.rows, list[Sequence[Trial]](), list[int](), True
    for place in np.linspace(len(rows) * FIRST, len(rows), retrains + 1)[1:].astype(int):
        frame = rows.iloc[max(place - ROWS, 0) : place]
        classes = () if config.task == "regression" else tuple(sorted(frame[config.data.target.column].unique()))
        known = cut_fold_rows(config, frame, classes=classes)
        defaults = [measure_recipe(each, known, config, threads=1).trial for each in SPECS]
        cold = search(config, known, defaults, (), trials)
        warm = search(config, known, defaults, rank_trials(searches), trials)
        if len(searches) == 1:  # once is enough, and a third search takes its time
            again = search(config, known, defaults, rank_trials(searches), trials)
            same = [replace(each, seconds=0.0) for each in again] == [replace(each, seconds=0.0) for each in warm]
        best, without = (
            max((each.score for each in found if not each.failure), default=-np.inf) for found in (cold, defaults)
        )
        reached = [number for number, each in enumerate(warm, start=1) if not each.failure and each.score >= best]
        if searches and best > without:  # else there is no past, or nothing to find
            counts.append(reached[0] if reached else trials + 1)
        searches.insert(0, [*defaults, *warm])
    return counts, same


def search(
    config: ModelConfig, known: FoldRows, defaults: Sequence[Trial], begin: Sequence[tuple[Trial, float]], trials: int
) -> list[Trial]:
    """Ask and measure so many times."""
    study = Study(SPECS, config.task, measured=defaults, seed=config.schedule.seed)
    study.begin_with((), begin)
    found: list[Trial] = []
    for _ in range(trials):
        asked, spec = study.ask()
        found.append(measure_recipe(spec, known, config, threads=1, floors=study.find_floors()).trial)
        study.tell(asked, found[-1])
    return found


if __name__ == "__main__":
    main()

"""How many rows does the holdout need, and does a planned one show the gain that it is planned for?

    python -m benchmarks.holdout_size [--repetitions 300] [--detects 0.01]

Scores are simulated as in `benchmarks.selection`: roc_auc 0.80, a fifth of the rows positive, two models whose errors
are correlated by 0.9. Five earlier runs have measured gains on 15 % of the rows; by them a holdout is planned for a
true gain at 99 %. Beside it stands the holdout of 15 %: what it shows on all rows, and on a slice of a twentieth.
"""

import argparse
import os
from concurrent.futures import ProcessPoolExecutor
from functools import partial

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.judged import compare_scores
from benchmarks.selection import SEED, configure, draw_world
from ratchet.config.training import UNPLANNED, PlannedSize
from ratchet.evaluation.gains import measure_gain
from ratchet.evaluation.holdout_size import Supply, plan_for_gain
from ratchet.gates.evidence import is_above
from ratchet.records.data import HoldoutPlan
from ratchet.records.judgement import Gain

HISTORIES = (10_000, 20_000, 50_000, 100_000, 300_000)
PAST, SLICE = 5, 0.05
FAR = 1_000_000  # numbers of worlds that no repetition draws
CONFIG = configure("binary", "random", 0.99)


def measure(rows: int, gain: float, number: int) -> Gain:
    """Measure one simulated challenger's gain as a run does."""
    labels, scores = draw_world(np.random.default_rng([SEED, rows, number]), rows, [gain])
    comparison = compare_scores(CONFIG, labels, scores[:, 1], scores[:, 0])
    pair = comparison.against_champion(CONFIG.metric)
    return measure_gain(pair, comparison.plan(pair), confidence=CONFIG.evaluation.confidence)


def plan(history: int, detects: float) -> HoldoutPlan:
    """Plan by five earlier runs, none of which had a better challenger."""
    rows = round(UNPLANNED * history)
    past = [(f"run {number}", measure(rows, 0.0, FAR + number)) for number in range(PAST)]
    return plan_for_gain(CONFIG, PlannedSize(detects=detects), past, Supply(usable=history, least=500))


def find_power(workers: ProcessPoolExecutor, rows: int, gain: float, repetitions: int) -> str:
    """Return how often a true gain is shown."""
    gains = workers.map(partial(measure, rows, gain), range(repetitions), chunksize=10)
    return f"{np.mean([is_above(each.lower, 0.0) for each in gains]):.0%}"


def find_detectable(rows: int) -> str:
    """Return the smallest gain that so many rows are expected to show."""
    return f"{measure(rows, 0.0, 0).detectable:.4f}"


def main() -> None:
    """Print a line a history."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repetitions", type=int, default=300)
    parser.add_argument("--detects", type=float, default=0.01)
    asked = parser.parse_args()
    gain = asked.detects
    columns = (
        "rows in all",
        "15 % of them",
        f"shows {gain}",
        "shows at 80 %",
        "in a slice of 5 %",
        "planned",
        "shows it",
    )
    grid = Table(*columns, title=f"{asked.repetitions} repetitions each")
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as workers:
        for history in HISTORIES:
            share, planned = round(UNPLANNED * history), plan(history, gain)
            grid.add_row(
                f"{history:,}",
                f"{share:,}",
                find_power(workers, share, gain, asked.repetitions),
                find_detectable(share),
                find_detectable(round(SLICE * share)),
                f"{planned.rows:,}",
                find_power(workers, planned.rows, gain, asked.repetitions),
            )
    Console(width=130).print(grid)


if __name__ == "__main__":
    main()

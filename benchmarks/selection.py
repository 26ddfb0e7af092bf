"""How often the promotion rule is wrong, beside the rule "the best of all candidates, if its number is higher".

    python -m benchmarks.selection [--repetitions 500] [--weekly-chains 6]

Scores are simulated, so the truth is known: a champion and eight candidates of roc_auc 0.80 whose errors are
correlated by 0.9, a fifth of the rows positive. Ours picks one candidate on validation rows and asks for a lower bound
above zero on holdout rows, through the pipeline's own `judge` and gate; the peer looks at all of them on the holdout,
or draws rows that hang together singly. "Renewed" counts what is not shown to be better and would renew an overdue
champion, were it of the champion's own recipe. A year of weekly retraining with real learners follows, see
`benchmarks.weekly`.
"""

import argparse
import os
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.judged import GAIN_ALONE, OVERDUE, describe_model, has_gained, is_renewal, judge_at_each
from benchmarks.weekly import show_year
from ratchet.config.model import ModelConfig
from ratchet.metrics.arrays import Floats
from ratchet.metrics.registry import find_metric

CANDIDATES = 8
DISTANCE = 1.19  # between the classes' mean scores: roc_auc 0.80
PER_POINT = 5.05  # by how much the distance grows for one point of roc_auc at 0.80
ALIKE = 0.9
POSITIVE = 0.2
DRAWS = 1000
SEED = 20240501
CONFIDENCES = (0.95, 0.99)  # where a person decides, and the default
Answer = tuple[bool, ...]  # does our rule promote at each confidence, does it renew at each, does the peer promote


def configure(task: str, split: str, confidence: float) -> ModelConfig:
    metric = "roc_auc" if task == "binary" else "mae"
    return describe_model(task, split=split, confidence=confidence, metric=metric, resamples=DRAWS, **GAIN_ALONE)


SINGLY = [configure("binary", "random", confidence) for confidence in CONFIDENCES]
IN_ORDER = {  # the last one is the peer's, who draws rows that hang together singly
    task: [*(configure(task, "time", confidence) for confidence in CONFIDENCES), configure(task, "random", 0.95)]
    for task in ("binary", "regression")
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One simulated situation.

    Attributes:
        name: what is asked.
        peer: the rule beside ours.
        aim: what our rule must keep to.
        ask: draws one world and gives every answer.
    """

    name: str
    peer: str
    aim: str
    ask: Callable[[np.random.Generator], Answer]


def answer(configs: list[ModelConfig], *scores: Floats) -> list[bool]:
    """Ask our rule at each confidence whether it promotes, and then whether it renews."""
    judged = list(zip(configs, judge_at_each(configs, *scores), strict=True))
    renewals = [is_renewal(config, replace(found, renewal=OVERDUE)) for config, found in judged]
    return [*(has_gained(*each) for each in judged), *renewals]


def draw_world(chance: np.random.Generator, rows: int, gains: list[float]) -> tuple[Floats, Floats]:
    """Draw labels, and a column of scores for each model: the champion's first, with no gain."""
    labels = np.zeros(rows)
    labels[: round(POSITIVE * rows)] = 1
    distance = DISTANCE + PER_POINT * np.array([0.0, *gains])
    noise = np.sqrt(ALIKE) * chance.normal(size=(rows, 1))
    noise = noise + np.sqrt(1 - ALIKE) * chance.normal(size=(rows, len(distance)))
    return labels, as_probabilities(labels[:, None] * distance + noise)


def as_probabilities(scores: Floats) -> Floats:
    """Turn scores into the probabilities that go with them; their order stays."""
    return 1 / (1 + np.exp(-DISTANCE * (scores - DISTANCE / 2) - np.log(POSITIVE / (1 - POSITIVE))))


def measure_all(labels: Floats, scores: Floats) -> Floats:
    """Measure the area under the curve of every column."""
    every = np.ones((1, len(labels)))
    return np.array([find_metric("roc_auc").prepare(labels, column)(every)[0] for column in scores.T])


def ask_selection(chance: np.random.Generator, rows: int, gains: list[float]) -> Answer:
    """Choose on validation and judge on the holdout; the peer takes the best on the holdout."""
    on_validation = measure_all(*draw_world(chance, rows, gains))
    chosen = 1 + int(np.argmax(on_validation[1:]))
    labels, scores = draw_world(chance, rows, gains)
    on_holdout = measure_all(labels, scores)
    ours = answer(SINGLY, labels, scores[:, chosen], scores[:, 0])
    return (*ours, bool(on_holdout[1:].max() > on_holdout[0]))


def ask_in_order(task: str, *scores: Floats) -> Answer:
    """Ask our rule, and the peer, who draws rows that hang together singly."""
    *ours, peer = IN_ORDER[task]
    (alone,) = judge_at_each([peer], *scores)
    return (*answer(ours, *scores), has_gained(peer, alone))


def draw_series(chance: np.random.Generator, rows: int, memory: float = 0.9) -> Floats:
    """Draw noise of variance 1 whose neighbours are correlated."""
    series = np.empty(rows)
    last = chance.normal()
    for place, step in enumerate(chance.normal(size=rows) * np.sqrt(1 - memory**2)):
        last = memory * last + step
        series[place] = last
    return series


def ask_errors_in_order(chance: np.random.Generator, rows: int) -> Answer:
    """Compare absolute errors that are correlated by 0.9 from row to row; the peer draws single rows."""
    champion = np.full(rows, 9.0)
    return ask_in_order("regression", np.zeros(rows), champion + draw_series(chance, rows), champion)


def ask_ranks_in_order(chance: np.random.Generator, rows: int) -> Answer:
    """Compare scores where labels and noise are correlated by 0.9 from row to row; the peer draws single rows."""
    labels = (draw_series(chance, rows) < -0.84).astype(np.float64)
    shared = DISTANCE * labels + np.sqrt(ALIKE) * draw_series(chance, rows)
    models = [as_probabilities(shared + np.sqrt(1 - ALIKE) * draw_series(chance, rows)) for _ in range(2)]
    return ask_in_order("binary", labels, *models)


EQUAL = [0.0] * CANDIDATES
HIGHER = "best of 8, higher"
MARGIN = 0.02 * (0.80 - 0.50)  # of roc_auc, what a renewal may lose
QUESTIONS = (
    Question(
        name="8 candidates, none better, 2,000 rows",
        peer=HIGHER,
        aim="<= 5 %",
        ask=partial(ask_selection, rows=2000, gains=EQUAL),
    ),
    Question(
        name="1 of 8 better by 0.01, 2,000 rows",
        peer=HIGHER,
        aim=">= 39 % at 95 %",
        ask=partial(ask_selection, rows=2000, gains=[0.01, *EQUAL[1:]]),
    ),
    Question(
        name="1 challenger, worse by 0.005, 1,000 rows",
        peer="higher",
        aim="<= 2 %",
        ask=partial(ask_selection, rows=1000, gains=[-0.005]),
    ),
    Question(
        name="own recipe, worse by the margin, 2,000 rows",
        peer="higher",
        aim="renewed <= 5 and 1 %",
        ask=partial(ask_selection, rows=2000, gains=[-MARGIN]),
    ),
    Question(
        name="own recipe, worse by the margin, 10,000 rows",
        peer="higher",
        aim="renewed <= 5 and 1 %",
        ask=partial(ask_selection, rows=10_000, gains=[-MARGIN]),
    ),
    Question(
        name="own recipe, as good, 2,000 rows",
        peer="higher",
        aim="",
        ask=partial(ask_selection, rows=2000, gains=[0.0]),
    ),
    Question(
        name="own recipe, as good, 10,000 rows",
        peer="higher",
        aim="",
        ask=partial(ask_selection, rows=10_000, gains=[0.0]),
    ),
    Question(
        name="1 challenger, better by 0.02, 5,000 rows",
        peer="higher",
        aim=">= 90 %",
        ask=partial(ask_selection, rows=5000, gains=[0.02]),
    ),
    Question(
        name="errors correlated by 0.9, 2,000 rows",
        peer="drawn by rows",
        aim="<= 5 %",
        ask=partial(ask_errors_in_order, rows=2000),
    ),
    Question(
        name="errors correlated by 0.9, 500 rows",
        peer="drawn by rows",
        aim="<= 5 %",
        ask=partial(ask_errors_in_order, rows=500),
    ),
    Question(
        name="labels and scores correlated by 0.9, 2,000 rows",
        peer="drawn by rows",
        aim="<= 5 %",
        ask=partial(ask_ranks_in_order, rows=2000),
    ),
)


def ask_world(place: int, number: int) -> Answer:
    return QUESTIONS[place].ask(np.random.default_rng([SEED, number]))


def show_rates(workers: ProcessPoolExecutor, repetitions: int) -> None:
    columns = ("case", "promoted 95 %", "99 %", "renewed 95 %", "99 %", "aim", "peer", "the peer")
    table = Table(*columns, title=f"{repetitions} repetitions, +/- 95 % binomial")
    for place, question in enumerate(QUESTIONS):
        answers = workers.map(partial(ask_world, place), range(repetitions), chunksize=25)
        rates = np.mean(list(answers), axis=0)
        errors = 1.96 * np.sqrt(rates * (1 - rates) / repetitions)
        *ours, peer = (f"{rate:.1%} +/- {error:.1%}" for rate, error in zip(rates, errors, strict=True))
        table.add_row(question.name, *ours, question.aim, peer, question.peer)
    Console(width=170).print(table)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=500)
    parser.add_argument("--weekly-chains", type=int, default=6)
    options = parser.parse_args()
    began = time.monotonic()
    with ProcessPoolExecutor(max_workers=os.cpu_count()) as workers:
        show_rates(workers, options.repetitions)
        print(f"{time.monotonic() - began:.0f} s")
        show_year(workers, options.weekly_chains)
    print(f"{time.monotonic() - began:.0f} s in all")


if __name__ == "__main__":
    main()

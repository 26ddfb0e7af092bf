"""How often the promotion rule is wrong, beside the rule "the best of all candidates, if its number is higher".

    python -m benchmarks.selection [--repetitions 1000]

Scores are simulated, so the truth is known: a champion and eight candidates of roc_auc 0.80 whose errors are
correlated by 0.9, a fifth of the rows positive. Ours picks one candidate on validation rows and asks for a lower bound
above zero on holdout rows; the peer looks at all of them on the holdout, or draws rows that hang together singly.
"""

import argparse
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from rich.console import Console
from rich.table import Table

from ratchet.evaluation.block_length import choose_block_length
from ratchet.evaluation.gains import Pair, influence_difference, measure_gain
from ratchet.evaluation.metrics import Floats
from ratchet.evaluation.resampling import Method, Resampling
from ratchet.evaluation.weighted import prepare
from ratchet.gates.evidence import is_above

CANDIDATES = 8
DISTANCE = 1.19  # between the classes' mean scores: roc_auc 0.80
PER_POINT = 5.05  # by how much the distance grows for one point of roc_auc at 0.80
ALIKE = 0.9
POSITIVE = 0.2
DRAWS = 1000
SEED = 20240501
Answer = tuple[bool, bool]  # does our rule promote, does the peer


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One simulated situation.

    Attributes:
        name: what is asked.
        peer: the rule beside ours.
        aim: what our rule must keep to.
        ask: draws one world and gives both answers.
    """

    name: str
    peer: str
    aim: str
    ask: Callable[[np.random.Generator], Answer]


def draw_world(chance: np.random.Generator, rows: int, gains: list[float]) -> tuple[Floats, Floats]:
    """Draw labels, and a column of scores for each model: the champion's first, with no gain."""
    labels = np.zeros(rows)
    labels[: round(POSITIVE * rows)] = 1
    distance = DISTANCE + PER_POINT * np.array([0.0, *gains])
    noise = np.sqrt(ALIKE) * chance.normal(size=(rows, 1))
    noise = noise + np.sqrt(1 - ALIKE) * chance.normal(size=(rows, len(distance)))
    return labels, labels[:, None] * distance + noise


def measure_all(labels: Floats, scores: Floats) -> Floats:
    """Measure the area under the curve of every column."""
    every = np.ones((1, len(labels)))
    return np.array([prepare("roc_auc", labels, column)(every)[0] for column in scores.T])


def promotes(pair: Pair, *, method: Method = "rows", seed: int = 1, confidence: float = 0.95) -> bool:
    """Tell whether the gain's lower bound is above zero, as the gate `beats_champion` asks."""
    block = choose_block_length(influence_difference(pair)) if method == "blocks" else 1
    plan = Resampling(method=method, rows=len(pair.labels), draws=DRAWS, seed=seed, block=block)
    return is_above(measure_gain(pair, plan, confidence=confidence).lower, 0.0)


def compare(labels: Floats, champion: Floats, challenger: Floats, metric: str = "roc_auc") -> Pair:
    """Pair a challenger with the champion."""
    classes = 2 if metric == "roc_auc" else 0
    return Pair(
        metric=metric, opponent="champion", labels=labels, classes=classes, challenger=challenger, against=champion
    )


def ask_selection(chance: np.random.Generator, rows: int, gains: list[float]) -> Answer:
    """Choose on validation and judge on the holdout; the peer takes the best on the holdout."""
    on_validation = measure_all(*draw_world(chance, rows, gains))
    chosen = 1 + int(np.argmax(on_validation[1:]))
    labels, scores = draw_world(chance, rows, gains)
    on_holdout = measure_all(labels, scores)
    return promotes(compare(labels, scores[:, 0], scores[:, chosen])), bool(on_holdout[1:].max() > on_holdout[0])


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
    pair = compare(np.zeros(rows), champion, champion + draw_series(chance, rows), metric="mae")
    return promotes(pair, method="blocks"), promotes(pair)


def ask_ranks_in_order(chance: np.random.Generator, rows: int) -> Answer:
    """Compare scores where labels and noise are correlated by 0.9 from row to row; the peer draws single rows."""
    labels = (draw_series(chance, rows) < -0.84).astype(np.float64)
    shared = DISTANCE * labels + np.sqrt(ALIKE) * draw_series(chance, rows)
    champion, challenger = (shared + np.sqrt(1 - ALIKE) * draw_series(chance, rows) for _ in range(2))
    pair = compare(labels, champion, challenger)
    return promotes(pair, method="blocks"), promotes(pair)


EQUAL = [0.0] * CANDIDATES
QUESTIONS = (
    Question(
        name="8 candidates, none better, 2,000 rows",
        peer="best of 8, higher",
        aim="<= 5 %",
        ask=lambda chance: ask_selection(chance, 2000, EQUAL),
    ),
    Question(
        name="1 of 8 better by 0.01, 2,000 rows",
        peer="best of 8, higher",
        aim="as many as can be",
        ask=lambda chance: ask_selection(chance, 2000, [0.01, *EQUAL[1:]]),
    ),
    Question(
        name="1 challenger, worse by 0.005, 1,000 rows",
        peer="higher",
        aim="<= 2 %",
        ask=lambda chance: ask_selection(chance, 1000, [-0.005]),
    ),
    Question(
        name="errors correlated by 0.9, 2,000 rows",
        peer="drawn by rows",
        aim="<= 5 %",
        ask=lambda chance: ask_errors_in_order(chance, 2000),
    ),
    Question(
        name="labels and scores correlated by 0.9, 2,000 rows",
        peer="drawn by rows",
        aim="<= 5 %",
        ask=lambda chance: ask_ranks_in_order(chance, 2000),
    ),
)


def count_promotions(question: Question, repetitions: int) -> tuple[float, float]:
    """Return the share of worlds in which our rule promotes, and the peer's."""
    answers = [question.ask(np.random.default_rng([SEED, number])) for number in range(repetitions)]
    ours, peer = np.mean(answers, axis=0)
    return float(ours), float(peer)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repetitions", type=int, default=1000)
    repetitions = parser.parse_args().repetitions
    table = Table("promoted at 95 %", "ours", "+/-", "aim", "peer", "the peer", title=f"{repetitions} repetitions")
    for question in QUESTIONS:
        ours, peer = count_promotions(question, repetitions)
        error = 1.96 * np.sqrt(ours * (1 - ours) / repetitions)
        table.add_row(question.name, f"{ours:.1%}", f"{error:.1%}", question.aim, f"{peer:.1%}", question.peer)
    Console().print(table)


if __name__ == "__main__":
    main()

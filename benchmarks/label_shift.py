"""How often the gate `label_shift` holds a run: on series without a fault, and on labels that are cut off or late.

`python -m benchmarks.label_shift --repeats 250`
"""

import argparse
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from itertools import product

import numpy as np
from numpy.typing import NDArray

from ratchet.evaluation.label_rates import LabelledRows, measure_label_rates
from ratchet.gates.label_shift import LabelShiftGate, label_shift
from ratchet.metrics.metric import Task
from ratchet.records.judgement import GateResult, Outcome
from ratchet.records.label_rates import LabelRates

Floats = NDArray[np.float64]
Chance = np.random.Generator
Series = Callable[[Chance, Floats], Floats]  # from places between 0 and 1 in time to what is added to the log-odds
SIZES = (500, 1_000, 3_000, 10_000, 30_000)
RATES = (0.03, 0.1, 0.36, 0.5, 0.8)
SHARES = (0.7, 0.15)  # of the rows: training and validation, as by default
LENGTHS = (1_000, 3_000, 10_000)
DELAYS = (0.02, 0.05, 0.1)  # mean, as a share of the rows
CLASSES = 6
CUTS = (0.02, 0.05, 0.15, 0.3, 0.6)  # of the rows, the newest


def draw_waves(chance: Chance, place: Floats) -> Floats:
    """Several sines of random lengths."""
    waves = chance.normal() * 0.5 * np.sin(2 * np.pi * (chance.uniform(0.5, 10) * place + chance.random()))
    return waves + sum(
        chance.normal() * 0.5 * np.sin(2 * np.pi * (chance.uniform(0.5, 10) * place + chance.random()))
        for _ in range(4)
    )


def draw_memory(chance: Chance, place: Floats) -> Floats:
    """An autoregression of first order over rows."""
    kept, value = chance.choice([0.9, 0.99, 0.998, 0.9995]), chance.normal()
    noise = chance.normal(size=len(place)) * np.sqrt(1 - kept**2)
    values = np.empty(len(place))
    for at, each in enumerate(noise):
        values[at] = value = kept * value + each
    return values * chance.choice([0.5, 1.0])


def _season(chance: Chance, place: Floats) -> Floats:
    return np.sin(2 * np.pi * (chance.choice([1, 2, 3, 4, 7.3, 12, 52]) * place + chance.random()))


KINDS: Mapping[str, Series] = {
    "stationary": lambda _, place: np.zeros(len(place)),
    "seasonal": lambda chance, place: chance.uniform(0.3, 1.5) * _season(chance, place),
    "seasonal, by steps": lambda chance, place: chance.uniform(0.3, 1.5) * np.sign(_season(chance, place)),
    "autocorrelated": draw_memory,
    "drifting": lambda chance, place: chance.uniform(-1.5, 1.5) * chance.choice([1, 2]) * place,
    "drifting, ever faster": lambda chance, place: chance.uniform(-2, 2) * place**2,
    "random walk": lambda chance, place: (
        np.cumsum(chance.normal(size=len(place))) / np.sqrt(len(place)) * chance.choice([0.5, 1.0])
    ),
    "seasonal and drifting": lambda chance, place: _season(chance, place) + chance.uniform(-1, 1) * place,
    "waves": draw_waves,
}


def draw_labels(chance: Chance, kind: str, rows: int, rate: float) -> Floats:
    """Labels of one kind in the order of time."""
    place = np.arange(rows) / rows
    odds = np.log(rate / (1 - rate)) + KINDS[kind](chance, place)
    return (chance.random(rows) < 1 / (1 + np.exp(-odds))).astype(np.float64)


def draw_runs(chance: Chance, rows: int, rate: float) -> Floats:
    """Labels that stay as they are for a while, as those of one customer after the other."""
    stays = chance.choice([0.8, 0.95, 0.99])
    fresh, is_fresh = chance.random(rows) < rate, chance.random(rows) >= stays
    is_fresh[0] = True
    return fresh[np.maximum.accumulate(np.where(is_fresh, np.arange(rows), 0))].astype(np.float64)


def divide(chance: Chance, labels: Floats, method: str = "time") -> LabelledRows:
    """Divide rows as a split does; of groups there are ten rows each, whose labels are alike."""
    rows, groups = len(labels), None
    places = np.arange(rows) / rows
    if method == "random":
        places = chance.random(rows)
    if method == "group":
        groups = np.arange(rows) // 10
        places = chance.random(groups[-1] + 1)[groups]
    parts = np.searchsorted(np.cumsum(SHARES), places, side="right")
    return LabelledRows(
        labels=labels,
        parts=parts.astype(np.int64),
        moments=np.arange(rows),
        groups=groups,
        is_ordered=method == "time",
        has_clock=False,
    )


def draw_classes(chance: Chance, kind: str) -> LabelledRows:
    """Six classes, whose log-odds move each by itself."""
    rows = int(chance.choice(SIZES))
    odds = [KINDS[kind](chance, np.arange(rows) / rows) + chance.normal() for _ in range(CLASSES)]
    return divide(chance, np.argmax(np.stack(odds, axis=1) + chance.gumbel(size=(rows, CLASSES)), axis=1).astype(float))


def draw_number(chance: Chance, kind: str) -> LabelledRows:
    """A number with noise of any size; one in three is never below zero."""
    rows = int(chance.choice(SIZES))
    values = KINDS[kind](chance, np.arange(rows) / rows) + chance.normal(size=rows) * chance.choice([0.3, 1, 3])
    return divide(chance, np.maximum(values, 0) if chance.random() < 1 / 3 else values)


def measure(rows: LabelledRows, *, expected: float | None = None, task: Task = "binary") -> LabelRates:
    """Measure base rates where the inputs let expect so much after a change; None: they stay as they were."""
    classes = {"binary": ("no", "yes"), "multiclass": tuple("abcdef"), "regression": ()}
    return measure_label_rates(
        task, classes[task], rows, lambda before, _, hits: float(hits[before].mean()) if expected is None else expected
    )


def ask(rows: LabelledRows, task: Task = "binary") -> GateResult:
    """Ask the gate with its defaults, where the inputs stay as they were."""
    return label_shift(LabelShiftGate(), measure(rows, task=task))


def count_held(draw: Callable[[Chance], LabelledRows], repeats: int, *, seed: int, task: Task = "binary") -> float:
    """Return the share of draws that don't pass."""
    results = (ask(draw(np.random.default_rng([seed, each])), task) for each in range(repeats))
    return sum(result.outcome is not Outcome.PASS for result in results) / repeats


def draw_clean(chance: Chance, kind: str, method: str = "time") -> LabelledRows:
    """A table without a fault."""
    rows, rate = int(chance.choice(SIZES)), float(chance.choice(RATES))
    labels = draw_runs(chance, rows, rate) if kind == "in runs" else draw_labels(chance, kind, rows, rate)
    return divide(chance, labels, method)


def draw_cut_off(chance: Chance, rows: int, share: float, left: float) -> LabelledRows:
    """Labels of any kind of which, on the newest rows, hardly one is positive."""
    labels = draw_labels(chance, str(chance.choice(list(KINDS))), rows, 0.36)
    newest = rows - round(share * rows)
    labels[newest:] *= chance.random(rows - newest) < left
    return divide(chance, labels)


def draw_late(chance: Chance, rows: int, delay: float) -> LabelledRows:
    """Positives that become known after a while: an exponential delay, as a share of the rows."""
    labels = draw_labels(chance, str(chance.choice(list(KINDS))), rows, 0.36)
    return divide(chance, labels * (chance.random(rows) < -np.expm1(-(1 - np.arange(rows) / rows) / delay)))


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=250)
    repeats = parser.parse_args().repeats
    print("without a fault, held of", repeats)
    for seed, kind in enumerate([*KINDS, "in runs"]):
        print(f"  {kind:24} {count_held(partial(draw_clean, kind=kind), repeats, seed=seed):6.1%}")
    for seed, kind in enumerate(KINDS):
        held = count_held(partial(draw_classes, kind=kind), repeats, seed=seed, task="multiclass")
        number = count_held(partial(draw_number, kind=kind), repeats, seed=seed, task="regression")
        print(f"  {kind:24} six classes {held:6.1%}, a number {number:6.1%}")
    for method in ("random", "group"):
        held = count_held(partial(draw_clean, kind="in runs", method=method), repeats, seed=50)
        print(f"  {'split by ' + method:24} {held:6.1%}")
    print("cut off, held by rows and share of the newest rows:", *CUTS)
    for rows, left in product(LENGTHS, (0.0, 0.05)):
        draws = [partial(draw_cut_off, rows=rows, share=cut, left=left) for cut in CUTS]
        _print_row(f"{rows:6} rows, {left:4.0%} left", draws, repeats // 5)
    print("late, held by rows and mean delay:", *DELAYS)
    for rows in LENGTHS:
        _print_row(f"{rows:6} rows", [partial(draw_late, rows=rows, delay=delay) for delay in DELAYS], repeats // 5)


def _print_row(name: str, draws: Iterable[Callable[[Chance], LabelledRows]], repeats: int) -> None:
    print(f"  {name}", *(f"{count_held(draw, repeats, seed=70):5.0%}" for draw in draws))


if __name__ == "__main__":
    main()
